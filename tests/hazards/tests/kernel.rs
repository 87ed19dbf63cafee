//! What modules get from the kernel: given back, refused with the reason, or counted; and nothing of the host's is
//! touched.

#![forbid(unsafe_code)]

use std::ffi::OsString;

use lmms_hazard_tests::built;
use lmms_hazard_tests::child::{Ended, run};

fn child(way: &str) -> Ended {
    let arguments: [OsString; 3] = ["lmms".into(), way.into(), built::modules().into()];
    let ended = run(env!("CARGO_BIN_EXE_child").as_ref(), &arguments, &[]);
    assert_eq!(ended.code, Some(0), "{way}: {ended:?}");
    ended
}

fn count(ended: &Ended, line: &str) -> usize {
    ended.stdout.lines().filter(|&told| told == line).count()
}

#[test]
fn a_signal_finds_the_stack_that_was_there_before_the_module() {
    let ended = child("signal-stack");
    assert_eq!(count(&ended, "restored=1"), 4, "{ended:?}");
}

#[test]
fn a_thread_gets_the_locale_back_that_it_had_before_the_module() {
    let ended = child("locale");
    assert_eq!(ended.number("restored"), Some(1), "{ended:?}");
}

#[test]
fn a_file_of_the_hosts_stays_open_though_its_number_was_the_modules() {
    let ended = child("bare-file");
    assert_eq!(count(&ended, "open=1"), 2, "{ended:?}");
    let outcomes: Vec<_> = ended.stdout.lines().step_by(2).collect();
    assert!(outcomes[0].starts_with("unloaded"), "{outcomes:?}");
    // The kernel's answers don't tell two descriptors of one file apart: then it stays.
    assert!(
        outcomes[1].contains("descriptors that it has made are open"),
        "{outcomes:?}"
    );
}

#[test]
fn memory_of_the_hosts_stays_though_its_place_was_the_modules() {
    let ended = child("bare-memory");
    assert!(ended.stdout.starts_with("unloaded"), "{ended:?}");
    assert_eq!(ended.number("there"), Some(42), "{ended:?}");
}

#[test]
fn what_a_shutdown_function_forgets_is_lost_once_and_named() {
    let ended = child("forgets-files");
    let line = |start: &str| {
        let found = ended.stdout.lines().find(|line| line.starts_with(start));
        found.unwrap_or_else(|| panic!("{ended:?}"))
    };
    assert!(line("first: unloaded").contains("it has left 3 open descriptors"));
    assert!(line("second: stays").contains("descriptors that it has made are open"));
    assert!(line("third: unloaded").ends_with("given back"));
    let explained = line("forgets-files is resident");
    assert!(
        explained.contains("a copy of it that is gone has left 3 open"),
        "{explained}"
    );
    assert_eq!(count(&ended, "lost=3"), 2, "{ended:?}");
}

#[test]
fn neither_descriptors_nor_mappings_nor_memory_grow_with_the_loads() {
    let ended = child("resources");
    assert_eq!(ended.number("descriptors"), Some(0), "{ended:?}");
    assert!(
        ended.number("mappings").is_some_and(|more| more <= 12),
        "{ended:?}"
    );
    // A backtrace alone maps five megabytes and more.
    assert!(
        ended.number("lost").is_some_and(|lost| lost < 100_000),
        "{ended:?}"
    );
}

#[test]
fn the_host_writes_on_to_a_stream_that_a_module_gave_a_buffer() {
    let ended = child("stream-buffer");
    assert!(ended.stdout.starts_with("unloaded"), "{ended:?}");
    assert!(ended.stderr.contains("half a line\n"), "{ended:?}");
    assert_eq!(ended.number("flushed"), Some(0), "{ended:?}");
}

#[test]
fn descriptors_are_known_whichever_function_makes_them() {
    let ended = child("made-otherwise");
    assert_eq!(ended.number("worked"), Some(3), "{ended:?}");
    let refused = ended.stdout.lines().nth(1).unwrap_or_default();
    for name in ["/status)", "/ptmx)", "/dev/pts/", "/limits)"] {
        assert!(refused.contains(name), "{name}: {refused}");
    }
    assert!(
        !refused.contains("/maps)"),
        "it is another file now: {refused}"
    );
    let gone = ended.stdout.lines().nth(2).unwrap_or_default();
    assert!(gone.starts_with("unloaded"), "{ended:?}");
}

#[test]
fn a_load_without_room_for_a_descriptor_says_so_whatever_it_is_needed_for() {
    let ended = child("no-descriptors");
    let failed: Vec<_> = ended
        .stdout
        .lines()
        .filter(|line| line.starts_with("free"))
        .collect();
    assert!(failed.len() >= 2, "{ended:?}");
    for line in failed {
        assert!(line.contains("(EMFILE): raise the limit"), "{line}");
    }
    assert_eq!(ended.number("answer"), Some(2), "{ended:?}");
}
