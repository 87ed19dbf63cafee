//! The functions that stand before the C library's in a module. Module side, only in the library that the build tool
//! links.
//!
//! The linker's `--wrap=f` sends every call of `f` in the library, from Rust, C or an archive, to `__wrap_f`, and
//! `__real_f` to the C library. Each function here asks the host's hooks, or the module's heap, and falls back to the C
//! library where a hook isn't installed yet or a block isn't the heap's.
//!
//! The linker finds these functions by name, yet the library must not export them: `.hidden` sees to that.
//!
//! # Invariants
//! - **WRAPS-1** Callers keep the contract of the C function of the same name; what is said to be passed on is
//!   passed on unchanged.
//! - **WRAPS-2** An address inside the heap's slot is a block of that heap; any other block is the C library's.
//! - **WRAPS-3** Hooks stay valid as long as this code is mapped (`installed::install`).
//!
//! # Limits
//!
//! Blocks of the heap must not be handed to a *shared* library that frees or resizes them itself (`argz_add`, or a C
//! library that takes over its caller's block): only calls linked into the module are wrapped. `getline` and `getdelim`
//! are taken care of. What libc itself allocates for its caller (`asprintf`, `realpath`, `scandir`) may be freed here
//! as usual, but isn't in the heap's books.

/// Makes symbols local to the library although Rust calls them exported.
macro_rules! hidden {
    ($($symbol:literal)*) => { std::arch::global_asm!($(concat!(".hidden ", $symbol)),*); };
}

mod check;
mod file_descriptors;
mod kernel;
mod mappings;
mod pointers;

use std::ffi::{CStr, c_char, c_int, c_void};
use std::ptr::null_mut;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::installed::{heap, hooks};
use crate::boundary::hooks::{Destructor, ThreadStart};
use crate::heap::Heap;

pub use check::unwrapped;

const LEAST_ALIGN: usize = 16;

/// Threads, keys and destructors made, and pointers left, before the hooks were installed.
static EARLY: AtomicU32 = AtomicU32::new(0);

/// How many threads, keys and thread-local destructors the library made, and pointers it left, before it got its hooks,
/// as a C constructor may. The host knows nothing of them: such a library must stay loaded.
pub fn early() -> u32 {
    EARLY.load(Relaxed)
}

hidden! {
    "__wrap_pthread_create" "__wrap_pthread_key_create" "__wrap___pthread_key_create" "__wrap_pthread_key_delete" "__wrap_pthread_setspecific"
    "__wrap___cxa_thread_atexit_impl" "__wrap___cxa_thread_atexit"
    "__wrap_malloc" "__wrap_calloc" "__wrap_realloc" "__wrap_reallocarray" "__wrap_free"
    "__wrap_posix_memalign" "__wrap_aligned_alloc" "__wrap_memalign" "__wrap_malloc_usable_size"
    "__wrap_strdup" "__wrap___strdup" "__wrap_strndup" "__wrap___strndup"
    "__wrap_getline" "__wrap_getdelim" "__wrap___getdelim"
}

/// The C library's own functions.
mod real {
    use super::{Destructor, ThreadStart, c_int, c_void};

    unsafe extern "C" {
        #[link_name = "__real_pthread_create"]
        pub(super) fn pthread_create(
            thread: *mut libc::pthread_t,
            attributes: *const libc::pthread_attr_t,
            start: ThreadStart,
            argument: *mut c_void,
        ) -> c_int;
        #[link_name = "__real_pthread_key_create"]
        pub(super) fn pthread_key_create(
            key: *mut libc::pthread_key_t,
            destructor: Option<Destructor>,
        ) -> c_int;
        #[link_name = "__real_pthread_key_delete"]
        pub(super) fn pthread_key_delete(key: libc::pthread_key_t) -> c_int;
        #[link_name = "__real_pthread_setspecific"]
        pub(super) fn pthread_setspecific(key: libc::pthread_key_t, value: *const c_void) -> c_int;
        #[link_name = "__real___cxa_thread_atexit_impl"]
        pub(super) fn cxa_thread_atexit(
            destructor: Destructor,
            object: *mut c_void,
            library: *mut c_void,
        ) -> c_int;
        #[link_name = "__real_malloc"]
        pub(super) fn malloc(size: usize) -> *mut c_void;
        #[link_name = "__real_calloc"]
        pub(super) fn calloc(count: usize, size: usize) -> *mut c_void;
        #[link_name = "__real_realloc"]
        pub(super) fn realloc(block: *mut c_void, size: usize) -> *mut c_void;
        #[link_name = "__real_free"]
        pub(super) fn free(block: *mut c_void);
        #[link_name = "__real_posix_memalign"]
        pub(super) fn posix_memalign(block: *mut *mut c_void, align: usize, size: usize) -> c_int;
        #[link_name = "__real_malloc_usable_size"]
        pub(super) fn malloc_usable_size(block: *mut c_void) -> usize;
        #[link_name = "__real_getdelim"]
        pub(super) fn getdelim(
            line: *mut *mut libc::c_char,
            capacity: *mut usize,
            delimiter: c_int,
            stream: *mut libc::FILE,
        ) -> isize;
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_pthread_create(
    thread: *mut libc::pthread_t,
    attributes: *const libc::pthread_attr_t,
    start: ThreadStart,
    argument: *mut c_void,
) -> c_int {
    match hooks() {
        // SAFETY: WRAPS-1, WRAPS-3.
        Some(hooks) => unsafe {
            (hooks.thread_create)(hooks.census, thread, attributes, start, argument)
        },
        None => {
            EARLY.fetch_add(1, Relaxed);
            // SAFETY: WRAPS-1.
            unsafe { real::pthread_create(thread, attributes, start, argument) }
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_pthread_key_create(
    key: *mut libc::pthread_key_t,
    destructor: Option<Destructor>,
) -> c_int {
    match hooks() {
        // SAFETY: WRAPS-1, WRAPS-3.
        Some(hooks) => unsafe { (hooks.key_create)(hooks.census, key, destructor) },
        None => {
            EARLY.fetch_add(1, Relaxed);
            // SAFETY: WRAPS-1.
            unsafe { real::pthread_key_create(key, destructor) }
        }
    }
}

/// What code compiled against old headers of the C++ library calls.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap___pthread_key_create(
    key: *mut libc::pthread_key_t,
    destructor: Option<Destructor>,
) -> c_int {
    // SAFETY: WRAPS-1.
    unsafe { __wrap_pthread_key_create(key, destructor) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_pthread_key_delete(key: libc::pthread_key_t) -> c_int {
    match hooks() {
        // SAFETY: WRAPS-1, WRAPS-3.
        Some(hooks) => unsafe { (hooks.key_delete)(hooks.census, key) },
        // SAFETY: WRAPS-1.
        None => unsafe { real::pthread_key_delete(key) },
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_pthread_setspecific(
    key: libc::pthread_key_t,
    value: *const c_void,
) -> c_int {
    match hooks() {
        // SAFETY: WRAPS-1, WRAPS-3.
        Some(hooks) => unsafe { (hooks.key_set)(hooks.census, key, value) },
        // SAFETY: WRAPS-1.
        None => unsafe { real::pthread_setspecific(key, value) },
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap___cxa_thread_atexit_impl(
    destructor: Destructor,
    object: *mut c_void,
    library: *mut c_void,
) -> c_int {
    match hooks() {
        // SAFETY: WRAPS-1, WRAPS-3.
        Some(hooks) => unsafe { (hooks.thread_atexit)(hooks.census, destructor, object) },
        None => {
            EARLY.fetch_add(1, Relaxed);
            // SAFETY: WRAPS-1.
            unsafe { real::cxa_thread_atexit(destructor, object, library) }
        }
    }
}

/// What C++ compilers call; in libstdc++ it forwards to the function above, out of the linker's sight.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap___cxa_thread_atexit(
    destructor: Destructor,
    object: *mut c_void,
    library: *mut c_void,
) -> c_int {
    // SAFETY: WRAPS-1.
    unsafe { __wrap___cxa_thread_atexit_impl(destructor, object, library) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_malloc(size: usize) -> *mut c_void {
    match heap() {
        Some(heap) => or_enomem(heap.allocate(size, LEAST_ALIGN)),
        // SAFETY: WRAPS-1.
        None => unsafe { real::malloc(size) },
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_calloc(count: usize, size: usize) -> *mut c_void {
    match (heap(), count.checked_mul(size)) {
        (Some(heap), Some(bytes)) => or_enomem(heap.allocate_zeroed(bytes, LEAST_ALIGN)),
        (Some(_), None) => or_enomem(null_mut()),
        // SAFETY: WRAPS-1.
        (None, _) => unsafe { real::calloc(count, size) },
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_free(block: *mut c_void) {
    match owner(block) {
        // SAFETY: WRAPS-1, WRAPS-2.
        Some(heap) => unsafe { heap.free(block.cast()) },
        // SAFETY: WRAPS-1, WRAPS-2.
        None => unsafe { real::free(block) },
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_realloc(block: *mut c_void, size: usize) -> *mut c_void {
    if block.is_null() {
        // SAFETY: WRAPS-1.
        return unsafe { __wrap_malloc(size) };
    }
    let Some(heap) = owner(block) else {
        // SAFETY: WRAPS-1, WRAPS-2.
        return unsafe { real::realloc(block, size) };
    };
    if size == 0 {
        // SAFETY: WRAPS-1, WRAPS-2. glibc, too, frees the block then.
        unsafe { heap.free(block.cast()) };
        return null_mut();
    }
    // SAFETY: WRAPS-1, WRAPS-2.
    or_enomem(unsafe { heap.reallocate(block.cast(), size, LEAST_ALIGN) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_reallocarray(
    block: *mut c_void,
    count: usize,
    size: usize,
) -> *mut c_void {
    match count.checked_mul(size) {
        // SAFETY: WRAPS-1.
        Some(bytes) => unsafe { __wrap_realloc(block, bytes) },
        None => or_enomem(null_mut()),
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_posix_memalign(
    block: *mut *mut c_void,
    align: usize,
    size: usize,
) -> c_int {
    let Some(heap) = heap() else {
        // SAFETY: WRAPS-1.
        return unsafe { real::posix_memalign(block, align, size) };
    };
    if !align.is_power_of_two() || align < size_of::<usize>() {
        return libc::EINVAL;
    }
    let new = heap.allocate(size, align);
    if new.is_null() {
        return libc::ENOMEM;
    }
    // SAFETY: WRAPS-1: the caller's place for the answer.
    unsafe { block.write(new.cast()) };
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_aligned_alloc(align: usize, size: usize) -> *mut c_void {
    let align = align
        .max(size_of::<usize>())
        .checked_next_power_of_two()
        .unwrap_or(0);
    let mut block = null_mut();
    // SAFETY: WRAPS-1; `block` is a place for the answer.
    match unsafe { __wrap_posix_memalign(&mut block, align, size) } {
        0 => block,
        error => {
            set_errno(error);
            null_mut()
        }
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_memalign(align: usize, size: usize) -> *mut c_void {
    // SAFETY: WRAPS-1.
    unsafe { __wrap_aligned_alloc(align, size) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_malloc_usable_size(block: *mut c_void) -> usize {
    match owner(block) {
        // SAFETY: WRAPS-1, WRAPS-2.
        Some(heap) => unsafe { heap.usable(block.cast()) },
        // SAFETY: WRAPS-1, WRAPS-2.
        None => unsafe { real::malloc_usable_size(block) },
    }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_strdup(text: *const c_char) -> *mut c_char {
    // SAFETY: WRAPS-1: a terminated text.
    let length = unsafe { CStr::from_ptr(text) }.count_bytes();
    // SAFETY: WRAPS-1: so long is the text.
    unsafe { copy_text(text, length) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap___strdup(text: *const c_char) -> *mut c_char {
    // SAFETY: WRAPS-1.
    unsafe { __wrap_strdup(text) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_strndup(text: *const c_char, most: usize) -> *mut c_char {
    // SAFETY: WRAPS-1: terminated, or at least `most` bytes long.
    let length = unsafe { libc::strnlen(text, most) };
    // SAFETY: WRAPS-1: so long is the text.
    unsafe { copy_text(text, length) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap___strndup(text: *const c_char, most: usize) -> *mut c_char {
    // SAFETY: WRAPS-1.
    unsafe { __wrap_strndup(text, most) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_getline(
    line: *mut *mut c_char,
    capacity: *mut usize,
    stream: *mut libc::FILE,
) -> isize {
    // SAFETY: WRAPS-1.
    unsafe { __wrap_getdelim(line, capacity, c_int::from(b'\n'), stream) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap___getdelim(
    line: *mut *mut c_char,
    capacity: *mut usize,
    delimiter: c_int,
    stream: *mut libc::FILE,
) -> isize {
    // SAFETY: WRAPS-1.
    unsafe { __wrap_getdelim(line, capacity, delimiter, stream) }
}

/// The C library would resize the caller's buffer itself. If that is the heap's, it is exchanged for one of the
/// library's own.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_getdelim(
    line: *mut *mut c_char,
    capacity: *mut usize,
    delimiter: c_int,
    stream: *mut libc::FILE,
) -> isize {
    if !line.is_null() && !capacity.is_null() {
        // SAFETY: WRAPS-1: the caller's buffer or null.
        let buffer = unsafe { line.read() };
        if let Some(heap) = owner(buffer.cast()) {
            // SAFETY: WRAPS-1, WRAPS-2: getdelim may replace its caller's buffer, and its old content has no meaning.
            unsafe { heap.free(buffer.cast()) };
            // SAFETY: WRAPS-1.
            unsafe { line.write(null_mut()) };
            // SAFETY: WRAPS-1.
            unsafe { capacity.write(0) };
        }
    }
    // SAFETY: WRAPS-1.
    unsafe { real::getdelim(line, capacity, delimiter, stream) }
}

/// # Safety
/// `text` is at least `length` bytes long.
unsafe fn copy_text(text: *const c_char, length: usize) -> *mut c_char {
    // SAFETY: any size will do.
    let copy: *mut c_char = unsafe { __wrap_malloc(length + 1) }.cast();
    if !copy.is_null() {
        // SAFETY: `copy` is new and longer than `length`, which the caller vouches for on the other side.
        unsafe { copy.copy_from_nonoverlapping(text, length) };
        // SAFETY: as above.
        unsafe { copy.wrapping_add(length).write(0) };
    }
    copy
}

/// The heap, if `block` is one of its blocks.
#[inline(always)]
fn owner(block: *const c_void) -> Option<&'static Heap> {
    heap().filter(|heap| heap.contains(block.cast()))
}

#[inline(always)]
fn or_enomem(block: *mut u8) -> *mut c_void {
    if block.is_null() {
        set_errno(libc::ENOMEM);
    }
    block.cast()
}

#[cold]
fn set_errno(error: c_int) {
    // SAFETY: has no preconditions.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: it is the calling thread's own.
    unsafe { errno.write(error) };
}
