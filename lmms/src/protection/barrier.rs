//! The two sides of the asymmetric barrier.

use crate::sync::{Ordering, fence};

use std::sync::atomic::compiler_fence;

/// `membarrier(2)` commands, from `linux/membarrier.h`.
#[cfg(all(target_os = "linux", not(lmms_loom)))]
mod command {
    pub(super) const PRIVATE_EXPEDITED: libc::c_int = 1 << 3;
    pub(super) const REGISTER_PRIVATE_EXPEDITED: libc::c_int = 1 << 4;
}

#[cfg(all(target_os = "linux", not(lmms_loom)))]
fn membarrier(command: libc::c_int) -> bool {
    // SAFETY: the call takes no pointers and changes no memory of ours.
    unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
}

/// Makes the asymmetric barrier available; `false` where the kernel refuses it.
///
/// Registering is cheap while the process has one thread, and inherited by later ones.
pub(super) fn register() -> bool {
    #[cfg(all(target_os = "linux", not(lmms_loom)))]
    {
        membarrier(command::REGISTER_PRIVATE_EXPEDITED)
    }
    #[cfg(not(all(target_os = "linux", not(lmms_loom))))]
    {
        false
    }
}

/// The caller's side where the unloader's barrier reaches it: only the compiler must not reorder.
#[inline(always)]
pub(super) fn light_asymmetric() {
    compiler_fence(std::sync::atomic::Ordering::SeqCst);
}

/// The caller's side.
#[inline(always)]
pub(super) fn light(asymmetric: bool) {
    if asymmetric {
        light_asymmetric();
    } else {
        fence(Ordering::SeqCst);
    }
}

/// The unloader's side.
pub(super) fn heavy(asymmetric: bool) {
    fence(Ordering::SeqCst);
    #[cfg(all(target_os = "linux", not(lmms_loom)))]
    if asymmetric {
        // Can't fail once registered; if it did, going on would be unsound.
        assert!(
            membarrier(command::PRIVATE_EXPEDITED),
            "membarrier was registered but refused: {}",
            std::io::Error::last_os_error()
        );
    }
    #[cfg(not(all(target_os = "linux", not(lmms_loom))))]
    let _ = asymmetric;
}
