//! The day on AWS Lambda: GB-seconds by what is used, and as they are billed.

#![forbid(unsafe_code)]

use whole_system::Answered;

use super::lives::Lived;
use super::{BUILDS, COUNT, EAGER, FAMILY, OWN, each, rows};
use crate::row::{Row, Target};

/// The environments' lives, in each round, of each build.
pub fn lambda(invoked: &[Vec<Vec<Lived>>; COUNT]) -> Vec<Row> {
    let mut all = rows(
        "Lambda, smallest memory that works",
        "MiB",
        &each(invoked, |lives| needed(lives)),
        &[(EAGER, &[])],
    );
    let by_use = each(invoked, |lives| used(lives));
    all.extend(rows(
        "Lambda, GB-seconds by memory used",
        "GB-s",
        &by_use,
        &[(EAGER, &[Target::Ratio(0.18)])],
    ));
    let rounds = invoked[EAGER].iter().zip(&invoked[OWN]);
    let floor: Vec<f64> = rounds
        .map(|(eager, own)| without_loads(eager, own))
        .collect();
    let case = "Lambda, GB-seconds by memory used: (c) if loads took no time and modules no memory";
    all.push(
        Row::new(FAMILY, case, 1, "GB-s")
            .measured(&floor)
            .compared(BUILDS[EAGER], &floor, &by_use[EAGER])
            .noted("the start and memory of (c) without a module, and the answers of (a)"),
    );
    all.extend(rows(
        "Lambda, GB-seconds as billed",
        "GB-s",
        &each(invoked, |lives| billed(lives).sum()),
        &[(EAGER, &[])],
    ));
    let shares: [(&str, Share); 2] = [
        (
            "Lambda, share of what is billed that is time rounded up to 1 ms",
            |billed, exact, _| (billed - exact) / billed * 100.0,
        ),
        (
            "Lambda, share of what is billed that is memory not used",
            |billed, exact, used| (exact - used) / billed * 100.0,
        ),
    ];
    for (case, share) in shares {
        let of = each(invoked, |lives| {
            share(billed(lives).sum(), billed_exactly(lives), used(lives))
        });
        all.extend((0..COUNT).map(|build| {
            Row::new(FAMILY, format!("{case}: {}", BUILDS[build]), 1, "%").measured(&of[build])
        }));
    }
    all
}

/// A share in percent, of what is billed, what would be without rounding time, and what is used.
type Share = fn(f64, f64, f64) -> f64;

const GIGABYTE: f64 = (1u64 << 30) as f64;

/// The smallest configuration that works, in whole MiB, which AWS calls MB; it has none below 128.
fn needed(lives: &[Lived]) -> f64 {
    let peaks = lives.iter().map(|life| life.record.peak);
    let peak = peaks.max().unwrap_or_default();
    (peak as f64 / f64::from(1u32 << 20)).ceil()
}

/// Seconds in which an event has the processor.
fn seconds(event: &Answered) -> f64 {
    (event.answer + event.sweep) / 1e6
}

/// By the memory that there was with each answer, before anything was swept.
fn used(lives: &[Lived]) -> f64 {
    let life = |life: &Lived| {
        let start = life.ready / 1e6 * life.record.ready.resident as f64;
        let events = life.record.events.iter();
        start + events.map(|e| seconds(e) * e.resident as f64).sum::<f64>()
    };
    lives.iter().map(life).sum::<f64>() / GIGABYTE
}

/// What is left of the use where a module costs nothing.
fn without_loads(eager: &[Lived], own: &[Lived]) -> f64 {
    let life = |(eager, own): (&Lived, &Lived)| {
        let events: f64 = eager.record.events.iter().map(seconds).sum();
        (own.ready / 1e6 + events) * own.record.ready.resident as f64
    };
    eager.iter().zip(own).map(life).sum::<f64>() / GIGABYTE
}

/// What is billed for each environment: each event rounded up to a millisecond, the first one together with INIT.
fn billed(lives: &[Lived]) -> impl Iterator<Item = f64> {
    let gigabytes = configured(lives);
    lives.iter().map(move |life| {
        let init = std::iter::once(life.ready / 1e6).chain(std::iter::repeat(0.0));
        let events = life.record.events.iter().zip(init);
        let events = events.map(|(event, init)| ((init + seconds(event)) * 1e3).ceil());
        events.sum::<f64>() / 1e3 * gigabytes
    })
}

/// The same without rounding time.
fn billed_exactly(lives: &[Lived]) -> f64 {
    let time =
        |life: &Lived| life.ready / 1e6 + life.record.events.iter().map(seconds).sum::<f64>();
    lives.iter().map(time).sum::<f64>() * configured(lives)
}

/// The memory that is billed.
fn configured(lives: &[Lived]) -> f64 {
    needed(lives).max(128.0) / 1024.0
}
