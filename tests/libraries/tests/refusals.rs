//! Libraries and manifests that must not be used: each a clear error, and the process lives on.

#![forbid(unsafe_code)]

use std::fs;
use std::path::Path;

use lmms::{CallError, Error};
use lmms_library_tests::{Altered, Fixtures, copy_to, modules};
use serde_json::Value;

/// A copy of the built fixtures that a test may damage.
fn copy() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy_to(folder.path());
    folder
}

fn open(folder: &Path) -> Fixtures {
    let builder = Fixtures::builder().modules(folder);
    builder
        .background_sweeps(false)
        .open()
        .expect("the manifest is whole")
}

#[track_caller]
fn load_error(folder: &Path) -> Error {
    let fixtures = open(folder);
    let error = fixtures.probe().add(1, 2).unwrap_err();
    assert_eq!(
        fixtures.keeper().keep(None).unwrap(),
        None,
        "another module still works"
    );
    match error {
        CallError::Lmms(error) => *error,
        other => panic!("{other}"),
    }
}

/// Replaces each `from` in the probe's library, and its hash in the manifest.
fn patch(folder: &Path, from: &[u8], to: &[u8]) {
    assert_eq!(from.len(), to.len());
    let path = folder.join("probe.so");
    let mut bytes = fs::read(&path).unwrap();
    let mut found = 0;
    let mut place = 0;
    while place + from.len() <= bytes.len() {
        if bytes[place..].starts_with(from) {
            bytes[place..place + to.len()].copy_from_slice(to);
            found += 1;
        }
        place += 1;
    }
    assert!(found > 0, "nothing to patch");
    replace(folder, &bytes);
}

/// Replaces the probe's library, and what the manifest says of it.
fn replace(folder: &Path, bytes: &[u8]) {
    let path = folder.join("probe.so");
    fs::write(&path, bytes).unwrap();
    let hash = blake3::hash(bytes).to_hex().to_string();
    change_manifest(folder, |manifest| {
        let modules = manifest["modules"].as_array_mut().unwrap();
        let is_probe = |module: &&mut Value| module["name"] == "probe";
        let probe = modules.iter_mut().find(is_probe).unwrap();
        probe["blake3"] = hash.into();
        probe["size"] = bytes.len().into();
    });
}

/// Puts `text` behind the probe's library, where the search before linking finds it and the linker
/// doesn't look.
fn append(folder: &Path, text: &str) {
    let mut bytes = fs::read(folder.join("probe.so")).unwrap();
    bytes.extend_from_slice(text.as_bytes());
    replace(folder, &bytes);
}

fn change_manifest(folder: &Path, change: impl FnOnce(&mut Value)) {
    let path = folder.join("manifest.json");
    let mut manifest = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut manifest);
    fs::write(&path, manifest.to_string()).unwrap();
}

#[test]
fn a_missing_file() {
    let folder = copy();
    fs::remove_file(folder.path().join("probe.so")).unwrap();
    let error = load_error(folder.path());
    assert!(
        matches!(error, Error::File { action: "open", .. }),
        "{error}"
    );
    assert!(error.to_string().contains("probe.so"), "{error}");
}

#[test]
fn a_damaged_file_never_reaches_the_linker() {
    let folder = copy();
    let path = folder.path().join("probe.so");
    let whole = fs::read(&path).unwrap();
    for keep in [0, 1, 64, 4096, whole.len() / 2, whole.len() - 1] {
        fs::write(&path, &whole[..keep]).unwrap();
        let error = load_error(folder.path());
        assert!(
            matches!(error, Error::SizeMismatch { found, .. } if found == keep as u64),
            "{keep}: {error}"
        );
    }
    for place in (0..whole.len()).step_by(whole.len() / 50) {
        let mut damaged = whole.clone();
        damaged[place] ^= 0x10;
        fs::write(&path, &damaged).unwrap();
        let error = load_error(folder.path());
        assert!(
            matches!(error, Error::HashMismatch { .. }),
            "{place}: {error}"
        );
    }
    fs::write(&path, &whole).unwrap();
    assert_eq!(open(folder.path()).probe().add(1, 2).unwrap(), 3);
}

#[test]
fn a_file_that_is_no_library() {
    let folder = copy();
    for (bytes, problem) in [
        (&b"no library"[..], "no ELF file"),
        (b"\x7fELF", "ends after 4 bytes"),
    ] {
        replace(folder.path(), bytes);
        let error = load_error(folder.path());
        assert!(matches!(error, Error::NotAModule { .. }), "{error}");
        assert!(error.to_string().contains(problem), "{error}");
    }
    fs::remove_file(folder.path().join("probe.so")).unwrap();
    fs::create_dir(folder.path().join("probe.so")).unwrap();
    let error = load_error(folder.path());
    assert!(error.to_string().contains("not a file"), "{error}");
}

#[test]
fn a_whole_library_that_ends_too_early() {
    let folder = copy();
    let whole = fs::read(folder.path().join("probe.so")).unwrap();
    replace(folder.path(), &whole[..whole.len() / 2]);
    let error = load_error(folder.path());
    assert!(matches!(error, Error::NotAModule { .. }), "{error}");
    assert!(error.to_string().contains("segment"), "{error}");
}

#[test]
fn a_library_of_another_machine() {
    let folder = copy();
    let whole = fs::read(folder.path().join("probe.so")).unwrap();
    let (foreign, name) = if cfg!(target_arch = "aarch64") {
        (62, "x86-64")
    } else {
        (183, "aarch64")
    };
    for (place, byte, words) in [(18, foreign, name), (4, 1, "32-bit")] {
        let mut bytes = whole.clone();
        bytes[place] = byte;
        replace(folder.path(), &bytes);
        let error = load_error(folder.path());
        assert!(matches!(error, Error::Platform { .. }), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn a_library_of_another_toolchain() {
    let folder = copy();
    let foreign = lmms::TOOLCHAIN.replace("rustc ", "rustx ");
    patch(
        folder.path(),
        lmms::TOOLCHAIN.as_bytes(),
        foreign.as_bytes(),
    );
    let found = || match load_error(folder.path()) {
        Error::ToolchainMismatch {
            expected, found, ..
        } => {
            assert_eq!(expected, lmms::TOOLCHAIN);
            found
        }
        error => panic!("{error}"),
    };
    assert_eq!(found(), "another toolchain than its manifest says");
    append(folder.path(), lmms::TOOLCHAIN);
    assert_eq!(found(), foreign, "the linked library's own word");
    let folder = copy();
    change_manifest(folder.path(), |manifest| {
        manifest["toolchain"] = "rustc 1.0.0".into();
    });
    let error = open(folder.path()).probe().add(1, 2).unwrap_err();
    assert!(
        matches!(
            error.as_lmms(),
            Some(Error::ToolchainMismatch { found, .. }) if found == "rustc 1.0.0"
        ),
        "{error}"
    );
}

/// The first bytes of the probe's descriptor: its magic, and the interface version that follows.
fn descriptor(folder: &Path) -> (Vec<u8>, u32) {
    const MAGIC: &[u8] = b"LMMS\x7fmod";
    let bytes = fs::read(folder.join("probe.so")).unwrap();
    let mut places = (0..bytes.len()).filter(|&place| bytes[place..].starts_with(MAGIC));
    let place = places.next().expect("a library has a descriptor");
    assert_eq!(places.next(), None, "a library has one descriptor");
    let head = bytes[place..place + MAGIC.len() + size_of::<u32>()].to_vec();
    let version = u32::from_le_bytes(head[MAGIC.len()..].try_into().unwrap());
    (head, version)
}

#[test]
fn a_library_of_another_interface_version() {
    let folder = copy();
    let (head, version) = descriptor(folder.path());
    let mut other = head.clone();
    other[head.len() - size_of::<u32>()..].copy_from_slice(&99_u32.to_le_bytes());
    patch(folder.path(), &head, &other);
    match load_error(folder.path()) {
        Error::AbiMismatch {
            expected, found, ..
        } => assert_eq!((expected, found), (version, 99)),
        other => panic!("{other}"),
    }
}

#[test]
fn a_library_whose_descriptor_is_none() {
    let folder = copy();
    let (head, _) = descriptor(folder.path());
    let mut other = head.clone();
    other[..4].copy_from_slice(b"NONE");
    patch(folder.path(), &head, &other);
    let error = load_error(folder.path());
    assert!(matches!(error, Error::NotAModule { .. }), "{error}");
}

#[test]
fn another_modules_library() {
    let folder = copy();
    replace(
        folder.path(),
        &fs::read(folder.path().join("keeper.so")).unwrap(),
    );
    let error = load_error(folder.path());
    assert!(matches!(error, Error::NotAModule { .. }), "{error}");
    assert!(error.to_string().contains("lmms_module_probe"), "{error}");
    append(folder.path(), "lmms_module_probe\0");
    let error = load_error(folder.path());
    assert!(matches!(error, Error::NotAModule { .. }), "{error}");
    assert!(error.to_string().contains("lmms_module_probe"), "{error}");
}

#[test]
fn a_module_the_manifest_does_not_know() {
    let folder = copy();
    change_manifest(folder.path(), |manifest| {
        let modules = manifest["modules"].as_array_mut().unwrap();
        modules.retain(|module| module["name"] != "probe");
    });
    let error = load_error(folder.path());
    assert!(matches!(error, Error::NotBuilt { .. }), "{error}");
}

#[test]
fn manifests_that_are_none() {
    let folder = copy();
    let manifest = folder.path().join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    for bad in [
        "",
        "{",
        "[]",
        "null",
        "{\"format\": 1}",
        &text[..text.len() / 2],
    ] {
        fs::write(&manifest, bad).unwrap();
        let error = Fixtures::builder()
            .modules(folder.path())
            .open()
            .unwrap_err();
        assert!(error.to_string().contains("manifest"), "{bad:?}: {error}");
    }
    fs::write(&manifest, text.replace("\"format\": 2", "\"format\": 7")).unwrap();
    let error = Fixtures::builder()
        .modules(folder.path())
        .open()
        .unwrap_err();
    assert!(error.to_string().contains("format 7"), "{error}");
    for file in ["../probe.so", ".", ""] {
        let text = text.replace("probe.so", file);
        fs::write(&manifest, text).unwrap();
        let error = Fixtures::builder()
            .modules(folder.path())
            .open()
            .unwrap_err();
        assert!(error.to_string().contains("plain file name"), "{error}");
    }
    fs::write(&manifest, &text).unwrap();
    change_manifest(folder.path(), |manifest| {
        let modules = manifest["modules"].as_array_mut().unwrap();
        modules.push(modules[0].clone());
    });
    let error = Fixtures::builder()
        .modules(folder.path())
        .open()
        .unwrap_err();
    assert!(error.to_string().contains("listed twice"), "{error}");
    fs::remove_file(&manifest).unwrap();
    fs::create_dir(&manifest).unwrap();
    let error = Fixtures::builder()
        .modules(folder.path())
        .open()
        .unwrap_err();
    assert!(error.to_string().contains("not a file"), "{error}");
}

#[test]
fn a_library_with_other_operations_than_the_registry() {
    let altered = Altered::builder().modules(modules()).open().unwrap();
    let Err(CallError::Lmms(error)) = altered.probe().add(1, 2) else {
        panic!("it loaded");
    };
    assert!(
        matches!(*error, Error::OperationCount { expected: 1, found, .. } if found > 1),
        "{error}"
    );
    let Err(CallError::Lmms(error)) = altered.keeper().keep(None) else {
        panic!("it loaded");
    };
    let Error::SignatureMismatch {
        operation,
        expected,
        found,
        ..
    } = &*error
    else {
        panic!("{error}");
    };
    assert_eq!(operation, "keeper.print");
    assert!(
        expected.contains("text: u32") && found.contains("text: &str"),
        "{error}"
    );
}

#[test]
fn a_replaced_file_is_picked_up_at_the_next_load() {
    let folder = copy();
    let fixtures = open(folder.path());
    assert_eq!(fixtures.probe().add(1, 2).unwrap(), 3);
    // A build replaces by rename: the loaded library is not touched.
    let good = fs::read(folder.path().join("probe.so")).unwrap();
    let foreign = lmms::TOOLCHAIN.replace("rustc ", "rustx ");
    let other = tempfile::tempdir_in(folder.path()).unwrap();
    fs::write(other.path().join("probe.so"), &good).unwrap();
    fs::copy(
        folder.path().join("manifest.json"),
        other.path().join("manifest.json"),
    )
    .unwrap();
    patch(other.path(), lmms::TOOLCHAIN.as_bytes(), foreign.as_bytes());
    for file in ["probe.so", "manifest.json"] {
        fs::rename(other.path().join(file), folder.path().join(file)).unwrap();
    }
    assert_eq!(
        fixtures.probe().add(3, 4).unwrap(),
        7,
        "still the loaded one"
    );
    fixtures.unload("probe").unwrap();
    let error = fixtures.probe().add(1, 2).unwrap_err();
    assert!(
        matches!(error.as_lmms(), Some(Error::ToolchainMismatch { .. })),
        "{error}"
    );
}
