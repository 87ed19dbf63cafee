//! The hazards, and what is expected of each.

#![forbid(unsafe_code)]

mod row;

pub use row::{Call, Expected, Hazard, Plain};

use std::fmt::Display;

use lmms::CallError;

use crate::Hazards;
use row::{never, unloads};

/// The plain result of a call as text.
fn plainly<T, E: Display>(result: Result<T, CallError<E>>) -> Result<T, String>
where
    CallError<E>: Display,
{
    result.map_err(|error| error.to_string())
}

macro_rules! provoke {
    ($interface:ident) => {
        |home, seed| plainly(home.$interface().provoke(seed))
    };
}

/// All hazards.
pub const HAZARDS: &[Hazard] = &[
    unloads(
        "thread-local",
        "a thread-local with Drop",
        provoke!(thread_local),
        Plain::StaysMapped,
    ),
    unloads(
        "thread-local-chain",
        "a thread-local whose destructor makes another",
        provoke!(thread_local_chain),
        Plain::StaysMapped,
    ),
    unloads(
        "current-thread",
        "thread::current()",
        provoke!(current_thread),
        Plain::Crashes,
    ),
    unloads(
        "parking",
        "park and unpark",
        provoke!(parking),
        Plain::StaysMapped,
    ),
    unloads(
        "random",
        "rand::rng()",
        provoke!(random),
        Plain::StaysMapped,
    ),
    unloads(
        "tokio-dropped",
        "a tokio runtime for each call",
        provoke!(tokio_dropped),
        Plain::StaysMapped,
    ),
    unloads(
        "tokio-stopped",
        "a tokio runtime that its shutdown function ends",
        provoke!(tokio_stopped),
        Plain::Harmless,
    ),
    Hazard {
        name: "tokio-kept",
        module: "tokio-kept",
        does: "a tokio runtime in a static, until it is stopped",
        expected: Expected::Refused {
            kind: "threads",
            says: &["tokio-worker", "thread"],
            until: Some(|home, seed| plainly(home.tokio_kept().stop()).map(|_| seed)),
        },
        call: provoke!(tokio_kept),
        plain: Plain::StaysMapped,
    },
    Hazard {
        name: "rayon-global",
        module: "rayon-global",
        does: "rayon's global pool, which never ends",
        expected: Expected::Refused {
            kind: "threads",
            says: &["thread"],
            until: None,
        },
        call: provoke!(rayon_global),
        plain: Plain::Harmless,
    },
    unloads(
        "rayon-pool",
        "a rayon pool for each call",
        provoke!(rayon_pool),
        Plain::Harmless,
    ),
    unloads(
        "crossbeam-all",
        "crossbeam: epochs, scopes, channels",
        provoke!(crossbeam_all),
        Plain::StaysMapped,
    ),
    unloads(
        "detached-thread",
        "a short thread that nobody joins",
        provoke!(detached_thread),
        Plain::StaysMapped,
    ),
    Hazard {
        name: "endless-thread",
        module: "endless-thread",
        does: "threads that run until they are stopped",
        expected: Expected::Refused {
            kind: "threads",
            says: &["thread", "endless"],
            until: Some(|home, seed| plainly(home.endless_thread().stop()).map(|_| seed)),
        },
        call: provoke!(endless_thread),
        plain: Plain::StaysMapped,
    },
    unloads(
        "pthread-key",
        "a C key with a destructor",
        provoke!(pthread_key),
        Plain::KeysRunOut,
    ),
    unloads(
        "c-leak",
        "C code that loses memory",
        provoke!(c_leak),
        Plain::Leaks,
    ),
    unloads(
        "box-leak",
        "Box::leak and a static that grows",
        provoke!(box_leak),
        Plain::Leaks,
    ),
    unloads(
        "lazy-regex",
        "a regex in a LazyLock",
        provoke!(lazy_regex),
        Plain::Leaks,
    ),
    unloads(
        "big-lazy",
        "a LazyLock of 16 MiB",
        provoke!(big_lazy),
        Plain::Leaks,
    ),
    unloads(
        "panics",
        "panics that are caught, on threads and in drops",
        provoke!(panics),
        Plain::Crashes,
    ),
    Hazard {
        name: "panic-while-unwinding",
        module: "panics",
        does: "a panic out of a drop during a panic",
        expected: Expected::Aborts,
        call: |home, _| plainly(home.panics().double()),
        plain: Plain::Crashes,
    },
    Hazard {
        name: "signal-handler",
        module: "signal-handler",
        does: "a handler for SIGUSR2, until the old one is back",
        expected: Expected::Refused {
            kind: "signal_handlers",
            says: &["SIGUSR2"],
            until: Some(|home, seed| plainly(home.signal_handler().restore()).map(|_| seed)),
        },
        call: provoke!(signal_handler),
        plain: Plain::Crashes,
    },
    unloads(
        "at-exit",
        "a function that C runs at exit",
        provoke!(at_exit),
        Plain::Harmless,
    ),
    unloads(
        "half-line",
        "half a line on standard output",
        provoke!(half_line),
        Plain::LosesOutput,
    ),
    never(
        "no-delete",
        "a library marked NODELETE",
        "nodelete",
        provoke!(no_delete),
        Plain::StaysMapped,
    ),
    never(
        "unique-symbol",
        "a symbol that there is one of per process",
        "unique-symbols",
        provoke!(unique_symbol),
        Plain::StaysMapped,
    ),
    never(
        "static-tls",
        "thread-locals at fixed places",
        "static-tls",
        provoke!(static_tls),
        Plain::RoomRunsOut,
    ),
    unloads(
        "caller",
        "calls another module",
        provoke!(caller),
        Plain::Harmless,
    ),
    unloads(
        "huge-result",
        "a result of many megabytes",
        provoke!(huge_result),
        Plain::Harmless,
    ),
    unloads(
        "zero-sized",
        "results without a size",
        provoke!(zero_sized),
        Plain::Harmless,
    ),
    unloads(
        "bare-clone",
        "a thread made by clone itself, stopped in time",
        provoke!(bare_clone),
        Plain::Harmless,
    ),
    Hazard {
        name: "blocked-clone",
        module: "bare-clone",
        does: "a thread made by clone itself that sleeps",
        expected: Expected::Refused {
            kind: "threads",
            says: &["thread"],
            until: Some(stop_clone),
        },
        call: |home, seed| plainly(home.bare_clone().start_blocked()).map(|_| seed.wrapping_add(1)),
        plain: Plain::Crashes,
    },
    Hazard {
        name: "busy-clone",
        module: "bare-clone",
        does: "a thread made by clone itself that computes",
        expected: Expected::Refused {
            kind: "threads",
            says: &["thread"],
            until: Some(stop_clone),
        },
        call: |home, seed| plainly(home.bare_clone().start_busy()).map(|_| seed.wrapping_add(1)),
        plain: Plain::Crashes,
    },
    Hazard {
        name: "foreign-callback",
        module: "foreign-library",
        does: "a thread of a shared library it needs that runs its code, until it is stopped",
        expected: Expected::Refused {
            kind: "threads",
            says: &["thread", "foreign"],
            until: Some(stop_foreign),
        },
        call: |home, seed| {
            plainly(home.foreign_library().start_callback())
                .map(|started| seed + u64::from(started))
        },
        plain: Plain::Crashes,
    },
    Hazard {
        name: "foreign-thread",
        module: "foreign-library",
        does: "a thread of a shared library it needs that runs that library's code, until it is stopped",
        expected: Expected::Refused {
            kind: "threads",
            says: &["thread", "foreign"],
            until: Some(stop_foreign),
        },
        call: |home, seed| {
            plainly(home.foreign_library().start_own()).map(|started| seed + u64::from(started))
        },
        plain: Plain::Crashes,
    },
    unloads(
        "fork-exec",
        "a child that becomes another program",
        provoke!(fork_exec),
        Plain::Harmless,
    ),
    unloads(
        "environment",
        "a text of its own, put into the environment",
        provoke!(environment),
        Plain::Crashes,
    ),
    Hazard {
        name: "open-files",
        module: "open-files",
        does: "a file, sockets, an event and a stream that are open, until they are closed",
        expected: Expected::Refused {
            kind: "descriptors",
            says: &["socket:[", "anon_inode:[eventfd]", "/maps)", "shutdown = "],
            until: Some(|home, seed| plainly(home.open_files().close()).map(|_| seed)),
        },
        call: provoke!(open_files),
        plain: Plain::LosesDescriptors,
    },
    unloads(
        "closes-files",
        "files that its shutdown function closes",
        provoke!(closes_files),
        Plain::Harmless,
    ),
    unloads(
        "mappings",
        "memory and a file that are mapped",
        provoke!(mappings),
        Plain::Leaks,
    ),
    unloads(
        "backtrace",
        "a backtrace, for which files are mapped",
        provoke!(backtrace),
        Plain::Leaks,
    ),
    Hazard {
        name: "opens-itself",
        module: "opens-itself",
        does: "a handle of itself, until it is closed",
        expected: Expected::Refused {
            kind: "itself",
            says: &["dlopen", "once more"],
            until: Some(|home, seed| plainly(home.opens_itself().close()).map(|_| seed)),
        },
        call: provoke!(opens_itself),
        plain: Plain::StaysMapped,
    },
    unloads(
        "signal-stack",
        "a signal stack for each thread, freed by a destructor",
        provoke!(signal_stack),
        Plain::StaysMapped,
    ),
    unloads(
        "locale",
        "a locale for each thread, freed by a destructor",
        provoke!(locale),
        Plain::Harmless,
    ),
    unloads(
        "stream-buffer",
        "a buffer of its own for standard error",
        |home, seed| plainly(home.c_keeps().buffer(seed)),
        Plain::Harmless,
    )
    .of("c-keeps"),
    Hazard {
        name: "system-log",
        module: "c-keeps",
        does: "a name for the system log, until it is closed",
        expected: Expected::Refused {
            kind: "pointers",
            says: &["the system log", "lmms::module!(shutdown"],
            until: Some(|home, seed| plainly(home.c_keeps().close_log()).map(|_| seed)),
        },
        call: |home, seed| plainly(home.c_keeps().open_log(seed)),
        plain: Plain::Harmless,
    },
    Hazard {
        name: "unwind-table",
        module: "c-keeps",
        does: "a table for unwinding, as a compiler at run time makes, until it is deregistered",
        expected: Expected::Refused {
            kind: "pointers",
            says: &["the unwinder"],
            until: Some(|home, seed| plainly(home.c_keeps().deregister()).map(|_| seed)),
        },
        call: |home, seed| plainly(home.c_keeps().register(seed)),
        plain: Plain::Harmless,
    },
    Hazard {
        name: "timer-thread",
        module: "timer-thread",
        does: "a timer that runs its code on a thread of the C library's",
        expected: Expected::Refused {
            kind: "pointers",
            says: &["a timer"],
            until: None,
        },
        call: provoke!(timer_thread),
        plain: Plain::Harmless,
    },
    never(
        "shared-table",
        "a key of its own in the C library's only hash table",
        "escapes",
        provoke!(shared_table),
        Plain::Harmless,
    ),
    unloads(
        "waiting-call",
        "a call that waits for another",
        provoke!(waiting_call),
        Plain::Crashes,
    ),
];

fn stop_clone(home: &Hazards, seed: u64) -> Result<u64, String> {
    plainly(home.bare_clone().stop()).map(|_| seed)
}

fn stop_foreign(home: &Hazards, seed: u64) -> Result<u64, String> {
    plainly(home.foreign_library().stop()).map(|_| seed)
}

/// The row of that name.
///
/// # Panics
/// There is none.
pub fn hazard(name: &str) -> &'static Hazard {
    let row = HAZARDS.iter().find(|hazard| hazard.name == name);
    row.unwrap_or_else(|| panic!("there is no hazard {name}"))
}
