//! The whole system: the smart home in three builds from the same sources, over the same day.
//!
//! Twice: as a server, one process from midnight to midnight, which is where memory over time
//! shows; and as AWS Lambda runs it, where an environment dies after ten minutes without an event,
//! so that the day has many cold starts.
//!
//! In all builds calls go through LMMS's gateway: the linked ones have a loader that finds modules in the program.

#![forbid(unsafe_code)]

mod day;
mod lambda;
mod late;
mod lives;

use std::fs;
use std::hint::black_box;

use smart_home::gateway::SmartHome;
use whole_system::{Memory, Record};

use crate::fixture;
use crate::measure::{Plan, timed};
use crate::row::{Row, Target, quantile, rivals};
use day::{Day, day, lives as environments};
use lambda::lambda;
use lives::{Lived, Nothing, Runner};

/// The builds: (a), (b), (b) as it is when it gives back while it idles what it can without unloading, and (c) as it is
/// by default, and such that it spares memory and time: no module stays only because there is room, and files aren't
/// hashed.
pub const BUILDS: [&str; COUNT] = [
    "(a) linked, eager",
    "(b) linked, LazyLock",
    "(b) linked, trimmed while idle",
    "(c) LMMS, default policy",
    "(c) LMMS, sparing",
];

/// How many there are.
const COUNT: usize = 5;

/// The build that initialises everything at the start.
const EAGER: usize = 0;

/// The one that initialises on first use.
const LAZY: usize = 1;

/// The one that gives back as well.
const TRIMMED: usize = 2;

/// The first one with LMMS.
const OWN: usize = 3;

/// What figures of LMMS are compared with, and what is aimed at.
type Against<'a> = &'a [(usize, &'a [Target])];

const FAMILY: &str = "whole-system";

/// Seconds that the server's day goes on behind its last event. For the first hour what was used in it is still warm.
const REST: f64 = 2.0 * 3600.0;

/// Where the chart of memory over the day takes its points from.
pub const SERIES: &str = "target/lmms/whole-system.json";

/// Runs the family.
pub fn run(plan: &Plan) -> Result<Vec<Row>, String> {
    let (events, rounds) = if plan.quick { (600, 1) } else { (4000, 3) };
    let day = day(events)?;
    let modules = fixture::build(fixture::repository())?;
    let runner = Runner::new(modules)?;
    let mut served: [Vec<Lived>; COUNT] = Default::default();
    let mut invoked: [Vec<Vec<Lived>>; COUNT] = Default::default();
    let mut floor = Vec::new();
    for round in 0..rounds {
        eprintln!(
            "  round {} of {rounds}: {} events",
            round + 1,
            day.events.len()
        );
        for (index, served) in served.iter_mut().enumerate() {
            let home = runner.home()?;
            served.push(runner.live(index, &home, &day, 0..day.events.len(), REST)?);
        }
        let mut homes = Vec::new();
        for _ in 0..COUNT {
            homes.push(runner.home()?);
        }
        let mut lived: [Vec<Lived>; COUNT] = Default::default();
        for range in environments(&day) {
            floor.push(runner.start_nothing()?);
            for (index, lived) in lived.iter_mut().enumerate() {
                lived.push(runner.live(index, &homes[index], &day, range.clone(), 0.0)?);
            }
        }
        for (all, lived) in invoked.iter_mut().zip(lived) {
            all.push(lived);
        }
    }
    keep_series(&served)?;
    let mut rows = vec![
        Row::new(FAMILY, "the day: events", 1, "events").exactly(day.events.len() as f64),
        Row::new(
            FAMILY,
            "the day: environments started on Lambda",
            1,
            "starts",
        )
        .exactly(environments(&day).len() as f64),
    ];
    rows.extend(starts(&invoked, &floor));
    rows.extend(server(&served, &day));
    rows.extend(calls(&served)?);
    rows.push(floor_of_peak(&served)?);
    rows.extend(lambda(&invoked));
    for (module, taken, back) in runner.returned()? {
        let case = format!("resident bytes back behind the unload of {module}");
        let row = Row::new(FAMILY, case, 1, "%").exactly(back / taken * 100.0);
        rows.push(
            row.aimed(&[Target::Percent(98.0)])
                .noted(format!("of {:.0} KiB", taken / 1024.0)),
        );
    }
    Ok(rows)
}

/// A figure of all builds, as rows. Of LMMS there is one for each build that it is compared with.
fn rows(case: &str, unit: &str, figures: &[Vec<f64>; COUNT], against: Against<'_>) -> Vec<Row> {
    let row = |build: usize| {
        let case = format!("{case}: {}", BUILDS[build]);
        Row::new(FAMILY, case, 1, unit).measured(&figures[build])
    };
    let linked = (0..OWN).map(row);
    let own = (OWN..COUNT).flat_map(|build| {
        against.iter().map(move |(other, targets)| {
            row(build)
                .compared(BUILDS[*other], &figures[build], &figures[*other])
                .aimed(targets)
        })
    });
    linked.chain(own).collect()
}

/// Memory of all builds, as RSS, PSS and private dirty memory: what is aimed at is for the last one.
fn memory<T>(
    case: &str,
    of: &[Vec<T>; COUNT],
    figure: impl Fn(&T) -> [f64; 3],
    against: Against<'_>,
    all_aimed: bool,
) -> Vec<Row> {
    let kinds = ["RSS", "PSS", "private dirty memory"];
    let untargeted: Vec<(usize, &[Target])> =
        against.iter().map(|(build, _)| (*build, &[][..])).collect();
    let mut all = Vec::new();
    for (index, kind) in kinds.iter().enumerate() {
        let figures = each(of, |of| figure(of)[index] / 1e6);
        let last = index == kinds.len() - 1;
        let against = if last || all_aimed {
            against
        } else {
            &untargeted
        };
        all.extend(rows(&case.replace("{}", kind), "MB", &figures, against));
    }
    all
}

/// Resident, proportional and private dirty bytes.
fn kinds(memory: &Memory) -> [f64; 3] {
    [memory.resident, memory.proportional, memory.dirty].map(|bytes| bytes as f64)
}

fn each<T>(of: &[Vec<T>; COUNT], figure: impl Fn(&T) -> f64) -> [Vec<f64>; COUNT] {
    std::array::from_fn(|build| of[build].iter().map(&figure).collect())
}

/// Cold starts: every life of every round. `floor`: what a program that does nothing took, each time.
fn starts(invoked: &[Vec<Vec<Lived>>; COUNT], floor: &[Nothing]) -> Vec<Row> {
    let lives: [Vec<&Lived>; COUNT] =
        std::array::from_fn(|build| invoked[build].iter().flatten().collect());
    let ready = each(&lives, |life| life.ready / 1e3);
    let answered = each(&lives, |life| life.answered / 1e3);
    let took: Vec<f64> = floor.iter().map(|nothing| nothing.took).collect();
    let nothing = "an empty program";
    let case = format!("start to ready: {nothing}");
    let mut all = vec![
        Row::new(FAMILY, case, 1, "ms")
            .measured(&took)
            .noted("so much any Rust program takes"),
    ];
    let aim = [(EAGER, &[][..]), (LAZY, &[][..])];
    all.extend(rows("start to ready", "ms", &ready, &aim));
    all.extend((OWN..COUNT).map(|build| {
        Row::new(
            FAMILY,
            format!("start to ready: {}", BUILDS[build]),
            1,
            "ms",
        )
        .measured(&ready[build])
        .compared(nothing, &ready[build], &took)
        .aimed(&[Target::Ratio(1.2)])
    }));
    let aim = [(EAGER, &[][..]), (LAZY, &[Target::Ratio(1.3)][..])];
    all.extend(rows("start to first answer", "ms", &answered, &aim));
    let without_loads = ready[OWN]
        .iter()
        .zip(ready[EAGER].iter().zip(&answered[EAGER]));
    let without_loads: Vec<f64> = without_loads
        .map(|(own, (ready, answered))| own + answered - ready)
        .collect();
    let case = "start to first answer: (c) if loads took no time";
    all.push(
        Row::new(FAMILY, case, 1, "ms")
            .measured(&without_loads)
            .compared(BUILDS[LAZY], &without_loads, &answered[LAZY])
            .noted("the start of (c), and the answer of (a), which has everything initialised"),
    );
    let dirty: Vec<f64> = floor.iter().map(|nothing| nothing.dirty / 1e6).collect();
    all.push(
        Row::new(
            FAMILY,
            format!("private dirty memory when ready: {nothing}"),
            1,
            "MB",
        )
        .measured(&dirty),
    );
    all.extend(memory(
        "{} when ready",
        &lives,
        |life| kinds(&life.record.ready),
        &[
            (EAGER, &[Target::Ratio(0.3)]),
            (LAZY, &[Target::Ratio(0.5)]),
        ],
        true,
    ));
    all
}

/// One process all day.
fn server(served: &[Vec<Lived>; COUNT], day: &Day) -> Vec<Row> {
    let answers = |life: &Lived| -> Vec<f64> {
        life.record
            .events
            .iter()
            .map(|event| event.answer)
            .collect()
    };
    let share = |life: &Lived, share| quantile(&answers(life), share).unwrap_or_default();
    let mut all = memory(
        "server, {} on average over the day",
        served,
        |life| mean(&life.record),
        &[(LAZY, &[]), (TRIMMED, &[])],
        false,
    );
    let idle = |life: &Lived, rest: f64| {
        let end = day.events.last().map_or(0.0, |event| event.after);
        // Up to five minutes earlier: the last sample until then.
        let mut samples = life.record.samples.iter();
        let after = samples.rfind(|sample| sample.at <= end + rest);
        after.map_or([f64::NAN; 3], |sample| kinds(&sample.memory))
    };
    all.extend(memory(
        "server, {} an hour behind the last event",
        served,
        |life| idle(life, 3600.0),
        &[(LAZY, &[]), (TRIMMED, &[])],
        false,
    ));
    all.extend(memory(
        "server, {} two hours behind the last event",
        served,
        |life| idle(life, REST),
        &[
            (LAZY, &[Target::Ratio(0.6)]),
            (TRIMMED, &[Target::Ratio(1.0)]),
        ],
        false,
    ));
    rivals(&mut all, BUILDS[OWN], |row| {
        row.case.ends_with(BUILDS[TRIMMED])
    });
    all.extend(rows(
        "server, peak RSS",
        "MB",
        &each(served, |life| life.record.peak as f64 / 1e6),
        &[(LAZY, &[Target::Ratio(1.1)])],
    ));
    all.extend(rows(
        "server, time to the answer, p50",
        "µs",
        &each(served, |life| share(life, 0.5)),
        &[(LAZY, &[Target::Ratio(1.1)])],
    ));
    all.extend(rows(
        "server, time to the answer, p99",
        "µs",
        &each(served, |life| share(life, 0.99)),
        &[(LAZY, &[])],
    ));
    let faults = |life: &Lived| -> u64 { life.record.events.iter().map(|e| e.faults).sum() };
    all.extend(rows(
        "server, page faults before answers",
        "faults",
        &each(served, |life| faults(life) as f64),
        &[(LAZY, &[])],
    ));
    for build in OWN..COUNT {
        all.extend(late::rows(served, build));
        let own = |case: &str, unit: &str, figure: fn(&Record) -> f64| {
            let rounds: Vec<f64> = served[build]
                .iter()
                .map(|life| figure(&life.record))
                .collect();
            Row::new(
                FAMILY,
                format!("server, {case}: {}", BUILDS[build]),
                1,
                unit,
            )
            .measured(&rounds)
        };
        all.push(own("loads", "loads", |record| record.loads as f64));
        all.push(own("loads avoided by the cache", "loads", |record| {
            record.loads_avoided as f64
        }));
        all.push(own("answers from the cache", "hits", |record| {
            record.hits as f64
        }));
        all.push(own("unloads", "unloads", |record| record.unloads as f64));
        all.push(own("given back by unloads", "MB", |record| {
            record.reclaimed as f64 / 1e6
        }));
        all.push(own("sweep behind an event", "µs", |record| {
            let sweeps: Vec<f64> = record.events.iter().map(|event| event.sweep).collect();
            quantile(&sweeps, 0.5).unwrap_or_default()
        }));
    }
    let errors = each(served, |life| life.record.errors as f64);
    all.extend(rows(
        "server, answers that are errors",
        "answers",
        &errors,
        &[(LAZY, &[Target::Ratio(1.0)])],
    ));
    all
}

/// What a program that calls the same functions directly would save: at most what the calls through the gateway take,
/// each of which counts as one that comes alone.
fn calls(served: &[Vec<Lived>; COUNT]) -> Result<Vec<Row>, String> {
    let probe = fixture::open_with(|builder| builder.clock(fixture::Rare))?;
    let call = |count: u64| -> Result<(), String> {
        for number in 0..count {
            let answer = probe.probe().add(black_box(number), 1);
            black_box(answer.map_err(|error| error.to_string())?);
        }
        Ok(())
    };
    call(1000)?;
    let (took, done) = timed(|| call(100_000));
    done?;
    let each_call = took / 100_000.0;
    let figures = |figure: &dyn Fn(&Record) -> f64| each(served, |life| figure(&life.record));
    let of_an_answer = figures(&|record| record.calls as f64 / record.events.len().max(1) as f64);
    let share = figures(&|record| {
        let answers: f64 = record.events.iter().map(|event| event.answer * 1e3).sum();
        record.calls as f64 * each_call / answers * 100.0
    });
    let row = |case: &str, unit: &str, figures: &[Vec<f64>; COUNT], build: usize| {
        let case = format!("server, {case}: {}", BUILDS[build]);
        Row::new(FAMILY, case, 1, unit).measured(&figures[build])
    };
    let counted = (0..COUNT).map(|build| {
        row(
            "calls through the gateway for an answer",
            "calls",
            &of_an_answer,
            build,
        )
    });
    let shares = (0..COUNT).map(|build| {
        row(
            "share of the time to the answers that those calls take, at most",
            "%",
            &share,
            build,
        )
        .noted(format!("{each_call:.0} ns a call"))
    });
    Ok(counted.chain(shares).collect())
}

/// What the peak can't be below with so many libraries: each has its own copy of what they share, and a heap of its
/// own, even if it holds a few lines.
fn floor_of_peak(served: &[Vec<Lived>; COUNT]) -> Result<Row, String> {
    let probe = fixture::open()?;
    let mut taken = 0;
    // The first time the process itself grows.
    for _ in 0..3 {
        probe
            .unload("benchmark-probe")
            .map_err(|error| error.to_string())?;
        let before = Memory::now().resident;
        let answer = probe.probe().add(1, 2);
        answer.map_err(|error| error.to_string())?;
        taken = Memory::now().resident.saturating_sub(before);
    }
    let modules = SmartHome::REGISTRY.modules.len() as f64;
    let careful = each(served, |life| life.record.peak as f64 / 1e6);
    let floor: Vec<f64> = careful[LAZY]
        .iter()
        .map(|peak| peak + modules * taken as f64 / 1e6)
        .collect();
    let case = "server, peak RSS: (b) and what as many libraries of a few lines take";
    let row = Row::new(FAMILY, case, 1, "MB").measured(&floor);
    let note = format!("{modules} of {:.0} KiB", taken as f64 / 1024.0);
    Ok(row
        .compared(BUILDS[LAZY], &floor, &careful[LAZY])
        .noted(note))
}

fn mean(record: &Record) -> [f64; 3] {
    let mut sums = [0.0; 3];
    for sample in &record.samples {
        for (sum, bytes) in sums.iter_mut().zip(kinds(&sample.memory)) {
            *sum += bytes;
        }
    }
    sums.map(|sum| sum / record.samples.len().max(1) as f64)
}

/// Memory over the day of the first round, for the chart.
fn keep_series(served: &[Vec<Lived>; COUNT]) -> Result<(), String> {
    let series: Vec<Vec<(f64, f64)>> = served
        .iter()
        .map(|lives| {
            let samples = lives.first().map(|life| &life.record.samples[..]);
            let points = samples.unwrap_or_default().iter();
            let points = points.map(|s| (s.at / 3600.0, s.memory.proportional as f64 / 1e6));
            points.collect()
        })
        .collect();
    let path = fixture::repository().join(SERIES);
    let text = serde_json::to_string(&series).map_err(|error| error.to_string())?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| error.to_string())?;
    }
    fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))
}
