//! Whether a built file is newer than what it was built from.

#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};

/// A source of `built` that has changed since, if there is one.
///
/// Cargo writes the sources of `name` or `libname.so` beside it as `name.d` or `libname.d`. Without
/// that file, or for a source that is gone, the built file counts as up to date or not, as the
/// sources that are left say.
pub(crate) fn newer_source(built: &Path) -> Option<PathBuf> {
    let time = fs::metadata(built)
        .and_then(|facts| facts.modified())
        .ok()?;
    sources_of(built)?.into_iter().find(|source| {
        match fs::metadata(source).and_then(|facts| facts.modified()) {
            Ok(changed) => changed > time,
            Err(_) => true,
        }
    })
}

/// The sources of `built`, as cargo noted them.
pub(crate) fn sources_of(built: &Path) -> Option<Vec<PathBuf>> {
    let rule = fs::read_to_string(built.with_extension("d")).ok()?;
    Some(sources(&rule))
}

/// The sources in a make rule `built: source source`, where `\ ` is a space in a name.
fn sources(rule: &str) -> Vec<PathBuf> {
    let Some((_, list)) = rule.lines().next().and_then(|line| line.split_once(": ")) else {
        return Vec::new();
    };
    let mut sources = Vec::new();
    let mut name = String::new();
    let mut letters = list.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if letters.peek() == Some(&' ') => {
                name.push(' ');
                letters.next();
            }
            ' ' => sources.push(std::mem::take(&mut name)),
            letter => name.push(letter),
        }
    }
    sources.push(name);
    sources.retain(|name| !name.is_empty());
    sources.into_iter().map(PathBuf::from).collect()
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn reads_names_with_spaces() {
        let names = sources("/t/app: /a/one.rs /b\\ c/two.rs\n\n/a/one.rs:\n");
        assert_eq!(
            names,
            [PathBuf::from("/a/one.rs"), PathBuf::from("/b c/two.rs")]
        );
        assert!(sources("").is_empty());
    }

    #[test]
    fn a_later_or_vanished_source_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let [built, source, rule] = ["app", "one.rs", "app.d"].map(|name| folder.path().join(name));
        for path in [&built, &source] {
            fs::write(path, "x").unwrap();
        }
        fs::write(
            &rule,
            format!("{}: {}\n", built.display(), source.display()),
        )
        .unwrap();
        let now = SystemTime::now();
        let set = |path: &Path, time| File::open(path).unwrap().set_modified(time).unwrap();
        set(&source, now - Duration::from_secs(10));
        set(&built, now);
        assert_eq!(newer_source(&built), None);
        set(&source, now + Duration::from_secs(10));
        assert_eq!(newer_source(&built), Some(source.clone()));
        fs::remove_file(&source).unwrap();
        assert_eq!(newer_source(&built), Some(source));
        fs::remove_file(&rule).unwrap();
        assert_eq!(newer_source(&built), None);
    }
}
