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
    /// What has to be known to read it.
    pub note: Option<String>,
}

/// What a figure should be.
#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// At most so many times what it is compared with.
    Ratio(f64),
    /// At most so much, in the row's unit.
    Most(f64),
    /// At least so much, in the row's unit.
    Least(f64),
}

impl Row {
    /// A row with nothing in it yet.
    pub fn new(family: &str, case: impl Into<String>, threads: usize, unit: &str) -> Self {
        Self {
            family: family.to_owned(),
            case: case.into(),
            threads,
            unit: unit.to_owned(),
            median: None,
            p10: None,
            p90: None,
            against: None,
            ratio: None,
            target: None,
            met: None,
            note: None,
        }
    }

    /// With these figures of its rounds.
    #[must_use]
    pub fn measured(mut self, rounds: &[f64]) -> Self {
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
                Target::Most(most) => (
                    format!("≤ {most} {}", self.unit),
                    self.median.map(|median| median <= *most),
                ),
                Target::Least(least) => (
                    format!("≥ {least} {}", self.unit),
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
            .aimed(&[Target::Ratio(2.0), Target::Most(1.9)]);
        assert_eq!(row.ratio, Some(2.0));
        assert_eq!(row.target.as_deref(), Some("≤ 2× bare, ≤ 1.9 ns"));
        assert_eq!(row.met, Some(false));
    }
}
