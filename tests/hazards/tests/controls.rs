//! The same code without lmms, closed by plain `dlclose`: each hazard is real, and this is how it shows.
//!
//! Everything happens in child processes: most of them crash.

#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::path::Path;

use lmms_hazard_tests::built::{mark_nodelete, without_lmms};
use lmms_hazard_tests::child::{Ended, run};
use lmms_hazard_tests::table::{HAZARDS, Plain};

fn plain(library: &Path, function: &str, way: &str) -> Ended {
    plain_with(library, function, way, &[])
}

fn plain_with(library: &Path, function: &str, way: &str, environment: &[(&str, &str)]) -> Ended {
    let arguments: [OsString; 4] = ["plain".into(), library.into(), function.into(), way.into()];
    run(
        env!("CARGO_BIN_EXE_child").as_ref(),
        &arguments,
        environment,
    )
}

/// How the control of a row is made to show: the function and the way to use it.
fn control(name: &str) -> (&'static str, String, &'static str) {
    let function = format!("plain_{}", name.replace('-', "_"));
    match name {
        "panics" => ("plain", "plain_payload".to_owned(), "payload"),
        "panic-while-unwinding" => ("plain", function, "goes-on"),
        "half-line" => ("plain", "plain_print".to_owned(), "goes-on"),
        "blocked-clone" | "busy-clone" => ("plain", "plain_busy".to_owned(), "goes-on"),
        "foreign-callback" | "foreign-thread" => ("plain", function, "wakes"),
        "environment" => ("plain", function, "looks"),
        "waiting-call" => ("plain", function, "inside"),
        "signal-handler" => ("plain", function, "signal"),
        "detached-thread" | "endless-thread" | "tokio-kept" => ("plain", function, "goes-on"),
        "c-leak" | "box-leak" | "lazy-regex" | "big-lazy" | "mappings" | "backtrace"
        | "open-files" => ("plain", function, "reloads"),
        "opens-itself" => ("plain", function, "goes-on"),
        "pthread-key" => ("plain", function, "keys"),
        "unique-symbol" => ("marked", function, "goes-on"),
        "static-tls" => ("marked", function, "copies"),
        _ => ("plain", function, "thread-ends"),
    }
}

fn show(name: &str) {
    let row = lmms_hazard_tests::table::hazard(name);
    let (library, function, way) = control(name);
    let ended = plain(&without_lmms(library), &function, way);
    let told = format!("{name}: {ended:?}");
    match row.plain {
        Plain::Crashes => assert!(ended.crashed(), "{told}"),
        Plain::StaysMapped => {
            assert_eq!(ended.number("mapped"), Some(1), "{told}");
        }
        Plain::Leaks => {
            // This regex takes some 14 kB, the others a megabyte and more; without a leak it is 3 at most.
            assert!(
                ended.number("lost").is_some_and(|lost| lost > 8_000),
                "{told}"
            );
            // A backtrace takes thread-locals, which keep the library mapped as well.
            let stays = i64::from(name == "backtrace");
            assert_eq!(ended.number("mapped"), Some(stays), "{told}");
        }
        Plain::KeysRunOut => {
            assert!(
                ended
                    .number("reloads")
                    .is_some_and(|reloads| reloads < 1024),
                "{told}"
            );
        }
        Plain::LosesDescriptors => {
            let lost = ended.number("descriptors");
            assert!(lost.is_some_and(|lost| lost >= 60), "{told}");
        }
        Plain::LosesOutput => {
            assert_eq!(ended.number("answer"), Some(42), "{told}");
            assert!(!ended.stdout.contains("half a line"), "{told}");
        }
        Plain::RoomRunsOut => {
            assert!(
                ended.number("copies").is_some_and(|copies| copies < 16),
                "{told}"
            );
            assert!(ended.stdout.contains("static TLS"), "{told}");
        }
        Plain::Harmless => {}
    }
}

#[test]
fn thread_locals_keep_the_library_mapped() {
    for name in [
        "thread-local",
        "thread-local-chain",
        "parking",
        "detached-thread",
        "endless-thread",
        "tokio-kept",
        "random",
        "tokio-dropped",
        "crossbeam-all",
        "signal-stack",
        "opens-itself",
    ] {
        show(name);
    }
}

#[test]
fn a_thread_that_called_in_crashes_when_it_ends() {
    show("current-thread");
}

#[test]
fn a_destructor_of_a_c_key_crashes_when_its_thread_ends() {
    let ended = plain(&without_lmms("plain"), "plain_pthread_key", "thread-ends");
    assert!(ended.crashed(), "{ended:?}");
}

#[test]
fn threads_that_run_on_crash() {
    // Rust's own threads have thread-locals, which keep the library; this one is nobody's.
    show("busy-clone");
}

#[test]
fn threads_of_a_library_it_needs_crash() {
    show("foreign-callback");
    show("foreign-thread");
}

#[test]
fn a_signal_finds_no_handler() {
    show("signal-handler");
}

#[test]
fn a_call_inside_crashes() {
    show("waiting-call");
}

#[test]
fn the_environment_points_to_nothing() {
    show("environment");
}

#[test]
fn a_pointer_into_its_heap_still_reads_what_was_there() {
    let ended = plain(&without_lmms("plain"), "plain_stale_pointer", "stale");
    assert_eq!(
        (ended.number("mapped"), ended.number("answer")),
        (Some(0), Some(42)),
        "{ended:?}"
    );
}

#[test]
fn what_a_library_knew_is_lost() {
    let ended = plain(&without_lmms("plain"), "plain_state", "twice");
    assert_eq!(
        (ended.number("before"), ended.number("after")),
        (Some(2), Some(1)),
        "{ended:?}"
    );
}

#[test]
fn what_runs_at_exit_runs_at_unload() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    let environment = [("AT_EXIT_FILE", file.to_str().unwrap())];
    let ended = plain_with(
        &without_lmms("plain"),
        "plain_at_exit",
        "looks",
        &environment,
    );
    assert_eq!(
        (ended.number("mapped"), ended.number("lines")),
        (Some(0), Some(1)),
        "{ended:?}"
    );
    let text = std::fs::read_to_string(file).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
}

#[test]
fn half_a_library_crashes_the_linker() {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("half.so");
    let bytes = std::fs::read(without_lmms("plain")).unwrap();
    std::fs::write(&library, &bytes[..bytes.len() / 2]).unwrap();
    let ended = plain(&library, "", "links");
    assert!(ended.crashed(), "{ended:?}");
}

#[test]
fn backtraces_are_lost_with_each_load() {
    let lost = |backtraces| {
        let environment = [("RUST_BACKTRACE", backtraces)];
        let library = without_lmms("plain");
        let ended = plain_with(&library, "plain_caught_panic", "reloads", &environment);
        ended.number("lost").expect("it ends in peace")
    };
    let (without, with) = (lost("0"), lost("1"));
    assert!(without < 1 << 20, "{without}");
    assert!(with > 10 << 20, "{with}");
}

#[test]
fn a_panic_out_of_a_drop_during_a_panic_aborts() {
    show("panic-while-unwinding");
}

#[test]
fn the_payload_of_a_panic_has_no_code_any_more() {
    show("panics");
}

#[test]
fn memory_is_lost_with_each_load() {
    for name in [
        "c-leak",
        "box-leak",
        "lazy-regex",
        "big-lazy",
        "mappings",
        "backtrace",
    ] {
        show(name);
    }
}

#[test]
fn descriptors_are_lost_with_each_load() {
    show("open-files");
}

#[test]
fn keys_run_out() {
    show("pthread-key");
}

#[test]
fn what_was_printed_is_lost() {
    show("half-line");
}

#[test]
fn marked_libraries_stay() {
    show("unique-symbol");
    show("static-tls");
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("nodelete.so");
    let mut bytes = std::fs::read(without_lmms("marked")).unwrap();
    mark_nodelete(&mut bytes).unwrap();
    std::fs::write(&library, bytes).unwrap();
    // The room for its thread-locals is enough for one.
    let ended = plain(&library, "plain_static_tls", "goes-on");
    assert_eq!(ended.number("mapped"), Some(1), "{ended:?}");
}

#[test]
fn without_a_hazard_plain_dlclose_works() {
    let ended = plain(&without_lmms("plain"), "plain_fine", "goes-on");
    assert_eq!(
        (ended.number("answer"), ended.number("mapped")),
        (Some(42), Some(0)),
        "{ended:?}"
    );
}

#[test]
fn every_row_with_a_bad_end_says_how_to_show_it() {
    assert!(
        HAZARDS
            .iter()
            .filter(|row| row.plain != Plain::Harmless)
            .count()
            >= 20
    );
}
