//! A module's threads.

use super::*;
use crate::host::threads::{current_tid, visitors};

pub(super) unsafe extern "C-unwind" fn waiting(barrier: *mut c_void) -> *mut c_void {
    // SAFETY: the test passes a barrier that outlives the thread's waiting.
    let barrier = unsafe { &*barrier.cast::<Barrier>() };
    barrier.wait();
    barrier.wait();
    null_mut()
}

#[test]
fn a_modules_threads_are_counted_until_they_end() {
    let module = Module::new();
    let barrier = Barrier::new(2);
    let argument: *mut c_void = (&raw const barrier).cast_mut().cast();
    let (status, thread) = module.create(null(), waiting, argument);
    assert_eq!(status, 0);
    barrier.wait();
    assert_eq!(module.census.live_thread_count(), 1);
    let threads = module.census.live_threads();
    assert!(
        threads.len() == 1 && threads[0].tid.is_some(),
        "{threads:?}"
    );
    assert_eq!(
        module.census.close(),
        Err(StillOpen {
            threads: 1,
            destructors: 0
        })
    );
    barrier.wait();
    join(thread);
    assert_eq!(module.census.live_thread_count(), 0);
    assert_eq!(module.census.live_threads(), []);
    assert_eq!(module.census.totals().threads_started, 1);
}

#[test]
fn a_thread_on_a_stack_of_its_own_counts_until_the_kernel_removed_it() {
    let module = Module::new();
    let barrier = Barrier::new(2);
    let mut stack = vec![0_u128; 16 << 10];
    let attributes = attributes(|attributes| {
        // SAFETY: valid attributes, and memory that outlives the thread.
        unsafe {
            libc::pthread_attr_setstack(
                attributes,
                stack.as_mut_ptr().cast(),
                size_of_val(&stack[..]),
            )
        }
    });
    let argument: *mut c_void = (&raw const barrier).cast_mut().cast();
    let (status, thread) = module.create(&attributes, waiting, argument);
    assert_eq!(status, 0);
    barrier.wait();
    barrier.wait();
    join(thread);
    wait_until(|| module.census.live_threads().is_empty());
    assert_eq!(module.census.close(), Ok(()));
}

fn attributes(set: impl FnOnce(*mut libc::pthread_attr_t) -> c_int) -> libc::pthread_attr_t {
    let mut attributes = std::mem::MaybeUninit::uninit();
    // SAFETY: a place for them.
    let status = unsafe { libc::pthread_attr_init(attributes.as_mut_ptr()) };
    assert_eq!(status, 0);
    assert_eq!(set(attributes.as_mut_ptr()), 0);
    // SAFETY: initialised above.
    unsafe { attributes.assume_init() }
}

#[test]
fn a_thread_that_could_not_be_created_is_not_counted() {
    let module = Module::new();
    let attributes = attributes(|attributes| {
        // SAFETY: valid attributes.
        unsafe { libc::pthread_attr_setstacksize(attributes, 1 << 60) }
    });
    let (status, _) = module.create(&attributes, waiting, null_mut());
    assert_ne!(status, 0);
    assert_eq!(module.census.live_thread_count(), 0);
    assert_eq!(Arc::strong_count(&module.census), 1);
}

unsafe extern "C-unwind" fn exiting(_: *mut c_void) -> *mut c_void {
    // SAFETY: nothing on this stack needs to be dropped.
    unsafe { libc::pthread_exit(null_mut()) }
}

#[test]
fn a_thread_that_leaves_by_pthread_exit_is_counted_off() {
    let module = Module::new();
    let (status, thread) = module.create(null(), exiting, null_mut());
    assert_eq!(status, 0);
    join(thread);
    assert_eq!(module.census.live_thread_count(), 0);
}

#[test]
fn who_calls_checkpoint_is_the_applications() {
    let noted = || {
        crate::host::threads::census::comes_by();
        visitors::all().threads.contains(&current_tid()) && visitors::is_noted()
    };
    assert!(std::thread::spawn(noted).join().expect("it ends well"));
}
