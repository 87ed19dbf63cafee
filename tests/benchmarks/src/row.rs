//! What a measurement comes to: a row of a table.

#![forbid(unsafe_code)]

use serde::{Deserialize, Serialize};

/// One figure, with its spread, and what it should be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    /// The family of benchmarks.
    pub family: String,
    /// What was measured, and in which way.
    pub case: String,
    /// Threads at the same time.
    pub threads: usize,
    /// What the figures count.
    pub unit: String,
    /// How many rounds there were.
    #[serde(default)]
    pub rounds: usize,
    /// The middle one of all rounds; `None`: it could not be measured, `note` says why.
    pub median: Option<f64>,
    /// A tenth of all rounds is below it.
    pub p10: Option<f64>,
    /// A tenth of all rounds is above it.
    pub p90: Option<f64>,
    /// What the ratio is to.
    pub against: Option<String>,
    /// The median over the rounds of this figure by that of `against` in the same round.
    pub ratio: Option<f64>,
    /// What it should be, in words.
    pub target: Option<String>,
    /// Whether it is.
    pub met: Option<bool>,
    /// Of a rival: whether LMMS does better. Nothing that LMMS aims at, so no target.
    #[serde(default)]
    pub beaten: Option<bool>,
    /// What has to be known to read it.
    pub note: Option<String>,
}

/// What a figure should be, whatever machine it is measured on: there is no target for an absolute time or size.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// At most so many times what it is compared with.
    Ratio(f64),
    /// Nothing of it, where it is counted.
    Zero,
    /// At least so many percent.
    Percent(f64),
}

impl Row {
    /// A row with nothing in it yet.
    pub fn new(family: &str, case: impl Into<String>, threads: usize, unit: &str) -> Self {
        Self {
            family: family.to_owned(),
            case: case.into(),
            threads,
            unit: unit.to_owned(),
            rounds: 0,
            median: None,
            p10: None,
            p90: None,
            against: None,
            ratio: None,
            target: None,
            met: None,
            beaten: None,
            note: None,
        }
    }

    /// With these figures of its rounds.
    #[must_use]
    pub fn measured(mut self, rounds: &[f64]) -> Self {
        self.rounds = rounds.len();
        self.median = quantile(rounds, 0.5);
        self.p10 = quantile(rounds, 0.1);
        self.p90 = quantile(rounds, 0.9);
        self
    }

    /// With one figure that has no spread.
    #[must_use]
    pub fn exactly(self, figure: f64) -> Self {
        self.measured(&[figure])
    }

    /// With the ratio to the same rounds of something else.
    #[must_use]
    pub fn compared(mut self, name: &str, own: &[f64], other: &[f64]) -> Self {
        let ratios: Vec<f64> = own
            .iter()
            .zip(other)
            .filter(|(_, other)| **other != 0.0)
            .map(|(own, other)| own / other)
            .collect();
        self.ratio = quantile(&ratios, 0.5);
        self.against = Some(name.to_owned());
        self
    }

    /// With what has to be known to read it.
    #[must_use]
    pub fn noted(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// With what it should be; several targets must all be met.
    #[must_use]
    pub fn aimed(mut self, targets: &[Target]) -> Self {
        for target in targets {
            let (text, met) = match target {
                Target::Ratio(most) => (
                    format!("≤ {most}× {}", self.against.as_deref().unwrap_or("?")),
                    self.ratio.map(|ratio| ratio <= *most),
                ),
                Target::Zero => (
                    format!("no {}", self.unit),
                    self.median.map(|median| median == 0.0),
                ),
                Target::Percent(least) => (
                    format!("≥ {least} %"),
                    self.median.map(|median| median >= *least),
                ),
            };
            self.target = Some(match self.target.take() {
                Some(before) => format!("{before}, {text}"),
                None => text,
            });
            self.met = match (self.met, met) {
                (Some(before), Some(met)) => Some(before && met),
                (None, met) => met,
                (before, None) => before,
            };
        }
        self
    }
}

/// Marks the rivals in `rows`: whether `ours`, the row of the same group and number of threads, has the lower figure.
pub fn rivals(rows: &mut [Row], ours: &str, is_rival: impl Fn(&Row) -> bool) {
    let group = |row: &Row| Some((row.case.rsplit_once(": ")?.0.to_owned(), row.threads));
    let ours: Vec<_> = rows
        .iter()
        .filter(|row| {
            row.case
                .rsplit_once(": ")
                .is_some_and(|(_, way)| way == ours)
        })
        .filter_map(|row| Some((group(row)?, row.median?)))
        .collect();
    for row in rows.iter_mut().filter(|row| is_rival(row)) {
        let own = ours
            .iter()
            .find(|(own, _)| Some(own) == group(row).as_ref());
        row.beaten = own.zip(row.median).map(|((_, own), median)| *own < median);
    }
}

/// The value that a share of all is below.
pub fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    sorted.get((last as f64 * share).round() as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_occurred() {
        let values = [5.0, 1.0, 3.0, 2.0, 4.0];
        assert_eq!(quantile(&values, 0.5), Some(3.0));
        assert_eq!(quantile(&values, 0.1), Some(1.0));
        assert_eq!(quantile(&values, 0.9), Some(5.0));
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn the_ratio_pairs_the_rounds() {
        // The machine was three times as slow in the second round: the ratio must not see it.
        let row = Row::new("f", "c", 1, "ns")
            .measured(&[2.0, 6.0, 2.0])
            .compared("bare", &[2.0, 6.0, 2.0], &[1.0, 3.0, 1.0])
            .aimed(&[Target::Ratio(2.0), Target::Zero]);
        assert_eq!(row.ratio, Some(2.0));
        assert_eq!(row.target.as_deref(), Some("≤ 2× bare, no ns"));
        assert_eq!(row.met, Some(false));
        assert_eq!(row.rounds, 3);
    }

    #[test]
    fn a_rival_is_compared_within_its_group_and_threads() {
        let row = |case: &str, threads, figure| Row::new("f", case, threads, "ns").exactly(figure);
        let mut rows = [
            row("add: LMMS", 1, 2.0),
            row("add: slow", 1, 3.0),
            row("add: fast", 1, 1.0),
            row("add: LMMS", 2, 9.0),
            row("add: slow", 2, 3.0),
            row("other: slow", 1, 3.0),
        ];
        rivals(&mut rows, "LMMS", |row| !row.case.ends_with("LMMS"));
        let beaten: Vec<_> = rows.iter().map(|row| row.beaten).collect();
        assert_eq!(
            beaten,
            [None, Some(true), Some(false), None, Some(false), None]
        );
    }
}
