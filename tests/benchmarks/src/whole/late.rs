//! How much later than in the careful build answers are, event by event.

#![forbid(unsafe_code)]

use whole_system::Answered;

use super::lives::Lived;
use super::{BUILDS, COUNT, FAMILY, LAZY};
use crate::row::{Row, Target, quantile};

/// The careful build, which answers are compared with.
const CAREFUL: usize = LAZY;

/// What an event took, in microseconds, each the best of all rounds: what else the machine did is not the event's
/// fault.
struct Event {
    /// Behind the careful build's answer.
    late: f64,
    /// How many loads it waited for.
    loads: f64,
    /// What the longest of them took.
    longest: f64,
    /// What they took together.
    together: f64,
    faults: f64,
    faults_of_careful: f64,
}

/// The median of how late answers are, the latest beside the longest load of the day (of all, of those that waited for
/// one load, of those that waited for none), and how many are later than that load took.
pub(super) fn rows(served: &[Vec<Lived>; COUNT], build: usize) -> Vec<Row> {
    let events = events(&served[build], &served[CAREFUL]);
    let load = events
        .iter()
        .fold(0.0, |most, event| event.longest.max(most));
    let row = |case: &str, unit: &str| {
        let case = format!("server, {case}: {}", BUILDS[build]);
        Row::new(FAMILY, case, 1, unit)
    };
    let latest = |case: &str, counts: fn(&Event) -> bool| {
        let row = row(&format!("latest answer {case}"), "µs");
        let events = events.iter().filter(|event| counts(event));
        let Some(event) = events.max_by(|one, other| one.late.total_cmp(&other.late)) else {
            return row.exactly(0.0).noted("there is none");
        };
        row.exactly(event.late).noted(format!(
            "the longest load took {load:.0} µs; this event waited for {:.0}, {:.0} µs together, and for {:.0} page faults, \
             in (b) for {:.0}",
            event.loads, event.together, event.faults, event.faults_of_careful
        ))
    };
    let late: Vec<f64> = events.iter().map(|event| event.late).collect();
    let median = quantile(&late, 0.5).unwrap_or_default();
    let any = latest("behind (b)", |_| true);
    let late = any.median.unwrap_or_default();
    let any = any
        .compared("the longest load", &[late], &[load])
        .aimed(&[Target::Ratio(1.0)]);
    let too_late = || events.iter().filter(|event| event.late > load);
    let chains = too_late().filter(|event| event.together > load).count();
    vec![
        row("median answer behind (b)", "µs").exactly(median),
        any,
        latest("behind (b) that waited for one load", |event| event.loads == 1.0),
        latest("behind (b) that waited for no load", |event| event.loads == 0.0),
        row("answers behind (b) by more than the longest load", "answers")
            .exactly(too_late().count() as f64)
            .noted(format!(
                "of {}; {chains} of them waited for several loads that together took longer than the longest",
                events.len()
            )),
    ]
}

fn events(own: &[Lived], careful: &[Lived]) -> Vec<Event> {
    let count = own.first().map_or(0, |life| life.record.events.len());
    let best = |lives: &[Lived], event: usize, figure: fn(&Answered) -> f64| {
        let events = lives
            .iter()
            .filter_map(|life| life.record.events.get(event));
        events.map(figure).fold(f64::MAX, f64::min)
    };
    let longest = |event: &Answered| event.loads.iter().copied().fold(0.0, f64::max);
    (0..count)
        .map(|event| Event {
            late: best(own, event, |event| event.answer)
                - best(careful, event, |event| event.answer),
            loads: best(own, event, |event| event.loads.len() as f64),
            longest: best(own, event, longest),
            together: best(own, event, |event| event.loads.iter().sum()),
            faults: best(own, event, |event| event.faults as f64),
            faults_of_careful: best(careful, event, |event| event.faults as f64),
        })
        .collect()
}
