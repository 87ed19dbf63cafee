#![forbid(unsafe_code)]

use std::collections::BTreeSet;

use super::*;

fn fate(symbol: &str) -> Option<Fate> {
    judge(symbol).map(|(_, fate)| fate)
}

#[test]
fn every_name_stands_in_one_row_and_is_judged_by_it() {
    let mut names = BTreeSet::new();
    for row in ROWS {
        for name in row.names {
            assert!(names.insert(name), "{name} stands in two rows");
            assert_eq!(fate(name), Some(row.fate), "{name}");
            assert_eq!(
                fate(&format!("{name}@GLIBC_2.2.5")),
                Some(row.fate),
                "{name}"
            );
        }
    }
}

#[test]
fn every_spelling_of_a_name_is_judged_alike() {
    let spelled = [
        ("aio_read64", "aio_read"),
        ("lio_listio64@GLIBC_2.34", "lio_listio"),
        ("aio_fsync64", "aio_fsync"),
        ("__sigaction", "sigaction"),
        ("__libc_sigaction", "sigaction"),
        ("__bsd_signal", "bsd_signal"),
        ("__dcgettext", "dcgettext"),
        ("nftw64", "nftw"),
        ("__syslog_chk", "syslog"),
        (
            "_obstack_alloc_failed_handler",
            "obstack_alloc_failed_handler",
        ),
        ("__environ", "environ"),
    ];
    for (spelling, name) in spelled {
        assert_eq!(fate(spelling), fate(name), "{spelling}");
    }
}

#[test]
fn a_spelling_that_no_wrap_stands_before_is_refused() {
    for spelling in [
        "_IO_setvbuf",
        "_IO_setbuffer@GLIBC_2.2.5",
        "__openlog",
        "__fopencookie",
        "shmat",
        "dlmopen@GLIBC_2.34",
    ] {
        assert!(matches!(fate(spelling), Some(Refused(_))), "{spelling}");
    }
}

#[test]
fn what_keeps_nothing_is_not_listed() {
    for name in [
        "read",
        "pread64",
        "memcpy",
        "__memcpy_chk",
        "clock_gettime",
        "openlogger",
    ] {
        assert_eq!(fate(name), None, "{name}");
    }
}

#[test]
fn every_row_says_what_is_kept_and_what_follows() {
    for row in ROWS {
        let (Refused(words) | Wrapped(words) | Harmless(words)) = row.fate;
        assert!(
            !row.keeps.is_empty() && !words.is_empty(),
            "{:?}",
            row.names
        );
    }
}
