//! `demo`: a whole day in a home, on a simulated clock.
#![forbid(unsafe_code)]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use home_types::{Exposure, HomeTarget};

use crate::chart::{self, Sample};
use crate::effects::process_bytes;
use crate::error::Error;
use crate::gateway::SmartHome;
use crate::home::{Opening, Session};
use crate::output::{Screen, Style, duration, size, wrap};
use crate::recording::Recording;
use crate::replay::{Replay, Step};
use crate::report::{self, Form, WIDTH};
use crate::timeline::Timeline;

/// The day.
pub const DAY: &str = include_str!("../days/weekday.jsonl");

/// How many idle modules stay in the demo. It is the one number in which its policy differs from
/// the default, which is made for more modules than a demo has.
pub const MAX_RESIDENT: usize = 6;

/// The module that is explained at the end.
pub const EXPLAINED: &str = "virtual_home";

/// A demo that can be run.
#[derive(Clone, Debug)]
pub struct Demo {
    /// How the gateway is opened.
    pub opening: Opening,
    /// What is shown of the home, and how.
    pub exposure: Exposure,
    /// Where charts and pictures go; beside the modules folder if `None`.
    pub save_to: Option<PathBuf>,
    /// The module that is explained at the end.
    pub explain: String,
    /// When whoever started the demo began, since the Unix epoch.
    pub started: Option<Duration>,
}

/// When `cargo xtask demo` began, if it was that which started this.
pub fn started() -> Option<Duration> {
    let milliseconds = std::env::var("LMMS_DEMO_STARTED").ok()?.parse().ok()?;
    Some(Duration::from_millis(milliseconds))
}

impl Demo {
    /// Runs the demo.
    ///
    /// # Errors
    /// There are no built modules, the day's files or the output can't be written, or there is no
    /// module to explain of that name.
    pub fn run(mut self, screen: Screen, out: &mut dyn Write) -> Result<(), Error> {
        self.opening.max_resident.get_or_insert(MAX_RESIDENT);
        let modules = self.opening.modules_folder()?;
        let save_to = match self.save_to.take() {
            Some(folder) => folder,
            None => modules.parent().unwrap_or(Path::new(".")).join("demo"),
        };
        let database = TemporaryDatabase::new();
        let recording = Recording::new(DAY.as_bytes(), Duration::ZERO)?;
        let timeline = Timeline::simulated(recording.start());
        let target = database.target().exposed(self.exposure.clone());
        let session = Session::open(&self.opening, target, Some(&timeline))?;
        self.introduce(screen, out)?;
        let mut day = Day::new(self.started);
        let replay = Replay {
            session: &session,
            timeline: &timeline,
            save_to: Some(save_to.clone()),
        };
        replay.run(recording, Duration::from_secs(90), &mut |step| {
            day.tell(step, screen, out)
        })?;
        day.conclude(&session, screen, out)?;
        writeln!(out, "\n{}", heading(screen, "Why is it loaded?"))?;
        let explanation = session.gateway.explain(&self.explain)?.to_string();
        write_wrapped(out, &explanation)?;
        writeln!(
            out,
            "\nCharts and pictures of the day are in {}.",
            save_to.display()
        )?;
        Ok(())
    }

    fn introduce(&self, screen: Screen, out: &mut dyn Write) -> Result<(), Error> {
        let policy = self.opening.policy();
        let registry = SmartHome::REGISTRY;
        writeln!(
            out,
            "{}",
            heading(
                screen,
                "A Wednesday in a virtual home, on a simulated clock"
            )
        )?;
        let text = format!(
            "Nobody waits: the clock jumps from event to event, and stops where modules may go. What \
             something took is real time. The program knows {} operations of {} modules and contains none \
             of them. A module stays {} s after its last use; of idle ones, up to {} stay.",
            registry.operations().len(),
            registry.modules.len(),
            policy.grace.as_secs_f64(),
            policy.max_resident,
        );
        writeln!(out, "{}\n", wrap(&text, "", WIDTH))?;
        writeln!(out, "{}", report::head(screen))?;
        Ok(())
    }
}

/// What is remembered of the day for its end.
struct Day {
    started: Option<Duration>,
    answers: u64,
    cached: u64,
    resident: Vec<Sample>,
    process: Vec<Sample>,
    slowest: Duration,
}

impl Day {
    fn new(started: Option<Duration>) -> Self {
        Self {
            started,
            answers: 0,
            cached: 0,
            resident: Vec::new(),
            process: Vec::new(),
            slowest: Duration::ZERO,
        }
    }

    fn tell(&mut self, step: &Step, screen: Screen, out: &mut dyn Write) -> Result<(), Error> {
        Form::Text(screen).write(out, step)?;
        let (at, resident) = match step {
            Step::Asked(asked) => {
                self.answers += 1;
                self.cached += u64::from(asked.effects.cache_hits > 0);
                self.slowest = self.slowest.max(asked.took);
                (asked.at, asked.resident)
            }
            Step::Swept { at, resident, .. } => (*at, *resident),
            Step::Note(_) | Step::Malformed { .. } => return Ok(()),
        };
        self.resident.push(Sample {
            at,
            bytes: resident,
        });
        if let Some(bytes) = process_bytes() {
            self.process.push(Sample { at, bytes });
        }
        if self.answers == 1
            && let Some(started) = self.started.take()
        {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            let took = now.unwrap_or_default().saturating_sub(started);
            let text = format!(
                "         first answer {:.1} s after `cargo xtask demo` began",
                took.as_secs_f64()
            );
            writeln!(out, "{}", screen.paint(Style::Strong, text))?;
        }
        Ok(())
    }

    fn conclude(
        &self,
        session: &Session,
        screen: Screen,
        out: &mut dyn Write,
    ) -> Result<(), Error> {
        writeln!(out, "\n{}", heading(screen, "Memory over the day"))?;
        let resident = chart::draw(
            "resident modules: mapped files and heaps",
            &self.resident,
            7,
        );
        writeln!(out, "{resident}\n")?;
        if !self.process.is_empty() {
            let process = chart::draw("the whole process: resident set size", &self.process, 5);
            writeln!(out, "{process}\n")?;
        }
        writeln!(out, "{}", heading(screen, "Statistics"))?;
        let statistics = session.gateway.statistics();
        writeln!(out, "{statistics}")?;
        let text = format!(
            "{} answers, {} of them with the cache's help, the slowest after {}; {} loads and {} unloads gave {} back",
            self.answers,
            self.cached,
            duration(self.slowest),
            statistics.loads,
            statistics.unloads,
            size(statistics.bytes_reclaimed),
        );
        writeln!(out, "{}", screen.paint(Style::Good, wrap(&text, "", WIDTH)))?;
        Ok(())
    }
}

fn heading(screen: Screen, text: &str) -> String {
    screen.paint(
        Style::Strong,
        format!("── {text} {}", "─".repeat(WIDTH - 4 - text.chars().count())),
    )
}

/// Writes lines that keep their indentation where they are too long.
fn write_wrapped(out: &mut dyn Write, text: &str) -> Result<(), Error> {
    for line in text.lines() {
        if line.chars().count() <= WIDTH {
            writeln!(out, "{line}")?;
        } else {
            let indent = line.len() - line.trim_start().len();
            let lines = wrap(line, &" ".repeat(indent + 4), WIDTH);
            writeln!(out, "{}{}", " ".repeat(indent), lines.trim_start())?;
        }
    }
    Ok(())
}

/// A database file that is gone after the demo.
struct TemporaryDatabase(PathBuf);

impl TemporaryDatabase {
    fn new() -> Self {
        let name = format!("smart-home-demo-{}.db", std::process::id());
        let file = Self(std::env::temp_dir().join(name));
        // Left behind by a process of the same number that was killed.
        file.remove();
        file
    }

    fn target(&self) -> HomeTarget {
        HomeTarget::Virtual {
            path: self.0.to_string_lossy().into_owned(),
        }
    }

    fn remove(&self) {
        for ending in ["", "-journal", "-wal", "-shm"] {
            let mut path = self.0.clone().into_os_string();
            path.push(ending);
            // Not there is as good as removed.
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Drop for TemporaryDatabase {
    fn drop(&mut self) {
        self.remove();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events;

    #[test]
    fn every_line_of_the_day_is_sound_and_in_its_order() {
        let lines: Vec<_> = DAY.lines().map(events::parse).collect();
        let broken: Vec<_> = lines
            .iter()
            .filter_map(|line| line.as_ref().err())
            .collect();
        assert!(broken.is_empty(), "{broken:?}");
        let asked = lines
            .iter()
            .flatten()
            .filter(|line| line.question.is_some());
        assert!((60..=120).contains(&asked.count()));
        let recording = Recording::new(DAY.as_bytes(), Duration::ZERO).unwrap();
        for entry in recording {
            let entry = entry.unwrap();
            assert!(entry.content.is_ok(), "line {}", entry.line);
        }
    }

    #[test]
    fn the_demos_policy_is_the_default_but_for_one_number() {
        let demo = Opening {
            max_resident: Some(MAX_RESIDENT),
            ..Opening::default()
        };
        let expected = lmms::Policy::default().max_resident(MAX_RESIDENT);
        assert_eq!(demo.policy(), expected);
    }

    #[test]
    fn a_temporary_database_is_gone_afterwards() {
        let database = TemporaryDatabase::new();
        let path = database.0.clone();
        std::fs::write(&path, "x").unwrap();
        drop(database);
        assert!(!path.exists());
    }
}
