//! Two processes on one home: a reader beside a writer that never rests, and two writers. Nobody starves, nothing is
//! lost.
#![forbid(unsafe_code)]

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command as Process, Stdio};

use home_types::Command;
use lmms::Context;
use virtual_home::catalog::{get_state, list_devices, recent_changes};
use virtual_home::control::apply;
use virtual_home::upkeep::close;

/// Names the home for the process that is started beside the test's own.
const HOME: &str = "HOME_OF_TWO_PROCESSES";

const READS: usize = 150;
const WRITES: usize = 50;

#[test]
fn two_processes_share_a_home() {
    if let Ok(path) = std::env::var(HOME) {
        return write_until_told_to_stop(&path);
    }
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("home.db").display().to_string();
    let cx = Context::detached();
    // Both make the home.
    let other = start(&path);
    let changes = || recent_changes(&cx, &path, u32::MAX).unwrap().len();
    while changes() == 0 {
        std::thread::yield_now();
    }
    for number in 0..READS {
        let state = get_state(&cx, &path, "light.hallway");
        assert!(state.is_ok(), "read {number}: {state:?}");
        let devices = list_devices(&cx, &path);
        assert!(devices.is_ok(), "list {number}: {devices:?}");
    }
    for number in 0..WRITES {
        let command = Command::SetBrightness { percent: 40 };
        let state = apply(&cx, &path, "light.floor_lamp", &command);
        assert!(state.is_ok(), "write {number}: {state:?}");
    }
    let others = stop(other, &path);
    assert_eq!(changes(), WRITES + others, "nothing is lost");
    close(&path);
}

fn write_until_told_to_stop(path: &str) {
    let cx = Context::detached();
    let mut written = 0;
    while !Path::new(&stop_file(path)).exists() {
        apply(&cx, path, "light.hallway", &Command::Toggle).unwrap();
        written += 1;
    }
    println!("wrote {written}.");
}

fn start(path: &str) -> Child {
    Process::new(std::env::current_exe().unwrap())
        .args(["--exact", "two_processes_share_a_home", "--nocapture"])
        .env(HOME, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn stop(mut other: Child, path: &str) -> usize {
    std::fs::write(stop_file(path), "").unwrap();
    let mut output = String::new();
    other
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut output)
        .unwrap();
    assert!(other.wait().unwrap().success(), "{output}");
    let written = output.split("wrote ").nth(1).unwrap();
    written.split('.').next().unwrap().parse().unwrap()
}

fn stop_file(path: &str) -> String {
    format!("{path}.stop")
}
