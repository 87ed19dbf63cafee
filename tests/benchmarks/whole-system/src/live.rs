//! A life: from start to end.

#![forbid(unsafe_code)]

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

use home_types::HomeTarget;
use lmms::Builder;
use smart_home::ask::{self, Answer, Question};
use smart_home::events::{self, Kept};
use smart_home::gateway::SmartHome;
use smart_home::timeline::Timeline;

use crate::memory::{faults, resident};
use crate::{Answered, Event, Memory, Record, Sample, Task, peak};

/// A way to build the same application.
#[derive(Clone, Copy, Debug)]
pub enum Build {
    /// Linked statically, everything initialised at start.
    Eager,
    /// Linked statically, everything initialised on first use.
    Lazy,
    /// The same, and it calls this for every five minutes without an event, to give memory back.
    Trimmed(fn()),
    /// Modules are loaded and unloaded.
    Loaded,
}

/// The shortest time between two sweeps.
const SHORTEST: Duration = Duration::from_secs(1);

/// After so long without an event, and then as often, [`Build::Trimmed`] gives memory back.
const IDLE: Duration = Duration::from_secs(300);

/// Lives the life that the task file in the arguments describes. `configure` says how modules come
/// into this build.
///
/// # Errors
/// The task can't be read, the gateway can't be opened, or the record can't be written.
pub fn live(
    build: Build,
    configure: impl FnOnce(Builder<SmartHome>, &Task) -> Builder<SmartHome>,
) -> Result<(), Box<dyn Error>> {
    let path = std::env::args().next_back().ok_or("usage: … TASK")?;
    let task: Task = serde_json::from_slice(&fs::read(path)?)?;
    let timeline = Timeline::simulated(Duration::try_from_secs_f64(task.start)?);
    let builder = configure(timeline.set(SmartHome::builder()), &task);
    let gateway = builder.open()?;
    let target = HomeTarget::Virtual {
        path: task.database.clone(),
    };
    let mut life = Life {
        build,
        gateway,
        target,
        timeline,
        next: None,
        kept: Kept::new(),
        loads: Vec::new(),
        record: Record::default(),
        sample_every: Duration::try_from_secs_f64(task.sample_every)?,
        sampled: Duration::ZERO,
    };
    if matches!(build, Build::Eager) {
        life.warm_up()?;
    }
    println!("ready");
    life.record.ready = Memory::now();
    let mut end = 0.0;
    for event in BufReader::new(File::open(&task.events)?).lines() {
        let event: Event = serde_json::from_str(&event?)?;
        end = event.after;
        life.pass(Duration::try_from_secs_f64(event.after)?);
        life.answer(&event.line)?;
        if life.record.events.len() == 1 {
            println!("answered");
        }
    }
    life.pass(Duration::try_from_secs_f64(end + task.rest)?);
    let statistics = life.gateway.statistics();
    let mut record = life.record;
    record.peak = peak();
    record.calls = statistics.calls;
    record.loads = statistics.loads;
    record.loads_avoided = statistics.loads_avoided;
    record.unloads = statistics.unloads;
    record.reclaimed = statistics.bytes_reclaimed;
    record.hits = statistics.cache.hits;
    fs::write(&task.record, serde_json::to_vec(&record)?)?;
    Ok(())
}

struct Life {
    build: Build,
    gateway: SmartHome,
    target: HomeTarget,
    timeline: Timeline,
    /// When a sweep may find something to do, or memory is given back.
    next: Option<Duration>,
    kept: Kept,
    /// How often each module had been loaded.
    loads: Vec<u64>,
    record: Record,
    sample_every: Duration,
    sampled: Duration,
}

/// One cheap, representative operation of every module with something to initialise.
const WARM_UP: &[(&str, &str, &str)] = &[
    ("alexa", "list_namespaces", "{}"),
    ("cache", "cleanup_expired", "{}"),
    ("config", "validate_all", "{}"),
    ("circuit_breaker", "allow", r#"{"name": "warm-up"}"#),
    ("debug", "health", "{}"),
    ("devices", "get_states", "{}"),
    ("http_client", "get_state", "{}"),
    ("metrics", "export_prometheus", "{}"),
    ("security", "redact", r#"{"text": "Bearer a.b.c"}"#),
    (
        "sun",
        "sunrise",
        r#"{"date": "2026-03-18", "latitude": 52.52, "longitude": 13.405, "zone": "Europe/Berlin"}"#,
    ),
    (
        "templates",
        "render",
        r#"{"template": "{{ a }}", "context": "{\"a\": 1}"}"#,
    ),
    (
        "charts",
        "line_svg",
        r#"{"series": [{"name": "a", "points": [[0, 1], [1, 2]]}], "options": {"title": "a", "unit": "b", "utc_offset_seconds": 0}}"#,
    ),
];

impl Life {
    /// What a program that initialises everything at its start does there.
    fn warm_up(&mut self) -> Result<(), Box<dyn Error>> {
        for module in self.gateway.registry().modules {
            self.gateway.load(module.name)?;
        }
        for (interface, operation, kwargs) in WARM_UP {
            let question = Question::Call {
                interface: (*interface).to_owned(),
                operation: (*operation).to_owned(),
                kwargs: serde_json::from_str(kwargs)?,
            };
            if let Answer::Failed(error) = ask::ask(&self.gateway, &self.target, &question) {
                return Err(format!("{interface}.{operation} at the start: {error}").into());
            }
        }
        Ok(())
    }

    /// Lets time pass, with what is given back and sampled meanwhile.
    fn pass(&mut self, after: Duration) {
        let due = self.timeline.due(after);
        loop {
            let sample = self.timeline.due(self.sampled);
            let sweep = self
                .next
                .map(|next| next.max(self.timeline.now().saturating_add(SHORTEST)));
            match sweep {
                Some(sweep) if sweep < due && sweep < sample => {
                    self.timeline.wait_until(sweep);
                    self.give_back();
                }
                _ if sample <= due => {
                    self.timeline.wait_until(sample);
                    self.record.samples.push(Sample {
                        at: self.sampled.as_secs_f64(),
                        memory: Memory::now(),
                    });
                    self.sampled += self.sample_every;
                }
                _ => break,
            }
        }
        self.timeline.wait_until(due);
    }

    /// Gives memory back while nothing is asked.
    fn give_back(&mut self) {
        if let Build::Trimmed(trim) = self.build {
            trim();
        }
        self.sweep();
    }

    /// Sweeps, in the build that can; gives the microseconds it took.
    fn sweep(&mut self) -> f64 {
        match self.build {
            Build::Eager | Build::Lazy => 0.0,
            Build::Trimmed(_) => {
                self.next = Some(self.timeline.now().saturating_add(IDLE));
                0.0
            }
            Build::Loaded => {
                let begun = Instant::now();
                let report = self.gateway.sweep();
                let took = begun.elapsed().as_nanos() as f64 / 1e3;
                self.next = report.next;
                took
            }
        }
    }

    /// Microseconds of each load since it was asked the last time.
    fn fresh_loads(&mut self) -> Vec<f64> {
        let modules = self.gateway.statistics().modules;
        let before = self.loads.drain(..).chain(std::iter::repeat(0));
        let fresh = modules.iter().zip(before);
        let fresh = fresh.filter(|(module, before)| module.loads > *before);
        let times = fresh.map(|(module, _)| module.load_time.as_nanos() as f64 / 1e3);
        let times = times.collect();
        self.loads = modules.iter().map(|module| module.loads).collect();
        times
    }

    fn answer(&mut self, line: &str) -> Result<(), Box<dyn Error>> {
        let line = events::parse(line)?;
        let Some(question) = &line.question else {
            return Ok(());
        };
        let question = events::resolved(question, &self.kept)?;
        let faults_before = faults();
        let begun = Instant::now();
        let answer = ask::ask(&self.gateway, &self.target, &question);
        let took = begun.elapsed().as_nanos() as f64 / 1e3;
        let faults = faults() - faults_before;
        let loads = self.fresh_loads();
        let resident = resident();
        let sweep = self.sweep();
        let failed = matches!(answer, Answer::Failed(_))
            || answer.to_json().pointer("/event/header/name") == Some(&"ErrorResponse".into());
        self.record.errors += u64::from(failed);
        if let Some(name) = line.keep {
            self.kept.insert(name, answer.to_json());
        }
        drop(answer);
        self.record.events.push(Answered {
            answer: took,
            loads,
            faults,
            sweep,
            resident,
        });
        Ok(())
    }
}
