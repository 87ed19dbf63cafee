//! What the C library's allocator says of the host's own memory.

/// Bytes that it has handed out and not got back: what a leak adds to, and nothing else if the allocator keeps no
/// caches for threads. Zero where the C library doesn't tell.
pub fn live_bytes() -> u64 {
    #[cfg(target_env = "gnu")]
    {
        // SAFETY: takes nothing, and counts under the allocator's own locks.
        let counts = unsafe { libc::mallinfo2() };
        (counts.uordblks + counts.hblkhd) as u64
    }
    #[cfg(not(target_env = "gnu"))]
    0
}

/// Has it give back what it holds free, so that holes of changing size don't count as memory in use.
pub fn give_back_free() {
    #[cfg(target_env = "gnu")]
    // SAFETY: touches free memory only, under the allocator's own locks.
    unsafe {
        libc::malloc_trim(0);
    }
}
