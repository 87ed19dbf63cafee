//! Measuring ways to do the same thing, in turn.
//!
//! Every round runs every way once, so that what slows the machine down slows all of them. A
//! thread's own CPU time counts: what other processes do in between does not.

#![forbid(unsafe_code)]

use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};

use crate::row::{Row, Target};

/// How thorough to be.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Rounds of everything.
    pub rounds: usize,
    /// Nanoseconds that one way should take in one round.
    pub slice: f64,
    /// Whether this only shows that it runs.
    pub quick: bool,
}

impl Plan {
    /// For figures that are published.
    pub const FULL: Self = Self {
        rounds: 41,
        slice: 4e6,
        quick: false,
    };
    /// For a look.
    pub const QUICK: Self = Self {
        rounds: 7,
        slice: 1e6,
        quick: true,
    };
}

/// Does the thing so many times, for numbers from 0; gives the sum of the answers. Made on the
/// thread that runs it.
pub type Run<'a> = Box<dyn FnMut(u64) -> u64 + 'a>;

/// A run that evaluates an expression for each number: `each!(|number| …)`, written like a closure.
///
/// There are several copies of the loop, and the fastest one is taken: a loop of a few cycles takes up to a third
/// longer where it lies badly in the lines of the instruction cache, which has nothing to do with what it calls.
macro_rules! each {
    (move |$number:pat_param| $call:expr) => {
        $crate::measure::fastest(move |copy, calls| {
            $crate::measure::each!(@copies copy, calls, $number, $call; 0 1 2 3 4 5 6 7)
        })
    };
    (|$number:pat_param| $call:expr) => {
        $crate::measure::fastest(|copy, calls| {
            $crate::measure::each!(@copies copy, calls, $number, $call; 0 1 2 3 4 5 6 7)
        })
    };
    (@copies $copy:ident, $calls:ident, $number:pat_param, $call:expr; $($index:literal)*) => {
        match $copy {
            $($index => {
                std::hint::black_box($index);
                let mut sum = 0u64;
                for number in 0..$calls {
                    let $number = std::hint::black_box(number);
                    sum = sum.wrapping_add(std::hint::black_box($call));
                }
                sum
            })*
            _ => 0,
        }
    };
}
pub(crate) use each;

/// Copies of a loop that `each!` makes.
const COPIES: usize = 8;

/// A run by the fastest of several copies of a loop: `run` gets the copy's number and how often to do it.
pub fn fastest<'a>(mut run: impl FnMut(usize, u64) -> u64 + 'a) -> Run<'a> {
    let mut fastest = None;
    Box::new(move |calls| {
        let copy = *fastest.get_or_insert_with(|| {
            let mut time = |copy: &usize| {
                let times = (0..4).map(|_| timed(|| run(*copy, 1000)).0);
                times.fold(f64::MAX, f64::min) as u64
            };
            (0..COPIES).min_by_key(&mut time).unwrap_or_default()
        });
        run(copy, calls)
    })
}

/// All ways must give the same answers: one that fails would look fast.
pub fn check(ways: &[Way<'_>]) -> Result<(), String> {
    let answers: Vec<u64> = ways.iter().map(|way| way.prepare()(100)).collect();
    match answers.iter().position(|answer| *answer != answers[0]) {
        None => Ok(()),
        Some(other) => Err(format!(
            "`{}` answers {}, `{}` {}",
            ways[0].name, answers[0], ways[other].name, answers[other]
        )),
    }
}

/// One way to do it.
pub struct Way<'a> {
    /// Its name.
    pub name: &'static str,
    make: Box<dyn Fn() -> Run<'a> + Sync + 'a>,
    targets: &'static [Target],
    note: Option<&'static str>,
}

impl<'a> Way<'a> {
    /// A way that `make` prepares on each thread, outside the measurement.
    pub fn new(name: &'static str, make: impl Fn() -> Run<'a> + Sync + 'a) -> Self {
        Self {
            name,
            make: Box::new(make),
            targets: &[],
            note: None,
        }
    }

    /// Prepares it on this thread.
    pub fn prepare(&self) -> Run<'a> {
        (self.make)()
    }

    /// With what it should be.
    #[must_use]
    pub fn aimed(mut self, targets: &'static [Target]) -> Self {
        self.targets = targets;
        self
    }

    /// With what has to be known.
    #[must_use]
    pub fn noted(mut self, note: &'static str) -> Self {
        self.note = Some(note);
        self
    }
}

/// Whose CPU time a round takes.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// That of the threads which call.
    Callers,
    /// That of all threads of the process: for work that starts some of its own.
    Process,
}

/// Measures all ways on so many threads; ratios are to `ways[baseline]`. Rows in nanoseconds a call.
pub fn compare(
    family: &str,
    group: &str,
    threads: usize,
    plan: &Plan,
    baseline: usize,
    ways: &[Way<'_>],
) -> Vec<Row> {
    compare_by(Clock::Callers, family, group, threads, plan, baseline, ways)
}

/// Like [`compare`], by another clock.
pub fn compare_by(
    clock: Clock,
    family: &str,
    group: &str,
    threads: usize,
    plan: &Plan,
    baseline: usize,
    ways: &[Way<'_>],
) -> Vec<Row> {
    let rounds = rounds(ways, threads, plan, clock);
    ways.iter()
        .zip(&rounds)
        .enumerate()
        .map(|(index, (way, own))| {
            let mut row =
                Row::new(family, format!("{group}: {}", way.name), threads, "ns").measured(own);
            if index != baseline {
                row = row.compared(ways[baseline].name, own, &rounds[baseline]);
            }
            row.note = way.note.map(str::to_owned);
            row.aimed(way.targets)
        })
        .collect()
}

/// Nanoseconds a call of each way in each round: the mean over the threads.
fn rounds(ways: &[Way<'_>], threads: usize, plan: &Plan, clock: Clock) -> Vec<Vec<f64>> {
    let calls: Vec<u64> = ways.iter().map(|way| calibrate(way, plan)).collect();
    let mut rounds = vec![Vec::with_capacity(plan.rounds); ways.len()];
    for _ in 0..plan.rounds {
        for ((way, calls), rounds) in ways.iter().zip(&calls).zip(&mut rounds) {
            let took = match clock {
                Clock::Callers => once(way, threads, *calls),
                Clock::Process => once_by_process(way, threads, *calls),
            };
            rounds.push(took / *calls as f64);
        }
    }
    rounds
}

/// CPU nanoseconds of one round, the mean over the threads.
fn once(way: &Way<'_>, threads: usize, calls: u64) -> f64 {
    let start = Barrier::new(threads);
    let measured = || {
        let _blocks = unsettle_malloc();
        let mut run = way.prepare();
        start.wait();
        // So that both threads are really in it, and all caches warm.
        black_box(run(calls / 16 + 1));
        let begun = cpu_time();
        black_box(run(calls));
        cpu_time() - begun
    };
    if threads == 1 {
        return measured();
    }
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|_| scope.spawn(measured)).collect();
        let times: Vec<f64> = running
            .into_iter()
            .filter_map(|thread| thread.join().ok())
            .collect();
        times.iter().sum::<f64>() / times.len() as f64
    })
}

/// CPU nanoseconds of the whole process in one round, for each calling thread.
fn once_by_process(way: &Way<'_>, threads: usize, calls: u64) -> f64 {
    let [warm, start, done] = [(); 3].map(|()| Barrier::new(threads + 1));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let _blocks = unsettle_malloc();
                let mut run = way.prepare();
                black_box(run(calls / 16 + 1));
                warm.wait();
                start.wait();
                black_box(run(calls));
                done.wait();
            });
        }
        warm.wait();
        let begun = process_time();
        start.wait();
        done.wait();
        (process_time() - begun) / threads as f64
    })
}

/// Leaves holes between live blocks, others each time, and gives the live ones. So the blocks that are measured lie at
/// other places in their pages in each round: loads wait for earlier stores to the same place of another page, and one
/// such accident shouldn't decide.
fn unsettle_malloc() -> Vec<Vec<u8>> {
    static SEED: AtomicU64 = AtomicU64::new(0x9e37_79b9_7f4a_7c15);
    let mut random = SEED.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
    let mut next = |below: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random >> 11) % below
    };
    let mut blocks: Vec<Vec<u8>> = (0..64)
        .map(|_| Vec::with_capacity(64 + next(8192) as usize))
        .collect();
    blocks.retain(|_| next(2) == 0);
    blocks
}

/// How many calls fill a slice, once it is warm: what learns from its use, as an allocator does that keeps what is
/// often wanted back, is measured as it is after that.
fn calibrate(way: &Way<'_>, plan: &Plan) -> u64 {
    let mut run = way.prepare();
    let mut fill = |calls: u64| {
        let begun = cpu_time();
        black_box(run(calls));
        ((calls as f64 * plan.slice / (cpu_time() - begun).max(1.0)) as u64).max(1)
    };
    let mut calls = 16;
    while fill(calls) > calls.saturating_mul(4) && calls <= 1 << 28 {
        calls *= 2;
    }
    let mut filled = fill(calls);
    for _ in 0..WARM_SLICES {
        let next = fill(filled);
        let is_warm = next <= filled + filled / 20;
        filled = filled.max(next);
        if is_warm {
            break;
        }
    }
    filled
}

/// Slices at most until a way counts as warm.
const WARM_SLICES: usize = 64;

/// CPU nanoseconds of this thread.
pub fn cpu_time() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// CPU nanoseconds of all threads of this process.
fn process_time() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// Nanoseconds of the clock on the wall that `work` took, and what it gave.
pub fn timed<R>(work: impl FnOnce() -> R) -> (f64, R) {
    let begun = Instant::now();
    let result = work();
    (begun.elapsed().as_nanos() as f64, result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gets_faster_with_its_use_is_measured_as_it_is_in_the_end() {
        let spin = |nanoseconds: f64| {
            let begun = cpu_time();
            while cpu_time() - begun < nanoseconds {}
        };
        let done = AtomicU64::new(0);
        let way = Way::new("learns", || {
            Box::new(|calls| {
                for _ in 0..calls {
                    let before = done.fetch_add(1, Ordering::Relaxed);
                    spin(if before < 100 { 20_000.0 } else { 1_000.0 });
                }
                calls
            })
        });
        let calls = calibrate(&way, &Plan::QUICK);
        // A slice of 1 ms holds 50 of the slow ones, and not quite a thousand of the fast ones.
        assert!(calls > 200, "{calls}");
    }

    #[test]
    fn the_processs_clock_counts_the_threads_that_a_call_starts() {
        let spin = || {
            let begun = cpu_time();
            while cpu_time() - begun < 5e6 {}
        };
        let way = Way::new("starts a thread", move || {
            Box::new(move |calls| {
                for _ in 0..calls {
                    thread::spawn(spin).join().unwrap();
                }
                calls
            })
        });
        assert!(once(&way, 1, 4) < 4.0 * 5e6);
        assert!(once_by_process(&way, 1, 4) >= 4.0 * 5e6);
    }
}
