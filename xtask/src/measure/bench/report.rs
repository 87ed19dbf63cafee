//! The figures that benchmarks printed, and the circumstances in which they did.

#![forbid(unsafe_code)]

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Count, Machine, figure};
use crate::common::error::Error;
use crate::common::screen::{Screen, Style};

/// Families of benchmarks, each with where and when it ran.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Report {
    /// The families, in the order in which they run.
    pub families: Vec<FamilyReport>,
    /// The families as the benchmarks described them when this was written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub described: Vec<Family>,
    /// Families that could not be measured, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<String>,
}

/// One family's figures.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FamilyReport {
    /// Its name.
    pub family: String,
    /// What it is about.
    pub about: String,
    /// The command that printed these figures.
    pub command: String,
    /// The day, as `2026-11-23`.
    pub date: String,
    /// The commit that was measured.
    #[serde(default)]
    pub commit: String,
    /// What the family's code was: a hash, which [`Family::form`] has as long as it is the same.
    #[serde(default)]
    pub form: String,
    /// The machine and the versions.
    pub machine: Machine,
    /// Only a look, with few rounds.
    pub quick: bool,
    /// The figures.
    pub rows: Vec<Row>,
}

/// A family as the benchmarks describe it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Family {
    /// Its name.
    pub name: String,
    /// What it is about.
    pub about: String,
    /// A hash of its code without comments.
    pub form: String,
}

impl FamilyReport {
    /// How many targets are met.
    pub fn targets(&self) -> Count {
        Count::of(self.rows.iter().filter_map(|row| row.met))
    }

    /// How many rivals LMMS is better than: no targets, since nobody aims at them.
    pub fn rivals(&self) -> Count {
        Count::of(self.rows.iter().filter_map(|row| row.beaten))
    }

    /// The fewest and the most rounds of its rows, without those that are counted once.
    pub(super) fn rounds(&self) -> Option<(usize, usize)> {
        let rounds = || self.rows.iter().map(|row| row.rounds).filter(|n| *n > 1);
        Some((rounds().min()?, rounds().max()?))
    }
}

/// One figure.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    /// The family.
    pub family: String,
    /// What was measured.
    pub case: String,
    /// Threads at the same time.
    pub threads: usize,
    /// What the figures count.
    pub unit: String,
    /// How many rounds there were; 0: it isn't known.
    #[serde(default)]
    pub rounds: usize,
    /// The middle of all rounds; `None`: not measured.
    pub median: Option<f64>,
    /// A tenth is below it.
    pub p10: Option<f64>,
    /// A tenth is above it.
    pub p90: Option<f64>,
    /// What the ratio is to.
    pub against: Option<String>,
    /// The median ratio.
    pub ratio: Option<f64>,
    /// What it should be.
    pub target: Option<String>,
    /// Whether it is.
    pub met: Option<bool>,
    /// Of a rival: whether LMMS is better.
    #[serde(default)]
    pub beaten: Option<bool>,
    /// What has to be known to read it.
    pub note: Option<String>,
}

/// The heads of a table of rows.
pub(super) const HEADINGS: [&str; 8] = [
    "case",
    "threads",
    "n",
    "median",
    "p10 – p90",
    "ratio",
    "target",
    "result",
];

impl Report {
    /// Reads kept figures; nothing, if there are none.
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        match fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| Error::Config {
                path: path.to_owned(),
                problem: error.to_string(),
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(Error::io("read", path)(error)),
        }
    }

    /// Writes the figures as JSON.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn write(&self, path: &Path) -> Result<(), Error> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        }
        let text = serde_json::to_string_pretty(self).map_err(|error| Error::Config {
            path: path.to_owned(),
            problem: error.to_string(),
        })?;
        fs::write(path, text + "\n").map_err(Error::io("write", path))
    }

    /// Replaces families by those of `new`, except that few rounds don't replace many of the same form.
    pub(super) fn replace(&mut self, new: &Self) {
        for family in &new.families {
            let mut own = self.families.iter_mut();
            match own.find(|old| old.family == family.family) {
                Some(old) if family.quick && !old.quick && old.form == family.form => {}
                Some(old) => *old = family.clone(),
                None => self.families.push(family.clone()),
            }
        }
    }

    /// Takes the families as they are described at present: in their order, without those that no longer exist.
    pub(super) fn describe(&mut self, families: Vec<Family>) {
        let place = |name: &str| families.iter().position(|family| family.name == name);
        self.families
            .retain(|family| place(&family.family).is_some());
        self.families.sort_by_key(|family| place(&family.family));
        self.described = families;
    }

    /// Whether the code of `family` is the code that was measured.
    pub(super) fn is_current(&self, family: &FamilyReport) -> bool {
        let mut known = self.described.iter();
        known.any(|known| known.name == family.family && known.form == family.form)
    }

    /// The families whose code is the code that was measured.
    pub(super) fn current(&self) -> impl Iterator<Item = &FamilyReport> {
        self.families
            .iter()
            .filter(|family| self.is_current(family))
    }

    /// How many targets are met.
    pub fn targets(&self) -> Count {
        let rows = self.families.iter().flat_map(|family| &family.rows);
        Count::of(rows.filter_map(|row| row.met))
    }

    /// How many rivals LMMS is better than.
    pub fn rivals(&self) -> Count {
        let rows = self.families.iter().flat_map(|family| &family.rows);
        Count::of(rows.filter_map(|row| row.beaten))
    }

    /// The figures as tables.
    pub fn text(&self, screen: Screen) -> String {
        let mut text = String::new();
        for family in &self.families {
            let rows = family.rows.iter().map(|row| {
                let style = match row.met.or(row.beaten) {
                    Some(false) => Style::Bad,
                    _ => Style::Good,
                };
                let verdict = match row.verdict() {
                    "" => String::new(),
                    verdict => screen.paint(style, verdict),
                };
                let [case, threads, rounds, median, spread, ratio, target] = row.cells();
                [
                    case, threads, rounds, median, spread, ratio, target, verdict,
                ]
            });
            text += &format!(
                "{}: {}\n{}\n",
                screen.paint(Style::Strong, &family.family),
                family.about,
                screen.table(HEADINGS, rows)
            );
            for row in &family.rows {
                if let (None, Some(note)) = (row.median, &row.note) {
                    text += &format!("{}: {note}\n", row.case);
                }
            }
            text.push('\n');
        }
        let (targets, rivals) = (self.targets(), self.rivals());
        text += &format!("{targets} targets met; better than {rivals} rivals");
        for failed in &self.failed {
            text += &format!("\n{}", screen.paint(Style::Bad, failed));
        }
        text
    }
}

impl Row {
    /// What it comes to, in a word.
    pub(super) fn verdict(&self) -> &'static str {
        match (self.met, self.beaten) {
            (Some(true), _) => "met",
            (Some(false), _) => "missed",
            (None, Some(true)) => "LMMS ahead",
            (None, Some(false)) => "rival ahead",
            (None, None) => "",
        }
    }

    /// The median with its unit, for people.
    pub(super) fn figure(&self) -> String {
        self.median.map_or_else(
            || "–".to_owned(),
            |median| format!("{} {}", figure(median), self.unit),
        )
    }

    /// Case, threads, rounds, median, spread, ratio and target for people.
    pub(super) fn cells(&self) -> [String; 7] {
        let spread = match (self.p10, self.p90) {
            (Some(low), Some(high)) if low != high => {
                format!("{} – {}", figure(low), figure(high))
            }
            _ => String::new(),
        };
        [
            self.case.clone(),
            self.threads.to_string(),
            match self.rounds {
                0 => String::new(),
                rounds => rounds.to_string(),
            },
            self.figure(),
            spread,
            match (self.ratio, &self.against) {
                (Some(ratio), Some(against)) => format!("{}× {against}", figure(ratio)),
                _ => String::new(),
            },
            self.target.clone().unwrap_or_default(),
        ]
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn known(name: &str, form: &str) -> Family {
        Family {
            name: name.to_owned(),
            about: format!("about {name}"),
            form: form.to_owned(),
        }
    }

    pub(in super::super) fn family(name: &str, met: Option<bool>) -> FamilyReport {
        FamilyReport {
            family: name.to_owned(),
            about: format!("about {name}"),
            command: format!("cargo xtask bench {name}"),
            date: "2026-11-23".to_owned(),
            commit: "0123456789".to_owned(),
            form: "as it is".to_owned(),
            machine: Machine::default(),
            quick: false,
            rows: vec![Row {
                family: name.to_owned(),
                case: "adds | LMMS".to_owned(),
                threads: 2,
                unit: "ns".to_owned(),
                rounds: 41,
                median: Some(1.5),
                p10: Some(1.4),
                p90: Some(1.75),
                against: Some("bare".to_owned()),
                ratio: Some(1.1),
                target: Some("≤ 1.2× bare".to_owned()),
                met,
                beaten: None,
                note: None,
            }],
        }
    }

    /// Two families, one of which misses its target.
    pub(in super::super) fn both() -> Report {
        Report {
            families: vec![family("calls", Some(true)), family("heap", Some(false))],
            described: vec![known("calls", "as it is"), known("heap", "as it is")],
            ..Report::default()
        }
    }

    #[test]
    fn families_that_no_longer_exist_are_left_out_and_the_others_are_in_order() {
        let mut report = both();
        report.describe(vec![
            known("heap", "another"),
            known("calls", "as it is"),
            known("new", ""),
        ]);
        let names: Vec<&str> = report.families.iter().map(|f| f.family.as_str()).collect();
        assert_eq!(names, ["heap", "calls"]);
        let current: Vec<&str> = report.current().map(|f| f.family.as_str()).collect();
        assert_eq!(current, ["calls"]);
        report.describe(vec![known("calls", "as it is")]);
        assert_eq!(report.families.len(), 1);
    }

    #[test]
    fn new_families_replace_only_their_own() {
        let mut kept = Report {
            families: vec![family("calls", Some(false)), family("cache", Some(true))],
            ..Report::default()
        };
        kept.replace(&Report {
            families: vec![family("calls", Some(true)), family("heap", None)],
            ..Report::default()
        });
        let names: Vec<&str> = kept.families.iter().map(|f| f.family.as_str()).collect();
        assert_eq!(names, ["calls", "cache", "heap"]);
        let targets = kept.targets();
        assert_eq!((targets.reached, targets.all), (2, 2));
    }

    #[test]
    fn few_rounds_take_the_place_of_many_only_of_another_form() {
        let one = |quick: bool, form: &str, date: &str| {
            let mut family = family("calls", Some(true));
            family.quick = quick;
            family.form = form.to_owned();
            family.date = date.to_owned();
            Report {
                families: vec![family],
                ..Report::default()
            }
        };
        for (old, new, taken) in [
            ((false, "a"), (true, "a"), false),
            ((false, "a"), (true, "b"), true),
            ((true, "a"), (true, "a"), true),
            ((false, "a"), (false, "a"), true),
        ] {
            let mut kept = one(old.0, old.1, "old");
            kept.replace(&one(new.0, new.1, "new"));
            assert_eq!(kept.families[0].date == "new", taken, "{old:?} {new:?}");
        }
    }

    #[test]
    fn rivals_are_counted_apart_from_targets() {
        let mut report = Report {
            families: vec![family("calls", Some(true))],
            ..Report::default()
        };
        let mut rival = report.families[0].rows[0].clone();
        (rival.met, rival.beaten) = (None, Some(false));
        report.families[0].rows.push(rival);
        let text = report.text(Screen::plain());
        for part in [
            "1 of 1 targets met",
            "better than 0 of 1 rivals",
            "rival ahead",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn the_table_says_what_was_missed() {
        let report = Report {
            families: vec![family("calls", Some(false))],
            failed: vec!["heap: it crashed".to_owned()],
            ..Report::default()
        };
        let text = report.text(Screen::plain());
        for part in [
            "heap: it crashed",
            "missed",
            "1.50 ns",
            "1.40 – 1.75",
            "1.10×",
            "0 of 1 targets",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
