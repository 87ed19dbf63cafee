//! What the calling thread is inside of: a module, a load, a sweep, a subscriber.
//!
//! The application's code runs inside LMMS: its `tracing` subscriber, clock, source of memory pressure, loader, and the
//! `Drop`, `Hash` and `Ord` of its types. A *mark* says what such code was called from, so that whatever it asks of the
//! gateway can be answered, or refused with a reason, and never waits for itself.
//!
//! # Invariants
//! - **INSIDE-1** Module code reaches the application's code only through a callback, which marks its thread
//!   ([`Inside::Module`], [`Inside::Context`]), or on a thread that the module started, which is marked for as long as
//!   it lives. So on a thread without a mark no module's code is in the middle of anything, except behind a guard of
//!   its own.
//! - **INSIDE-2** Only a thread that is inside nothing unloads, sweeps, or runs the destructors of a module's
//!   thread-locals: on any other one they may be in use.
//! - **INSIDE-3** A thread that is inside a module never waits for that module's load, unload or dedicated thread.
//!
//! Marks cost a call nothing: the way into a module sets none. They have no destructor, so they can be used until the
//! very end of a thread.

#![forbid(unsafe_code)]

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

/// Something that a thread can be inside of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inside {
    /// The module's code is below on the stack, or the module started the thread.
    Module(&'static str),
    /// A module's code is below on the stack: it asked its context for something.
    Context,
    /// The thread is loading the module.
    Load(&'static str),
    /// The thread is unloading the module, or runs destructors of a copy of it.
    Unload(&'static str),
    /// The thread asks the module's library something while it holds the module's books.
    Library,
    Sweep,
    /// The thread tells the `tracing` subscriber something.
    Subscriber,
    Clock,
    Pressure,
}

impl fmt::Display for Inside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Module(module) => write!(f, "this thread is inside module `{module}`"),
            Self::Context => f.write_str("this thread is inside a module's operation"),
            Self::Load(module) => write!(f, "this thread is loading module `{module}`"),
            Self::Unload(module) => write!(f, "this thread is unloading module `{module}`"),
            Self::Library => f.write_str("this thread is inside a method of a `Library`"),
            Self::Sweep => f.write_str("this thread is inside a sweep"),
            Self::Subscriber => f.write_str("this thread is inside a `tracing` subscriber"),
            Self::Clock => f.write_str("this thread is inside the gateway's clock"),
            Self::Pressure => f.write_str("this thread is inside the gateway's pressure source"),
        }
    }
}

/// Marks that are recorded. A deeper one that says the same as a recorded one needs no place. While any other one
/// lasts, the thread counts as inside everything.
const MOST: usize = 32;

struct Marks {
    depth: Cell<usize>,
    /// Marks that say what no recorded one says.
    unrecorded: Cell<usize>,
    marks: [Cell<Option<Inside>>; MOST],
    /// The module that started the thread.
    home: Cell<Option<&'static str>>,
}

thread_local! {
    static MARKS: Marks = const {
        Marks {
            depth: Cell::new(0),
            unrecorded: Cell::new(0),
            marks: [const { Cell::new(None) }; MOST],
            home: Cell::new(None),
        }
    };
}

/// Takes its mark away on drop.
#[derive(Debug)]
#[must_use = "the mark lasts as long as this"]
pub(crate) struct Mark {
    unrecorded: bool,
    /// It belongs to its thread.
    thread: PhantomData<*const ()>,
}

impl Drop for Mark {
    fn drop(&mut self) {
        MARKS.with(|marks| {
            marks.depth.set(marks.depth.get() - 1);
            if self.unrecorded {
                marks.unrecorded.set(marks.unrecorded.get() - 1);
            }
        });
    }
}

/// Marks the calling thread.
pub(crate) fn mark(inside: Inside) -> Mark {
    MARKS.with(|marks| {
        let depth = marks.depth.get();
        let unrecorded = match marks.marks.get(depth) {
            Some(place) => {
                place.set(Some(inside));
                false
            }
            None => !marks.marks.iter().any(|mark| mark.get() == Some(inside)),
        };
        if unrecorded {
            marks.unrecorded.set(marks.unrecorded.get() + 1);
        }
        marks.depth.set(depth + 1);
        Mark {
            unrecorded,
            thread: PhantomData,
        }
    })
}

/// Marks the calling thread, unless it has this mark.
pub(crate) fn mark_once(inside: Inside) -> Option<Mark> {
    (!any(|other| other == inside)).then(|| mark(inside))
}

/// Marks the calling thread as started by `module`, for as long as it lives.
pub(crate) fn belongs_to(module: &'static str) {
    MARKS.with(|marks| marks.home.set(Some(module)));
}

/// The innermost thing that the calling thread is inside of. `None`: it may unload (INSIDE-2).
pub(crate) fn innermost() -> Option<Inside> {
    MARKS.with(|marks| {
        let last = marks.depth.get().min(MOST).checked_sub(1);
        last.and_then(|last| marks.marks[last].get())
            .or(marks.home.get().map(Inside::Module))
    })
}

/// Whether the calling thread is inside something that `is_it`, or may be.
pub(crate) fn any(is_it: impl Fn(Inside) -> bool) -> bool {
    is_inside_everything() || all().any(is_it)
}

fn is_inside_everything() -> bool {
    MARKS.with(|marks| marks.unrecorded.get() > 0)
}

/// Whether the calling thread is inside `module`.
pub(crate) fn is_in(module: &str) -> bool {
    any(|inside| matches!(inside, Inside::Module(other) if other == module))
}

/// The modules that the calling thread is inside of. `None`: it may be inside any.
pub(crate) fn modules() -> Option<Vec<&'static str>> {
    if is_inside_everything() {
        return None;
    }
    let modules = all().filter_map(|inside| match inside {
        Inside::Module(module) => Some(module),
        _ => None,
    });
    Some(modules.collect())
}

fn all() -> impl Iterator<Item = Inside> {
    let get = |index: usize| MARKS.with(|marks| marks.marks[index].get());
    let (depth, home) = MARKS.with(|marks| (marks.depth.get().min(MOST), marks.home.get()));
    home.map(Inside::Module)
        .into_iter()
        .chain((0..depth).filter_map(get))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_last_as_long_as_their_guards() {
        assert_eq!(innermost(), None);
        let outer = mark(Inside::Module("one"));
        {
            let _inner = mark(Inside::Sweep);
            assert_eq!(innermost(), Some(Inside::Sweep));
            assert!(mark_once(Inside::Sweep).is_none());
            assert!(is_in("one") && !is_in("two"));
        }
        assert_eq!(innermost(), Some(Inside::Module("one")));
        drop(outer);
        assert_eq!(innermost(), None);
    }

    #[test]
    fn a_thread_that_is_nested_deeper_than_marks_are_told_apart_is_inside_something() {
        let marks: Vec<_> = (0..MOST + 5).map(|_| mark(Inside::Sweep)).collect();
        assert_eq!(innermost(), Some(Inside::Sweep));
        for mark in marks.into_iter().rev() {
            assert!(innermost().is_some());
            drop(mark);
        }
        assert_eq!(innermost(), None);
    }

    #[test]
    fn a_mark_without_a_place_counts_as_every_mark() {
        let recorded: Vec<_> = (0..MOST).map(|_| mark(Inside::Module("one"))).collect();
        let same = mark(Inside::Module("one"));
        assert_eq!(modules().map(|modules| modules.len()), Some(MOST));
        assert!(!is_in("two"));
        {
            let _subscriber = mark_once(Inside::Subscriber).expect("it is not inside one");
            assert!(mark_once(Inside::Subscriber).is_none());
            assert!(is_in("two"));
            assert_eq!(modules(), None);
        }
        assert!(!is_in("two"));
        drop((same, recorded));
        assert_eq!(innermost(), None);
    }

    #[test]
    fn a_modules_thread_is_inside_it_for_good() {
        let there = std::thread::spawn(|| {
            belongs_to("one");
            drop(mark(Inside::Sweep));
            (innermost(), modules())
        });
        let (inside, modules) = there.join().expect("it only looks");
        assert_eq!(inside, Some(Inside::Module("one")));
        assert_eq!(modules, Some(vec!["one"]));
    }
}
