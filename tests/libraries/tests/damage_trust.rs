//! Who may write to the files, and which manifest is the right one.

#![forbid(unsafe_code)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

use lmms::{Builder, CallError, Error};
use lmms_library_tests::{Fixtures, copy_to, modules};

/// A copy of the built fixtures that a test may damage.
fn copy() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy_to(folder.path());
    folder
}

fn builder(folder: &Path) -> Builder<Fixtures> {
    Fixtures::builder().modules(folder).background_sweeps(false)
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn digest(folder: &Path) -> String {
    let manifest = fs::read(folder.join("manifest.json")).unwrap();
    blake3::hash(&manifest).to_hex().to_string()
}

/// What a call of the probe fails with.
#[track_caller]
fn refusal(fixtures: &Fixtures) -> Error {
    match fixtures.probe().add(1, 2) {
        Err(CallError::Lmms(error)) => *error,
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn assert_untrusted(error: &Error, in_module: &str, at: &Path) {
    let Error::Untrusted { module, path, .. } = error else {
        panic!("{error}");
    };
    assert_eq!((&**module, &**path), (in_module, at));
    let advice = format!("chmod go-w {}", at.display());
    let text = error.to_string();
    assert!(text.contains(&advice), "{text}");
    assert!(text.contains("trust_shared_files"), "{text}");
}

#[test]
fn a_folder_or_manifest_that_all_may_write_to_is_refused() {
    let folder = copy();
    let manifest = folder.path().join("manifest.json");
    for (path, mode) in [(folder.path(), 0o700), (&manifest, 0o644)] {
        set_mode(path, mode | 0o002);
        assert_untrusted(&builder(folder.path()).open().unwrap_err(), "", path);
        let trusting = builder(folder.path()).trust_shared_files(true);
        assert_eq!(trusting.open().unwrap().probe().add(1, 2).unwrap(), 3);
        set_mode(path, mode);
    }
    // While it is open.
    for (path, mode) in [(folder.path(), 0o700), (&manifest, 0o644)] {
        let fixtures = builder(folder.path()).open().unwrap();
        set_mode(path, mode | 0o002);
        assert_untrusted(&refusal(&fixtures), "", path);
        set_mode(path, mode);
    }
}

#[test]
fn a_library_that_all_may_write_to_is_refused() {
    let folder = copy();
    let path = folder.path().join("probe.so");
    set_mode(&path, 0o646);
    let fixtures = builder(folder.path()).open().unwrap();
    assert_untrusted(&refusal(&fixtures), "probe", &path);
    assert_eq!(
        fixtures.keeper().keep(None).unwrap(),
        None,
        "another module"
    );
    let trusting = builder(folder.path()).trust_shared_files(true);
    assert_eq!(trusting.open().unwrap().probe().add(1, 2).unwrap(), 3);
}

#[test]
fn the_own_group_may_write_and_another_may_not() {
    let folder = copy();
    let path = folder.path().join("probe.so");
    set_mode(&path, 0o664);
    let add = || builder(folder.path()).open().unwrap().probe().add(1, 2);
    assert_eq!(add().unwrap(), 3, "the group of what this process makes");
    let own = fs::metadata(&path).unwrap().gid();
    // Only root may give a file to a group that it is not in.
    if chown(&path, None, Some(own + 4321)).is_err() {
        return;
    }
    let fixtures = builder(folder.path()).open().unwrap();
    assert_untrusted(&refusal(&fixtures), "probe", &path);
    set_mode(&path, 0o644);
    assert_eq!(add().unwrap(), 3, "it may read");
}

#[test]
fn only_the_pinned_manifest_is_taken() {
    let folder = copy();
    let right = digest(folder.path());
    let open = |hex: &str| builder(folder.path()).manifest_digest(hex).open();
    let fixtures = open(&right).unwrap();
    assert_eq!(fixtures.probe().add(1, 2).unwrap(), 3);
    open(&right.to_uppercase()).unwrap();

    let other = "0".repeat(64);
    let error = open(&other).unwrap_err();
    let Error::ManifestDigest {
        path,
        expected,
        found,
    } = &error
    else {
        panic!("{error}");
    };
    assert_eq!(*path, folder.path().join("manifest.json"));
    assert_eq!((expected, found), (&other, &right));
    let text = error.to_string();
    assert!(text.contains(&other) && text.contains(&right), "{text}");
}

#[test]
fn a_pinned_manifest_that_changes_is_not_taken_either() {
    let folder = copy();
    let pinned = digest(folder.path());
    let fixtures = builder(folder.path())
        .manifest_digest(&pinned)
        .open()
        .unwrap();
    assert_eq!(fixtures.keeper().keep(None).unwrap(), None);
    let path = folder.path().join("manifest.json");
    let good = fs::read(&path).unwrap();
    fs::write(&path, [&good[..], b"\n"].concat()).unwrap();
    let error = refusal(&fixtures);
    assert!(
        matches!(&error, Error::ManifestDigest { expected, found, .. }
            if *expected == pinned && *found == digest(folder.path())),
        "{error}"
    );
    // What was loaded before stays so.
    assert_eq!(fixtures.keeper().keep(None).unwrap(), None);
}

#[test]
fn a_digest_that_is_none() {
    let folder = copy();
    for bad in ["", "abc", &"g".repeat(64), &"0".repeat(65), "größe"] {
        let error = builder(folder.path())
            .manifest_digest(bad)
            .open()
            .unwrap_err();
        assert!(
            matches!(&error, Error::Digest { digest, .. } if digest == bad),
            "{error}"
        );
        assert!(error.to_string().contains("64 hex digits"), "{error}");
    }
}

#[test]
fn what_the_build_tool_makes_is_trusted_and_its_digest_is_the_manifests() {
    let folder = modules();
    let fixtures = builder(&folder).manifest_digest(digest(&folder)).open();
    assert_eq!(fixtures.unwrap().probe().add(1, 2).unwrap(), 3);
}

/// Changes a byte that means nothing to the linker: the last one of the file names a section.
fn scratch(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let at = bytes.windows(9).rposition(|name| name == b".shstrtab");
    bytes[at.unwrap() + 1] = b'z';
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_file_that_something_else_vouches_for_is_not_hashed() {
    let folder = copy();
    let path = folder.path().join("probe.so");
    scratch(&path);
    let error = refusal(&builder(folder.path()).open().unwrap());
    assert!(matches!(error, Error::HashMismatch { .. }), "{error}");
    let vouched = || builder(folder.path()).verify_files(false);
    assert_eq!(vouched().open().unwrap().probe().add(1, 2).unwrap(), 3);
    // A copy is made of bytes that were checked, and what others may write to nobody vouches for.
    let error = refusal(&vouched().sealed_copies(true).open().unwrap());
    assert!(matches!(error, Error::HashMismatch { .. }), "{error}");
    let error = refusal(&vouched().trust_shared_files(true).open().unwrap());
    assert!(matches!(error, Error::HashMismatch { .. }), "{error}");
}

#[test]
fn half_a_file_is_refused_without_a_hash_too() {
    let folder = copy();
    let path = folder.path().join("probe.so");
    let good = fs::read(&path).unwrap();
    let fixtures = builder(folder.path()).verify_files(false).open().unwrap();
    fs::write(&path, &good[..good.len() / 2]).unwrap();
    let error = refusal(&fixtures);
    assert!(matches!(error, Error::SizeMismatch { .. }), "{error}");
    let mut headless = good.clone();
    headless[..64].fill(0);
    fs::write(&path, headless).unwrap();
    let fixtures = builder(folder.path()).verify_files(false).open().unwrap();
    let error = refusal(&fixtures);
    assert!(matches!(error, Error::NotAModule { .. }), "{error}");
}
