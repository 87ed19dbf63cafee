//! What the dynamic linker has done so far.

use std::ffi::c_void;

/// How many objects it has ever loaded into this process.
pub fn loads() -> u64 {
    extern "C" fn first(info: *mut libc::dl_phdr_info, _: usize, adds: *mut c_void) -> libc::c_int {
        // SAFETY: the linker's, alive during this call.
        let counted = unsafe { (*info).dlpi_adds };
        // SAFETY: the variable below, and nobody else uses it meanwhile.
        unsafe { adds.cast::<u64>().write(counted) };
        1
    }
    let mut adds = 0_u64;
    // SAFETY: `first` gets the pointer to a `u64` that it expects, and does not unwind.
    unsafe { libc::dl_iterate_phdr(Some(first), (&raw mut adds).cast()) };
    assert_ne!(adds, 0, "this linker does not count");
    adds
}
