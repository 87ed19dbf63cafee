//! A module that is built anew while the application runs: what the old build has computed is no longer served.

#![forbid(unsafe_code)]

use std::fs;
use std::path::Path;

use lmms::UnloadOutcome;
use lmms_library_tests::{Fixtures, copy_to};
use serde_json::Value;

/// Replaces the probe's library by another build: with bytes at its end that nobody reads.
fn rebuild(folder: &Path) {
    let path = folder.join("probe.so");
    let mut bytes = fs::read(&path).unwrap();
    bytes.extend_from_slice(b"another build");
    let manifest = folder.join("manifest.json");
    let mut read: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    let modules = read["modules"].as_array_mut().unwrap();
    let is_probe = |module: &&mut Value| module["name"] == "probe";
    let probe = modules.iter_mut().find(is_probe).unwrap();
    probe["blake3"] = blake3::hash(&bytes).to_hex().to_string().into();
    probe["size"] = bytes.len().into();
    // As a build does: a library that is loaded is not touched.
    for (path, content) in [(path, bytes), (manifest, read.to_string().into_bytes())] {
        let new = path.with_extension("new");
        fs::write(&new, content).unwrap();
        fs::rename(new, path).unwrap();
    }
}

fn reload(fixtures: &Fixtures) {
    let outcome = fixtures.unload("probe").unwrap();
    assert!(
        matches!(outcome, UnloadOutcome::Unloaded { .. }),
        "{outcome}"
    );
    fixtures.load("probe").unwrap();
}

fn reloaded(verify: bool) {
    let folder = tempfile::tempdir().unwrap();
    copy_to(folder.path());
    let fixtures = Fixtures::builder()
        .modules(folder.path())
        .verify_files(verify)
        .background_sweeps(false)
        .open()
        .unwrap();
    let remembered = |name| fixtures.probe().remembered(name).unwrap();
    assert_eq!((remembered("a"), remembered("b")), (Some(0), Some(1)));
    reload(&fixtures);
    assert_eq!(remembered("b"), Some(1), "the same build");

    rebuild(folder.path());
    assert_eq!(remembered("b"), Some(1), "the other one isn't loaded yet");
    reload(&fixtures);
    assert_eq!(remembered("b"), Some(0), "computed by the other build");
    assert_eq!(remembered("b"), Some(0));
}

#[test]
fn results_of_the_old_build_are_forgotten_when_the_new_one_is_loaded() {
    reloaded(true);
}

#[test]
fn a_build_is_told_by_its_manifest_where_files_are_not_hashed() {
    reloaded(false);
}
