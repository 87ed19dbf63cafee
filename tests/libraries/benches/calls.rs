//! What a resident call costs: against a bare function pointer into the same library, in turn, in
//! one run.
//!
//! `cargo bench -p lmms-library-tests`: medians of interleaved rounds in nanoseconds a call, and
//! the ratio to the bare pointer. On a shared machine only the ratios mean something.

use lmms::__private::{Outcome, Pin};
use lmms::Gateway;
use lmms_library_tests::{Fixtures, modules};

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

const CALLS: u64 = 1 << 20;
const ROUNDS: usize = 21;

/// One way to call an operation `CALLS` times.
type Way<'a> = (&'static str, Box<dyn Fn() + Sync + 'a>);

fn main() {
    let fixtures = Fixtures::builder()
        .modules(modules())
        .background_sweeps(false)
        .open()
        .expect("the fixtures are built");
    println!(
        "{:<10} {:<22} {:>9} {:>7} {:>9} {:>7}",
        "callee", "way", "1 thread", "ratio", "2 threads", "ratio"
    );
    for operation in ["add", "scatter"] {
        let ways = ways(&fixtures, operation);
        let one = measure(&ways, 1);
        let two = measure(&ways, 2);
        for (index, (name, _)) in ways.iter().enumerate() {
            println!(
                "{operation:<10} {name:<22} {:>6.2} ns {:>6.2}x {:>6.2} ns {:>6.2}x",
                one[index],
                one[index] / one[0],
                two[index],
                two[index] / two[0],
            );
        }
    }
}

fn ways<'a>(fixtures: &'a Fixtures, operation: &str) -> Vec<Way<'a>> {
    let registry = Fixtures::REGISTRY;
    let module = registry.module("probe").expect("it is one of the fixtures");
    let index = registry.find("probe", operation).expect("the probe has it");
    let slot = index - registry.modules[module].first;
    let pin = Pin::new(fixtures.core(), module).expect("the probe loads");
    let thunk = pin.thunk(slot).expect("the registry has it");
    if operation == "add" {
        // SAFETY: the type of `probe.add`'s thunk; the pin moves into the closure.
        let bare = unsafe { std::mem::transmute::<*const (), fn(u64, u64) -> Outcome<u64>>(thunk) };
        let pinned = fixtures.probe();
        vec![
            (
                "bare function pointer",
                Box::new(move || {
                    let _keep = &bare;
                    for number in 0..CALLS {
                        let Outcome::Returned(sum) = black_box(bare)(black_box(number), 1) else {
                            return;
                        };
                        black_box(sum);
                    }
                }),
            ),
            (
                "gateway",
                Box::new(|| {
                    for number in 0..CALLS {
                        black_box(fixtures.probe().add(black_box(number), 1).expect("it adds"));
                    }
                }),
            ),
            (
                "pinned",
                Box::new(move || {
                    let pinned = pinned.pin().expect("it is resident");
                    for number in 0..CALLS {
                        black_box(pinned.add(black_box(number), 1).expect("it adds"));
                    }
                }),
            ),
        ]
    } else {
        // SAFETY: the type of `probe.scatter`'s thunk.
        let bare = unsafe { std::mem::transmute::<*const (), fn(u64) -> Outcome<u64>>(thunk) };
        vec![
            (
                "bare function pointer",
                Box::new(move || {
                    for number in 0..CALLS {
                        let Outcome::Returned(sum) = black_box(bare)(black_box(number)) else {
                            return;
                        };
                        black_box(sum);
                    }
                }),
            ),
            (
                "gateway",
                Box::new(|| {
                    for number in 0..CALLS {
                        black_box(
                            fixtures
                                .probe()
                                .scatter(black_box(number))
                                .expect("it adds"),
                        );
                    }
                }),
            ),
            (
                "pinned",
                Box::new(|| {
                    let pinned = fixtures.probe().pin().expect("it is resident");
                    for number in 0..CALLS {
                        black_box(pinned.scatter(black_box(number)).expect("it adds"));
                    }
                }),
            ),
        ]
    }
}

/// The median nanoseconds a call of each way, on so many threads at once.
fn measure(ways: &[Way<'_>], threads: usize) -> Vec<f64> {
    let mut samples = vec![Vec::with_capacity(ROUNDS * threads); ways.len()];
    for _ in 0..ROUNDS {
        for ((_, way), samples) in ways.iter().zip(&mut samples) {
            let start = Barrier::new(threads);
            let times: Vec<f64> = thread::scope(|scope| {
                let runs: Vec<_> = (0..threads)
                    .map(|_| {
                        scope.spawn(|| {
                            start.wait();
                            let begun = Instant::now();
                            way();
                            begun.elapsed().as_nanos() as f64 / CALLS as f64
                        })
                    })
                    .collect();
                runs.into_iter().filter_map(|run| run.join().ok()).collect()
            });
            samples.extend(times);
        }
    }
    samples
        .into_iter()
        .map(|mut samples| {
            samples.sort_by(f64::total_cmp);
            samples[samples.len() / 2]
        })
        .collect()
}
