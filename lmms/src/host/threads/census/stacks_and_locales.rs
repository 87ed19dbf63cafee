//! Memory that a thread has told the kernel or the C library of, and that a module's destructors free: its signal
//! stack, its locale.
//!
//! Such destructors assume that their thread is ending. When a module leaves, they run on threads that live on: so what
//! the module has registered is replaced by what was there before, first. It stands among the thread's destructors, so
//! the module stays mapped until then.
//!
//! # Invariants
//! - **REGISTERED-1** `sigaltstack` and `uselocale` concern the calling thread only. What was there before a
//!   module's registration belongs to the thread or its program and stays valid while the thread lives; a
//!   module's own is taken out of what others have found before them when it leaves.
//!
//! # Limits
//! The kind is larger: a robust mutex that is left locked, or an area for restartable sequences that somebody registers
//! where the C library doesn't, is not seen.

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr::{null, null_mut};

use super::entry::{Registered, Stack};
use super::{census_of, thread};
use crate::boundary::contain::contain;

/// Whose panics end in these functions.
const BOOKS: &str = "that keeps the books on what threads have registered";

impl Stack {
    /// The calling thread's signal stack. `None`: the kernel doesn't tell.
    fn current() -> Option<Self> {
        let mut stack = MaybeUninit::<libc::stack_t>::zeroed();
        // SAFETY: REGISTERED-1; a place for the answer.
        let status = unsafe { libc::sigaltstack(null(), stack.as_mut_ptr()) };
        // SAFETY: zeroed, or filled in by the call.
        (status == 0).then(|| Self::from(unsafe { stack.assume_init() }))
    }

    fn is_in_use(&self) -> bool {
        self.flags & libc::SS_DISABLE == 0
    }

    /// Makes it the calling thread's.
    fn install(&self) {
        let stack = libc::stack_t {
            ss_sp: std::ptr::with_exposed_provenance_mut(self.start),
            ss_flags: self.flags & libc::SS_DISABLE,
            ss_size: self.bytes,
        };
        // SAFETY: REGISTERED-1.
        unsafe { libc::sigaltstack(&stack, null_mut()) };
    }
}

impl From<libc::stack_t> for Stack {
    fn from(stack: libc::stack_t) -> Self {
        Self {
            start: stack.ss_sp.addr(),
            bytes: stack.ss_size,
            flags: stack.ss_flags,
        }
    }
}

fn current_locale() -> usize {
    // SAFETY: REGISTERED-1: null only asks.
    unsafe { libc::uselocale(null_mut()) }.addr()
}

/// `sigaltstack` for a module.
pub(super) unsafe extern "C" fn signal_stack(
    context: *const c_void,
    new: *const libc::stack_t,
    old: *mut libc::stack_t,
) -> c_int {
    let set = || {
        let before = (!new.is_null()).then(Stack::current).flatten();
        // SAFETY: the arguments are the caller's of `sigaltstack`.
        let status = unsafe { libc::sigaltstack(new, old) };
        if status == 0
            && let (Some(before), Some(now)) = (before, Stack::current())
        {
            // SAFETY: CENSUS-1.
            let census = unsafe { census_of(context) };
            thread::register(&census, Registered::Stack { now, before });
        }
        status
    };
    contain(BOOKS, set).unwrap_or(-1)
}

/// `uselocale` for a module.
pub(super) unsafe extern "C" fn locale(
    context: *const c_void,
    new: libc::locale_t,
) -> libc::locale_t {
    let set = || {
        // SAFETY: the argument is the caller's of `uselocale`.
        let before = unsafe { libc::uselocale(new) };
        if !new.is_null() && !before.is_null() && new != before {
            // SAFETY: CENSUS-1.
            let census = unsafe { census_of(context) };
            let (now, before) = (new.addr(), before.addr());
            thread::register(&census, Registered::Locale { now, before });
        }
        before
    };
    contain(BOOKS, set).unwrap_or(null_mut())
}

impl Registered {
    /// Puts back what was there before on the calling thread, if this is still there.
    pub(super) fn put_back(self) {
        match self {
            Self::Stack { now, before } => {
                if Stack::current()
                    .is_some_and(|current| current.is_in_use() && current.start == now.start)
                {
                    before.install();
                }
            }
            Self::Locale { now, before } => {
                if current_locale() == now {
                    let before = std::ptr::with_exposed_provenance_mut(before);
                    // SAFETY: REGISTERED-1.
                    unsafe { libc::uselocale(before) };
                }
            }
        }
    }

    /// The thread ends: nothing that was there before can be relied on, nor is it needed.
    pub(super) fn take_away(self) {
        let before = match self {
            Self::Stack { now, .. } => Self::Stack {
                now,
                before: Stack::NONE,
            },
            // The global locale.
            Self::Locale { now, .. } => Self::Locale {
                now,
                before: usize::MAX,
            },
        };
        before.put_back();
    }
}

/// What a thread has registered now.
pub(super) struct Present {
    stack: Option<Stack>,
    locale: usize,
}

impl Present {
    pub(super) fn note() -> Self {
        Self {
            stack: Stack::current(),
            locale: current_locale(),
        }
    }

    /// Puts it back if destructors have changed it: they can't know that what they end isn't theirs any more.
    pub(super) fn restore(self) {
        if Stack::current() != self.stack
            && let Some(stack) = self.stack
        {
            stack.install();
        }
        if current_locale() != self.locale {
            let locale = std::ptr::with_exposed_provenance_mut(self.locale);
            // SAFETY: REGISTERED-1.
            unsafe { libc::uselocale(locale) };
        }
    }
}

/// Takes the calling thread's signal stack away if it lies in memory that goes: it was set by a bare system call.
pub(crate) fn leave_signal_stack(goes: impl Fn(usize) -> bool) {
    if Stack::current().is_some_and(|stack| stack.is_in_use() && goes(stack.start)) {
        Stack::NONE.install();
    }
}
