//! Tests that may crash, hang, or change the whole process run in a process of their own.

use std::process::{Command, Output, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;
use std::{env, thread};

const CASE: &str = "LMMS_TEST_CASE";

/// How long a child may take: one that hangs would take for ever.
const PATIENCE: Duration = Duration::from_secs(120);

/// The case that this process is to run, if it is a child.
pub fn case() -> Option<String> {
    env::var(CASE).ok()
}

/// Runs the ignored test `test` of this test program for `case`, and returns its output.
///
/// # Panics
/// When the child crashes, fails or hangs: with all that it printed.
#[track_caller]
pub fn run(test: &str, case: &str) -> String {
    let program = env::current_exe().expect("this program has a file");
    let child = Command::new(program)
        .args([
            "--exact",
            test,
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(CASE, case)
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("this program starts");
    let id = child.id();
    let (tell, told) = channel();
    thread::spawn(move || tell.send(child.wait_with_output()));
    let Ok(output) = told.recv_timeout(PATIENCE) else {
        // Its output ends with it, and so does the thread above.
        let _ = Command::new("kill").args(["-9", &id.to_string()]).status();
        let said = told
            .recv()
            .map(|output| output.map(|output| words(&output)));
        panic!(
            "{case}: hangs after\n{}",
            said.unwrap_or_else(|_| Ok(String::new()))
                .unwrap_or_default()
        );
    };
    let output = output.expect("the child is waited for");
    assert!(
        output.status.success(),
        "{case}: {} after\n{}",
        output.status,
        words(&output)
    );
    words(&output)
}

fn words(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    text(&output.stdout) + &text(&output.stderr)
}
