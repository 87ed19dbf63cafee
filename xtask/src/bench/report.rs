//! What benchmarks printed, and under which circumstances.

#![forbid(unsafe_code)]

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Machine, figure};
use crate::error::Error;
use crate::screen::{Screen, Style};

/// Families of benchmarks, each with where and when it ran.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Report {
    /// The families, in the order in which they run.
    pub families: Vec<FamilyReport>,
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
    /// The machine and the versions.
    pub machine: Machine,
    /// Only a look, with few rounds.
    pub quick: bool,
    /// The figures.
    pub rows: Vec<Row>,
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
    /// What has to be known to read it.
    pub note: Option<String>,
}

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

    /// Takes the families of `new` in place of its own of the same names.
    pub(super) fn replace(&mut self, new: &Self) {
        for family in &new.families {
            match self
                .families
                .iter_mut()
                .find(|old| old.family == family.family)
            {
                Some(old) => *old = family.clone(),
                None => self.families.push(family.clone()),
            }
        }
    }

    /// How many targets are met, and how many there are.
    pub fn targets(&self) -> (usize, usize) {
        let judged = || {
            self.families
                .iter()
                .flat_map(|family| &family.rows)
                .filter_map(|row| row.met)
        };
        (judged().filter(|met| *met).count(), judged().count())
    }

    /// The figures as tables.
    pub fn text(&self, screen: Screen) -> String {
        let mut text = String::new();
        for family in &self.families {
            let rows = family.rows.iter().map(|row| {
                let met = match row.met {
                    None => String::new(),
                    Some(true) => screen.paint(Style::Good, "met"),
                    Some(false) => screen.paint(Style::Bad, "missed"),
                };
                let [case, threads, median, spread, ratio, target] = row.cells();
                [case, threads, median, spread, ratio, target, met]
            });
            let head = ["", "threads", "median", "p10 – p90", "ratio", "target", ""];
            text += &format!(
                "{}: {}\n{}\n",
                screen.paint(Style::Strong, &family.family),
                family.about,
                screen.table(head, rows)
            );
            for row in &family.rows {
                if let (None, Some(note)) = (row.median, &row.note) {
                    text += &format!("{}: {note}\n", row.case);
                }
            }
            text.push('\n');
        }
        let (met, all) = self.targets();
        text += &format!("{met} of {all} targets met");
        for failed in &self.failed {
            text += &format!("\n{}", screen.paint(Style::Bad, failed));
        }
        text
    }
}

impl Row {
    /// Case, threads, median, spread, ratio and target for people.
    pub(super) fn cells(&self) -> [String; 6] {
        let or_nothing = |value: Option<f64>| value.map(figure).unwrap_or_default();
        let spread = match (self.p10, self.p90) {
            (Some(low), Some(high)) if low != high => {
                format!("{} – {}", figure(low), figure(high))
            }
            _ => String::new(),
        };
        [
            self.case.clone(),
            self.threads.to_string(),
            self.median.map_or_else(
                || "–".to_owned(),
                |median| format!("{} {}", figure(median), self.unit),
            ),
            spread,
            self.ratio
                .map(|ratio| format!("{}×", or_nothing(Some(ratio))))
                .unwrap_or_default(),
            self.target.clone().unwrap_or_default(),
        ]
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn family(name: &str, met: Option<bool>) -> FamilyReport {
        FamilyReport {
            family: name.to_owned(),
            about: format!("about {name}"),
            command: format!("cargo xtask bench {name}"),
            date: "2026-11-23".to_owned(),
            machine: Machine::default(),
            quick: false,
            rows: vec![Row {
                family: name.to_owned(),
                case: "adds | LMMS".to_owned(),
                threads: 2,
                unit: "ns".to_owned(),
                median: Some(1.5),
                p10: Some(1.4),
                p90: Some(1.75),
                against: Some("bare".to_owned()),
                ratio: Some(1.1),
                target: Some("≤ 1.2× bare".to_owned()),
                met,
                note: None,
            }],
        }
    }

    #[test]
    fn new_families_replace_only_their_own() {
        let mut kept = Report {
            families: vec![family("calls", Some(false)), family("cache", Some(true))],
            failed: Vec::new(),
        };
        kept.replace(&Report {
            families: vec![family("calls", Some(true)), family("heap", None)],
            failed: Vec::new(),
        });
        let names: Vec<&str> = kept.families.iter().map(|f| f.family.as_str()).collect();
        assert_eq!(names, ["calls", "cache", "heap"]);
        assert_eq!(kept.targets(), (2, 2));
    }

    #[test]
    fn the_table_says_what_was_missed() {
        let report = Report {
            families: vec![family("calls", Some(false))],
            failed: vec!["heap: it crashed".to_owned()],
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
