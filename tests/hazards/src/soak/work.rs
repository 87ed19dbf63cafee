//! The child's side: threads that call, unload, sweep and end, and one that breaks files.

#![forbid(unsafe_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Barrier, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use lmms::Policy;
use lmms::outcome::UnloadOutcome;
use lmms::policy::LoadRetry;

use super::sabotage::{Broken, Saboteur};
use super::trail::Trail;
use super::{Look, Options, Report};
use crate::Hazards;
use crate::allocator::{give_back_free, live_bytes};
use crate::process::{descriptors, is_mapped, mappings, resident_bytes, threads};
use crate::table::{Expected, HAZARDS, Hazard};

/// How often the work stops for a look at the memory.
const LOOK: Duration = Duration::from_secs(2);

/// How long the threads of a module may take to end, also on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(60);

/// Wrong results that are told in words.
const TOLD: usize = 20;

/// Numbers that look random: xorshift.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// Begins at `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit.max(1)
    }

    fn one_in(&mut self, chances: u64) -> bool {
        self.below(chances) == 0
    }
}

/// What all threads share.
struct Work {
    home: Hazards,
    broken: Broken,
    /// One for each row's module: what must be stopped again is one thread's at a time.
    turns: BTreeMap<&'static str, Mutex<()>>,
    pausing: AtomicBool,
    ending: AtomicBool,
    meeting: Barrier,
    calls: AtomicU64,
    excused: AtomicU64,
    replaced: AtomicU64,
    wrong_count: AtomicU64,
    wrong: Mutex<Vec<String>>,
}

/// Works in `folder` and prints a report in a line every now and then, the last one when it is done.
///
/// # Errors
/// What the system says.
pub fn run(options: Options, folder: &Path) -> io::Result<()> {
    let modules = folder.join("modules");
    let mut policy = Policy::default()
        .max_resident(4)
        .grace(Duration::ZERO)
        // Each sweep trims what stays, so that all looks find it in the same state.
        .trim_after(Duration::ZERO)
        .critical_is_forever(false);
    policy.load_retry = LoadRetry {
        initial: Duration::from_millis(1),
        cap: Duration::from_millis(5),
    };
    // Nothing is hot, so that sweeps find something to do.
    policy.heat = lmms::heat::HeatThresholds {
        warm: u64::MAX - 2,
        hot: u64::MAX - 1,
        critical: u64::MAX,
    };
    let builder = Hazards::builder()
        .modules(&modules)
        .background_sweeps(false)
        .policy(policy);
    let home = builder.open().map_err(io::Error::other)?;
    let work = Work {
        home,
        broken: Broken::default(),
        turns: HAZARDS
            .iter()
            .map(|row| (row.module, Mutex::default()))
            .collect(),
        pausing: AtomicBool::new(false),
        ending: AtomicBool::new(false),
        meeting: Barrier::new(options.threads + 2),
        calls: AtomicU64::new(0),
        excused: AtomicU64::new(0),
        replaced: AtomicU64::new(0),
        wrong_count: AtomicU64::new(0),
        wrong: Mutex::default(),
    };
    let trails = (0..=options.threads)
        .map(|number| Trail::open(folder, number))
        .collect::<io::Result<Vec<_>>>()?;
    // Each keeps its file open for good: loaded later, that would look like growth.
    for row in HAZARDS.iter().filter(|row| !goes(row)) {
        work.call(row, &mut Random::new(options.seed), &trails[0]);
    }
    let mut saboteur = Saboteur::new(&modules)?;
    thread::scope(|scope| {
        let work = &work;
        let (last, others) = trails
            .split_last()
            .ok_or_else(|| io::Error::other("no threads"))?;
        for (number, trail) in others.iter().enumerate() {
            scope.spawn(move || work.worker(Random::new(options.seed + number as u64), trail));
        }
        scope.spawn(move || {
            let mut random = Random::new(!options.seed);
            while !work.meet() {
                last.note("breaks a file", "");
                let pause = || thread::sleep(Duration::from_millis(3));
                if let Err(error) = saboteur.strike(&mut random, &work.broken, pause) {
                    work.is_wrong(format!("a file can't be replaced: {error}"));
                }
                work.replaced.fetch_add(1, Relaxed);
                thread::sleep(Duration::from_millis(20));
            }
        });
        work.watch(options)
    })
}

impl Work {
    fn is_wrong(&self, what: String) {
        self.wrong_count.fetch_add(1, Relaxed);
        let mut wrong = lock(&self.wrong);
        if wrong.len() < TOLD {
            wrong.push(what);
        }
    }

    /// Looks at the memory and reports, until it is time to end.
    fn watch(&self, options: Options) -> io::Result<()> {
        let started = Instant::now();
        let mut looks = Vec::new();
        loop {
            let looked = Instant::now();
            let enough = || {
                let cycles = options
                    .cycles
                    .is_some_and(|cycles| self.home.statistics().unloads >= cycles);
                cycles
                    || options
                        .seconds
                        .is_some_and(|seconds| started.elapsed().as_secs() >= seconds)
            };
            while looked.elapsed() < LOOK && !enough() {
                thread::sleep(Duration::from_millis(50));
            }
            let end = enough();
            self.stand_still(end, || {
                give_back_free();
                looks.push(Look {
                    cycles: self.home.statistics().unloads,
                    live: live_bytes(),
                    resident: resident_bytes(),
                    descriptors: descriptors(),
                    mappings: mappings(),
                });
            });
            let report = self.report(started, looks.clone(), end);
            let mut stdout = io::stdout().lock();
            serde_json::to_writer(&mut stdout, &report)?;
            stdout.write_all(b"\n")?;
            stdout.flush()?;
            if end {
                return Ok(());
            }
        }
    }

    /// Stops all threads and unloads everything that can go, looks, and lets them go on, or end.
    fn stand_still(&self, end: bool, look: impl FnOnce()) {
        self.ending.store(end, Relaxed);
        self.pausing.store(true, Relaxed);
        self.meeting.wait();
        for row in HAZARDS {
            // Threads of its own may just be ending, and only then the others can let go of it.
            let started = Instant::now();
            let runs = |outcome| matches!(outcome, Ok(UnloadOutcome::Refused { .. }));
            while runs(self.home.unload(row.module)) && goes(row) && started.elapsed() < PATIENCE {
                thread::yield_now();
            }
        }
        self.meeting.wait();
        // All threads come by.
        self.meeting.wait();
        let _ = self.home.sweep();
        let modules: BTreeSet<_> = HAZARDS
            .iter()
            .filter(|row| goes(row))
            .map(|row| row.module)
            .collect();
        for module in modules {
            self.must_be_gone(module);
        }
        look();
        self.pausing.store(false, Relaxed);
        self.meeting.wait();
    }

    /// A thread's side of standing still, if that is asked for; whether to end.
    fn meet(&self) -> bool {
        if !self.pausing.load(Relaxed) {
            return false;
        }
        self.home.checkpoint();
        self.meeting.wait();
        self.meeting.wait();
        self.home.checkpoint();
        self.meeting.wait();
        self.meeting.wait();
        self.ending.load(Relaxed)
    }

    /// Nobody uses it any more. Its own threads may just be ending.
    fn must_be_gone(&self, module: &str) {
        let started = Instant::now();
        while is_mapped(module) {
            // By hand it may be refused, or be gone already; a copy that waited for a thread which has
            // ended meanwhile is given back by a sweep.
            let outcome = self.home.unload(module);
            let _ = self.home.sweep();
            if started.elapsed() > PATIENCE {
                let why = self.home.explain(module);
                let why = why.map_or_else(|error| error.to_string(), |why| why.to_string());
                let why = why.replace('\n', " | ") + " | the process has " + &threads();
                let all = self.home.statistics().modules;
                let books = all.iter().find(|of| of.module == module);
                let why = format!(
                    "{why} | {:?}",
                    books.map(|of| (of.retirements, of.retired_bytes))
                );
                self.is_wrong(format!(
                    "{module} stays though nothing uses it: {outcome:?}: {why}"
                ));
                return;
            }
            thread::yield_now();
        }
    }

    fn report(&self, started: Instant, looks: Vec<Look>, done: bool) -> Report {
        let statistics = self.home.statistics();
        let by_reason = statistics
            .refusals_by_reason
            .iter()
            .filter(|refusals| refusals.count > 0);
        Report {
            done,
            seconds: started.elapsed().as_secs_f64(),
            cycles: statistics.unloads,
            calls: self.calls.load(Relaxed),
            loads: statistics.loads,
            expected_failures: self.excused.load(Relaxed),
            replaced: self.replaced.load(Relaxed),
            refusals: by_reason
                .map(|refusals| (refusals.reason.to_owned(), refusals.count))
                .collect(),
            waited: statistics.retirements,
            given_back: statistics.bytes_reclaimed,
            crashes: 0,
            wrong: lock(&self.wrong).clone(),
            wrong_count: self.wrong_count.load(Relaxed),
            looks,
        }
    }

    /// Calls and unloads at random until the work ends.
    fn worker(&self, mut random: Random, trail: &Trail) {
        self.home.checkpoint();
        while !self.meet() {
            let row = &HAZARDS[random.below(HAZARDS.len() as u64) as usize];
            match row.expected {
                Expected::Aborts => {}
                // It stays once loaded: that is soon seen.
                Expected::Never(_) | Expected::Refused { until: None, .. } => {
                    if random.one_in(50) {
                        self.call(row, &mut random, trail);
                        self.must_stay(row, trail);
                    }
                }
                Expected::Refused {
                    kind,
                    until: Some(end),
                    ..
                } => {
                    let Ok(_turn) = self.turns[row.module].try_lock() else {
                        continue;
                    };
                    if self.call(row, &mut random, trail) {
                        trail.note("refused unload of", row.name);
                        self.must_refuse(row, kind);
                        trail.note("stop", row.name);
                        if let Err(error) = end(&self.home, 0) {
                            self.is_wrong(format!("{} doesn't stop: {error}", row.name));
                        }
                        self.unload(row, trail);
                    }
                }
                Expected::Unloads => {
                    let shared = HAZARDS
                        .iter()
                        .filter(|other| other.module == row.module)
                        .count()
                        > 1;
                    let turn = shared.then(|| self.turns[row.module].try_lock());
                    if matches!(turn, Some(Err(_))) {
                        continue;
                    }
                    if random.one_in(8) {
                        // A thread that ends: never known to come by.
                        let mut theirs = Random::new(random.below(u64::MAX));
                        thread::scope(|scope| {
                            let caller = scope.spawn(|| self.call(row, &mut theirs, trail));
                            let _ = caller.join();
                        });
                    } else {
                        for _ in 0..=random.below(3) {
                            self.call(row, &mut random, trail);
                        }
                    }
                    if !random.one_in(4) {
                        self.unload(row, trail);
                    }
                }
            }
            if random.one_in(16) {
                trail.note("sweep", "");
                let _ = self.home.sweep();
            }
            if random.one_in(2) {
                trail.note("checkpoint", "");
                self.home.checkpoint();
            }
        }
    }

    /// Whether it answered; a wrong answer is noted.
    fn call(&self, row: &Hazard, random: &mut Random, trail: &Trail) -> bool {
        trail.note("call", row.name);
        let seed = random.below(u64::MAX - 1);
        let began = Instant::now();
        match (row.call)(&self.home, seed) {
            Ok(answer) if answer == seed.wrapping_add(1) => {
                self.calls.fetch_add(1, Relaxed);
                true
            }
            Ok(answer) => {
                self.is_wrong(format!("{} answered {answer} to {seed}", row.name));
                false
            }
            Err(error) => {
                let module = |name| self.broken.excuses(name, began);
                if module(row.module) || row.module == "caller" && module("thread-local") {
                    self.excused.fetch_add(1, Relaxed);
                } else {
                    self.is_wrong(format!("{} failed: {error}", row.name));
                }
                false
            }
        }
    }

    fn unload(&self, row: &Hazard, trail: &Trail) {
        trail.note("unload", row.name);
        // How it ends depends on the others; what must not happen shows elsewhere.
        if let Err(error) = self.home.unload(row.module) {
            self.is_wrong(format!("{} is unknown: {error}", row.name));
        }
    }

    fn must_stay(&self, row: &Hazard, trail: &Trail) {
        trail.note("refused unload of", row.name);
        if let Ok(
            outcome @ (UnloadOutcome::Unloaded { .. }
            | UnloadOutcome::Waiting { .. }
            | UnloadOutcome::Stuck { .. }),
        ) = self.home.unload(row.module)
        {
            self.is_wrong(format!("{} left: {outcome}", row.name));
        }
    }

    /// It runs, and only this thread may stop it.
    fn must_refuse(&self, row: &Hazard, kind: &str) {
        match self.home.unload(row.module) {
            Ok(UnloadOutcome::Refused { reason })
                if [kind, "references", "in_transition"].contains(&reason.kind()) => {}
            other => self.is_wrong(format!(
                "{} was to be refused as {kind}: {other:?}",
                row.name
            )),
        }
    }
}

/// Whether a row's module can go at all.
fn goes(row: &Hazard) -> bool {
    !matches!(
        row.expected,
        Expected::Never(_) | Expected::Refused { until: None, .. }
    )
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
