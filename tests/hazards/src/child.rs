//! Runs what may crash in a process of its own.

#![forbid(unsafe_code)]

use std::ffi::OsStr;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output};

/// How a child process ended.
#[derive(Debug)]
pub struct Ended {
    /// The signal that killed it.
    pub signal: Option<i32>,
    /// Its exit code, if it ended by itself.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it printed to stderr.
    pub stderr: String,
}

impl Ended {
    /// Whether it crashed: by a signal of the kind that damaged memory or an abort give.
    pub fn crashed(&self) -> bool {
        matches!(
            self.signal,
            Some(libc::SIGSEGV | libc::SIGABRT | libc::SIGILL | libc::SIGBUS | libc::SIGTRAP)
        )
    }

    /// The number after `name=` in what it printed.
    pub fn number(&self, name: &str) -> Option<i64> {
        let start = format!("{name}=");
        let line = self
            .stdout
            .lines()
            .find_map(|line| line.strip_prefix(&start))?;
        line.trim().parse().ok()
    }
}

/// Runs `program` to its end.
///
/// # Panics
/// When it can't be started.
pub fn run<A: AsRef<OsStr>>(
    program: &Path,
    arguments: &[A],
    environment: &[(&str, &str)],
) -> Ended {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_remove("RUST_BACKTRACE")
        .envs(environment.iter().copied());
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("the program runs");
    Ended {
        signal: status.signal(),
        code: status.code(),
        stdout: String::from_utf8_lossy(&stdout).into_owned(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
    }
}

/// Has a test of this program done in a process of its own, where no other test's threads are. `false` in that process:
/// there it is to be done.
///
/// # Panics
/// When that can't be started, or the test of that `name` doesn't pass there.
pub fn is_done_alone(name: &str) -> bool {
    const INSIDE: &str = "LMMS_TEST_ALONE";
    if std::env::var_os(INSIDE).is_some_and(|inside| inside == name) {
        return false;
    }
    let program = std::env::current_exe().expect("this program has a file");
    let arguments = [name, "--exact", "--test-threads=1", "--nocapture"];
    let ended = run(&program, &arguments, &[(INSIDE, name)]);
    assert!(
        ended.code == Some(0) && ended.stdout.contains("test result: ok. 1 passed"),
        "{name}, alone:\n{}{}",
        ended.stdout,
        ended.stderr
    );
    true
}
