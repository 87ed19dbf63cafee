//! The calling thread, as the kernel knows it.

/// The calling thread's number in the kernel; 0 where there is none.
pub(crate) fn current_tid() -> i32 {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: takes and touches nothing.
        unsafe { libc::gettid() }
    }
    #[cfg(not(target_os = "linux"))]
    {
        0
    }
}
