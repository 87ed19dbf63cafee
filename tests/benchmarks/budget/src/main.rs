//! Does one of the hot paths so many times: `cargo xtask budget` counts its instructions.
//!
//! Usage: `hot-paths MODULES PATH COUNT`.

#![forbid(unsafe_code)]

use std::hint::black_box;
use std::time::Duration;

use lmms::clock::{Clock, ManualClock, SystemClock};
use serde_json::json;

lmms::gateway! {
    /// The module that is measured.
    Probe { modules: ["../modules/*"] }
}

/// The system's clock, without saying so: calls stay rare however many there are.
#[derive(Debug)]
struct Rare;

impl Clock for Rare {
    fn monotonic(&self) -> Duration {
        SystemClock.monotonic()
    }

    fn unix_time(&self) -> Duration {
        SystemClock.unix_time()
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, modules, path, count] = &arguments[..] else {
        return Err("usage: hot-paths MODULES PATH COUNT".into());
    };
    let count: u64 = count.parse()?;
    let builder = Probe::builder().modules(modules).background_sweeps(false);
    // Whether calls go straight through depends on how many there are in a tenth of a second, so on the machine.
    // Frequent ones are counted on a clock that stands still, rare ones on one that can't tell.
    let probe = match path.as_str() {
        "rare-call" => builder.clock(Rare),
        "cache-hit" => builder,
        _ => builder.clock(ManualClock::new()),
    }
    .open()?;
    // Loaded, and all that happens once has happened.
    let interface = probe.probe();
    interface.add(1, 2)?;
    let key = "sixteen bytes ok";
    match path.as_str() {
        "call" | "rare-call" => {
            for number in 0..count {
                black_box(probe.probe().add(black_box(number), 1)?);
            }
        }
        "pinned-call" => {
            let pinned = interface.pin()?;
            for number in 0..count {
                black_box(pinned.add(black_box(number), 1)?);
            }
        }
        "text-call" => {
            for _ in 0..count {
                black_box(probe.probe().join(black_box(key), black_box("more"))?);
            }
        }
        "cache-hit" => {
            interface.remembered_block(key)?;
            for _ in 0..count {
                black_box(probe.probe().remembered_block(black_box(key))?);
            }
        }
        "by-name" => {
            for number in 0..count {
                let kwargs = json!({"left": black_box(number), "right": 1});
                black_box(probe.execute_operation("probe", black_box("add"), kwargs)?);
            }
        }
        "heap" => {
            black_box(interface.allocate_small(count)?);
        }
        "heap-mixed" => {
            black_box(interface.allocate_mixed(count)?);
        }
        unknown => return Err(format!("there is no path {unknown}").into()),
    }
    Ok(())
}
