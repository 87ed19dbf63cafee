//! What a module's memory is, and that it is back: compared with what the kernel says. Each part is
//! a process of its own, so that nothing else moves the numbers.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::Duration;

use lmms::clock::ManualClock;
use lmms::outcome::UnloadOutcome;
use lmms_library_tests::{Fixtures, modules};

/// Tells the child which part it is.
const PART: &str = "LMMS_MEMORY_PART";

/// Runs the one ignored test of this file, as `part`.
fn run(part: &str) -> Output {
    modules();
    Command::new(std::env::current_exe().unwrap())
        .args(["child", "--exact", "--ignored", "--nocapture"])
        .env(PART, part)
        .env("RUST_BACKTRACE", "1")
        .output()
        .unwrap()
}

#[track_caller]
fn passes(part: &str) {
    let output = run(part);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{part}: {:?}\n{said}",
        output.status
    );
    assert!(said.contains("the part was run"), "{part}: {said}");
}

#[test]
fn reclaimed_bytes_are_what_the_kernel_gets_back() {
    passes("reclaimed");
}

#[test]
fn a_module_that_holds_little_occupies_little() {
    passes("little");
}

#[test]
fn what_leaked_is_back_in_full() {
    passes("leaked");
}

#[test]
fn a_module_that_idles_has_its_code_out_of_memory() {
    passes("idle");
}

#[test]
fn panics_with_backtraces_wanted_leave_nothing_behind() {
    passes("backtraces");
}

#[test]
fn use_after_unload_faults_instead_of_reading_stale_data() {
    let before = run("read before");
    assert!(before.status.success(), "{before:?}");
    let after = run("read after");
    assert_eq!(after.status.signal(), Some(libc::SIGSEGV), "{after:?}");
}

#[test]
#[ignore = "a part of the others, in a process of its own"]
fn child() {
    let part = std::env::var(PART).expect("the other tests start this one");
    let clock = Arc::new(ManualClock::new());
    let fixtures = Fixtures::builder()
        .modules(modules())
        .clock(clock.clone())
        .background_sweeps(false)
        .open()
        .unwrap();
    match part.as_str() {
        "reclaimed" => reclaimed(&fixtures),
        "little" => little(&fixtures),
        "leaked" => leaked(&fixtures),
        "idle" => idle(&fixtures, &clock),
        "backtraces" => backtraces(&fixtures),
        "read before" => read(&fixtures, false),
        "read after" => read(&fixtures, true),
        other => panic!("no part `{other}`"),
    }
    eprintln!("the part was run");
}

/// Memory of this process by the kernel's count, in bytes.
fn resident() -> u64 {
    let rollup = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap();
    let line = rollup
        .lines()
        .find(|line| line.starts_with("Rss:"))
        .unwrap();
    let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes * 1024
}

fn unload(fixtures: &Fixtures) -> u64 {
    match fixtures.unload("probe").unwrap() {
        UnloadOutcome::Unloaded { bytes } => bytes,
        other => panic!("{other}"),
    }
}

/// Cycles that let the host's own memory settle.
fn warm_up(fixtures: &Fixtures, leak: u32) {
    for _ in 0..5 {
        fixtures.probe().leak(leak).unwrap();
        unload(fixtures);
        resident();
    }
}

fn reclaimed(fixtures: &Fixtures) {
    for leak in [0, 100 << 10, 5 << 20] {
        warm_up(fixtures, leak);
        fixtures.probe().leak(leak).unwrap();
        let loaded = resident();
        let told = unload(fixtures);
        let back = loaded - resident();
        eprintln!("{leak} bytes leaked: {told} told, {back} back");
        let off = told.abs_diff(back) as f64 / back as f64;
        assert!(off < 0.05, "told {told}, the kernel says {back}");
    }
}

fn little(fixtures: &Fixtures) {
    warm_up(fixtures, 0);
    fixtures.probe().leak(0).unwrap();
    let bare = unload(fixtures);
    let empty = resident();
    for _ in 0..1600 {
        // 100 KiB in small blocks.
        fixtures.probe().leak(64).unwrap();
    }
    let held = fixtures.statistics().modules[1].memory.heap;
    assert!(held >= 100 << 10, "{held}");
    let more = resident() - empty;
    eprintln!("{more} bytes resident for 100 KiB in a module of {bare} bytes");
    assert!(
        more - bare < 256 << 10,
        "{more} bytes, {bare} of them its own"
    );
    unload(fixtures);
}

fn leaked(fixtures: &Fixtures) {
    const LEAK: u64 = 32 << 20;
    warm_up(fixtures, LEAK as u32);
    let before = resident();
    fixtures.probe().leak(LEAK as u32).unwrap();
    let loaded = resident();
    assert!(loaded - before >= LEAK, "{before}, {loaded}");
    unload(fixtures);
    let stayed = resident().saturating_sub(before);
    eprintln!("{stayed} bytes stay of {}", loaded - before);
    assert!(stayed * 1000 <= loaded - before, "{stayed} bytes stay");
}

fn idle(fixtures: &Fixtures, clock: &ManualClock) {
    warm_up(fixtures, 0);
    let bare = resident();
    fixtures.probe().leak(0).unwrap();
    let used = resident();
    fixtures.sweep();
    clock.advance(fixtures.policy().trim_after);
    fixtures.sweep();
    assert!(fixtures.is_resident("probe").unwrap());
    let idles = resident();
    eprintln!("{bare} bytes without, {used} with it, {idles} while it idles");
    assert!((used - idles) * 2 > used - bare, "less than half is back");
    fixtures.probe().leak(0).unwrap();
    assert!(resident() > idles);
    clock.advance(Duration::from_secs(1));
    fixtures.sweep();
    assert!(resident() > idles, "not while it is in use");
}

/// A module's own report of a backtrace would read and keep its debug information each time.
fn backtraces(fixtures: &Fixtures) {
    assert_eq!(std::env::var("RUST_BACKTRACE").as_deref(), Ok("1"));
    let cycle = || {
        let error = fixtures.probe().panic_with_text("on purpose").unwrap_err();
        let text = error.to_string();
        assert!(text.contains("on purpose"), "{text}");
        assert!(text.contains("hazards.rs:"), "file and line: {text}");
        assert!(fixtures.probe().panic_on_thread().unwrap());
        unload(fixtures);
    };
    (0..5).for_each(|_| cycle());
    let before = resident();
    (0..20).for_each(|_| cycle());
    let more = resident().saturating_sub(before);
    assert!(
        more < 1 << 20,
        "{more} bytes stay after 20 panics and reloads"
    );
}

fn read(fixtures: &Fixtures, unload_before: bool) {
    let address = fixtures.probe().leak(100).unwrap();
    if unload_before {
        unload(fixtures);
    }
    let place = std::ptr::with_exposed_provenance::<u8>(address as usize);
    // SAFETY: not safe, if the module is gone: the process is to be killed for it.
    let byte = unsafe { place.read_volatile() };
    assert_eq!(byte, 1);
}
