//! Which thread waits for which: one that would wait for itself, through others, gets an error instead.
//!
//! A thread waits for another one in three places: for the end of a load or unload, for a dedicated thread, and for a
//! result that another one is computing. Before it does, it enters here what it waits for; if the way from there leads
//! back to it, it must not wait. Each edge is checked under one lock when it is made, so whichever thread would close a
//! circle finds it.
//!
//! Some waiting can't be seen: module code that joins the module's own threads. So a thread that waits for a module's
//! shutdown or its dedicated thread counts as waiting for all threads of that module.

#![forbid(unsafe_code)]

use std::sync::{Mutex, MutexGuard};

use crate::host::reentrance::inside;
use crate::sync::{ThreadId, Unpoisoned as _, this_thread};

static WAITS: Mutex<Vec<Wait>> = Mutex::new(Vec::new());

/// What a thread waits for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Awaited {
    /// Tells what is awaited apart from all else: an address.
    pub(crate) what: usize,
    /// The thread that has to do it.
    pub(crate) thread: ThreadId,
    /// The module whose own threads may have to do something for it.
    pub(crate) module: Option<&'static str>,
}

#[derive(Debug)]
struct Wait {
    waiter: ThreadId,
    /// The modules that the waiter is inside of.
    inside: Vec<&'static str>,
    awaited: Awaited,
}

/// The thread would wait for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Circle;

impl std::fmt::Display for Circle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("this thread would wait for a thread that waits for it")
    }
}

/// Ends the wait on drop: of this thread, if it was entered.
#[derive(Debug)]
#[must_use]
pub(crate) struct Waiting(Option<ThreadId>);

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(waiter) = self.0 {
            waits().retain(|wait| wait.waiter != waiter);
        }
    }
}

/// The calling thread is about to wait. A thread waits for one thing at a time.
///
/// # Errors
/// It would never end.
pub(crate) fn begin(awaited: Awaited) -> Result<Waiting, Circle> {
    if cfg!(lmms_loom) {
        // The models run side by side, and number their threads alike.
        return Ok(Waiting(None));
    }
    let waiter = this_thread();
    let wait = Wait {
        waiter,
        inside: inside::modules().ok_or(Circle)?,
        awaited,
    };
    let mut waits = waits();
    if leads_back(&waits, &wait) {
        return Err(Circle);
    }
    waits.push(wait);
    Ok(Waiting(Some(waiter)))
}

/// What was awaited is done: threads that waited for it have stopped waiting, though they may not know yet.
pub(crate) fn done(what: usize) {
    waits().retain(|wait| wait.awaited.what != what);
}

fn leads_back(waits: &[Wait], new: &Wait) -> bool {
    let concerns = |wait: &Wait, awaited: &Awaited| {
        let joined = |module: &str| wait.inside.contains(&module);
        wait.waiter == awaited.thread || awaited.module.is_some_and(joined)
    };
    if new.waiter == new.awaited.thread {
        return true;
    }
    let mut seen = vec![false; waits.len()];
    let mut due = vec![new.awaited];
    while let Some(awaited) = due.pop() {
        for (wait, seen) in waits.iter().zip(&mut seen) {
            if !*seen && concerns(wait, &awaited) {
                *seen = true;
                if concerns(new, &wait.awaited) {
                    return true;
                }
                due.push(wait.awaited);
            }
        }
    }
    false
}

fn waits() -> MutexGuard<'static, Vec<Wait>> {
    WAITS.lock().unpoisoned()
}

#[cfg(all(test, not(lmms_loom)))]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    /// What a thread is told to do with its wait.
    type Order = Box<dyn FnOnce(&mut Option<Waiting>) + Send>;

    /// A thread that does as it is told.
    struct Actor {
        number: ThreadId,
        orders: mpsc::Sender<Order>,
    }

    impl Actor {
        fn new(module: Option<&'static str>) -> Self {
            let (orders, received) = mpsc::channel::<Order>();
            let (tell, number) = mpsc::channel();
            thread::spawn(move || {
                if let Some(module) = module {
                    inside::belongs_to(module);
                }
                tell.send(this_thread()).expect("the test waits for it");
                let mut waiting = None;
                for order in received {
                    order(&mut waiting);
                }
            });
            let number = number.recv().expect("it tells");
            Self { number, orders }
        }

        /// Whether the thread may wait for this.
        fn waits_for(&self, thread: ThreadId, module: Option<&'static str>) -> bool {
            let (tell, answer) = mpsc::channel();
            let what = 0x1000 + self.number_as_address();
            let order = move |waiting: &mut Option<Waiting>| {
                let awaited = Awaited {
                    what,
                    thread,
                    module,
                };
                *waiting = begin(awaited).ok();
                let _ = tell.send(waiting.is_some());
            };
            self.orders.send(Box::new(order)).expect("it lives");
            answer.recv().expect("it answers")
        }

        fn number_as_address(&self) -> usize {
            std::ptr::from_ref(self).addr()
        }
    }

    #[test]
    fn circles_of_any_length_are_found_and_chains_are_none() {
        let actors: Vec<_> = (0..5).map(|_| Actor::new(None)).collect();
        for pair in actors.windows(2) {
            assert!(pair[0].waits_for(pair[1].number, None));
        }
        assert!(!actors[4].waits_for(actors[0].number, None));
        assert!(!actors[4].waits_for(actors[4].number, None), "itself");
        assert!(actors[4].waits_for(this_thread(), None));
    }

    #[test]
    fn what_is_done_is_waited_for_no_longer() {
        let (one, other) = (Actor::new(None), Actor::new(None));
        assert!(one.waits_for(other.number, None));
        done(0x1000 + one.number_as_address());
        assert!(other.waits_for(one.number, None));
    }

    #[test]
    fn who_waits_for_a_module_waits_for_its_threads() {
        let (own, host, other) = (
            Actor::new(Some("joined")),
            Actor::new(None),
            Actor::new(None),
        );
        assert!(own.waits_for(host.number, None));
        assert!(!host.waits_for(other.number, Some("joined")));
        assert!(host.waits_for(other.number, Some("another")));
    }
}
