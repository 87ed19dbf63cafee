//! `replay`: many events, one after the other, on a real or a simulated clock.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use home_types::HomeTarget;
use lmms::SweepReport;

use crate::ask::{self, Answer, Question};
use crate::effects::{Effects, Unloaded, resident_bytes};
use crate::error::Error;
use crate::events::{self, Kept, Line, Moment};
use crate::home::Session;
use crate::output;
use crate::recording::{At, Recording};
use crate::summary;
use crate::timeline::Timeline;

/// Something that happened in a replay.
#[derive(Clone, Debug)]
pub enum Step {
    /// A heading.
    Note(String),
    /// Something was asked.
    Asked(Box<Asked>),
    /// A sweep between two events unloaded modules.
    Swept {
        /// When.
        at: At,
        /// What went.
        unloaded: Vec<Unloaded>,
        /// What all resident modules hold afterwards, in bytes.
        resident: u64,
    },
    /// A line that can't be replayed.
    Malformed {
        /// Its number, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
}

/// A question, its answer, and what it did.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The line's number, from 1.
    pub line: usize,
    /// When.
    pub at: At,
    /// The question in a few words.
    pub question: String,
    /// The answer in a few words.
    pub summary: summary::Summary,
    /// The answer itself.
    pub answer: Answer,
    /// What it did to modules and cache; unloads are those of the sweep after it.
    pub effects: Effects,
    /// How long the answer took, in real time.
    pub took: Duration,
    /// What all resident modules hold afterwards, in bytes.
    pub resident: u64,
}

/// What became of a replay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How much was asked.
    pub asked: u64,
    /// How many answers were errors.
    pub errors: u64,
    /// How many lines were malformed.
    pub malformed: u64,
}

/// A replay that is going on.
#[derive(Debug)]
pub struct Replay<'a> {
    /// The home that is asked, opened on `timeline`.
    pub session: &'a Session,
    /// What it goes by.
    pub timeline: &'a Timeline,
    /// Where lines with `save` put their answers; nowhere if `None`.
    pub save_to: Option<PathBuf>,
}

/// The shortest time between two sweeps.
const SHORTEST: Duration = Duration::from_secs(1);

impl Replay<'_> {
    /// Replays `recording` and then lets `rest` pass; tells `tell` each step.
    ///
    /// Each line is read, answered and told before the next one is read.
    ///
    /// # Errors
    /// What `tell` says, an answer that can't be saved, or a line that can't be read.
    pub fn run(
        &self,
        recording: Recording<'_>,
        rest: Duration,
        tell: &mut dyn FnMut(&Step) -> Result<(), Error>,
    ) -> Result<Outcome, Error> {
        let mut run = Run {
            replay: self,
            start: recording.start(),
            offset: 0,
            next: None,
            kept: Kept::new(),
            outcome: Outcome::default(),
            tell,
        };
        let mut end = Duration::ZERO;
        for entry in recording {
            let entry = entry.map_err(|error| Error::file("read", "the recording", error))?;
            if entry.start != run.start {
                run.start = entry.start;
                self.timeline.set_start(entry.start);
            }
            match entry.content {
                Ok((after, line)) => {
                    end = after;
                    run.pass(after)?;
                    run.line(entry.line, line)?;
                }
                Err(problem) => run.malformed(entry.line, problem)?,
            }
        }
        run.pass(end.saturating_add(rest))?;
        Ok(run.outcome)
    }
}

struct Run<'a, 'b> {
    replay: &'a Replay<'a>,
    start: Duration,
    offset: i64,
    /// When a sweep may find something to do, on the gateway's clock.
    next: Option<Duration>,
    kept: Kept,
    outcome: Outcome,
    tell: &'b mut dyn FnMut(&Step) -> Result<(), Error>,
}

impl Run<'_, '_> {
    /// Lets time pass until `after` the begin, with the sweeps that fall into it.
    fn pass(&mut self, after: Duration) -> Result<(), Error> {
        let Replay {
            session, timeline, ..
        } = *self.replay;
        let due = timeline.due(after);
        while let Some(next) = self.next {
            let next = next.max(timeline.now().saturating_add(SHORTEST));
            if next >= due {
                break;
            }
            timeline.wait_until(next);
            let before = session.gateway.statistics();
            let report = session.gateway.sweep();
            self.next = report.next;
            if report.unloaded() == 0 {
                continue;
            }
            let now = session.gateway.statistics();
            let step = Step::Swept {
                at: self.at(timeline.elapsed(timeline.now())),
                unloaded: Effects::between(&before, &now).unloaded,
                resident: resident_bytes(&now),
            };
            (self.tell)(&step)?;
        }
        timeline.wait_until(due);
        Ok(())
    }

    fn line(&mut self, number: usize, line: Line) -> Result<(), Error> {
        if let Some(Moment::At { offset, .. }) = line.at {
            self.offset = offset;
        }
        if let Some(note) = &line.note {
            (self.tell)(&Step::Note(note.clone()))?;
        }
        let Some(question) = &line.question else {
            return Ok(());
        };
        match events::resolved(question, &self.kept) {
            Ok(question) => self.ask(number, &line, &question),
            Err(problem) => self.malformed(number, problem),
        }
    }

    fn ask(&mut self, number: usize, line: &Line, question: &Question) -> Result<(), Error> {
        let Replay {
            session, timeline, ..
        } = *self.replay;
        let gateway = &session.gateway;
        let target = &match (&line.home, &session.target) {
            (Some(home), HomeTarget::Exposed { exposure, .. }) => {
                home.clone().exposed(exposure.clone())
            }
            (Some(home), _) => home.clone(),
            (None, target) => target.clone(),
        };
        let at = self.at(timeline.elapsed(timeline.now()));
        let before = gateway.statistics();
        let begun = Instant::now();
        let answer = ask::ask(gateway, target, question);
        let took = begun.elapsed();
        let answered = gateway.statistics();
        let report: SweepReport = gateway.sweep();
        self.next = report.next;
        let swept = gateway.statistics();
        let mut effects = Effects::between(&before, &answered);
        effects.unloaded = Effects::between(&before, &swept).unloaded;
        let summary = summary::answer(question, &answer);
        self.outcome.asked += 1;
        self.outcome.errors += u64::from(summary.error.is_some());
        if let Some(name) = &line.keep {
            self.kept.insert(name.clone(), answer.to_json());
        }
        if let Some(name) = &line.save {
            self.save(name, question, &answer)?;
        }
        (self.tell)(&Step::Asked(Box::new(Asked {
            line: number,
            at,
            question: summary::question(question),
            summary,
            answer,
            effects,
            took,
            resident: resident_bytes(&swept),
        })))
    }

    fn malformed(&mut self, line: usize, problem: String) -> Result<(), Error> {
        self.outcome.malformed += 1;
        (self.tell)(&Step::Malformed { line, problem })
    }

    fn save(&self, name: &str, question: &Question, answer: &Answer) -> Result<(), Error> {
        let (Some(folder), Answer::Response(value) | Answer::Result(value)) =
            (&self.replay.save_to, answer)
        else {
            return Ok(());
        };
        std::fs::create_dir_all(folder).map_err(|error| Error::file("write", folder, error))?;
        output::save(&folder.join(name), value, summary::is_bytes(question))
    }

    fn at(&self, after: Duration) -> At {
        At {
            unix: self.start.saturating_add(after),
            offset: self.offset,
        }
    }
}
