//! The two sides of the barrier between calls and unloads.

use std::sync::atomic::compiler_fence;

use super::NotSealed;
use crate::sync::{Ordering, fence};

/// Who pays for the barrier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Barrier {
    /// The unloader: `membarrier` acts on every running thread of the process.
    Asymmetric,
    /// Both sides: a fence each.
    Fences,
    /// Nobody: broken, kept to show that the tests see it.
    #[cfg(test)]
    Missing,
    /// Asymmetric, but the kernel refuses it.
    #[cfg(all(test, not(lmms_loom)))]
    Refused,
}

impl Barrier {
    /// The cheapest one for calls that this system has.
    ///
    /// Registering is cheap while the process has one thread, and inherited by later ones.
    pub(crate) fn best() -> Self {
        if membarrier(Command::RegisterPrivateExpedited) {
            Self::Asymmetric
        } else {
            Self::Fences
        }
    }

    /// Whether calls need no fence, and so may go straight through.
    pub(crate) fn lets_straight_through(self) -> bool {
        self != Self::Fences
    }

    /// The caller's side, on the slow path.
    #[inline(always)]
    pub(super) fn light(self) {
        if self == Self::Fences {
            fence(Ordering::SeqCst);
        } else {
            compiler_only();
        }
    }

    /// The unloader's side.
    ///
    /// # Errors
    /// There was no barrier: a seccomp filter came after the registration, say.
    pub(super) fn heavy(self) -> Result<(), NotSealed> {
        match self {
            Self::Fences => fence(Ordering::SeqCst),
            Self::Asymmetric if membarrier(Command::PrivateExpedited) => {}
            Self::Asymmetric => return Err(NotSealed::NoBarrier),
            #[cfg(test)]
            Self::Missing => compiler_only(),
            #[cfg(all(test, not(lmms_loom)))]
            Self::Refused => return Err(NotSealed::NoBarrier),
        }
        Ok(())
    }
}

/// The caller's side on the straight path: only the compiler must not reorder.
#[inline(always)]
pub(super) fn compiler_only() {
    compiler_fence(std::sync::atomic::Ordering::SeqCst);
}

/// Commands of `membarrier(2)`, from `linux/membarrier.h`.
#[derive(Clone, Copy, Debug)]
#[repr(i32)]
enum Command {
    PrivateExpedited = 1 << 3,
    RegisterPrivateExpedited = 1 << 4,
}

#[cfg(all(target_os = "linux", not(lmms_loom)))]
fn membarrier(command: Command) -> bool {
    // SAFETY: the call takes no pointers and changes no memory of ours.
    unsafe { libc::syscall(libc::SYS_membarrier, command as libc::c_int, 0, 0) == 0 }
}

#[cfg(not(all(target_os = "linux", not(lmms_loom))))]
fn membarrier(_: Command) -> bool {
    false
}
