//! Unloading real module libraries: proven, counted, or refused with the reason.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::Duration;

use lmms::clock::ManualClock;
use lmms::outcome::{Refusal, UnloadOutcome};
use lmms::{Policy, State};
use lmms_library_tests::{Fixtures, modules};

fn open() -> Fixtures {
    let builder = Fixtures::builder().modules(modules());
    builder
        .background_sweeps(false)
        .open()
        .expect("the fixtures are built")
}

/// Unloads `module`, which must succeed, and returns the bytes given back.
#[track_caller]
fn unload(fixtures: &Fixtures, module: &str) -> u64 {
    match fixtures.unload(module).unwrap() {
        UnloadOutcome::Unloaded { bytes } => bytes,
        other => panic!("{module}: {other}"),
    }
}

#[track_caller]
fn refusal(fixtures: &Fixtures, module: &str) -> Refusal {
    match fixtures.unload(module).unwrap() {
        UnloadOutcome::Refused { reason } => reason,
        other => panic!("{module}: {other}"),
    }
}

fn is_mapped(module: &str) -> bool {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    maps.contains(&format!("/{module}.so")) || maps.contains(&format!("memfd:{module}"))
}

#[test]
fn what_a_module_leaked_comes_back_with_it() {
    let fixtures = open();
    for round in 0..20 {
        fixtures.probe().leak(32 << 20).unwrap();
        assert!(is_mapped("probe"));
        let held = fixtures.statistics().modules[1].memory;
        assert!(held.heap >= 32 << 20, "{held:?}");
        let bytes = unload(&fixtures, "probe");
        assert!(bytes >= 32 << 20, "round {round}: {bytes}");
    }
    let statistics = fixtures.statistics();
    assert_eq!((statistics.loads, statistics.unloads), (20, 20));
    assert!(statistics.bytes_reclaimed >= 20 * (32 << 20));
    assert_eq!(statistics.heap_bytes + statistics.mapped_bytes, 0);
}

#[test]
fn thread_locals_of_the_sweeping_thread_are_destroyed_there() {
    let fixtures = open();
    assert_eq!(fixtures.probe().hold_in_thread(1000).unwrap(), 1);
    assert_eq!(fixtures.probe().hold_in_thread(1000).unwrap(), 2);
    unload(&fixtures, "probe");
    assert_eq!(
        fixtures.probe().hold_in_thread(1000).unwrap(),
        1,
        "a new life"
    );
}

#[test]
fn thread_locals_of_another_thread_refuse_until_it_ends_or_comes_by() {
    let fixtures = open();
    let (work, jobs) = channel::<bool>();
    let (done, reports) = channel();
    thread::scope(|scope| {
        let fixtures = &fixtures;
        let worker = thread::Builder::new().name("holder".into());
        let worker = worker
            .spawn_scoped(scope, move || {
                for hold in jobs {
                    if hold {
                        fixtures.probe().hold_in_thread(10).unwrap();
                    } else {
                        fixtures.checkpoint();
                    }
                    done.send(()).unwrap();
                }
            })
            .unwrap();
        work.send(true).unwrap();
        reports.recv().unwrap();
        let Refusal::ThreadLocals(threads) = refusal(fixtures, "probe") else {
            panic!("another refusal");
        };
        assert!(threads[0].contains("(holder)"), "{threads:?}");
        assert_eq!(
            fixtures.probe().add(1, 1).unwrap(),
            2,
            "as usable as before"
        );
        // By hand it was only refused; a sweep also asks the thread to let go.
        work.send(false).unwrap();
        reports.recv().unwrap();
        assert!(fixtures.is_resident("probe").unwrap());
        drop(work);
        worker.join().unwrap();
        unload(fixtures, "probe");
    });
}

#[test]
fn a_sweep_asks_the_thread_and_its_checkpoint_unloads() {
    let clock = ManualClock::new();
    let policy = Policy::default().max_resident(0).grace(Duration::ZERO);
    let builder = Fixtures::builder()
        .modules(modules())
        .clock(clock)
        .policy(policy);
    let fixtures = builder.open().unwrap();
    thread::scope(|scope| {
        let fixtures = &fixtures;
        let (go, wait) = channel::<()>();
        let (done, ready) = channel();
        scope.spawn(move || {
            fixtures.probe().hold_in_thread(10).unwrap();
            done.send(()).unwrap();
            wait.recv().unwrap();
            fixtures.checkpoint();
            done.send(()).unwrap();
        });
        ready.recv().unwrap();
        assert_eq!(fixtures.sweep().unloaded(), 0);
        go.send(()).unwrap();
        ready.recv().unwrap();
        assert!(!fixtures.is_resident("probe").unwrap());
    });
}

/// Threads that do what they are told, one after the other.
struct Workers<'s>(Vec<Worker<'s>>);

struct Worker<'s> {
    work: Sender<Job>,
    done: Receiver<()>,
    thread: ScopedJoinHandle<'s, ()>,
}

#[derive(Clone, Copy)]
enum Job {
    Hold,
    Checkpoint,
}

impl<'s> Workers<'s> {
    fn start(scope: &'s Scope<'s, '_>, fixtures: &'s Fixtures, count: usize) -> Self {
        let start = |_| {
            let (work, jobs) = channel();
            let (report, done) = channel();
            let thread = scope.spawn(move || {
                for job in jobs {
                    match job {
                        Job::Hold => drop(fixtures.probe().hold_in_thread(10).unwrap()),
                        Job::Checkpoint => fixtures.checkpoint(),
                    }
                    report.send(()).unwrap();
                }
            });
            Worker { work, done, thread }
        };
        Self((0..count).map(start).collect())
    }

    fn tell(&self, worker: usize, job: Job) {
        self.0[worker].work.send(job).unwrap();
        self.0[worker].done.recv().unwrap();
    }

    /// Ends them, thread-locals and all: a scope alone doesn't wait for those.
    fn end(self) {
        for Worker { work, thread, .. } in self.0 {
            drop(work);
            thread.join().unwrap();
        }
    }
}

#[test]
fn threads_that_come_by_let_go_one_by_one_while_a_fresh_copy_serves() {
    const WORKERS: usize = 3;
    let fixtures = open();
    thread::scope(|scope| {
        let fixtures = &fixtures;
        let workers = Workers::start(scope, fixtures, WORKERS);
        for worker in 0..WORKERS {
            workers.tell(worker, Job::Hold);
            workers.tell(worker, Job::Checkpoint);
        }
        for round in 0..20 {
            let outcome = fixtures.unload("probe").unwrap();
            assert!(
                matches!(outcome, UnloadOutcome::Waiting { .. }),
                "{round}: {outcome}"
            );
            // Calls go to a fresh copy, with statics and thread-locals of its own.
            assert_eq!(fixtures.probe().hold_in_thread(1).unwrap(), 1);
            for worker in 0..WORKERS {
                assert_eq!(fixtures.statistics().unloads, round);
                workers.tell(worker, Job::Checkpoint);
            }
            let statistics = fixtures.statistics();
            assert_eq!(
                (statistics.unloads, statistics.retired_bytes),
                (round + 1, 0)
            );
            for worker in 0..WORKERS {
                workers.tell(worker, Job::Hold);
            }
        }
        workers.end();
    });
    // The threads have ended, and with them what they held.
    unload(&fixtures, "probe");
}

#[test]
fn a_thread_that_ends_lets_go_and_the_next_sweep_takes_the_copy_away() {
    let builder = Fixtures::builder().modules(modules());
    let policy = Policy::default().max_resident(0).grace(Duration::ZERO);
    let fixtures = builder
        .clock(ManualClock::new())
        .policy(policy)
        .open()
        .unwrap();
    thread::scope(|scope| {
        let workers = Workers::start(scope, &fixtures, 1);
        workers.tell(0, Job::Checkpoint);
        workers.tell(0, Job::Hold);
        let report = fixtures.sweep();
        assert!(
            matches!(report.attempts[0].outcome, UnloadOutcome::Waiting { .. }),
            "{report:?}"
        );
        assert_eq!(fixtures.sweep().unloaded(), 0, "it is held on");
        workers.end();
    });
    let report = fixtures.sweep();
    assert_eq!(report.unloaded(), 1, "{report:?}");
    assert!(report.bytes() > 0);
    assert_eq!(fixtures.statistics().retired_bytes, 0);
}

#[test]
fn a_running_thread_refuses_and_is_named() {
    let fixtures = open();
    assert!(fixtures.probe().start_worker("busy-bee".into()).unwrap());
    let Refusal::Threads(threads) = refusal(&fixtures, "probe") else {
        panic!("another refusal");
    };
    assert!(threads[0].contains("(busy-bee)"), "{threads:?}");
    let explanation = fixtures.explain("probe").unwrap().to_string();
    assert!(explanation.contains("busy-bee"), "{explanation}");
    assert!(fixtures.probe().stop_worker().unwrap());
    unload(&fixtures, "probe");
}

#[test]
fn a_veto_and_a_shutdown_function_are_the_modules_own() {
    let fixtures = open();
    let folder = tempfile::tempdir().unwrap();
    let farewell = folder.path().join("farewell");
    fixtures.keeper().say_farewell(farewell.clone()).unwrap();
    fixtures.keeper().keep(Some("milk".into())).unwrap();
    assert_eq!(
        refusal(&fixtures, "keeper"),
        Refusal::Veto("holds the note \"milk\"".into())
    );
    assert!(!farewell.exists());
    assert_eq!(
        fixtures.keeper().keep(None).unwrap().as_deref(),
        Some("milk")
    );
    unload(&fixtures, "keeper");
    assert_eq!(std::fs::read_to_string(farewell).unwrap(), "bye");
}

#[test]
fn two_gateways_load_copies_of_their_own() {
    let (one, other) = (open(), open());
    assert_eq!(one.probe().hold_in_thread(1).unwrap(), 1);
    assert_eq!(
        other.probe().hold_in_thread(1).unwrap(),
        1,
        "not the other's statics"
    );
    unload(&one, "probe");
    assert_eq!(other.probe().hold_in_thread(1).unwrap(), 2);
    unload(&other, "probe");
}

#[test]
fn sealed_copies_work_like_files() {
    let builder = Fixtures::builder()
        .modules(modules())
        .background_sweeps(false);
    let fixtures = builder.sealed_copies(true).open().unwrap();
    for _ in 0..3 {
        assert_eq!(fixtures.probe().add(1, 2).unwrap(), 3);
        unload(&fixtures, "probe");
    }
}

#[test]
fn callers_on_many_threads_and_an_unloader_never_meet() {
    const UNLOADS: u64 = 100;
    let fixtures = open();
    let stop = AtomicBool::new(false);
    let calls: u64 = thread::scope(|scope| {
        let (fixtures, stop) = (&fixtures, &stop);
        let callers: Vec<_> = (0..3_u64)
            .map(|seed| {
                scope.spawn(move || {
                    let mut number = 0;
                    while !stop.load(Ordering::Relaxed) {
                        assert_eq!(fixtures.probe().add(number, seed).unwrap(), number + seed);
                        let text = fixtures.probe().join("x", None, &[], None).unwrap();
                        assert_eq!(text, "x None [] None");
                        // Long enough for the unloader to come while it is inside.
                        let long = fixtures
                            .probe()
                            .join("x", None, &[7; 10_000], None)
                            .unwrap();
                        assert_eq!(long.len(), "x None [] None".len() + 3 * 10_000 - 2);
                        number += 1;
                        // Else a caller that loses its core inside a call blocks every unload.
                        thread::yield_now();
                    }
                    number
                })
            })
            .collect();
        let mut unloads = 0;
        while unloads < UNLOADS && !callers.iter().any(|caller| caller.is_finished()) {
            unloads += u64::from(matches!(
                fixtures.unload("probe").unwrap(),
                UnloadOutcome::Unloaded { .. }
            ));
        }
        stop.store(true, Ordering::Relaxed);
        callers
            .into_iter()
            .map(|caller| caller.join().unwrap())
            .sum()
    });
    let statistics = fixtures.statistics();
    assert!(statistics.unloads >= UNLOADS, "a caller failed");
    assert!(statistics.calls >= 2 * calls, "{statistics}");
}

#[test]
fn the_gateways_end_unloads_everything() {
    let fixtures = open();
    fixtures.relay().add_far(1, 2).unwrap();
    fixtures
        .keeper()
        .keep(Some("forgotten at the end".into()))
        .unwrap();
    assert_eq!(fixtures.statistics().modules[0].state, State::Resident);
    let runtime_only = fixtures.keeper().pin_owned().unwrap();
    drop(fixtures);
    drop(runtime_only);
}
