//! Every hazard of the table, from many threads and through many unloads.

#![forbid(unsafe_code)]

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use lmms::outcome::UnloadOutcome;
use lmms_hazard_tests::process::{is_mapped, resident_bytes};
use lmms_hazard_tests::table::{Expected, HAZARDS, Hazard, Plain, hazard};
use lmms_hazard_tests::{Hazards, built, open};

const CYCLES: u64 = 50;

/// Until then memory may grow: caches, arenas of the threads.
const WARM_UP: u64 = 10;

/// What may be lost with each load, in bytes: noise of the C library's arenas. A module's heap that is not
/// given back is several times as much.
const MOST_LOST: u64 = 32 << 10;

/// For threads that end by themselves; far longer than they take.
const PATIENCE: Duration = Duration::from_secs(60);

/// One hazard at a time: what is mapped is a fact of the whole process.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    static KNOWS: LazyLock<Hazards> = LazyLock::new(open);
    // Who waits here may have the stack of a thread that called a module. Unknown, it would pass for one that a module
    // hides.
    KNOWS.checkpoint();
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A thread that stays, calls, and comes by when asked.
struct Worker<'scope> {
    orders: Sender<Order>,
    answers: Receiver<Result<u64, String>>,
    thread: ScopedJoinHandle<'scope, ()>,
}

enum Order {
    Call(&'static Hazard, u64),
    Checkpoint,
}

impl<'scope> Worker<'scope> {
    fn start(scope: &'scope Scope<'scope, '_>, home: &'scope Hazards, name: &str) -> Self {
        let (orders, received) = channel();
        let (answer, answers) = channel();
        let run = move || {
            for order in received {
                let result = match order {
                    Order::Call(hazard, seed) => (hazard.call)(home, seed),
                    Order::Checkpoint => {
                        home.checkpoint();
                        Ok(0)
                    }
                };
                answer.send(result).unwrap();
            }
        };
        let builder = thread::Builder::new().name(name.to_owned());
        let thread = builder.spawn_scoped(scope, run).unwrap();
        let worker = Self {
            orders,
            answers,
            thread,
        };
        // Who has come by once is trusted to come again.
        worker.checkpoint();
        worker
    }

    fn ask(&self, order: Order) -> u64 {
        self.orders.send(order).unwrap();
        self.answers
            .recv()
            .expect("the worker lives")
            .expect("the call succeeds")
    }

    fn call(&self, hazard: &'static Hazard, seed: u64) {
        assert_eq!(
            self.ask(Order::Call(hazard, seed)),
            seed + 1,
            "{}",
            hazard.name
        );
    }

    fn checkpoint(&self) {
        self.ask(Order::Checkpoint);
    }

    fn end(self) {
        drop(self.orders);
        self.thread.join().expect("it ends in peace");
    }
}

/// Calls from the main thread, from threads that end, and from threads that stay, by turns.
fn provoke(home: &Hazards, hazard: &'static Hazard, workers: &[Worker<'_>], cycle: u64) {
    let (here, ending, staying) = match cycle % 4 {
        0 => (true, 0, false),
        1 => (false, 2, false),
        2 => (false, 0, true),
        _ => (true, 1, true),
    };
    let seed = cycle * 1000;
    if here {
        assert_eq!((hazard.call)(home, seed), Ok(seed + 1), "{}", hazard.name);
    }
    thread::scope(|scope| {
        let call = |number| move || (hazard.call)(home, seed + number);
        let ending: Vec<_> = (1..=ending)
            .map(|number| (number, scope.spawn(call(number))))
            .collect();
        for (number, thread) in ending {
            // A scope ends before its threads' thread-locals do; `join` does not.
            let answer = thread.join().expect("it ends in peace");
            assert_eq!(answer, Ok(seed + number + 1), "{}", hazard.name);
        }
    });
    if staying {
        for (worker, number) in workers.iter().zip(10..) {
            worker.call(hazard, seed + number);
        }
    }
}

/// Unloads the module for good: its own threads may need a moment, ours come by.
fn leave(home: &Hazards, module: &str, workers: &[Worker<'_>]) {
    let started = Instant::now();
    loop {
        match home.unload(module).unwrap() {
            UnloadOutcome::Unloaded { bytes } => {
                assert!(bytes > 0);
                break;
            }
            UnloadOutcome::Waiting { reason } => {
                assert!(
                    reason.contains("stays"),
                    "{module} waits for something else than our threads: {reason}"
                );
                workers.iter().for_each(Worker::checkpoint);
                break;
            }
            UnloadOutcome::Refused { reason }
                if reason.kind() == "threads" && started.elapsed() < PATIENCE =>
            {
                thread::yield_now();
            }
            other => panic!("{module}: {other}"),
        }
    }
    assert!(!is_mapped(module), "{module} is still mapped");
}

fn run(name: &str) {
    let _alone = alone();
    let hazard = hazard(name);
    let home = open();
    thread::scope(|scope| {
        let workers: Vec<_> = ["stays-1", "stays-2"]
            .map(|name| Worker::start(scope, &home, name))
            .into();
        match hazard.expected {
            Expected::Unloads => {
                let mut before = 0;
                for cycle in 0..CYCLES {
                    if cycle == WARM_UP {
                        before = resident_bytes();
                    }
                    provoke(&home, hazard, &workers, cycle);
                    assert!(is_mapped(hazard.module));
                    leave(&home, hazard.module, &workers);
                }
                if hazard.plain == Plain::Leaks {
                    let lost = resident_bytes().saturating_sub(before) / (CYCLES - WARM_UP);
                    assert!(lost < MOST_LOST, "{name}: {lost} bytes each");
                }
                let module = home
                    .statistics()
                    .modules
                    .into_iter()
                    .find(|module| module.module == hazard.module);
                let module = module.unwrap();
                assert_eq!((module.loads, module.unloads), (CYCLES, CYCLES), "{name}");
            }
            Expected::Refused { kind, says, until } => {
                // What never ends needs no repetition.
                let cycles = if until.is_some() { CYCLES } else { 4 };
                for cycle in 0..cycles {
                    provoke(&home, hazard, &workers, cycle);
                    assert_refused(&home, hazard.module, kind, says);
                    provoke(&home, hazard, &workers, cycle);
                    if let Some(end) = until {
                        end(&home, cycle).expect("it stops");
                        leave(&home, hazard.module, &workers);
                    }
                }
            }
            Expected::Never(code) => {
                for cycle in 0..4 {
                    provoke(&home, hazard, &workers, cycle);
                    assert_refused(&home, hazard.module, "unsafe", &[]);
                    assert!(is_mapped(hazard.module));
                }
                let manifest = lmms::manifest::Manifest::read(&built::modules()).unwrap();
                let grade = &manifest.module(hazard.module).unwrap().unload;
                let finding = grade.findings.iter().find(|finding| finding.code == code);
                let finding = finding.unwrap_or_else(|| panic!("{name}: {grade:?}"));
                assert!(finding.blocks_unload && !grade.safe);
                let explanation = home.explain(hazard.module).unwrap().to_string();
                assert!(explanation.contains(&finding.what), "{explanation}");
            }
            Expected::Aborts => unreachable!("in a process of its own, see special.rs"),
        }
        workers.into_iter().for_each(Worker::end);
    });
}

#[track_caller]
fn assert_refused(home: &Hazards, module: &str, kind: &str, says: &[&str]) {
    let outcome = home.unload(module).unwrap();
    let UnloadOutcome::Refused { reason } = outcome else {
        panic!("{module}: {outcome}");
    };
    let text = reason.to_string();
    assert_eq!(reason.kind(), kind, "{module}: {text}");
    for word in says {
        assert!(
            text.contains(word),
            "{module}: {text:?} doesn't say {word:?}"
        );
    }
    let explanation = home.explain(module).unwrap().to_string();
    for word in says {
        assert!(explanation.contains(word), "{explanation}");
    }
}

macro_rules! each_row {
    ($($test:ident = $name:literal),* $(,)?) => {
        $(#[test] fn $test() { run($name); })*

        #[test]
        fn every_row_of_the_table_has_a_test() {
            let tested = [$($name),*];
            for hazard in HAZARDS.iter().filter(|hazard| !matches!(hazard.expected, Expected::Aborts)) {
                assert!(tested.contains(&hazard.name), "{} is not run", hazard.name);
            }
        }
    };
}

each_row! {
    thread_local = "thread-local",
    thread_local_chain = "thread-local-chain",
    current_thread = "current-thread",
    parking = "parking",
    random = "random",
    tokio_dropped = "tokio-dropped",
    tokio_stopped = "tokio-stopped",
    tokio_kept = "tokio-kept",
    rayon_global = "rayon-global",
    rayon_pool = "rayon-pool",
    crossbeam_all = "crossbeam-all",
    detached_thread = "detached-thread",
    endless_thread = "endless-thread",
    pthread_key = "pthread-key",
    c_leak = "c-leak",
    box_leak = "box-leak",
    lazy_regex = "lazy-regex",
    big_lazy = "big-lazy",
    panics = "panics",
    signal_handler = "signal-handler",
    at_exit = "at-exit",
    half_line = "half-line",
    no_delete = "no-delete",
    unique_symbol = "unique-symbol",
    static_tls = "static-tls",
    caller = "caller",
    huge_result = "huge-result",
    zero_sized = "zero-sized",
    bare_clone = "bare-clone",
    blocked_clone = "blocked-clone",
    busy_clone = "busy-clone",
    foreign_callback = "foreign-callback",
    foreign_thread = "foreign-thread",
    fork_exec = "fork-exec",
    environment = "environment",
    stream_buffer = "stream-buffer",
    system_log = "system-log",
    unwind_table = "unwind-table",
    timer_thread = "timer-thread",
    shared_table = "shared-table",
    open_files = "open-files",
    closes_files = "closes-files",
    mappings = "mappings",
    backtrace = "backtrace",
    opens_itself = "opens-itself",
    signal_stack = "signal-stack",
    locale = "locale",
    waiting_call = "waiting-call",
}
