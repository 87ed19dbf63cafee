//! A thread of a module's own: for modules whose code wants one thread for all its calls.
//!
//! Its thread-locals are destroyed when it ends, which is before the module is unloaded.
//!
//! # Invariants
//! - **DEDICATED-1** What a task captures or returns may be used by another thread while its owner waits: values
//!   of `Portable` types (`Send` and `Sync`), references to LMMS' own `Sync` types, a module's functions,
//!   and a guard, whose counters only the waiting thread writes (`protection` PROTECTION-1) and the task only reads.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use crate::host::reentrance::inside;
use crate::host::reentrance::waits::{self, Awaited, Circle};
use crate::sync::{ThreadId, Unpoisoned as _, this_thread};

thread_local! {
    /// The thread is a module's own.
    static SERVES: Cell<bool> = const { Cell::new(false) };
}

/// Whether the calling thread is one that all calls of some module run on.
pub(crate) fn serves() -> bool {
    SERVES.get()
}

type Task = Box<dyn FnOnce() + Send>;

/// The thread that all calls of one module run on.
#[derive(Debug)]
pub struct DedicatedThread {
    module: &'static str,
    tasks: Mutex<Option<Sender<Task>>>,
    /// Tasks that run or wait.
    due: AtomicUsize,
    number: ThreadId,
    tid: i32,
    handle: Mutex<Option<JoinHandle<()>>>,
}

/// Carries what is only lent to another thread that is waited for.
struct Lent<T>(T);

// SAFETY: made in `run` only, which waits until the task is done; DEDICATED-1 is its caller's promise.
unsafe impl<T> Send for Lent<T> {}

impl<T> Lent<T> {
    /// By method, so that closures capture the whole and not the field.
    fn into_inner(self) -> T {
        self.0
    }
}

impl DedicatedThread {
    /// Starts the thread of `module`.
    ///
    /// # Errors
    /// The system refused a thread.
    pub fn start(module: &'static str) -> std::io::Result<Arc<Self>> {
        let (sender, tasks) = channel::<Task>();
        let (tell, told) = channel();
        let handle = thread::Builder::new()
            .name(format!("lmms-{module}"))
            .spawn(move || {
                SERVES.set(true);
                crate::host::threads::visitors::note();
                let _ = tell.send((crate::host::threads::current_tid(), this_thread()));
                tasks.into_iter().for_each(|task| task());
            })?;
        // The thread's first act is to tell.
        let (tid, number) = told.recv().map_err(std::io::Error::other)?;
        Ok(Arc::new(Self {
            module,
            tasks: Mutex::new(Some(sender)),
            due: AtomicUsize::new(0),
            number,
            tid,
            handle: Mutex::new(Some(handle)),
        }))
    }

    /// Runs `task` on the thread and waits for it. A call from the thread itself runs in place.
    ///
    /// # Errors
    /// The thread waits for the calling one, or may do so: it is busy, and the calling one belongs to the
    /// module. The task has not run.
    ///
    /// # Safety
    /// DEDICATED-1 holds for `task` and its result.
    pub(crate) unsafe fn run<R>(&self, task: impl FnOnce() -> R) -> Result<R, Circle> {
        if self.is_current() {
            return Ok(task());
        }
        let mut result: Option<Result<R, Box<dyn Any + Send>>> = None;
        let what = (&raw const result).addr();
        // Held until the task is sent: tasks run in the order in which they take their turns.
        let tasks = self.tasks.lock().unpoisoned();
        let turn = Turn::take(&self.due);
        // INSIDE-3. A task before this one may wait for the calling thread where no wait is entered: in a join.
        if turn.others && inside::is_in(self.module) {
            return Err(Circle);
        }
        let waiting = waits::begin(Awaited {
            what,
            thread: self.number,
            module: Some(self.module),
        })?;
        {
            let (done, finished) = channel::<()>();
            let lent = Lent((task, &mut result, turn));
            let job = move || {
                let (task, result, turn) = lent.into_inner();
                *result = Some(catch_unwind(AssertUnwindSafe(task)));
                waits::done(what);
                // Not when the waiter wakes: what is done keeps nobody waiting.
                drop(turn);
                drop(done);
            };
            let job: Box<dyn FnOnce() + Send + '_> = Box::new(job);
            // SAFETY: only the lifetime changes. `finished` below returns when the job has run or
            // was dropped, so all it borrows outlives it.
            let job = unsafe { std::mem::transmute::<Box<dyn FnOnce() + Send + '_>, Task>(job) };
            let sent = tasks.as_ref().is_some_and(|tasks| tasks.send(job).is_ok());
            drop(tasks);
            assert!(
                sent,
                "a module's thread is stopped only when nobody holds the module"
            );
            // The sender is dropped with the job: an error is the expected signal.
            let _ = finished.recv();
        }
        drop(waiting);
        match result.expect("the job ran: its thread takes all tasks before it ends") {
            Ok(result) => Ok(result),
            Err(payload) => resume_unwind(payload),
        }
    }

    /// Whether it is the calling thread.
    pub(crate) fn is_current(&self) -> bool {
        this_thread() == self.number
    }

    /// Its number in the kernel.
    pub(crate) fn tid(&self) -> i32 {
        self.tid
    }

    /// Ends the thread, and waits until its thread-locals are destroyed.
    pub(crate) fn stop(&self) {
        self.tasks.lock().unpoisoned().take();
        let handle = self.handle.lock().unpoisoned().take();
        // It can't wait for itself: then it ends when it has done what it is doing.
        if let Some(handle) = handle
            && !self.is_current()
        {
            // Tasks catch their panics, so the thread ends well.
            let _ = handle.join();
        }
    }
}

/// A task's place in the queue.
struct Turn<'t> {
    due: &'t AtomicUsize,
    /// Others run or wait before it.
    others: bool,
}

impl<'t> Turn<'t> {
    fn take(due: &'t AtomicUsize) -> Self {
        // Relaxed: turns are taken under the lock of the queue.
        let others = due.fetch_add(1, Ordering::Relaxed) > 0;
        Self { due, others }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.due.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for DedicatedThread {
    fn drop(&mut self) {
        self.stop();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::Receiver;
    use std::time::Duration;

    use super::*;

    fn run<R: Send>(thread: &DedicatedThread, task: impl FnOnce() -> R + Send) -> R {
        // SAFETY: DEDICATED-1: both are `Send`.
        unsafe { thread.run(task) }.expect("nobody waits for this thread")
    }

    #[test]
    fn tasks_run_on_the_one_thread_and_may_borrow() {
        let thread = DedicatedThread::start("test").expect("a thread");
        let words = vec!["lent".to_owned()];
        let (first, length) = run(&thread, || (thread::current().id(), words[0].len()));
        let second = run(&thread, || run(&thread, || thread::current().id()));
        assert_eq!((first, length), (second, 4));
        assert_ne!(first, thread::current().id());
        drop(words);
    }

    #[test]
    fn a_panic_comes_back_and_the_thread_lives_on() {
        let thread = DedicatedThread::start("test").expect("a thread");
        let caught = catch_unwind(AssertUnwindSafe(|| run(&thread, || panic!("on purpose"))));
        assert!(caught.is_err());
        assert_eq!(run(&thread, || 7), 7);
    }

    /// What a thread of the module's is answered, which is told here when to ask.
    struct Own {
        ask: Sender<()>,
        answers: Receiver<Result<u32, Circle>>,
    }

    impl Own {
        fn of(thread: &Arc<DedicatedThread>) -> Self {
            let (ask, asked) = channel();
            let (tell, answers) = channel();
            let thread = thread.clone();
            thread::spawn(move || {
                inside::belongs_to(thread.module);
                for () in asked {
                    // SAFETY: DEDICATED-1: it takes and returns a number.
                    let _ = tell.send(unsafe { thread.run(|| 7) });
                }
            });
            Self { ask, answers }
        }

        /// As a join would, but not for ever.
        fn answer(&self) -> Result<u32, Circle> {
            let answer = self.answers.recv_timeout(Duration::from_secs(20));
            answer.expect("the thread is answered while it is waited for")
        }
    }

    #[test]
    fn a_thread_of_the_module_is_not_kept_waiting_by_a_task_that_waits_for_it() {
        let thread = DedicatedThread::start("joins").expect("a thread");
        let own = Mutex::new(Own::of(&thread));
        let waits = || {
            let own = own.lock().expect("nothing panics with it");
            own.ask.send(()).expect("it lives");
            own.answer()
        };
        assert_eq!(run(&thread, waits), Err(Circle));
        assert_eq!(waits(), Ok(7), "nothing is before it");
    }

    #[test]
    fn who_comes_first_is_served_first() {
        let thread = DedicatedThread::start("races").expect("a thread");
        let own = Mutex::new(Own::of(&thread));
        for _ in 0..20_000 {
            let _ = own.lock().expect("nothing panics with it").ask.send(());
            // Either its task is before this one, or it gets an error.
            let _ = run(&thread, || own.lock().expect("as above").answer());
        }
    }
}
