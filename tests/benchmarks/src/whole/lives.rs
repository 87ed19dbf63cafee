//! Processes that live through a part of the day.

#![forbid(unsafe_code)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::ops::Range;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use tempfile::TempDir;
use whole_system::{Event, Record, Task};

use super::OWN;
use super::day::Day;
use crate::fixture::beside;
use crate::process::Ready;

/// Seconds of simulated time between two samples of memory.
const SAMPLE_EVERY: f64 = 300.0;

/// What a process measured, and what was seen of it from outside.
#[derive(Debug)]
pub struct Lived {
    /// Microseconds from before it was started to being ready.
    pub ready: f64,
    /// Microseconds from before it was started to its first answer.
    pub answered: f64,
    /// Its own record.
    pub record: Record,
}

/// What a program that does nothing takes.
#[derive(Clone, Copy, Debug)]
pub struct Nothing {
    /// Milliseconds until it was ready.
    pub took: f64,
    /// Bytes of private dirty memory then.
    pub dirty: f64,
}

/// A folder for the homes' databases, in memory where that can be had: otherwise waiting for the disk is most of what
/// is measured, in all builds.
fn in_memory() -> std::io::Result<TempDir> {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir())
}

/// Starts processes.
#[derive(Debug)]
pub struct Runner {
    modules: PathBuf,
    folder: TempDir,
    homes: std::cell::Cell<u32>,
}

impl Runner {
    /// With the built modules for the build that loads them.
    pub fn new(modules: PathBuf) -> Result<Self, String> {
        Ok(Self {
            modules,
            folder: in_memory().map_err(|error| error.to_string())?,
            homes: std::cell::Cell::new(0),
        })
    }

    /// A home that nobody has lived in yet.
    pub fn home(&self) -> Result<PathBuf, String> {
        self.homes.set(self.homes.get() + 1);
        let folder = self.folder.path().join(self.homes.get().to_string());
        fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        Ok(folder.join("home.db"))
    }

    /// A program that does nothing: milliseconds from before it was started to its being ready, and the bytes of
    /// private dirty memory that it has then.
    pub fn start_nothing(&self) -> Result<Nothing, String> {
        let empty = Ready::start(&beside("empty")?, &[])?;
        let took = empty.took.as_nanos() as f64 / 1e6;
        let dirty = empty.memory("Private_Dirty")?;
        empty.end()?;
        Ok(Nothing { took, dirty })
    }

    /// What comes back when modules are unloaded: which, bytes that it took, bytes that are back.
    pub fn returned(&self) -> Result<Vec<(String, f64, f64)>, String> {
        let output = Command::new(beside("system-lmms")?)
            .arg("returned")
            .arg(&self.modules)
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| error.to_string())?;
        if !output.status.success() {
            return Err(format!(
                "system-lmms returned: it ended with {}",
                output.status
            ));
        }
        serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
    }

    /// Lives through these events of the day with one of the builds, and `rest` seconds more.
    pub fn live(
        &self,
        build: usize,
        home: &std::path::Path,
        day: &Day,
        range: Range<usize>,
        rest: f64,
    ) -> Result<Lived, String> {
        // One process all day begins at midnight, an environment with its first event.
        let begin = if rest > 0.0 {
            0.0
        } else {
            day.events[range.start].after
        };
        let path = |name: &str| self.folder.path().join(name);
        let mut lines = String::new();
        let start = day.start + begin;
        for event in &day.events[range] {
            let event = Event {
                after: event.after - begin,
                line: event.line.clone(),
            };
            lines += &serde_json::to_string(&event).map_err(|error| error.to_string())?;
            lines.push('\n');
        }
        fs::write(path("events.jsonl"), lines).map_err(|error| error.to_string())?;
        let task = Task {
            database: home.to_string_lossy().into_owned(),
            modules: self.modules.to_string_lossy().into_owned(),
            start,
            events: path("events.jsonl").to_string_lossy().into_owned(),
            rest,
            sample_every: SAMPLE_EVERY,
            record: path("record.json").to_string_lossy().into_owned(),
        };
        let file = path("task.json");
        let text = serde_json::to_vec(&task).map_err(|error| error.to_string())?;
        fs::write(&file, text).map_err(|error| error.to_string())?;
        let mut command = match build {
            linked if linked < OWN => {
                let mut command = Command::new(beside("system-linked")?);
                command.arg(["eager", "lazy", "trimmed"][linked]);
                command
            }
            own => {
                let mut command = Command::new(beside("system-lmms")?);
                command.arg(["default", "sparing"][own - OWN]);
                command
            }
        };
        command.arg(&file).stdout(Stdio::piped());
        let begun = Instant::now();
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        let mut times = Vec::new();
        for line in child
            .stdout
            .take()
            .map(BufReader::new)
            .into_iter()
            .flat_map(BufRead::lines)
        {
            line.map_err(|error| error.to_string())?;
            times.push(begun.elapsed().as_nanos() as f64 / 1e3);
        }
        let status = child.wait().map_err(|error| error.to_string())?;
        let [ready, answered] = times[..] else {
            return Err(format!("{}: it ended with {status}", super::BUILDS[build]));
        };
        if !status.success() {
            return Err(format!("{}: it ended with {status}", super::BUILDS[build]));
        }
        let record = fs::read(&task.record).map_err(|error| error.to_string())?;
        Ok(Lived {
            ready,
            answered,
            record: serde_json::from_slice(&record).map_err(|error| error.to_string())?,
        })
    }
}
