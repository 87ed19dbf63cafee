//! The host's list of destructors of each thread. Invariants: see `host/threads/census.rs`.

use std::cell::{Cell, RefCell};
use std::ffi::{c_int, c_void};
use std::mem::ManuallyDrop;
use std::ptr::{from_ref, null_mut};
use std::sync::atomic::{
    AtomicBool,
    Ordering::{Relaxed, SeqCst},
};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use super::entry::{Address, Entry, Registered, Work, newest, run_key};
use super::stacks_and_locales::Present;
use super::task::Task;
use super::{Census, Flushed, PendingDestructors, ThreadInfo};
use crate::boundary::contain::contain;
use crate::boundary::hooks::Destructor;
use crate::host::threads::visitors;
use crate::sync::Unpoisoned as _;

/// How many generations of new destructors may come forth of a thread's destructors. std's own clean-up takes two.
const ROUNDS: usize = 64;

/// What the host knows of one thread that has run module code.
pub(super) struct Thread {
    task: Task,
    /// The module whose thread this is; `None` for the host's own threads.
    home: Option<Home>,
    /// It had called a module, or run its code for the host, before it was put in the books.
    visitor: bool,
    /// It has been at a checkpoint.
    comes_by: AtomicBool,
    entries: Mutex<Vec<Entry>>,
}

/// Whose thread a thread is.
pub(super) struct Home {
    pub(super) census: Arc<Census>,
    /// It runs on a stack the module provided, so it needs the module's memory until the kernel has removed it.
    pub(super) own_stack: bool,
}

thread_local! {
    /// This thread's record. Never dropped by std, so that it can be used in every phase of the thread's end.
    static CURRENT: ManuallyDrop<RefCell<Option<Arc<Thread>>>> = const { ManuallyDrop::new(RefCell::new(None)) };
    /// How many places in glibc's list of destructors wait for entries of this thread.
    static PLACES: Cell<usize> = const { Cell::new(0) };
    /// The thread has begun to end.
    static ENDING: Cell<bool> = const { Cell::new(false) };
    /// The thread has been at a checkpoint.
    static COMES_BY: Cell<bool> = const { Cell::new(false) };
}

static THREADS: Mutex<Vec<Arc<Thread>>> = Mutex::new(Vec::new());

/// Puts a thread-local's destructor on the calling thread's list.
pub(super) fn register_object(census: &Arc<Census>, destructor: Destructor, object: *mut c_void) {
    if !census.count_destructor() {
        return;
    }
    let Some(thread) = current_or_new(None) else {
        census.leak(1);
        return;
    };
    thread.entries().push(Entry::new(
        census,
        Work::Object(destructor, Address(object)),
    ));
    // While the thread ends, glibc would call a new place at once, and never come to an end with objects that register
    // new ones.
    if !ENDING.get() && PLACES.get() < thread.waiting_objects() && take_place() {
        PLACES.set(PLACES.get() + 1);
    }
}

/// Notes the calling thread's value for a module's key.
pub(super) fn register_key(census: &Arc<Census>, key: libc::pthread_key_t, value: *mut c_void) {
    if value.is_null() {
        if let Some(thread) = current() {
            let forgotten = thread.remove_key(census, key);
            census.pending.fetch_sub(forgotten, SeqCst);
        }
        return;
    }
    let Some(thread) = current_or_new(None) else {
        census.leaked.fetch_add(1, Relaxed);
        return;
    };
    let work = Work::Key(key, Address(value));
    let mut entries = thread.entries();
    match entries
        .iter_mut()
        .find(|entry| entry.is_key(census, key) && !entry.running)
    {
        Some(known) => known.work = work,
        None if census.count_destructor() => entries.push(Entry::new(census, work)),
        None => {}
    }
}

/// Notes what the calling thread has registered for a module.
pub(super) fn register(census: &Arc<Census>, registered: Registered) {
    let Some(thread) = current_or_new(None) else {
        census.leaked.fetch_add(1, Relaxed);
        return;
    };
    let mut entries = thread.entries();
    let own = |entry: &Entry| entry.belongs_to(census) && entry.is_registered(&registered);
    match entries.iter_mut().position(|entry| own(entry)) {
        Some(known) => {
            let Work::Registered(present) = &mut entries[known].work else {
                return;
            };
            present.replace(registered);
            if present.is_restored() {
                entries.remove(known);
                census.pending.fetch_sub(1, SeqCst);
            }
        }
        None if !registered.is_restored() && census.count_destructor() => {
            entries.push(Entry::new(census, Work::Registered(registered)));
        }
        None => {}
    }
}

/// Makes the calling thread, which was just started, one of the module's. False: it can't be kept in the books.
pub(super) fn adopt(home: Home) -> bool {
    visitors::note();
    current_or_new(Some(home)).is_some()
}

/// Notes that the calling thread is at a checkpoint.
#[inline]
pub(super) fn comes_by() {
    if COMES_BY.replace(true) {
        return;
    }
    // It is the application's, whatever lies on its stack.
    visitors::note();
    if let Some(thread) = current() {
        thread.comes_by.store(true, Relaxed);
    }
}

/// Runs all destructors of `census` on the calling thread.
pub(super) fn flush(census: &Census) -> Flushed {
    let mut ran = 0;
    // First of all: destructors free what is registered.
    if let Some(thread) = current() {
        ran += thread.run_registered(census);
    }
    let present = Present::note();
    for _ in 0..ROUNDS {
        let before = ran;
        if let Some(thread) = current() {
            ran += thread.run_objects(0, |entry| entry.belongs_to(census));
            ran += thread.run_keys(|entry| entry.belongs_to(census));
        }
        // Values that were set out of the census' sight, by a shared library.
        let keys: Vec<_> = census.keys().iter().map(|key| key.key).collect();
        ran += keys.into_iter().filter(|&key| run_key(census, key)).count();
        if ran == before {
            break;
        }
    }
    if let Some(thread) = current() {
        ran += thread.run_registered(census);
    }
    present.restore();
    let left = current().map_or(0, |thread| thread.count(census));
    Flushed { ran, left }
}

/// The threads that were started by the module.
pub(super) fn threads_of(census: &Census) -> Vec<ThreadInfo> {
    let threads = threads();
    let own = threads.iter().filter(|thread| thread.is_of(census));
    own.map(|thread| thread.info()).collect()
}

/// Numbers of the threads that the books account for: some module's own, visitors until they have ended,
/// and those with destructors to run. A thread that had some once may be anybody's.
pub(super) fn ids() -> Vec<i32> {
    let threads = threads();
    let counted = threads
        .iter()
        .filter(|thread| thread.home.is_some() || thread.visitor || !thread.entries().is_empty());
    counted.map(|thread| thread.task.tid).collect()
}

/// Pending destructors by thread.
pub(super) fn pending_of(census: &Census) -> Vec<PendingDestructors> {
    let threads = threads();
    let counts = threads.iter().map(|thread| (thread, thread.count(census)));
    let pending = counts.filter(|&(_, count)| count > 0);
    pending
        .map(|(thread, count)| PendingDestructors {
            thread: thread.info(),
            count,
            comes_by: thread.comes_by.load(Relaxed),
            of_module: thread.is_of(census),
        })
        .collect()
}

/// Takes a key's values off all lists and says how many.
pub(super) fn forget_key(census: &Census, key: libc::pthread_key_t) -> usize {
    threads()
        .iter()
        .map(|thread| thread.remove_key(census, key))
        .sum()
}

/// Takes threads off the books that ended without running their last destructors: those registered in glibc's last
/// round.
pub(super) fn forget_dead() {
    let candidates: Vec<_> = threads().clone();
    for thread in candidates {
        if thread.task.is_dead() {
            thread.leave();
        }
    }
}

/// Places in glibc's list that wait for the calling thread's objects.
#[cfg(test)]
pub(super) fn places() -> usize {
    PLACES.get()
}

impl Thread {
    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unpoisoned()
    }

    fn is_of(&self, census: &Census) -> bool {
        self.home
            .as_ref()
            .is_some_and(|home| std::ptr::eq(Arc::as_ptr(&home.census), census))
    }

    fn info(&self) -> ThreadInfo {
        ThreadInfo {
            tid: Some(self.task.tid),
            name: self.task.name(),
        }
    }

    fn count(&self, census: &Census) -> usize {
        self.entries()
            .iter()
            .filter(|entry| entry.belongs_to(census))
            .count()
    }

    fn remove_key(&self, census: &Census, key: libc::pthread_key_t) -> usize {
        let mut entries = self.entries();
        let before = entries.len();
        entries.retain(|entry| !entry.is_key(census, key));
        before - entries.len()
    }

    fn waiting_objects(&self) -> usize {
        self.entries()
            .iter()
            .filter(|entry| entry.is_waiting_object())
            .count()
    }

    /// Destroys the newest objects until only `keep` are left, and says how many it destroyed. Those that are
    /// registered meanwhile have to wait for the next round.
    fn run_objects(&self, keep: usize, wanted: impl Fn(&Entry) -> bool) -> usize {
        let newest = newest();
        let mut ran = 0;
        while keep == 0 || self.waiting_objects() > keep {
            let next = {
                let mut entries = self.entries();
                let mut due = entries
                    .iter_mut()
                    .filter(|entry| entry.is_waiting_object() && entry.number <= newest);
                due.rfind(|entry| wanted(entry)).map(Entry::begin)
            };
            let Some(entry) = next else { break };
            entry.run();
            self.finish(&entry);
            ran += 1;
        }
        ran
    }

    /// Destroys the values of keys that are set now and says how many destructors ran.
    fn run_keys(&self, wanted: impl Fn(&Entry) -> bool) -> usize {
        let due: Vec<Entry> = {
            let mut entries = self.entries();
            let due = entries
                .iter_mut()
                .filter(|entry| entry.is_waiting_key() && wanted(entry));
            due.map(Entry::begin).collect()
        };
        let mut ran = 0;
        for entry in due {
            ran += usize::from(entry.run());
            self.finish(&entry);
        }
        ran
    }

    /// Puts back what was there before the module's registrations, and says how many there were.
    fn run_registered(&self, census: &Census) -> usize {
        let due: Vec<Entry> = {
            let mut entries = self.entries();
            let due = entries
                .iter_mut()
                .filter(|entry| entry.is_any_registered() && entry.belongs_to(census));
            let due: Vec<_> = due.map(Entry::begin).collect();
            for gone in &due {
                let Work::Registered(gone) = gone.work else {
                    continue;
                };
                for entry in entries.iter_mut() {
                    if let Work::Registered(other) = &mut entry.work {
                        other.skip(&gone);
                    }
                }
            }
            due
        };
        for entry in &due {
            entry.run();
            self.finish(entry);
        }
        due.len()
    }

    /// The thread ends: takes all registrations back.
    fn end_registered(&self) {
        let due: Vec<Entry> = {
            let entries = self.entries();
            let due = entries.iter().filter(|entry| entry.is_any_registered());
            due.cloned().collect()
        };
        for entry in due {
            if let Work::Registered(registered) = entry.work {
                registered.take_away();
            }
            self.finish(&entry);
        }
    }

    /// Takes a done entry off the list, unless its key was deleted meanwhile.
    fn finish(&self, entry: &Entry) {
        let mut entries = self.entries();
        if let Some(index) = entries
            .iter()
            .position(|other| other.number == entry.number)
        {
            entries.remove(index);
            drop(entries);
            entry.census.pending.fetch_sub(1, SeqCst);
        }
    }

    /// Takes this thread off the books. What is still on its list is leaked.
    fn leave(&self) {
        let listed = {
            let mut threads = threads();
            let position = threads
                .iter()
                .position(|other| std::ptr::eq(Arc::as_ptr(other), self));
            position.map(|index| threads.swap_remove(index))
        };
        if listed.is_none() {
            return;
        }
        self.leak_rest();
        if let Some(home) = &self.home {
            home.census.thread_ended();
        }
    }

    fn leak_rest(&self) {
        for entry in self.entries().drain(..) {
            entry.census.leak(1);
        }
    }
}

fn threads() -> MutexGuard<'static, Vec<Arc<Thread>>> {
    THREADS.lock().unpoisoned()
}

fn current() -> Option<Arc<Thread>> {
    CURRENT.with(|current| current.borrow().clone())
}

/// The calling thread's record. `None`: the C library has no memory to tell the thread's end.
fn current_or_new(home: Option<Home>) -> Option<Arc<Thread>> {
    if let Some(thread) = current() {
        return Some(thread);
    }
    let thread = Arc::new(Thread {
        task: Task::current(),
        home,
        visitor: visitors::is_noted(),
        comes_by: AtomicBool::new(COMES_BY.get()),
        entries: Mutex::default(),
    });
    let key = end_key()?;
    // SAFETY: the key exists for good; its value is only a mark.
    let status = unsafe { libc::pthread_setspecific(key, Arc::as_ptr(&thread).cast()) };
    if status != 0 {
        return None;
    }
    threads().push(Arc::clone(&thread));
    CURRENT.with(|current| current.replace(Some(Arc::clone(&thread))));
    Some(thread)
}

/// The host's key, whose destructor tells that a thread ends.
fn end_key() -> Option<libc::pthread_key_t> {
    static KEY: OnceLock<Option<libc::pthread_key_t>> = OnceLock::new();
    *KEY.get_or_init(|| {
        let mut key = 0;
        // SAFETY: a place for the key, and a function of the host's.
        let status = unsafe { libc::pthread_key_create(&mut key, Some(thread_ends)) };
        (status == 0).then_some(key)
    })
}

/// Called by the C library when a thread ends, after all destructors of thread-locals.
unsafe extern "C" fn thread_ends(_: *mut c_void) {
    ENDING.set(true);
    contain("that ends a thread", || {
        let Some(thread) = current() else { return };
        thread.end_registered();
        for _ in 0..ROUNDS {
            let ran = thread.run_objects(0, |_| true) + thread.run_keys(|_| true);
            if ran == 0 {
                break;
            }
        }
        thread.end_registered();
        CURRENT.with(|current| current.take());
        if thread.home.as_ref().is_some_and(|home| home.own_stack) {
            // Stays on the books until `forget_dead` finds that the kernel has removed it.
            thread.leak_rest();
        } else {
            thread.leave();
        }
    });
}

unsafe extern "C" {
    fn __cxa_thread_atexit_impl(
        destructor: Destructor,
        object: *mut c_void,
        library: *mut c_void,
    ) -> c_int;
}

/// Takes a place in the C library's list of this thread's destructors. It is held by the host's code, so it can stay
/// there.
fn take_place() -> bool {
    static ANCHOR: u8 = 0;
    let library = from_ref(&ANCHOR).cast_mut().cast();
    // SAFETY: a function of the host's that needs no object; the anchor lies in the library that holds it.
    unsafe { __cxa_thread_atexit_impl(place_reached, null_mut(), library) == 0 }
}

/// The C library has come to one of the places: runs the objects that are due.
unsafe extern "C" fn place_reached(_: *mut c_void) {
    let places = PLACES.get().saturating_sub(1);
    PLACES.set(places);
    ENDING.set(true);
    contain("that ends a thread", || {
        let Some(thread) = current() else { return };
        thread.end_registered();
        for _ in 0..ROUNDS {
            if thread.run_objects(places, |_| true) == 0 {
                break;
            }
        }
    });
}
