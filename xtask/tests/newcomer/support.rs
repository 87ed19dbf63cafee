//! A folder elsewhere, projects in it, and the program as `cargo` starts it.

#![forbid(unsafe_code)]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// Somebody with a folder for projects.
pub(crate) struct Newcomer {
    folder: TempDir,
    /// What cargo builds, kept from run to run.
    target: PathBuf,
    /// Keeps other processes out of `target` until the end of the test.
    _lock: File,
}

/// A project of theirs.
pub(crate) struct Project<'a> {
    newcomer: &'a Newcomer,
    folder: PathBuf,
}

/// What a program answered.
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Newcomer {
    pub(crate) fn new() -> Self {
        // So deep that this repository's own build folder is none of a program in it.
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("newcomer/größe 1");
        fs::create_dir_all(&target).expect("the target folder is writable");
        let lock =
            File::create(target.with_extension("lock")).expect("the target folder is writable");
        lock.lock().expect("the file can be locked");
        let folder = tempfile::Builder::new()
            .prefix("neue Projekte für lmms ")
            .tempdir()
            .expect("there is room for a temporary folder");
        Self {
            folder,
            target,
            _lock: lock,
        }
    }

    /// Makes a project.
    pub(crate) fn project(&self, name: &str, options: &[&str]) -> Project<'_> {
        let outside = Project {
            newcomer: self,
            folder: self.folder.path().to_owned(),
        };
        let said = outside.answers(&[&["new", name], options].concat());
        assert!(said.contains(&format!("cd {name}")), "{said}");
        assert!(said.contains("cargo lmms run"), "{said}");
        Project {
            newcomer: self,
            folder: self.folder.path().join(name),
        }
    }

    /// A folder of its own with what is in the archive.
    pub(crate) fn unpacked(&self, archive: &[u8]) -> TempDir {
        let folder = tempfile::tempdir_in(self.folder.path()).expect("there is room");
        let path = folder.path().join("archive");
        fs::write(&path, archive).expect("there is room");
        let mut command = Command::new("tar");
        command.arg("--extract").arg("--file").arg(&path);
        let status = command.arg("--directory").arg(folder.path()).status();
        assert!(status.expect("there is tar").success());
        folder
    }

    /// A path in what cargo builds.
    pub(crate) fn built(&self, path: &str) -> PathBuf {
        self.target.join(path)
    }
}

impl Project<'_> {
    /// Runs `cargo lmms`, offline.
    pub(crate) fn lmms(&self, arguments: &[&str]) -> Answer {
        let program = Path::new(env!("CARGO_BIN_EXE_cargo-lmms"));
        self.run(program, &[&["lmms"], arguments].concat())
    }

    /// What `cargo lmms` says, which must succeed.
    pub(crate) fn answers(&self, arguments: &[&str]) -> String {
        let answer = self.lmms(arguments);
        let Answer { stdout, stderr, .. } = &answer;
        assert_eq!(answer.code, Some(0), "{arguments:?}: {stdout}{stderr}");
        answer.stdout
    }

    /// Runs a program in the project.
    pub(crate) fn run(&self, program: &Path, arguments: &[&str]) -> Answer {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(&self.folder)
            .env("CARGO", env!("CARGO"))
            .env("CARGO_TARGET_DIR", &self.newcomer.target)
            .env("CARGO_NET_OFFLINE", "true")
            .env("NO_COLOR", "1")
            .env_remove("LMMS_MODULES")
            .env_remove("RUSTFLAGS")
            .output()
            .expect("the program starts");
        Answer {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Replaces a part of a file, which must be there once.
    pub(crate) fn replace(&self, path: &str, old: &str, new: &str) {
        let path = self.folder.join(path);
        let text = fs::read_to_string(&path).expect("the file exists");
        assert_eq!(text.matches(old).count(), 1, "{old} in {}", path.display());
        fs::write(path, text.replace(old, new)).expect("the file is writable");
    }

    /// The names of what is in a folder, sorted.
    pub(crate) fn files(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.folder.join(folder)).expect("the folder exists");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name())
            .map(|name| name.to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}
