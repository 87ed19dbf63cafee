//! What the host gives to a module so that nothing of it escapes the host's books: the census' functions, those for
//! what the module asks of the kernel, and the heap.
//!
//! Both sides compile this file; the layout is `repr(C)`.

use std::ffi::{c_int, c_uint, c_void};

use crate::heap::Heap;

/// C functions a module must be linked with `-Wl,--wrap=` for, one flag each. The first stand in
/// `module/wraps.rs`, what is asked of the kernel in the files beside it.
pub const WRAPPED_SYMBOLS: &[&str] = &[
    "pthread_create",
    "pthread_key_create",
    "__pthread_key_create",
    "pthread_key_delete",
    "pthread_setspecific",
    "__cxa_thread_atexit_impl",
    "__cxa_thread_atexit",
    "malloc",
    "calloc",
    "realloc",
    "reallocarray",
    "free",
    "posix_memalign",
    "aligned_alloc",
    "memalign",
    "malloc_usable_size",
    "strdup",
    "__strdup",
    "strndup",
    "__strndup",
    "getline",
    "getdelim",
    "__getdelim",
    // Keep a pointer.
    "setvbuf",
    "setbuf",
    "setbuffer",
    "putenv",
    "openlog",
    "closelog",
    "timer_create",
    "__register_frame",
    "__deregister_frame",
    // What is asked of the kernel. These make a descriptor.
    "open",
    "open64",
    "__open_2",
    "__open64_2",
    "openat",
    "openat64",
    "__openat_2",
    "__openat64_2",
    "creat",
    "creat64",
    "open_by_handle_at",
    "socket",
    "accept",
    "accept4",
    "dup",
    "epoll_create",
    "epoll_create1",
    "eventfd",
    "timerfd_create",
    "signalfd",
    "inotify_init",
    "inotify_init1",
    "fanotify_init",
    "memfd_create",
    "pidfd_open",
    "shm_open",
    "mq_open",
    "mkstemp",
    "mkstemp64",
    "mkostemp",
    "mkostemp64",
    "mkstemps",
    "mkstemps64",
    "mkostemps",
    "mkostemps64",
    "posix_openpt",
    // Make two.
    "pipe",
    "pipe2",
    "socketpair",
    "openpty",
    // Make one in the place of another, or several.
    "dup2",
    "dup3",
    "fcntl",
    "fcntl64",
    "recvmsg",
    "recvmmsg",
    // Make a stream, or end one.
    "fopen",
    "fopen64",
    "freopen",
    "freopen64",
    "tmpfile",
    "tmpfile64",
    "popen",
    "fclose",
    "pclose",
    "opendir",
    "closedir",
    // End descriptors.
    "close",
    "close_range",
    "closefrom",
    "mq_close",
    // Make and end mappings.
    "mmap",
    "mmap64",
    "munmap",
    "mremap",
    "madvise",
    "posix_madvise",
    // Anything of these.
    "syscall",
    // Tell the C library or the kernel of memory that a thread uses.
    "sigaltstack",
    "uselocale",
    // Keep libraries loaded.
    "dlopen",
    "dlclose",
];

/// What keeps a pointer into a module after the call that handed it over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub enum Keeper {
    /// `openlog`: the name that lines begin with, until `closelog`.
    SystemLog,
    /// `timer_create` with `SIGEV_THREAD`: a function that the C library runs on threads of its own. When the last of
    /// them has ended nobody tells.
    Timer,
    /// `__register_frame`: a table, until `__deregister_frame`.
    Unwinder,
}

/// A destructor of a thread-local. It must not unwind: what unwinds out of it aborts the process, as in any Rust
/// program.
pub type Destructor = unsafe extern "C" fn(*mut c_void);

/// A thread's start function. `pthread_exit` and cancellation may unwind out of it.
pub type ThreadStart = unsafe extern "C-unwind" fn(*mut c_void) -> *mut c_void;

/// The host's functions for one loaded module. Both the hooks and what they point to outlive the module's code.
///
/// All functions take `census` first and return what the C function of that name would.
#[repr(C)]
#[derive(Debug)]
pub struct Hooks {
    /// Handed back in each call.
    pub census: *const c_void,
    /// The module's heap; null: it allocates with the C library.
    pub heap: *const Heap,
    /// `pthread_create`.
    pub thread_create: unsafe extern "C" fn(
        census: *const c_void,
        thread: *mut libc::pthread_t,
        attributes: *const libc::pthread_attr_t,
        start: ThreadStart,
        argument: *mut c_void,
    ) -> c_int,
    /// `__cxa_thread_atexit_impl`.
    pub thread_atexit: unsafe extern "C" fn(
        census: *const c_void,
        destructor: Destructor,
        object: *mut c_void,
    ) -> c_int,
    /// `pthread_key_create`.
    pub key_create: unsafe extern "C" fn(
        census: *const c_void,
        key: *mut libc::pthread_key_t,
        destructor: Option<Destructor>,
    ) -> c_int,
    /// `pthread_key_delete`.
    pub key_delete: unsafe extern "C" fn(census: *const c_void, key: libc::pthread_key_t) -> c_int,
    /// `pthread_setspecific`.
    pub key_set: unsafe extern "C" fn(
        census: *const c_void,
        key: libc::pthread_key_t,
        value: *const c_void,
    ) -> c_int,
    /// A pointer is now kept, or no more; `key` tells it from others.
    pub keeps: unsafe extern "C" fn(census: *const c_void, keeper: Keeper, key: usize, kept: bool),
    /// A descriptor was made.
    pub descriptor_made: unsafe extern "C" fn(census: *const c_void, descriptor: c_int),
    /// The descriptors from `first` to `last` are about to be closed.
    pub descriptors_end: unsafe extern "C" fn(census: *const c_void, first: c_uint, last: c_uint),
    /// Whether a number is a descriptor that the module has not made.
    pub is_foreign: unsafe extern "C" fn(census: *const c_void, descriptor: c_int) -> bool,
    /// Memory was mapped: a file's from `offset` on, or nobody's.
    pub mapped: unsafe extern "C" fn(
        census: *const c_void,
        start: *mut c_void,
        bytes: usize,
        flags: c_int,
        offset: u64,
    ),
    /// Memory is about to be unmapped.
    pub unmapped: unsafe extern "C" fn(census: *const c_void, start: *mut c_void, bytes: usize),
    /// Advice was given on mapped memory, which may have taken the host's mark away.
    pub advised: unsafe extern "C" fn(census: *const c_void, start: *mut c_void, bytes: usize),
    /// `mremap`.
    pub remap: unsafe extern "C" fn(
        census: *const c_void,
        start: *mut c_void,
        bytes: usize,
        new_bytes: usize,
        flags: c_int,
        place: *mut c_void,
    ) -> *mut c_void,
    /// `sigaltstack`.
    pub signal_stack: unsafe extern "C" fn(
        census: *const c_void,
        new: *const libc::stack_t,
        old: *mut libc::stack_t,
    ) -> c_int,
    /// `uselocale`.
    pub locale: unsafe extern "C" fn(census: *const c_void, new: libc::locale_t) -> libc::locale_t,
    /// A library was opened with these flags.
    pub library_opened:
        unsafe extern "C" fn(census: *const c_void, handle: *mut c_void, flags: c_int),
    /// A library is about to be closed.
    pub library_closes: unsafe extern "C" fn(census: *const c_void, handle: *mut c_void),
}

// SAFETY: plain pointers to things that may be used from all threads.
unsafe impl Send for Hooks {}
// SAFETY: as above.
unsafe impl Sync for Hooks {}
