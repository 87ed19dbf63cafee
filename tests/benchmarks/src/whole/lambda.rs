//! The day on AWS Lambda: GB-seconds by what is used, and as they are billed.

#![forbid(unsafe_code)]

use whole_system::Answered;

use super::lives::Lived;
use super::{BUILDS, COUNT, FAMILY, OWN, each, rows};
use crate::row::{Row, Target};

/// The environments' lives, in each round, of each build.
pub fn lambda(invoked: &[Vec<Vec<Lived>>; COUNT]) -> Vec<Row> {
    let mut all = rows(
        "Lambda, smallest memory that works",
        "MB",
        &each(invoked, |lives| needed(lives)),
        0,
        &[],
    );
    let by_use = each(invoked, |lives| used(lives));
    all.extend(rows(
        "Lambda, GB-seconds by memory used",
        "GB-s",
        &by_use,
        0,
        &[Target::Ratio(0.18)],
    ));
    let rounds = invoked[0].iter().zip(&invoked[OWN]);
    let floor: Vec<f64> = rounds
        .map(|(eager, own)| without_loads(eager, own))
        .collect();
    let case = "Lambda, GB-seconds by memory used: (c) if loads took no time and modules no memory";
    all.push(
        Row::new(FAMILY, case, 1, "GB-s")
            .measured(&floor)
            .compared(BUILDS[0], &floor, &by_use[0])
            .noted("the start and memory of (c) without a module, and the answers of (a)"),
    );
    all.extend(rows(
        "Lambda, GB-seconds as billed",
        "GB-s",
        &each(invoked, |lives| billed(lives)),
        0,
        &[],
    ));
    all
}

const GIGABYTE: f64 = (1u64 << 30) as f64;

/// The smallest configuration that works, in whole MB; AWS has none below 128.
fn needed(lives: &[Lived]) -> f64 {
    let peaks = lives.iter().map(|life| life.record.peak);
    let peak = peaks.max().unwrap_or_default();
    (peak as f64 / f64::from(1u32 << 20)).ceil()
}

/// Seconds in which an event has the processor.
fn seconds(event: &Answered) -> f64 {
    (event.answer + event.sweep) / 1e6
}

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

fn billed(lives: &[Lived]) -> f64 {
    let gigabytes = needed(lives).max(128.0) / 1024.0;
    let life = |life: &Lived| {
        let events = life.record.events.iter();
        let events = events.map(|e| ((e.answer + e.sweep) / 1e3).ceil());
        ((life.ready / 1e3).ceil() + events.sum::<f64>()) / 1e3 * gigabytes
    };
    lives.iter().map(life).sum()
}
