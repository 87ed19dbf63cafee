//! A toolchain that marks every shared object NODELETE.

#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use lmms::manifest::{FILE_NAME, Finding, Manifest};
use lmms::outcome::UnloadOutcome;
use lmms_hazard_tests::built::mark_nodelete;
use lmms_hazard_tests::child::is_done_alone;
use lmms_hazard_tests::process::is_mapped;
use xtask::elf::Elf;

lmms::gateway! {
    /// One module.
    Marked { modules: ["nodelete/*"] }
}

const FILE: &str = "born_marked.so";

fn workspace() -> xtask::Workspace {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/nodelete");
    xtask::Workspace::find(Some(folder.as_ref())).expect("the fixtures are a workspace")
}

fn modules() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let options = xtask::BuildOptions {
            quiet: true,
            ..Default::default()
        };
        match xtask::build_modules(&workspace(), &options) {
            Ok(report) => report.folder,
            Err(error) => panic!("the fixture can't be built: {error}"),
        }
    })
}

fn is_marked(library: &Path) -> bool {
    let elf = Elf::read(&fs::read(library).unwrap()).unwrap();
    elf.flags.contains("NODELETE")
}

fn open(folder: &Path) -> Marked {
    let builder = Marked::builder().modules(folder).background_sweeps(false);
    builder.open().expect("it opens")
}

#[test]
fn what_the_toolchain_marks_unloads_and_the_report_says_so() {
    let built = modules();
    let raw = workspace().lmms_dir().join("build");
    let raw = raw
        .join(workspace().host())
        .join("release/liblmms_carrier_born_marked.so");
    assert!(is_marked(&raw), "the linker's flag has no effect");
    assert!(!is_marked(&built.join(FILE)));
    let manifest = Manifest::read(built).unwrap();
    let grade = &manifest.module("born-marked").unwrap().unload;
    assert!(
        grade.safe && grade.finds(Finding::NODELETE_CLEARED),
        "{grade:?}"
    );
    let inspected = xtask::inspect(&workspace(), "born-marked").unwrap();
    assert!(
        inspected.is_sound() && inspected.unload.finds(Finding::NODELETE_CLEARED),
        "{:?} {:?} {:?}",
        inspected.problem,
        inspected.listed,
        inspected.unload
    );

    let home = open(built);
    for seed in 0..20 {
        assert_eq!(home.born_marked().provoke(seed).unwrap(), seed + 1);
        assert!(is_mapped("born-marked"));
        let outcome = home.unload("born-marked").unwrap();
        assert!(
            matches!(outcome, UnloadOutcome::Unloaded { .. }),
            "{outcome}"
        );
        assert!(!is_mapped("born-marked"));
    }
}

#[test]
fn with_the_mark_left_in_it_stays_and_a_file_marked_by_others_is_refused() {
    // The library stays mapped in the process that does this.
    if is_done_alone("with_the_mark_left_in_it_stays_and_a_file_marked_by_others_is_refused") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = fs::read(modules().join(FILE)).unwrap();
    mark_nodelete(&mut bytes).unwrap();
    fs::write(folder.path().join(FILE), &bytes).unwrap();
    let mut manifest = Manifest::read(modules()).unwrap();
    let write = |manifest: &Manifest| {
        let text = serde_json::to_vec(manifest).unwrap();
        fs::write(folder.path().join(FILE_NAME), text).unwrap();
    };
    write(&manifest);
    let error = open(folder.path()).born_marked().provoke(1).unwrap_err();
    assert!(
        error.to_string().contains("is not the file that was built"),
        "{error}"
    );

    // The control: as if nobody had looked at the mark.
    manifest.modules[0].blake3 = blake3::hash(&bytes).to_hex().to_string();
    write(&manifest);
    let home = open(folder.path());
    assert_eq!(home.born_marked().provoke(1).unwrap(), 2);
    let outcome = home.unload("born-marked").unwrap();
    let UnloadOutcome::Stuck { reason } = &outcome else {
        panic!("{outcome}");
    };
    assert!(reason.contains("still mapped"), "{reason}");
    assert!(is_mapped("born-marked"));
}
