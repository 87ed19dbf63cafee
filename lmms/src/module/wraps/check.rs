//! Whether the library was linked with all its wraps.

use std::hint::black_box;

use super::*;

/// The first symbol whose calls do not go through the wraps; `None` if the library was linked as it must be.
pub fn unwrapped() -> Option<&'static str> {
    let pairs = symbol_addresses();
    let found = black_box(&pairs)
        .iter()
        .find(|(_, called, wrap)| called != wrap);
    found.map(|&(symbol, _, _)| symbol)
}

macro_rules! addresses {
    ($($symbol:literal: $called:path, $wrap:path;)*) => {
        [$(($symbol, $called as *const () as usize, $wrap as *const () as usize)),*]
    };
}

/// For symbols of each kind where their calls go, and where they should. Of those that ask the kernel for something
/// only the ones that every module calls: a symbol that is named here is looked up at each load, whether it is called
/// or not.
fn symbol_addresses() -> [(&'static str, usize, usize); 35] {
    addresses! {
        "pthread_create": called::pthread_create, __wrap_pthread_create;
        "pthread_key_create": called::pthread_key_create, __wrap_pthread_key_create;
        "__pthread_key_create": called::__pthread_key_create, __wrap___pthread_key_create;
        "pthread_key_delete": called::pthread_key_delete, __wrap_pthread_key_delete;
        "pthread_setspecific": called::pthread_setspecific, __wrap_pthread_setspecific;
        "__cxa_thread_atexit_impl": called::__cxa_thread_atexit_impl, __wrap___cxa_thread_atexit_impl;
        "__cxa_thread_atexit": called::__cxa_thread_atexit, __wrap___cxa_thread_atexit;
        "malloc": called::malloc, __wrap_malloc;
        "calloc": called::calloc, __wrap_calloc;
        "realloc": called::realloc, __wrap_realloc;
        "reallocarray": called::reallocarray, __wrap_reallocarray;
        "free": called::free, __wrap_free;
        "posix_memalign": called::posix_memalign, __wrap_posix_memalign;
        "aligned_alloc": called::aligned_alloc, __wrap_aligned_alloc;
        "memalign": called::memalign, __wrap_memalign;
        "malloc_usable_size": called::malloc_usable_size, __wrap_malloc_usable_size;
        "strdup": called::strdup, __wrap_strdup;
        "__strdup": called::__strdup, __wrap___strdup;
        "strndup": called::strndup, __wrap_strndup;
        "__strndup": called::__strndup, __wrap___strndup;
        "getline": called::getline, __wrap_getline;
        "getdelim": called::getdelim, __wrap_getdelim;
        "__getdelim": called::__getdelim, __wrap___getdelim;
        "setvbuf": called::setvbuf, pointers::__wrap_setvbuf;
        "setbuf": called::setbuf, pointers::__wrap_setbuf;
        "setbuffer": called::setbuffer, pointers::__wrap_setbuffer;
        "putenv": called::putenv, pointers::__wrap_putenv;
        "openlog": called::openlog, pointers::__wrap_openlog;
        "closelog": called::closelog, pointers::__wrap_closelog;
        "timer_create": called::timer_create, pointers::__wrap_timer_create;
        "__register_frame": called::__register_frame, pointers::__wrap___register_frame;
        "__deregister_frame": called::__deregister_frame, pointers::__wrap___deregister_frame;
        "close": called::close, file_descriptors::close;
        "munmap": called::munmap, mappings::__wrap_munmap;
        "syscall": called::syscall, mappings::__wrap_syscall;
    }
}

/// The symbols as the rest of the library calls them. Declared without arguments: only their addresses are used.
#[allow(
    clashing_extern_declarations,
    reason = "declared as they are called elsewhere"
)]
mod called {
    unsafe extern "C" {
        pub(super) fn pthread_create();
        pub(super) fn pthread_key_create();
        pub(super) fn __pthread_key_create();
        pub(super) fn pthread_key_delete();
        pub(super) fn pthread_setspecific();
        pub(super) fn __cxa_thread_atexit_impl();
        pub(super) fn __cxa_thread_atexit();
        pub(super) fn malloc();
        pub(super) fn calloc();
        pub(super) fn realloc();
        pub(super) fn reallocarray();
        pub(super) fn free();
        pub(super) fn posix_memalign();
        pub(super) fn aligned_alloc();
        pub(super) fn memalign();
        pub(super) fn malloc_usable_size();
        pub(super) fn strdup();
        pub(super) fn __strdup();
        pub(super) fn strndup();
        pub(super) fn __strndup();
        pub(super) fn getline();
        pub(super) fn getdelim();
        pub(super) fn __getdelim();
        pub(super) fn setvbuf();
        pub(super) fn setbuf();
        pub(super) fn setbuffer();
        pub(super) fn putenv();
        pub(super) fn openlog();
        pub(super) fn closelog();
        pub(super) fn timer_create();
        pub(super) fn __register_frame();
        pub(super) fn __deregister_frame();
        pub(super) fn close();
        pub(super) fn munmap();
        pub(super) fn syscall();
    }
}
