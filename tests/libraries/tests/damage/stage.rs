//! A copy of the built fixtures, damaged and repaired case by case.

#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lmms::clock::ManualClock;
use lmms::{CallError, Error};
use lmms_library_tests::{Fixtures, copy_to};
use serde_json::{Value, json};

use crate::linker;

pub const MODULES: [&str; 4] = ["keeper", "probe", "relay", "solo"];

/// Longer than any wait after a failed load.
const LONG: Duration = Duration::from_secs(60);

pub struct Stage {
    folder: tempfile::TempDir,
    /// What each test checks is the process': its linker.
    _alone: MutexGuard<'static, ()>,
    cases: usize,
}

impl Stage {
    pub fn new() -> Self {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        copy_to(folder.path());
        Self {
            folder,
            _alone: alone,
            cases: 0,
        }
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    pub fn library(&self, module: &str) -> PathBuf {
        self.path(&format!("{module}.so"))
    }

    pub fn manifest(&self) -> PathBuf {
        self.path("manifest.json")
    }

    /// How many cases there were.
    pub fn cases(&self) -> usize {
        self.cases
    }

    /// One case: `module` must not be loaded while `damaged` stands in place of the files of that
    /// name, with an error that `is_right`; and must be loaded when they are repaired.
    pub fn refused(
        &mut self,
        module: &str,
        what: &str,
        damaged: &[(&Path, &[u8])],
        is_right: impl Fn(&Error) -> bool,
    ) {
        let good: Vec<_> = damaged
            .iter()
            .map(|(path, _)| fs::read(path).unwrap())
            .collect();
        self.refused_with(
            module,
            what,
            || {
                for (path, bytes) in damaged {
                    fs::write(path, bytes).unwrap();
                }
            },
            || {
                for ((path, _), good) in damaged.iter().zip(&good) {
                    fs::write(path, good).unwrap();
                }
            },
            is_right,
        );
    }

    /// As [`refused`](Self::refused), for damage that is no other content.
    pub fn refused_with(
        &mut self,
        module: &str,
        what: &str,
        damage: impl FnOnce(),
        repair: impl FnOnce(),
        is_right: impl Fn(&Error) -> bool,
    ) {
        self.cases += 1;
        let clock = ManualClock::new();
        let before = linker::loads();
        // Now before it is opened, now while it is open.
        let (fixtures, error) = if self.cases.is_multiple_of(2) {
            damage();
            match self.open(&clock) {
                Ok(fixtures) => {
                    let error = ask(&fixtures, module).expect_err(what);
                    (Some(fixtures), error)
                }
                Err(error) => (None, error),
            }
        } else {
            let fixtures = self.open(&clock).expect(what);
            damage();
            let error = ask(&fixtures, module).expect_err(what);
            (Some(fixtures), error)
        };
        assert_eq!(
            linker::loads(),
            before,
            "{what}: reached the linker: {error}"
        );
        let text = error.to_string();
        assert!(is_right(&error), "{what}: {text}: {error:?}");
        let folder = self.folder.path().display().to_string();
        assert!(
            text.contains(&format!("`{module}`")) || text.contains(&folder),
            "{what}: the error says neither module nor path: {text}"
        );

        repair();
        clock.advance(LONG);
        let fixtures = fixtures.unwrap_or_else(|| self.open(&clock).expect(what));
        self.answers(&fixtures, module, what);
    }

    /// One case: `module` is loaded although `changed` stands in place of the file.
    pub fn loaded(&mut self, module: &str, what: &str, path: &Path, changed: &[u8]) {
        self.cases += 1;
        let good = fs::read(path).unwrap();
        fs::write(path, changed).unwrap();
        let fixtures = self.open(&ManualClock::new()).expect(what);
        self.answers(&fixtures, module, what);
        drop(fixtures);
        fs::write(path, good).unwrap();
    }

    fn answers(&self, fixtures: &Fixtures, module: &str, what: &str) {
        let before = linker::loads();
        if let Err(error) = ask(fixtures, module) {
            panic!("{what}: does not load: {error}");
        }
        assert_ne!(linker::loads(), before, "{what}: the counter sees no load");
    }

    fn open(&self, clock: &ManualClock) -> Result<Fixtures, Error> {
        let builder = Fixtures::builder().modules(self.folder.path());
        builder.clock(clock.clone()).open()
    }
}

/// Calls the module and checks what it says.
fn ask(fixtures: &Fixtures, module: &str) -> Result<(), Error> {
    let call =
        |operation, kwargs: Value| match fixtures.execute_operation(module, operation, kwargs) {
            Ok(answer) => Ok(answer),
            Err(CallError::Lmms(error)) => Err(*error),
            Err(other) => panic!("{module}: {other:?}"),
        };
    match module {
        "keeper" => assert_eq!(call("keep", json!({"note": null}))?, Value::Null),
        "probe" => assert_eq!(call("add", json!({"left": 1, "right": 2}))?, 3),
        "relay" => assert!(call("about", json!({}))?.is_array()),
        "solo" => assert_eq!(call("count", json!({}))?[0], 1),
        other => panic!("no module {other}"),
    }
    Ok(())
}

/// The manifest with another hash and size of `module`'s library.
pub fn consistent(manifest: &[u8], module: &str, library: &[u8]) -> Vec<u8> {
    let mut manifest: Value = serde_json::from_slice(manifest).unwrap();
    let modules = manifest["modules"].as_array_mut().unwrap();
    let is_it = |entry: &&mut Value| entry["name"] == module;
    let entry = modules.iter_mut().find(is_it).unwrap();
    entry["blake3"] = blake3::hash(library).to_hex().to_string().into();
    entry["size"] = library.len().into();
    manifest.to_string().into_bytes()
}
