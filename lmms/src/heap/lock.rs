//! The heap's lock, and the identity of the calling thread.
//!
//! # Invariants
//! - **LOCK-1** The first word at the thread pointer (x86-64), or the thread pointer itself (aarch64), is the
//!   thread's own and never null while it runs.
//! - **LOCK-2** `errno` is the calling thread's own.
//!
//! # Orderings
//!
//! Taken with `swap(Acquire)`, released with `store(Release)`; waiting reads are `Relaxed`.

use std::sync::atomic::{
    AtomicBool,
    Ordering::{Acquire, Relaxed, Release},
};

/// Reads before a waiter gives the processor away.
const SPINS: u32 = 100;
/// Times it gives the processor away before it sleeps.
const YIELDS: u32 = 8;
const FIRST_SLEEP_NS: libc::c_long = 20_000;
const LONGEST_SLEEP_NS: libc::c_long = 1_000_000;

/// A lock for a few dozen instructions at a time.
///
/// A waiter that had no luck sleeps, longer each time, rather than yield forever: so the holder gets to run even where
/// the waiter's priority is higher and both share a processor. Releasing is a plain store; nobody has to be woken.
#[repr(transparent)]
pub(super) struct Lock(AtomicBool);

impl Lock {
    #[inline(always)]
    pub(super) fn acquire(&self) {
        if self.0.swap(true, Acquire) {
            self.wait();
        }
    }

    #[inline(always)]
    pub(super) fn try_acquire(&self) -> bool {
        !self.0.load(Relaxed) && !self.0.swap(true, Acquire)
    }

    #[cfg(all(test, feature = "gateway"))]
    pub(super) fn is_held(&self) -> bool {
        self.0.load(Relaxed)
    }

    #[inline(always)]
    pub(super) fn release(&self) {
        self.0.store(false, Release);
    }

    #[cold]
    #[inline(never)]
    fn wait(&self) {
        let mut patience = Patience::new();
        while !self.try_acquire() {
            patience.wait();
        }
    }
}

/// How to wait for something that takes a few dozen instructions, unless its thread doesn't get to run.
pub(super) struct Patience {
    waits: u32,
    sleep: libc::c_long,
}

impl Patience {
    pub(super) fn new() -> Self {
        Self {
            waits: 0,
            sleep: FIRST_SLEEP_NS,
        }
    }

    pub(super) fn wait(&mut self) {
        self.waits += 1;
        if !self.waits.is_multiple_of(SPINS) {
            std::hint::spin_loop();
        } else if self.waits <= SPINS * YIELDS {
            std::thread::yield_now();
        } else {
            keeping_errno(|| pause(self.sleep));
            self.sleep = (self.sleep * 2).min(LONGEST_SLEEP_NS);
        }
    }
}

/// Sleeps by the bare system call: `nanosleep` is a point of cancellation, and an allocator must not be cancelled.
fn pause(nanoseconds: libc::c_long) {
    let time = libc::timespec {
        tv_sec: 0,
        tv_nsec: nanoseconds,
    };
    let rest: *mut libc::timespec = std::ptr::null_mut();
    // SAFETY: a valid time; no remainder is asked for.
    unsafe { libc::syscall(libc::SYS_nanosleep, &raw const time, rest) };
}

/// Runs `work` and puts `errno` back: C code may look at it after `free`.
pub(crate) fn keeping_errno<R>(work: impl FnOnce() -> R) -> R {
    // SAFETY: has no preconditions.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: LOCK-2.
    let before = unsafe { errno.read() };
    let result = work();
    // SAFETY: LOCK-2.
    unsafe { errno.write(before) };
    result
}

/// A number that no other running thread has; never 0.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(super) fn thread_pointer() -> usize {
    let pointer: usize;
    // SAFETY: LOCK-1: reads one register-relative word.
    unsafe {
        std::arch::asm!("mov {}, fs:0", out(reg) pointer, options(pure, readonly, nostack, preserves_flags))
    };
    pointer
}

/// A number that no other running thread has; never 0.
#[cfg(target_arch = "aarch64")]
#[inline(always)]
pub(super) fn thread_pointer() -> usize {
    let pointer: usize;
    // SAFETY: LOCK-1: reads one register.
    unsafe {
        std::arch::asm!("mrs {}, tpidr_el0", out(reg) pointer, options(pure, nomem, nostack, preserves_flags))
    };
    pointer
}
