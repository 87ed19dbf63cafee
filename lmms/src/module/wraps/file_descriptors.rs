//! Wraps of what makes and ends descriptors. What they are for: see `kernel.rs`.

use std::ffi::{c_int, c_uint};

use super::kernel::{end, end_one, is_foreign, made};

/// Functions that return a descriptor or -1.
macro_rules! making {
    ($($name:ident = $wrap:literal $real:literal ($($argument:ident)*);)*) => {
        $(
            #[unsafe(export_name = $wrap)]
            unsafe extern "C-unwind" fn $name($($argument: usize),*) -> c_int {
                unsafe extern "C-unwind" {
                    #[link_name = $real]
                    fn real($($argument: usize),*) -> c_int;
                }
                // SAFETY: WRAPS-1.
                let descriptor = unsafe { real($($argument),*) };
                made(descriptor);
                descriptor
            }
        )*
        hidden! { $($wrap)* }
    };
}

making! {
    open = "__wrap_open" "__real_open" (a b c);
    open64 = "__wrap_open64" "__real_open64" (a b c);
    open_2 = "__wrap___open_2" "__real___open_2" (a b);
    open64_2 = "__wrap___open64_2" "__real___open64_2" (a b);
    openat = "__wrap_openat" "__real_openat" (a b c d);
    openat64 = "__wrap_openat64" "__real_openat64" (a b c d);
    openat_2 = "__wrap___openat_2" "__real___openat_2" (a b c);
    openat64_2 = "__wrap___openat64_2" "__real___openat64_2" (a b c);
    creat = "__wrap_creat" "__real_creat" (a b);
    creat64 = "__wrap_creat64" "__real_creat64" (a b);
    open_by_handle_at = "__wrap_open_by_handle_at" "__real_open_by_handle_at" (a b c);
    socket = "__wrap_socket" "__real_socket" (a b c);
    accept = "__wrap_accept" "__real_accept" (a b c);
    accept4 = "__wrap_accept4" "__real_accept4" (a b c d);
    dup = "__wrap_dup" "__real_dup" (a);
    epoll_create = "__wrap_epoll_create" "__real_epoll_create" (a);
    epoll_create1 = "__wrap_epoll_create1" "__real_epoll_create1" (a);
    eventfd = "__wrap_eventfd" "__real_eventfd" (a b);
    timerfd_create = "__wrap_timerfd_create" "__real_timerfd_create" (a b);
    inotify_init = "__wrap_inotify_init" "__real_inotify_init" ();
    inotify_init1 = "__wrap_inotify_init1" "__real_inotify_init1" (a);
    fanotify_init = "__wrap_fanotify_init" "__real_fanotify_init" (a b);
    memfd_create = "__wrap_memfd_create" "__real_memfd_create" (a b);
    pidfd_open = "__wrap_pidfd_open" "__real_pidfd_open" (a b);
    shm_open = "__wrap_shm_open" "__real_shm_open" (a b c);
    mq_open = "__wrap_mq_open" "__real_mq_open" (a b c d);
    mkstemp = "__wrap_mkstemp" "__real_mkstemp" (a);
    mkstemp64 = "__wrap_mkstemp64" "__real_mkstemp64" (a);
    mkostemp = "__wrap_mkostemp" "__real_mkostemp" (a b);
    mkostemp64 = "__wrap_mkostemp64" "__real_mkostemp64" (a b);
    mkstemps = "__wrap_mkstemps" "__real_mkstemps" (a b);
    mkstemps64 = "__wrap_mkstemps64" "__real_mkstemps64" (a b);
    mkostemps = "__wrap_mkostemps" "__real_mkostemps" (a b c);
    mkostemps64 = "__wrap_mkostemps64" "__real_mkostemps64" (a b c);
    posix_openpt = "__wrap_posix_openpt" "__real_posix_openpt" (a);
}

/// Functions that put two descriptors where one argument points to, and return 0 if they have.
macro_rules! making_two {
    ($($name:ident = $wrap:literal $real:literal ($($before:ident)* [$place:ident] $($behind:ident)*);)*) => {
        $(
            #[unsafe(export_name = $wrap)]
            unsafe extern "C-unwind" fn $name(
                $($before: usize,)* $place: *mut [c_int; 2], $($behind: usize),*
            ) -> c_int {
                unsafe extern "C-unwind" {
                    #[link_name = $real]
                    fn real($($before: usize,)* $place: *mut [c_int; 2], $($behind: usize),*) -> c_int;
                }
                // SAFETY: WRAPS-1.
                let status = unsafe { real($($before,)* $place, $($behind),*) };
                if status == 0 {
                    // SAFETY: WRAPS-1: the caller's place, which the function has written to.
                    unsafe { $place.read() }.into_iter().for_each(made);
                }
                status
            }
        )*
        hidden! { $($wrap)* }
    };
}

making_two! {
    pipe = "__wrap_pipe" "__real_pipe" ([place]);
    pipe2 = "__wrap_pipe2" "__real_pipe2" ([place] a);
    socketpair = "__wrap_socketpair" "__real_socketpair" (a b c [place]);
}

/// Functions that return a stream or null.
macro_rules! making_streams {
    ($($name:ident = $wrap:literal $real:literal ($($argument:ident)*);)*) => {
        $(
            #[unsafe(export_name = $wrap)]
            unsafe extern "C-unwind" fn $name($($argument: usize),*) -> *mut libc::FILE {
                unsafe extern "C-unwind" {
                    #[link_name = $real]
                    fn real($($argument: usize),*) -> *mut libc::FILE;
                }
                // SAFETY: WRAPS-1.
                let stream = unsafe { real($($argument),*) };
                made(number(stream));
                stream
            }
        )*
        hidden! { $($wrap)* }
    };
}

making_streams! {
    fopen = "__wrap_fopen" "__real_fopen" (a b);
    fopen64 = "__wrap_fopen64" "__real_fopen64" (a b);
    tmpfile = "__wrap_tmpfile" "__real_tmpfile" ();
    tmpfile64 = "__wrap_tmpfile64" "__real_tmpfile64" ();
    popen = "__wrap_popen" "__real_popen" (a b);
}

/// A stream's descriptor; -1: it has none.
fn number(stream: *mut libc::FILE) -> c_int {
    if stream.is_null() {
        return -1;
    }
    // SAFETY: WRAPS-1: an open stream.
    unsafe { libc::fileno(stream) }
}

/// A directory's descriptor; -1: it has none.
fn directory_number(directory: *mut libc::DIR) -> c_int {
    if directory.is_null() {
        return -1;
    }
    // SAFETY: WRAPS-1: an open directory.
    unsafe { libc::dirfd(directory) }
}

/// Functions that end what `$number` tells the descriptor of.
macro_rules! ending {
    ($($name:ident = $wrap:literal $real:literal ($argument:ident: $type:ty => $number:expr);)*) => {
        $(
            #[unsafe(export_name = $wrap)]
            pub(super) unsafe extern "C-unwind" fn $name($argument: $type) -> c_int {
                unsafe extern "C-unwind" {
                    #[link_name = $real]
                    fn real($argument: $type) -> c_int;
                }
                end_one($number);
                // SAFETY: WRAPS-1.
                unsafe { real($argument) }
            }
        )*
        hidden! { $($wrap)* }
    };
}

ending! {
    close = "__wrap_close" "__real_close" (descriptor: c_int => descriptor);
    mq_close = "__wrap_mq_close" "__real_mq_close" (queue: c_int => queue);
    fclose = "__wrap_fclose" "__real_fclose" (stream: *mut libc::FILE => number(stream));
    pclose = "__wrap_pclose" "__real_pclose" (stream: *mut libc::FILE => number(stream));
    closedir = "__wrap_closedir" "__real_closedir" (directory: *mut libc::DIR => directory_number(directory));
}

mod real {
    use super::{c_int, c_uint};

    unsafe extern "C-unwind" {
        #[link_name = "__real_opendir"]
        pub(super) fn opendir(path: usize) -> *mut libc::DIR;
        #[link_name = "__real_freopen"]
        pub(super) fn freopen(path: usize, mode: usize, stream: *mut libc::FILE)
        -> *mut libc::FILE;
        #[link_name = "__real_freopen64"]
        pub(super) fn freopen64(
            path: usize,
            mode: usize,
            stream: *mut libc::FILE,
        ) -> *mut libc::FILE;
        #[link_name = "__real_openpty"]
        pub(super) fn openpty(
            one: *mut c_int,
            other: *mut c_int,
            name: usize,
            settings: usize,
            size: usize,
        ) -> c_int;
        #[link_name = "__real_signalfd"]
        pub(super) fn signalfd(descriptor: c_int, signals: usize, flags: usize) -> c_int;
        #[link_name = "__real_dup2"]
        pub(super) fn dup2(old: c_int, new: c_int) -> c_int;
        #[link_name = "__real_dup3"]
        pub(super) fn dup3(old: c_int, new: c_int, flags: usize) -> c_int;
        #[link_name = "__real_fcntl"]
        pub(super) fn fcntl(descriptor: c_int, command: c_int, argument: usize) -> c_int;
        #[link_name = "__real_fcntl64"]
        pub(super) fn fcntl64(descriptor: c_int, command: c_int, argument: usize) -> c_int;
        #[link_name = "__real_recvmsg"]
        pub(super) fn recvmsg(socket: c_int, message: *mut libc::msghdr, flags: usize) -> isize;
        #[link_name = "__real_recvmmsg"]
        pub(super) fn recvmmsg(
            socket: c_int,
            messages: *mut libc::mmsghdr,
            count: usize,
            flags: usize,
            timeout: usize,
        ) -> c_int;
        #[link_name = "__real_close_range"]
        pub(super) fn close_range(first: c_uint, last: c_uint, flags: c_int) -> c_int;
        #[link_name = "__real_closefrom"]
        pub(super) fn closefrom(first: c_int);
    }
}

hidden! {
    "__wrap_opendir" "__wrap_freopen" "__wrap_freopen64" "__wrap_openpty" "__wrap_signalfd" "__wrap_dup2" "__wrap_dup3"
    "__wrap_fcntl" "__wrap_fcntl64" "__wrap_recvmsg" "__wrap_recvmmsg" "__wrap_close_range" "__wrap_closefrom"
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn __wrap_opendir(path: usize) -> *mut libc::DIR {
    // SAFETY: WRAPS-1.
    let directory = unsafe { real::opendir(path) };
    made(directory_number(directory));
    directory
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn __wrap_freopen(
    path: usize,
    mode: usize,
    stream: *mut libc::FILE,
) -> *mut libc::FILE {
    reopened(stream, || {
        // SAFETY: WRAPS-1.
        unsafe { real::freopen(path, mode, stream) }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn __wrap_freopen64(
    path: usize,
    mode: usize,
    stream: *mut libc::FILE,
) -> *mut libc::FILE {
    reopened(stream, || {
        // SAFETY: WRAPS-1.
        unsafe { real::freopen64(path, mode, stream) }
    })
}

/// The host's standard streams stay the host's, whatever file a module gives them.
fn reopened(stream: *mut libc::FILE, reopen: impl FnOnce() -> *mut libc::FILE) -> *mut libc::FILE {
    let old = number(stream);
    let foreign = is_foreign(old);
    if !foreign {
        end_one(old);
    }
    let new = reopen();
    if !foreign {
        made(number(new));
    }
    new
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn __wrap_openpty(
    one: *mut c_int,
    other: *mut c_int,
    name: usize,
    settings: usize,
    size: usize,
) -> c_int {
    // SAFETY: WRAPS-1.
    let status = unsafe { real::openpty(one, other, name, settings, size) };
    if status == 0 {
        for place in [one, other] {
            // SAFETY: WRAPS-1: the caller's places, which the function has written to.
            made(unsafe { place.read() });
        }
    }
    status
}

/// Makes a new descriptor only if it isn't given one.
#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn __wrap_signalfd(
    descriptor: c_int,
    signals: usize,
    flags: usize,
) -> c_int {
    // SAFETY: WRAPS-1.
    let answer = unsafe { real::signalfd(descriptor, signals, flags) };
    if descriptor == -1 {
        made(answer);
    }
    answer
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn __wrap_dup2(old: c_int, new: c_int) -> c_int {
    replaced(old, new, || {
        // SAFETY: WRAPS-1.
        unsafe { real::dup2(old, new) }
    })
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn __wrap_dup3(old: c_int, new: c_int, flags: usize) -> c_int {
    replaced(old, new, || {
        // SAFETY: WRAPS-1.
        unsafe { real::dup3(old, new, flags) }
    })
}

/// A number that somebody else had in use stays theirs, as standard output does while it is redirected.
pub(super) fn replaced(old: c_int, new: c_int, replace: impl FnOnce() -> c_int) -> c_int {
    let foreign = old == new || is_foreign(new);
    if !foreign {
        end_one(new);
    }
    let answer = replace();
    if !foreign {
        made(answer);
    }
    answer
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn __wrap_fcntl(
    descriptor: c_int,
    command: c_int,
    argument: usize,
) -> c_int {
    // SAFETY: WRAPS-1.
    let answer = unsafe { real::fcntl(descriptor, command, argument) };
    duplicated(command, answer)
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn __wrap_fcntl64(
    descriptor: c_int,
    command: c_int,
    argument: usize,
) -> c_int {
    // SAFETY: WRAPS-1.
    let answer = unsafe { real::fcntl64(descriptor, command, argument) };
    duplicated(command, answer)
}

pub(super) fn duplicated(command: c_int, answer: c_int) -> c_int {
    if matches!(command, libc::F_DUPFD | libc::F_DUPFD_CLOEXEC) {
        made(answer);
    }
    answer
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn __wrap_recvmsg(
    socket: c_int,
    message: *mut libc::msghdr,
    flags: usize,
) -> isize {
    // SAFETY: WRAPS-1.
    let answer = unsafe { real::recvmsg(socket, message, flags) };
    if answer >= 0 {
        // SAFETY: WRAPS-1: the caller's message, which was received.
        unsafe { came_with(message) };
    }
    answer
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn __wrap_recvmmsg(
    socket: c_int,
    messages: *mut libc::mmsghdr,
    count: usize,
    flags: usize,
    timeout: usize,
) -> c_int {
    // SAFETY: WRAPS-1.
    let answer = unsafe { real::recvmmsg(socket, messages, count, flags, timeout) };
    for index in 0..usize::try_from(answer).unwrap_or(0) {
        let message = messages.wrapping_add(index);
        // SAFETY: WRAPS-1: so many of the caller's messages were received.
        let header = unsafe { &raw const (*message).msg_hdr };
        // SAFETY: as above.
        unsafe { came_with(header) };
    }
    answer
}

/// Tells the host of the descriptors that came with a message.
///
/// # Safety
/// It was received just now.
unsafe fn came_with(message: *const libc::msghdr) {
    // SAFETY: the caller's promise.
    let mut part = unsafe { libc::CMSG_FIRSTHDR(message) };
    // SAFETY: null, or a part of the message.
    while let Some(header) = unsafe { part.as_ref() } {
        if header.cmsg_level == libc::SOL_SOCKET && header.cmsg_type == libc::SCM_RIGHTS {
            // SAFETY: as above.
            let first = unsafe { libc::CMSG_DATA(part) };
            let bytes = header.cmsg_len - (first.addr() - part.addr());
            for offset in (0..bytes).step_by(size_of::<c_int>()) {
                let place: *const c_int = first.wrapping_add(offset).cast();
                // SAFETY: within the part, which is a list of numbers.
                made(unsafe { place.read_unaligned() });
            }
        }
        // SAFETY: as above.
        part = unsafe { libc::CMSG_NXTHDR(message, part) };
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn __wrap_close_range(first: c_uint, last: c_uint, flags: c_int) -> c_int {
    range_ends(first, last, flags);
    // SAFETY: WRAPS-1.
    unsafe { real::close_range(first, last, flags) }
}

pub(super) fn range_ends(first: c_uint, last: c_uint, flags: c_int) {
    if flags & libc::CLOSE_RANGE_CLOEXEC as c_int == 0 {
        end(first, last);
    }
}

#[unsafe(no_mangle)]
unsafe extern "C-unwind" fn __wrap_closefrom(first: c_int) {
    end(c_uint::try_from(first).unwrap_or(0), c_uint::MAX);
    // SAFETY: WRAPS-1.
    unsafe { real::closefrom(first) };
}
