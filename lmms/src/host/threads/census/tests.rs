//! Tests of the census. This file plays the module: it calls the hooks as the wraps do.

mod keys;
mod threads;

use std::cell::RefCell;
use std::ffi::{c_int, c_void};
use std::ptr::{null, null_mut, without_provenance_mut};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Barrier, Mutex, mpsc};

use super::{Census, PendingDestructors, StillOpen};
use crate::boundary::hooks::{Destructor, Hooks, Keeper, ThreadStart};
use crate::sync::Unpoisoned as _;

/// A module: its census and hooks.
struct Module {
    census: Arc<Census>,
    hooks: Hooks,
}

impl Module {
    fn new() -> Self {
        let census = Census::new("tested");
        let hooks = census.hooks(None);
        Self { census, hooks }
    }

    fn atexit(&self, destructor: Destructor, object: usize) {
        // SAFETY: CENSUS-1: the census lives as long as the module.
        let status = unsafe {
            (self.hooks.thread_atexit)(
                self.hooks.census,
                destructor,
                without_provenance_mut(object),
            )
        };
        assert_eq!(status, 0);
    }

    fn key(&self, destructor: Option<Destructor>) -> libc::pthread_key_t {
        let mut key = 0;
        // SAFETY: CENSUS-1.
        let status = unsafe { (self.hooks.key_create)(self.hooks.census, &mut key, destructor) };
        assert_eq!(status, 0);
        key
    }

    fn set(&self, key: libc::pthread_key_t, value: usize) {
        let value: *mut c_void = without_provenance_mut(value);
        // SAFETY: CENSUS-1.
        let status = unsafe { (self.hooks.key_set)(self.hooks.census, key, value) };
        assert_eq!(status, 0);
    }

    fn delete(&self, key: libc::pthread_key_t) {
        // SAFETY: CENSUS-1.
        let status = unsafe { (self.hooks.key_delete)(self.hooks.census, key) };
        assert_eq!(status, 0);
    }

    fn create(
        &self,
        attributes: *const libc::pthread_attr_t,
        start: ThreadStart,
        argument: *mut c_void,
    ) -> (c_int, libc::pthread_t) {
        let mut thread = 0;
        // SAFETY: CENSUS-1.
        let status = unsafe {
            (self.hooks.thread_create)(self.hooks.census, &mut thread, attributes, start, argument)
        };
        (status, thread)
    }

    fn pending_counts(&self) -> Vec<usize> {
        self.census
            .pending_destructors()
            .iter()
            .map(|pending| pending.count)
            .collect()
    }
}

fn join(thread: libc::pthread_t) {
    // SAFETY: a thread of the test's, joined once.
    assert_eq!(unsafe { libc::pthread_join(thread, null_mut()) }, 0);
}

/// What destructors have run; tests that use it take turns.
static RAN: Mutex<Vec<usize>> = Mutex::new(Vec::new());
static TURN: Mutex<()> = Mutex::new(());

fn note(object: usize) {
    RAN.lock().unpoisoned().push(object);
}

fn ran() -> Vec<usize> {
    std::mem::take(&mut *RAN.lock().unpoisoned())
}

fn turn() -> impl Drop {
    let turn = TURN.lock().unpoisoned();
    ran();
    turn
}

unsafe extern "C" fn noting(object: *mut c_void) {
    note(object.addr());
}

#[test]
fn destructors_run_newest_first_when_their_thread_ends() {
    let _turn = turn();
    let module = Module::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for object in 1..=4 {
                module.atexit(noting, object);
            }
            assert_eq!(module.pending_counts(), [4]);
            assert!(ran().is_empty());
        });
    });
    wait_until(|| module.census.pending_count() == 0);
    assert_eq!(ran(), [4, 3, 2, 1]);
    assert_eq!(module.census.totals().leaked, 0);
}

/// A scope's end doesn't wait for the last destructors of its threads.
fn wait_until(done: impl Fn() -> bool) {
    while !done() {
        std::thread::yield_now();
    }
}

#[test]
fn destructors_run_in_turn_with_the_hosts_thread_locals() {
    struct Noting(usize);
    impl Drop for Noting {
        fn drop(&mut self) {
            note(self.0);
        }
    }
    thread_local! {
        static FIRST: Noting = const { Noting(100) };
        static SECOND: Noting = const { Noting(200) };
    }
    let _turn = turn();
    let module = Arc::new(Module::new());
    let on_thread = Arc::clone(&module);
    let thread = std::thread::spawn(move || {
        FIRST.with(|_| ());
        on_thread.atexit(noting, 1);
        SECOND.with(|_| ());
        on_thread.atexit(noting, 2);
    });
    thread.join().expect("no panic");
    assert_eq!(ran(), [2, 200, 1, 100]);
}

#[test]
fn a_flush_runs_only_what_is_asked_for() {
    let _turn = turn();
    let (staying, leaving) = (Module::new(), Module::new());
    for object in 1..=6 {
        let module = if object % 2 == 0 { &leaving } else { &staying };
        module.atexit(noting, object);
    }
    let flushed = leaving.census.flush_current_thread();
    assert_eq!((flushed.ran, flushed.left), (3, 0));
    assert_eq!(ran(), [6, 4, 2]);
    assert_eq!(
        (
            leaving.census.pending_count(),
            staying.census.pending_count()
        ),
        (0, 3)
    );
    assert_eq!(staying.census.flush_current_thread().ran, 3);
    assert_eq!(ran(), [5, 3, 1]);
}

#[test]
fn many_rounds_of_register_and_flush_take_no_more_places() {
    let _turn = turn();
    std::thread::spawn(|| {
        for _ in 0..1000 {
            let module = Module::new();
            module.atexit(noting, 1);
            module.atexit(noting, 2);
            assert_eq!(module.census.flush_current_thread().ran, 2);
        }
        assert_eq!(super::thread::places(), 2);
    })
    .join()
    .expect("no panic");
}

static AGAIN: Mutex<Option<Arc<Census>>> = Mutex::new(None);

unsafe extern "C" fn registering_itself(object: *mut c_void) {
    note(object.addr());
    let census = AGAIN.lock().unpoisoned().clone();
    let hooks = census.expect("set by the test").hooks(None);
    // SAFETY: CENSUS-1: the test keeps the census.
    unsafe { (hooks.thread_atexit)(hooks.census, registering_itself, object) };
}

#[test]
fn pointers_are_known_until_they_are_taken_back() {
    let _turn = turn();
    let module = Module::new();
    let keeps = |keeper, key, kept| {
        // SAFETY: CENSUS-1: the census lives as long as the module.
        unsafe { (module.hooks.keeps)(module.hooks.census, keeper, key, kept) };
    };
    assert!(module.census.keepers().is_empty());
    keeps(Keeper::Unwinder, 1, true);
    keeps(Keeper::Unwinder, 2, true);
    keeps(Keeper::SystemLog, 0, true);
    keeps(Keeper::SystemLog, 0, true);
    let both = [Keeper::SystemLog, Keeper::Unwinder, Keeper::Unwinder];
    assert_eq!(module.census.keepers(), both);
    keeps(Keeper::Unwinder, 1, false);
    keeps(Keeper::SystemLog, 0, false);
    assert_eq!(module.census.keepers(), [Keeper::Unwinder]);
}

#[test]
fn other_threads_are_named_and_run_theirs_themselves() {
    let _turn = turn();
    let module = Arc::new(Module::new());
    let on_thread = Arc::clone(&module);
    let (orders, inbox) = mpsc::channel::<()>();
    let (answers, outbox) = mpsc::channel();
    let thread = std::thread::Builder::new()
        .name("idler".into())
        .spawn(move || {
            on_thread.atexit(noting, 7);
            answers.send(0).expect("the test lives");
            for () in inbox {
                let flushed = on_thread.census.flush_current_thread();
                answers.send(flushed.ran).expect("the test lives");
            }
        });
    let thread = thread.expect("a thread");
    outbox.recv().expect("the thread lives");
    let [
        PendingDestructors {
            thread: info,
            count: 1,
            comes_by: false,
            of_module: false,
        },
    ] = &module.census.pending_destructors()[..]
    else {
        panic!("one destructor on one thread");
    };
    assert_eq!(info.name, "idler");
    assert!(info.to_string().ends_with("(idler)"));
    assert_eq!(
        module.census.close(),
        Err(StillOpen {
            threads: 0,
            destructors: 1
        })
    );
    // A refusal changes nothing for the module.
    module.atexit(noting, 8);
    assert_eq!(module.census.flush_current_thread().ran, 1);
    assert_eq!(ran(), [8]);
    orders.send(()).expect("the thread lives");
    assert_eq!(outbox.recv(), Ok(1));
    assert_eq!(ran(), [7]);
    assert_eq!(module.census.close(), Ok(()));
    drop(orders);
    thread.join().expect("no panic");
    assert!(ran().is_empty());
}

#[test]
fn a_destructor_that_registers_itself_forever_is_reported_and_leaked() {
    let _turn = turn();
    let module = Module::new();
    *AGAIN.lock().unpoisoned() = Some(Arc::clone(&module.census));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            module.atexit(registering_itself, 3);
            let flushed = module.census.flush_current_thread();
            assert!(flushed.ran > 1 && flushed.left == 1, "{flushed:?}");
            assert!(module.census.close().is_err());
        });
    });
    wait_until(|| module.census.pending_count() == 0);
    assert_eq!(module.census.totals().leaked, 1);
    assert_eq!(module.census.close(), Ok(()));
    *AGAIN.lock().unpoisoned() = None;
}

#[test]
fn a_closed_census_refuses_threads_and_leaks_destructors() {
    let _turn = turn();
    let module = Module::new();
    assert_eq!(module.census.close(), Ok(()));
    let (status, _) = module.create(null(), threads::waiting, null_mut());
    assert_eq!(status, libc::EAGAIN);
    let key = module.key(Some(noting));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            module.atexit(noting, 1);
            module.set(key, 2);
        });
    });
    assert_eq!(module.census.pending_count(), 0);
    assert_eq!(module.census.totals().leaked, 2);
    assert!(ran().is_empty());
    module.census.delete_keys();
}

static LATE: AtomicUsize = AtomicUsize::new(0);

/// Runs in the C library's key phase, after the host's own key, and uses the module once more.
unsafe extern "C" fn late(module: *mut c_void) {
    LATE.fetch_add(1, SeqCst);
    // SAFETY: the test passes a module that outlives the thread.
    let module = unsafe { &*module.cast::<Module>() };
    module.atexit(noting, 9);
}

#[test]
fn what_is_registered_after_the_threads_last_word_still_runs() {
    let _turn = turn();
    let module = Module::new();
    module.atexit(noting, 1);
    assert_eq!(module.census.flush_current_thread().ran, 1);
    let mut key = 0;
    // SAFETY: a key of the test's; made after the host's, so its destructor comes later.
    assert_eq!(unsafe { libc::pthread_key_create(&mut key, Some(late)) }, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            module.atexit(noting, 2);
            // SAFETY: the key exists; the module outlives the thread's last destructors, see below.
            let status = unsafe { libc::pthread_setspecific(key, (&raw const module).cast()) };
            assert_eq!(status, 0);
        });
    });
    wait_until(|| LATE.load(SeqCst) == 1 && module.census.pending_count() == 0);
    assert_eq!(ran(), [1, 2, 9]);
    assert_eq!(module.census.totals().leaked, 0);
    // SAFETY: nobody uses it any more.
    assert_eq!(unsafe { libc::pthread_key_delete(key) }, 0);
}

#[test]
fn destructors_may_flush_and_register_in_turn() {
    thread_local! { static MODULE: RefCell<Option<Arc<Census>>> = const { RefCell::new(None) }; }
    unsafe extern "C" fn flushing(object: *mut c_void) {
        note(object.addr());
        let census = MODULE
            .with(|module| module.borrow().clone())
            .expect("set by the test");
        let hooks = census.hooks(None);
        // SAFETY: CENSUS-1: the test keeps the census.
        unsafe { (hooks.thread_atexit)(hooks.census, noting, without_provenance_mut(50)) };
        let flushed = census.flush_current_thread();
        // Itself is still running, so it counts as left.
        assert_eq!(flushed.left, 1);
    }
    let _turn = turn();
    let module = Module::new();
    MODULE.with(|current| current.replace(Some(Arc::clone(&module.census))));
    module.atexit(noting, 1);
    module.atexit(flushing, 2);
    let flushed = module.census.flush_current_thread();
    assert_eq!(flushed.left, 0);
    assert_eq!(ran(), [2, 50, 1]);
    assert_eq!(module.census.pending_count(), 0);
    MODULE.with(|current| current.replace(None));
}
