//! What has to be done on a thread before a module can leave. Invariants: see `host/threads/census.rs`.

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr::null;
use std::sync::Arc;

use super::Census;
use crate::boundary::hooks::Destructor;

#[derive(Clone)]
pub(super) struct Entry {
    pub(super) census: Arc<Census>,
    pub(super) work: Work,
    /// Tells entries of one thread apart.
    pub(super) number: u64,
    /// It is being done right now.
    pub(super) running: bool,
}

/// What has to be done when a thread ends or its module leaves.
#[derive(Clone, Copy)]
pub(super) enum Work {
    /// Destroys a thread-local.
    Object(Destructor, Address),
    /// Destroys the value of a key. It is kept here because glibc forgets the values of a thread's keys one by one, in
    /// the order of their numbers, so some are gone when the host's own key has its turn.
    Key(libc::pthread_key_t, Address),
    /// Takes back what the thread has told the kernel or the C library of.
    Registered(Registered),
}

/// Memory of a module's that its thread has registered, and what was registered before.
#[derive(Clone, Copy, Debug)]
pub(super) enum Registered {
    /// For signal handlers.
    Stack { now: Stack, before: Stack },
    /// For what the C library writes and reads.
    Locale { now: usize, before: usize },
}

/// A signal stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stack {
    pub(super) start: usize,
    pub(super) bytes: usize,
    pub(super) flags: libc::c_int,
}

impl Stack {
    pub(super) const NONE: Self = Self {
        start: 0,
        bytes: 0,
        flags: libc::SS_DISABLE,
    };
}

impl Registered {
    /// The same module has registered `new` as well. What was there before its first stays to be put back, unless
    /// somebody else has come in between.
    pub(super) fn replace(&mut self, new: Self) {
        match (&mut *self, new) {
            (
                Self::Stack { now, before },
                Self::Stack {
                    now: newer,
                    before: found,
                },
            ) => {
                if found.start != now.start {
                    *before = found;
                }
                *now = newer;
            }
            (
                Self::Locale { now, before },
                Self::Locale {
                    now: newer,
                    before: found,
                },
            ) => {
                if found != *now {
                    *before = found;
                }
                *now = newer;
            }
            _ => {}
        }
    }

    /// Whether nothing of the module's is registered any more.
    pub(super) fn is_restored(&self) -> bool {
        match self {
            Self::Stack { now, before } => {
                now.flags & libc::SS_DISABLE != 0 || now.start == before.start
            }
            Self::Locale { now, before } => now == before,
        }
    }

    /// `gone` leaves: who has found it before them is to put back what that one had found.
    pub(super) fn skip(&mut self, gone: &Self) {
        match (self, gone) {
            (Self::Stack { before, .. }, Self::Stack { now, before: older })
                if before.start == now.start =>
            {
                *before = *older;
            }
            (Self::Locale { before, .. }, Self::Locale { now, before: older }) if before == now => {
                *before = *older;
            }
            _ => {}
        }
    }
}

/// A thread-local of a module, or a value of one of its keys. Only handed back to its destructor, on its own thread
/// (CENSUS-2).
#[derive(Clone, Copy)]
pub(super) struct Address(pub(super) *mut c_void);

// SAFETY: never dereferenced here; other threads only count the entries (CENSUS-4).
unsafe impl Send for Address {}

thread_local! {
    /// The number of the calling thread's newest entry.
    static NUMBER: Cell<u64> = const { Cell::new(0) };
}

/// The number of the calling thread's newest entry.
pub(super) fn newest() -> u64 {
    NUMBER.get()
}

impl Entry {
    pub(super) fn new(census: &Arc<Census>, work: Work) -> Self {
        NUMBER.set(newest() + 1);
        Self {
            census: Arc::clone(census),
            work,
            number: newest(),
            running: false,
        }
    }

    pub(super) fn is_waiting_object(&self) -> bool {
        matches!(self.work, Work::Object(..)) && !self.running
    }

    pub(super) fn is_waiting_key(&self) -> bool {
        matches!(self.work, Work::Key(..)) && !self.running
    }

    pub(super) fn is_any_registered(&self) -> bool {
        matches!(self.work, Work::Registered(_)) && !self.running
    }

    /// Whether it is of the same kind.
    pub(super) fn is_registered(&self, other: &Registered) -> bool {
        let same =
            |known: &Registered| std::mem::discriminant(known) == std::mem::discriminant(other);
        matches!(&self.work, Work::Registered(known) if same(known)) && !self.running
    }

    pub(super) fn is_key(&self, census: &Census, key: libc::pthread_key_t) -> bool {
        self.belongs_to(census) && matches!(self.work, Work::Key(mine, _) if mine == key)
    }

    pub(super) fn belongs_to(&self, census: &Census) -> bool {
        std::ptr::eq(Arc::as_ptr(&self.census), census)
    }

    /// Marks the entry as being done and hands out what is to be done.
    pub(super) fn begin(&mut self) -> Self {
        self.running = true;
        self.clone()
    }

    /// Does what has to be done, on the thread it belongs to. False if there was nothing to do.
    pub(super) fn run(&self) -> bool {
        match self.work {
            Work::Object(destructor, object) => {
                // SAFETY: CENSUS-2.
                unsafe { destructor(object.0) };
                true
            }
            Work::Key(key, value) => destroy_value(&self.census, key, value.0),
            Work::Registered(registered) => {
                registered.put_back();
                true
            }
        }
    }
}

/// Destroys the calling thread's value of a key, if there is one.
pub(super) fn run_key(census: &Census, key: libc::pthread_key_t) -> bool {
    // SAFETY: any number will do.
    let value = unsafe { libc::pthread_getspecific(key) };
    !value.is_null() && destroy_value(census, key, value)
}

/// Runs a key's destructor on `value`. False: the key was deleted meanwhile, or has none.
fn destroy_value(census: &Census, key: libc::pthread_key_t, value: *mut c_void) -> bool {
    let Some(destructor) = census.destructor_of(key) else {
        return false;
    };
    // SAFETY: the key is in the module's books, so it exists.
    unsafe { libc::pthread_setspecific(key, null()) };
    // SAFETY: CENSUS-2.
    unsafe { destructor(value) };
    true
}
