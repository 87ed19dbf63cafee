//! Whether all is well, and how fast it is.
use std::time::{Duration, Instant};

use home_types::{
    CheckTiming, HealthReport, HealthStatus, HomeError, HomeTarget, LimitInfo, PartHealth,
    ProcessInfo,
};
use lmms::{Context, operation};

use crate::home::Home;
use crate::peers::PeerHome;
use crate::process;

/// A home that takes longer to answer keeps voice commands waiting.
const SLOW: Duration = Duration::from_secs(2);

/// The most rounds one call of [`performance`] measures.
const MOST_ROUNDS: u32 = 1000;

/// What one thing is done for at most: how long a round takes is up to the home.
const LONGEST_CHECK: Duration = Duration::from_secs(1);

/// How well the application and a home are: whether the home answers and how fast, how many of its devices do, and how
/// much of memory and open files is used.
#[operation(interface = "debug")]
pub fn health(cx: &Context, home: &HomeTarget) -> HealthReport {
    let home = PeerHome::new(cx, home);
    let mut parts = home_parts(&home);
    let ((status, detail), took) =
        timed(|| files_health(&process::process_info(), &process::limits()));
    parts.push(PartHealth {
        part: "files".to_owned(),
        status,
        detail,
        took,
    });
    let ((status, detail), took) = timed(|| memory_health(&process::process_info()));
    parts.push(PartHealth {
        part: "memory".to_owned(),
        status,
        detail,
        took,
    });
    let status = parts
        .iter()
        .map(|part| part.status)
        .max()
        .unwrap_or(HealthStatus::Healthy);
    HealthReport {
        status,
        at: cx.unix_time(),
        parts,
    }
}

/// How long it takes, in real time, to ask a home for its devices, for all states and for one, to have another module
/// do something without the home, and to read the process' memory map. Each is done `rounds` times, at most 1,000,
/// until a second has passed.
#[operation(interface = "debug")]
pub fn performance(cx: &Context, home: &HomeTarget, rounds: Option<u32>) -> Vec<CheckTiming> {
    let home = PeerHome::new(cx, home);
    let rounds = rounds.unwrap_or(10);
    let mut timings = home_timings(&home, rounds);
    timings.push(measure("memory map", rounds, || {
        process::memory_map();
        Ok(())
    }));
    timings
}

fn home_parts(home: &dyn Home) -> Vec<PartHealth> {
    let (states, took) = timed(|| home.states());
    let part = |part: &str, status, detail| PartHealth {
        part: part.to_owned(),
        status,
        detail,
        took,
    };
    let states = match states {
        Ok(states) => states,
        Err(error) => return vec![part("home", HealthStatus::Unhealthy, error.to_string())],
    };
    let home = if took > SLOW {
        part(
            "home",
            HealthStatus::Degraded,
            format!("it answers, but takes {:.1} s", took.as_secs_f64()),
        )
    } else {
        part(
            "home",
            HealthStatus::Healthy,
            format!("it answers and has {} devices", states.len()),
        )
    };
    let offline: Vec<&str> = states
        .iter()
        .filter(|state| !state.online)
        .map(|state| state.device_id.as_str())
        .collect();
    let devices = match offline.len() {
        0 => part("devices", HealthStatus::Healthy, "all answer".to_owned()),
        count if count == states.len() => part(
            "devices",
            HealthStatus::Unhealthy,
            "none answers".to_owned(),
        ),
        count => {
            let names = offline
                .iter()
                .take(5)
                .copied()
                .collect::<Vec<_>>()
                .join(", ");
            let more = if count > 5 { ", …" } else { "" };
            part(
                "devices",
                HealthStatus::Degraded,
                format!("{count} do not answer: {names}{more}"),
            )
        }
    };
    vec![home, devices]
}

fn files_health(process: &ProcessInfo, limits: &[LimitInfo]) -> (HealthStatus, String) {
    let limit = limits
        .iter()
        .find(|limit| limit.name == "Max open files")
        .and_then(|limit| limit.soft);
    let open = u64::from(process.open_files);
    match limit {
        Some(limit) if open * 10 >= limit * 9 => (
            HealthStatus::Degraded,
            format!("{open} files are open of the {limit} allowed; raise the limit"),
        ),
        Some(limit) => (
            HealthStatus::Healthy,
            format!("{open} files are open of the {limit} allowed"),
        ),
        None => (HealthStatus::Healthy, format!("{open} files are open")),
    }
}

fn memory_health(process: &ProcessInfo) -> (HealthStatus, String) {
    let mebibytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let (resident, peak) = (
        mebibytes(process.resident_bytes),
        mebibytes(process.peak_resident_bytes),
    );
    let detail = format!("{resident:.1} MiB are resident, {peak:.1} MiB were at most");
    if process.swapped_bytes > process.resident_bytes {
        let swapped = mebibytes(process.swapped_bytes);
        return (
            HealthStatus::Degraded,
            format!("{detail}; {swapped:.1} MiB are swapped out: the system lacks memory"),
        );
    }
    (HealthStatus::Healthy, detail)
}

fn home_timings(home: &dyn Home, rounds: u32) -> Vec<CheckTiming> {
    let first = home
        .states()
        .ok()
        .and_then(|states| states.into_iter().next())
        .map(|state| state.device_id);
    let mut timings = vec![
        measure("list devices", rounds, || home.devices().map(drop)),
        measure("all states", rounds, || home.states().map(drop)),
    ];
    if let Some(id) = first {
        timings.push(measure("one state", rounds, || home.state(&id).map(drop)));
    }
    let mut round = 0;
    timings.push(measure("another module", rounds, || {
        // A new name each time: a repeated one would be answered from the gateway's cache.
        round += 1;
        home.compare("the living room lamp", &format!("Living room lamp {round}"))
            .map(drop)
    }));
    timings
}

fn measure(
    check: &str,
    rounds: u32,
    mut work: impl FnMut() -> Result<(), HomeError>,
) -> CheckTiming {
    measure_timed(check, rounds, || timed(&mut work))
}

/// The same with work that tells how long it took.
fn measure_timed(
    check: &str,
    rounds: u32,
    mut work: impl FnMut() -> (Result<(), HomeError>, Duration),
) -> CheckTiming {
    let mut times = Vec::new();
    let mut all = Duration::ZERO;
    let mut failure = None;
    for _ in 0..rounds.clamp(1, MOST_ROUNDS) {
        let (result, took) = work();
        times.push(took);
        all += took;
        if let Err(error) = result {
            failure = Some(error.to_string());
            break;
        }
        if all > LONGEST_CHECK {
            break;
        }
    }
    times.sort_unstable();
    let at = |position: usize| times.get(position).copied().unwrap_or_default();
    CheckTiming {
        check: check.to_owned(),
        rounds: u32::try_from(times.len()).unwrap_or(u32::MAX),
        fastest: at(0),
        median: at(times.len() / 2),
        slowest: at(times.len().saturating_sub(1)),
        failure,
    }
}

/// What work gives and how long it takes, in real time even where the gateway's clock is simulated.
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let value = work();
    (value, start.elapsed())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validation::tests::{FakeHome, device};

    #[test]
    fn a_home_is_as_well_as_its_devices() {
        let status = |home: &FakeHome| {
            home_parts(home)
                .iter()
                .map(|part| part.status)
                .max()
                .unwrap()
        };
        let mut home = FakeHome(Ok(vec![device("light.a", "A"), device("light.b", "B")]));
        assert_eq!(status(&home), HealthStatus::Healthy);
        home.0.as_mut().unwrap()[0].1.online = false;
        assert_eq!(status(&home), HealthStatus::Degraded);
        assert!(home_parts(&home)[1].detail.contains("light.a"));
        home.0.as_mut().unwrap()[1].1.online = false;
        assert_eq!(status(&home), HealthStatus::Unhealthy);
        let (name, reason) = ("the home".to_owned(), "gone".to_owned());
        let dead = FakeHome(Err(HomeError::Unreachable { home: name, reason }));
        assert_eq!(status(&dead), HealthStatus::Unhealthy);
        assert_eq!(home_parts(&dead).len(), 1);
    }

    #[test]
    fn scarce_files_and_memory_are_noticed() {
        let limit = |soft| {
            [LimitInfo {
                name: "Max open files".into(),
                soft: Some(soft),
                hard: None,
                unit: "files".into(),
            }]
        };
        let process = ProcessInfo {
            open_files: 90,
            resident_bytes: 1,
            swapped_bytes: 2,
            ..ProcessInfo::default()
        };
        assert_eq!(
            files_health(&process, &limit(100)).0,
            HealthStatus::Degraded
        );
        assert_eq!(
            files_health(&process, &limit(1000)).0,
            HealthStatus::Healthy
        );
        assert_eq!(files_health(&process, &[]).0, HealthStatus::Healthy);
        assert_eq!(memory_health(&process).0, HealthStatus::Degraded);
        assert_eq!(
            memory_health(&ProcessInfo {
                swapped_bytes: 0,
                ..process
            })
            .0,
            HealthStatus::Healthy
        );
    }

    #[test]
    fn a_check_ends_after_so_many_rounds_or_so_long() {
        let rounds = |asked: u32, milliseconds: u64| {
            let took = Duration::from_millis(milliseconds);
            measure_timed("x", asked, || (Ok(()), took)).rounds
        };
        assert_eq!(rounds(0, 0), 1);
        assert_eq!(rounds(u32::MAX, 0), 1_000);
        assert_eq!(rounds(u32::MAX, 300), 4, "a second is over");
    }

    #[test]
    fn checks_are_measured_until_one_fails() {
        let home = FakeHome(Ok(vec![device("light.a", "A")]));
        let timings = home_timings(&home, 7);
        assert_eq!(timings.len(), 4);
        for timing in timings {
            assert_eq!((timing.rounds, timing.failure), (7, None));
            assert!(timing.fastest <= timing.median && timing.median <= timing.slowest);
        }
        let (name, reason) = ("the home".to_owned(), "gone".to_owned());
        let dead = FakeHome(Err(HomeError::Unreachable { home: name, reason }));
        let timings = home_timings(&dead, 7);
        assert!(timings[0].rounds == 1 && timings[0].failure.is_some());
    }
}
