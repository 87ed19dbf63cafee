//! A small workspace that is planted for one test, and what the tool says about it.

#![forbid(unsafe_code)]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A workspace in a folder of its own.
pub(crate) struct Planted {
    folder: PathBuf,
    /// Removes the folder at the end of the test.
    _remove: Option<TempDir>,
    /// Keeps other processes out of the folder until the end of the test.
    _lock: Option<File>,
}

/// What the tool answered.
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Planted {
    /// A workspace with the application `house`, the plain library `house-types`, and the modules
    /// `thumbs` and `sun`, all as they should be. `house` depends on the host side of `lmms`.
    pub(crate) fn new() -> Self {
        // Below the target folder: on the same disk, and the user's cargo configuration applies.
        let folder = tempfile::Builder::new()
            .prefix("planted-")
            .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
            .expect("the target folder is writable");
        let planted = Self {
            folder: folder.path().to_owned(),
            _remove: Some(folder),
            _lock: None,
        };
        planted.fill();
        planted
    }

    /// The same, but what cargo compiled there is kept for the next run.
    pub(crate) fn kept() -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("planted");
        fs::create_dir_all(&folder).expect("the target folder is writable");
        let lock =
            File::create(folder.with_extension("lock")).expect("the target folder is writable");
        lock.lock().expect("the file can be locked");
        let planted = Self {
            folder,
            _remove: None,
            _lock: Some(lock),
        };
        let old = [
            "house",
            "house-types",
            "modules",
            "stand-ins",
            "target/lmms/modules",
        ];
        for old in old {
            let _ = fs::remove_dir_all(planted.path(old));
        }
        planted.fill();
        planted
    }

    fn fill(&self) {
        self.write(
            "Cargo.toml",
            "[workspace]\nresolver = \"3\"\nmembers = [\"house\", \"house-types\", \"modules/*\"]\n",
        );
        let lock = repository().join("Cargo.lock");
        fs::copy(lock, self.path("Cargo.lock")).expect("the repository has a lock file");
        self.package(
            "house",
            &format!(
                "{}\nhouse-types = {{ path = \"../house-types\" }}",
                lmms("")
            ),
        );
        self.write(
            "house/src/main.rs",
            "//! A house.\n#![forbid(unsafe_code)]\n\
             lmms::gateway! { pub House { modules: [\"../modules/*\"] } }\nfn main() {}\n",
        );
        self.package("house-types", "");
        self.write(
            "house-types/src/lib.rs",
            "//! Types.\n#![forbid(unsafe_code)]\n",
        );
        for module in ["thumbs", "sun"] {
            self.module(module, "look");
        }
    }

    /// Adds a module with one operation, `<module>.<operation>`.
    pub(crate) fn module(&self, name: &str, operation: &str) {
        self.package(
            &format!("modules/{name}"),
            &lmms(", default-features = false"),
        );
        self.write(
            &format!("modules/{name}/src/lib.rs"),
            &format!(
                "//! A module.\n#![forbid(unsafe_code)]\nuse lmms::operation;\nlmms::module!();\n\n\
                 /// Looks at something.\n#[operation(interface = \"{name}\")]\n\
                 fn {operation}(at: u32) -> u32 {{\n    at + 1\n}}\n"
            ),
        );
    }

    /// Writes a manifest in `folder` with these lines under `[dependencies]` and what follows them.
    pub(crate) fn package(&self, folder: &str, dependencies: &str) {
        let name = folder.rsplit('/').next().unwrap_or(folder);
        let lmms = way(&self.path(folder), &repository().join("lmms"));
        let dependencies = dependencies.replace(LMMS, &lmms);
        self.write(
            &format!("{folder}/Cargo.toml"),
            &format!(
                "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
                 [dependencies]\n{dependencies}\n"
            ),
        );
    }

    /// Writes a file.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        let folder = path.parent().expect("it is in the workspace");
        fs::create_dir_all(folder).expect("the folder can be made");
        fs::write(path, text).expect("the file can be written");
    }

    /// Adds text to the end of a file.
    pub(crate) fn append(&self, path: &str, text: &str) {
        let old = fs::read_to_string(self.path(path)).expect("the file exists");
        self.write(path, &(old + text));
    }

    /// A path in the workspace.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// Runs the tool in the workspace, offline.
    pub(crate) fn xtask(&self, arguments: &[&str]) -> Answer {
        let output = self
            .command(env!("CARGO_BIN_EXE_cargo-lmms"))
            .arg("xtask")
            .args(arguments)
            .output();
        Answer::of(output.expect("the tool starts"))
    }

    /// Runs a program in the workspace that must succeed.
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) {
        let output = self.command(program).args(arguments).output();
        let answer = Answer::of(output.expect("the program starts"));
        assert_eq!(
            answer.code,
            Some(0),
            "{program} {arguments:?}: {}",
            answer.stderr
        );
    }

    /// The problems that `check PART --no-build` finds, as `code` and the whole text.
    pub(crate) fn check(&self, part: &str) -> Vec<(String, String)> {
        let answer = self.xtask(&["check", part, "--no-build", "--json"]);
        let report: Value = serde_json::from_str(&answer.stdout)
            .unwrap_or_else(|_| panic!("no report: {}{}", answer.stdout, answer.stderr));
        let problems = report["parts"][0]["problems"]
            .as_array()
            .expect("a list of problems");
        let expected = if problems.is_empty() { 0 } else { 1 };
        assert_eq!(answer.code, Some(expected), "{}", answer.stdout);
        problems
            .iter()
            .map(|problem| {
                let code = problem["code"].as_str().expect("a code").to_owned();
                let field = |name: &str| problem[name].as_str().unwrap_or_default().to_owned();
                (
                    code,
                    format!("{}: {}; {}", field("place"), field("what"), field("advice")),
                )
            })
            .collect()
    }

    /// As [`Planted::check`], for exactly one expected problem: its text.
    pub(crate) fn one_problem(&self, part: &str, code: &str) -> String {
        let problems = self.check(part);
        let [(found, text)] = problems.as_slice() else {
            panic!("not one problem but {problems:#?}");
        };
        assert_eq!(found, code, "{text}");
        text.clone()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.folder)
            .env("CARGO_NET_OFFLINE", "true")
            .env("NO_COLOR", "1")
            .env_remove("RUSTFLAGS")
            .env("CARGO_TARGET_DIR", self.path("target"));
        command
    }
}

impl Answer {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A line for [`Planted::package`] that depends on the real `lmms`.
pub(crate) fn lmms(options: &str) -> String {
    format!("lmms = {{ path = \"{LMMS}\"{options} }}")
}

/// Stands for the path to `lmms`, which differs by package.
const LMMS: &str = "<lmms>";

/// The way from one folder to another: what is written must not name this machine's folders.
fn way(from: &Path, to: &Path) -> String {
    let shared = from
        .components()
        .zip(to.components())
        .take_while(|(a, b)| a == b)
        .count();
    let up = from.components().skip(shared).map(|_| "..".to_owned());
    let down = to
        .components()
        .skip(shared)
        .map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// The root of this repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tool is a member of the repository")
}
