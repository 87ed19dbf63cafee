//! Bytes as a manifest: never a panic, and what is taken for one can be relied on.

#![forbid(unsafe_code)]

use std::path::Path;

use lmms::manifest::{FORMAT, Manifest};

/// Reads `input` as a manifest.
///
/// # Panics
/// When the parser takes what it must not take.
pub fn run(input: &[u8]) {
    let path = Path::new("folder/manifest.json");
    let manifest = match Manifest::parse(input, path) {
        Ok(manifest) => manifest,
        Err(error) => {
            let text = error.to_string();
            assert!(text.contains("folder/manifest.json"), "{text}");
            return;
        }
    };
    assert_eq!(manifest.format, FORMAT);
    for entry in &manifest.modules {
        let file = Path::new(&entry.file);
        // Nothing but a name in that folder.
        assert_eq!(file.file_name(), Some(file.as_os_str()), "{entry:?}");
        assert_eq!(Path::new("folder").join(file).parent(), path.parent());
        assert!(!entry.file.contains('\0'), "{entry:?}");
        assert!(entry.hash().is_some(), "{entry:?}");
        assert_eq!(
            manifest.module(&entry.name),
            Some(entry),
            "a name means one entry"
        );
    }
    let written = serde_json::to_vec(&manifest).expect("it was JSON");
    let again = Manifest::parse(&written, path).expect("it was one");
    assert_eq!(again, manifest);
}
