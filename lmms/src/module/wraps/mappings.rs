//! Wraps of what makes and ends mappings, of `syscall`, and of what keeps memory or libraries in use. What they are
//! for: see `kernel.rs`.

use std::ffi::{c_int, c_uint, c_void};

use super::file_descriptors::{duplicated, range_ends, replaced};
use super::kernel::{advised, end_one, made, mapped, unmapped};
use crate::module::installed::hooks;

mod real {
    use super::{c_int, c_void};

    unsafe extern "C-unwind" {
        #[link_name = "__real_mmap"]
        pub(super) fn mmap(
            start: *mut c_void,
            bytes: usize,
            access: c_int,
            flags: c_int,
            file: c_int,
            offset: libc::off_t,
        ) -> *mut c_void;
        #[link_name = "__real_mmap64"]
        pub(super) fn mmap64(
            start: *mut c_void,
            bytes: usize,
            access: c_int,
            flags: c_int,
            file: c_int,
            offset: libc::off64_t,
        ) -> *mut c_void;
        #[link_name = "__real_munmap"]
        pub(super) fn munmap(start: *mut c_void, bytes: usize) -> c_int;
        #[link_name = "__real_mremap"]
        pub(super) fn mremap(
            start: *mut c_void,
            bytes: usize,
            new_bytes: usize,
            flags: c_int,
            place: *mut c_void,
        ) -> *mut c_void;
        #[link_name = "__real_syscall"]
        pub(super) fn syscall(
            number: libc::c_long,
            a: usize,
            b: usize,
            c: usize,
            d: usize,
            e: usize,
            f: usize,
        ) -> libc::c_long;
        #[link_name = "__real_sigaltstack"]
        pub(super) fn sigaltstack(new: *const libc::stack_t, old: *mut libc::stack_t) -> c_int;
        #[link_name = "__real_uselocale"]
        pub(super) fn uselocale(new: libc::locale_t) -> libc::locale_t;
        #[link_name = "__real_dlopen"]
        pub(super) fn dlopen(path: usize, flags: c_int) -> *mut c_void;
        #[link_name = "__real_dlclose"]
        pub(super) fn dlclose(handle: *mut c_void) -> c_int;
        #[link_name = "__real_madvise"]
        pub(super) fn madvise(start: *mut c_void, bytes: usize, advice: c_int) -> c_int;
        #[link_name = "__real_posix_madvise"]
        pub(super) fn posix_madvise(start: *mut c_void, bytes: usize, advice: c_int) -> c_int;
    }
}

hidden! {
    "__wrap_mmap" "__wrap_mmap64" "__wrap_munmap" "__wrap_mremap" "__wrap_madvise" "__wrap_posix_madvise" "__wrap_syscall"
    "__wrap_sigaltstack" "__wrap_uselocale" "__wrap_dlopen" "__wrap_dlclose"
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn __wrap_mmap(
    start: *mut c_void,
    bytes: usize,
    access: c_int,
    flags: c_int,
    file: c_int,
    offset: libc::off_t,
) -> *mut c_void {
    // SAFETY: WRAPS-1.
    let place = unsafe { real::mmap(start, bytes, access, flags, file, offset) };
    mapped(place, bytes, flags, offset as u64);
    place
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn __wrap_mmap64(
    start: *mut c_void,
    bytes: usize,
    access: c_int,
    flags: c_int,
    file: c_int,
    offset: libc::off64_t,
) -> *mut c_void {
    // SAFETY: WRAPS-1.
    let place = unsafe { real::mmap64(start, bytes, access, flags, file, offset) };
    mapped(place, bytes, flags, offset as u64);
    place
}

#[unsafe(no_mangle)]
pub(super) unsafe extern "C-unwind" fn __wrap_munmap(start: *mut c_void, bytes: usize) -> c_int {
    unmapped(start, bytes);
    // SAFETY: WRAPS-1.
    unsafe { real::munmap(start, bytes) }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn __wrap_mremap(
    start: *mut c_void,
    bytes: usize,
    new_bytes: usize,
    flags: c_int,
    place: *mut c_void,
) -> *mut c_void {
    match hooks() {
        // SAFETY: WRAPS-1, WRAPS-3.
        Some(hooks) => unsafe {
            (hooks.remap)(hooks.census, start, bytes, new_bytes, flags, place)
        },
        // SAFETY: WRAPS-1.
        None => unsafe { real::mremap(start, bytes, new_bytes, flags, place) },
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn __wrap_madvise(
    start: *mut c_void,
    bytes: usize,
    advice: c_int,
) -> c_int {
    // SAFETY: WRAPS-1.
    let status = unsafe { real::madvise(start, bytes, advice) };
    if matches!(
        advice,
        libc::MADV_NORMAL | libc::MADV_SEQUENTIAL | libc::MADV_DODUMP
    ) {
        advised(start, bytes);
    }
    status
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn __wrap_posix_madvise(
    start: *mut c_void,
    bytes: usize,
    advice: c_int,
) -> c_int {
    // SAFETY: WRAPS-1.
    let status = unsafe { real::posix_madvise(start, bytes, advice) };
    advised(start, bytes);
    status
}

/// System calls that return a descriptor.
const MAKING: &[libc::c_long] = &[
    #[cfg(target_arch = "x86_64")]
    libc::SYS_open,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_creat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_epoll_create,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_eventfd,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_inotify_init,
    libc::SYS_openat,
    libc::SYS_openat2,
    libc::SYS_open_by_handle_at,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_socket,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_dup,
    libc::SYS_epoll_create1,
    libc::SYS_eventfd2,
    libc::SYS_timerfd_create,
    libc::SYS_inotify_init1,
    libc::SYS_fanotify_init,
    libc::SYS_memfd_create,
    libc::SYS_memfd_secret,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_mq_open,
    libc::SYS_userfaultfd,
    libc::SYS_perf_event_open,
    libc::SYS_io_uring_setup,
    libc::SYS_landlock_create_ruleset,
];

#[unsafe(no_mangle)]
pub(super) unsafe extern "C-unwind" fn __wrap_syscall(
    number: libc::c_long,
    a: usize,
    b: usize,
    c: usize,
    d: usize,
    e: usize,
    f: usize,
) -> libc::c_long {
    let call = || {
        // SAFETY: WRAPS-1. What the caller has left out is passed on as whatever it is, and not looked at.
        unsafe { real::syscall(number, a, b, c, d, e, f) }
    };
    match number {
        // By far the most frequent.
        libc::SYS_futex => call(),
        libc::SYS_close => {
            end_one(a as c_int);
            call()
        }
        libc::SYS_close_range => {
            range_ends(a as c_uint, b as c_uint, c as c_int);
            call()
        }
        libc::SYS_dup3 => replaced(a as c_int, b as c_int, || call() as c_int).into(),
        #[cfg(target_arch = "x86_64")]
        libc::SYS_dup2 => replaced(a as c_int, b as c_int, || call() as c_int).into(),
        libc::SYS_fcntl => duplicated(b as c_int, call() as c_int).into(),
        libc::SYS_mmap => {
            let place = call();
            let start = std::ptr::with_exposed_provenance_mut(place as usize);
            mapped(start, b, d as c_int, f as u64);
            place
        }
        libc::SYS_munmap => {
            unmapped(std::ptr::with_exposed_provenance_mut(a), b);
            call()
        }
        libc::SYS_pipe2 | libc::SYS_socketpair => {
            let status = call();
            if status == 0 {
                let place = if number == libc::SYS_pipe2 { a } else { d };
                let place = std::ptr::with_exposed_provenance::<[c_int; 2]>(place);
                // SAFETY: WRAPS-1: the caller's place, which the kernel has written to.
                unsafe { place.read() }.into_iter().for_each(made);
            }
            status
        }
        _ => {
            let answer = call();
            if MAKING.contains(&number) {
                made(answer as c_int);
            }
            answer
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn __wrap_sigaltstack(
    new: *const libc::stack_t,
    old: *mut libc::stack_t,
) -> c_int {
    match hooks() {
        // SAFETY: WRAPS-1, WRAPS-3.
        Some(hooks) => unsafe { (hooks.signal_stack)(hooks.census, new, old) },
        // SAFETY: WRAPS-1.
        None => unsafe { real::sigaltstack(new, old) },
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn __wrap_uselocale(new: libc::locale_t) -> libc::locale_t {
    match hooks() {
        // SAFETY: WRAPS-1, WRAPS-3.
        Some(hooks) => unsafe { (hooks.locale)(hooks.census, new) },
        // SAFETY: WRAPS-1.
        None => unsafe { real::uselocale(new) },
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn __wrap_dlopen(path: usize, flags: c_int) -> *mut c_void {
    // SAFETY: WRAPS-1.
    let handle = unsafe { real::dlopen(path, flags) };
    if let Some(hooks) = hooks()
        && !handle.is_null()
    {
        // SAFETY: WRAPS-3.
        unsafe { (hooks.library_opened)(hooks.census, handle, flags) };
    }
    handle
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn __wrap_dlclose(handle: *mut c_void) -> c_int {
    if let Some(hooks) = hooks() {
        // SAFETY: WRAPS-3.
        unsafe { (hooks.library_closes)(hooks.census, handle) };
    }
    // SAFETY: WRAPS-1.
    unsafe { real::dlclose(handle) }
}
