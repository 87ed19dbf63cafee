//! The functions a module's hooks point to. Invariants: see `host/threads/census.rs`.

use std::ffi::{c_int, c_void};
use std::ptr::{null, null_mut};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::resource_entries::Entries;
use super::thread::Home;
use super::{Census, Key, stacks_and_locales, thread};
use crate::boundary::contain::contain;
use crate::boundary::hooks::{Destructor, Hooks, Keeper, ThreadStart};
use crate::heap::HeapSlot;
use crate::host::reentrance::inside;

/// Whose panics end in these functions.
const BOOKS: &str = "that keeps the books on threads";

type PlainStart = extern "C" fn(*mut c_void) -> *mut c_void;

/// What a new thread needs to know.
struct Start {
    census: Arc<Census>,
    start: ThreadStart,
    argument: *mut c_void,
    own_stack: bool,
}

pub(super) fn hooks(census: &Arc<Census>, heap: Option<&HeapSlot>) -> Hooks {
    Hooks {
        census: Arc::as_ptr(census).cast(),
        heap: heap.map_or(null(), |slot| std::ptr::from_ref(slot.heap())),
        thread_create,
        thread_atexit,
        key_create,
        key_delete,
        key_set,
        keeps,
        descriptor_made: Entries::descriptor_made,
        descriptors_end: Entries::descriptors_end,
        is_foreign: Entries::is_foreign,
        mapped: Entries::mapped,
        unmapped: Entries::unmapped,
        advised: Entries::advised,
        remap: Entries::remap,
        signal_stack: stacks_and_locales::signal_stack,
        locale: stacks_and_locales::locale,
        library_opened: Entries::library_opened,
        library_closes: Entries::library_closes,
    }
}

/// Deletes a key of the C library's.
pub(super) fn delete_key(key: libc::pthread_key_t) -> c_int {
    // SAFETY: any number will do.
    unsafe { libc::pthread_key_delete(key) }
}

/// # Safety
/// CENSUS-1.
pub(super) unsafe fn census_of(context: *const c_void) -> Arc<Census> {
    let census: *const Census = context.cast();
    // SAFETY: CENSUS-1.
    let census = unsafe { &*census };
    census
        .this
        .upgrade()
        .expect("the owner of the loaded module keeps the census")
}

unsafe extern "C" fn thread_create(
    context: *const c_void,
    thread: *mut libc::pthread_t,
    attributes: *const libc::pthread_attr_t,
    start: ThreadStart,
    argument: *mut c_void,
) -> c_int {
    let create = || {
        // SAFETY: CENSUS-1.
        let census = unsafe { census_of(context) };
        if !census.count_thread() {
            return libc::EAGAIN;
        }
        let block = Box::into_raw(Box::new(Start {
            census: Arc::clone(&census),
            start,
            argument,
            own_stack: brings_stack(attributes),
        }));
        // SAFETY: the two types differ in whether unwinding is allowed, which is no matter of the calling convention.
        let trampoline = unsafe { std::mem::transmute::<ThreadStart, PlainStart>(trampoline) };
        // SAFETY: the arguments are the caller's of `pthread_create`; the block is handed over.
        let status = unsafe { libc::pthread_create(thread, attributes, trampoline, block.cast()) };
        if status == 0 {
            census.threads_started.fetch_add(1, Relaxed);
        } else {
            // SAFETY: no thread was started, so the block is still ours.
            drop(unsafe { Box::from_raw(block) });
            census.thread_ended();
        }
        status
    };
    contain(BOOKS, create).unwrap_or(libc::EAGAIN)
}

/// Whether a thread with these attributes runs on a stack of its creator's.
fn brings_stack(attributes: *const libc::pthread_attr_t) -> bool {
    if attributes.is_null() {
        return false;
    }
    let (mut start, mut bytes) = (null_mut(), 0);
    // SAFETY: attributes of the caller of `pthread_create`, and places for the answer.
    let status = unsafe { libc::pthread_attr_getstack(attributes, &mut start, &mut bytes) };
    // Where no stack was set glibc answers with address 0, or with what is 0 less the size.
    status == 0 && !start.is_null() && start.addr().checked_add(bytes).is_some_and(|end| end != 0)
}

/// The first function of a module's thread. It owns nothing while the module runs: `pthread_exit` and cancellation pass
/// through.
unsafe extern "C-unwind" fn trampoline(block: *mut c_void) -> *mut c_void {
    // SAFETY: made by `thread_create` for this one thread.
    let (start, argument) = unsafe { arrive(block.cast()) };
    // SAFETY: as the caller of `pthread_create` wished; the code stays mapped as long as this thread is counted
    // (CENSUS-3).
    unsafe { start(argument) }
}

/// # Safety
/// `block` is the start block of this thread.
unsafe fn arrive(block: *mut Start) -> (ThreadStart, *mut c_void) {
    // SAFETY: the caller's promise.
    let block = *unsafe { Box::from_raw(block) };
    // INSIDE-1.
    inside::belongs_to(block.census.module);
    // If the thread can't be kept in the books, its end is never seen: it stays counted, and the module loaded.
    contain(BOOKS, || {
        thread::adopt(Home {
            census: block.census,
            own_stack: block.own_stack,
        })
    });
    (block.start, block.argument)
}

unsafe extern "C" fn keeps(context: *const c_void, keeper: Keeper, key: usize, kept: bool) {
    contain(BOOKS, || {
        // SAFETY: CENSUS-1.
        let census = unsafe { census_of(context) };
        census.note_kept(keeper, key, kept);
    });
}

unsafe extern "C" fn thread_atexit(
    context: *const c_void,
    destructor: Destructor,
    object: *mut c_void,
) -> c_int {
    contain(BOOKS, || {
        // SAFETY: CENSUS-1.
        let census = unsafe { census_of(context) };
        thread::register_object(&census, destructor, object);
    });
    0
}

unsafe extern "C" fn key_create(
    context: *const c_void,
    place: *mut libc::pthread_key_t,
    destructor: Option<Destructor>,
) -> c_int {
    let create = || {
        // SAFETY: CENSUS-1.
        let census = unsafe { census_of(context) };
        let mut key = 0;
        // SAFETY: a place for the key.
        let status = unsafe { libc::pthread_key_create(&mut key, None) };
        if status != 0 {
            return status;
        }
        census.keys().push(Key { key, destructor });
        // SAFETY: the place of the caller of `pthread_key_create`.
        unsafe { place.write(key) };
        0
    };
    contain(BOOKS, create).unwrap_or(libc::ENOMEM)
}

unsafe extern "C" fn key_delete(context: *const c_void, key: libc::pthread_key_t) -> c_int {
    let delete = || {
        // SAFETY: CENSUS-1.
        let census = unsafe { census_of(context) };
        census.keys().retain(|known| known.key != key);
        census.forget_key(key);
        delete_key(key)
    };
    contain(BOOKS, delete).unwrap_or(libc::EINVAL)
}

unsafe extern "C" fn key_set(
    context: *const c_void,
    key: libc::pthread_key_t,
    value: *const c_void,
) -> c_int {
    let set = || {
        // SAFETY: CENSUS-1.
        let census = unsafe { census_of(context) };
        // SAFETY: the arguments are the caller's of `pthread_setspecific`.
        let status = unsafe { libc::pthread_setspecific(key, value) };
        if status == 0 && census.destructor_of(key).is_some() {
            thread::register_key(&census, key, value.cast_mut());
        }
        status
    };
    contain(BOOKS, set).unwrap_or(libc::ENOMEM)
}
