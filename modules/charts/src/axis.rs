//! Axes with round numbers: of values, of times, of names.

use std::ops::Range;

use jiff::Timestamp;
use jiff::tz::Offset;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};

const MINUTE: f64 = 60.0;
const HOUR: f64 = 3600.0;
const DAY: f64 = 86_400.0;
/// Steps of time that people count in.
const TIME_STEPS: [f64; 22] = [
    1.0,
    5.0,
    15.0,
    30.0,
    MINUTE,
    5.0 * MINUTE,
    15.0 * MINUTE,
    30.0 * MINUTE,
    HOUR,
    2.0 * HOUR,
    3.0 * HOUR,
    6.0 * HOUR,
    12.0 * HOUR,
    DAY,
    2.0 * DAY,
    7.0 * DAY,
    14.0 * DAY,
    30.0 * DAY,
    91.0 * DAY,
    182.0 * DAY,
    365.0 * DAY,
    1826.0 * DAY,
];

/// A range with labelled ticks. It decides its ticks itself: plotters' own search for them can run forever on narrow
/// ranges of large numbers.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    range: Range<f64>,
    ticks: Vec<(f64, String)>,
}

impl Axis {
    /// Covers `low` to `high`, widened to round numbers, with about `count` ticks.
    pub(crate) fn of_values(low: f64, high: f64, count: usize) -> Axis {
        let (low, high) = widened(low, high);
        let step = round_step((high - low) / count.max(1) as f64);
        let (first, last) = ((low / step).floor(), (high / step).ceil());
        let (suffix, scale) = magnitude(low.abs().max(high.abs()));
        let decimals = (-(step / scale).log10() - 1e-9).ceil().clamp(0.0, 12.0) as usize;
        let tick = |index: f64| {
            let value = index * step;
            // Adding zero turns -0 into 0.
            (value, format!("{:.decimals$}{suffix}", value / scale + 0.0))
        };
        let ticks = (0..=(last - first) as usize)
            .map(|index| tick(first + index as f64))
            .collect();
        Axis {
            range: first * step..last * step,
            ticks,
        }
    }

    /// Covers exactly `low` to `high`, without ticks.
    pub(crate) fn bare(low: f64, high: f64) -> Axis {
        let (low, high) = widened(low, high);
        Axis {
            range: low..high,
            ticks: Vec::new(),
        }
    }

    /// Covers exactly `first` to `last`, with at most `count` ticks at round local times.
    pub(crate) fn of_times(first: f64, last: f64, count: usize, utc_offset: i32) -> Axis {
        let (first, last) = if last - first < 1.0 {
            (first - 30.0, last + 30.0)
        } else {
            (first, last)
        };
        let most = count.max(1) as f64;
        let fits = |step: &&f64| (last - first) / **step <= most;
        // Beyond the table: whole multiples of its largest step.
        let largest = TIME_STEPS[TIME_STEPS.len() - 1];
        let step = match TIME_STEPS.iter().find(fits) {
            Some(step) => *step,
            None => ((last - first) / most / largest).ceil() * largest,
        };
        let shift = f64::from(utc_offset);
        let mut ticks = Vec::new();
        let mut index = ((first + shift) / step).ceil();
        while index * step - shift <= last {
            let time = index * step - shift;
            ticks.push((time, time_label(time, step, utc_offset)));
            index += 1.0;
        }
        Axis {
            range: first..last,
            ticks,
        }
    }

    /// One unit for each label, which stands in its middle; every so many labels are left out to show at most `count`.
    pub(crate) fn of_labels(labels: &[String], count: usize) -> Axis {
        let every = labels.len().div_ceil(count.max(1)).max(1);
        let shown = labels.iter().enumerate().step_by(every);
        let ticks = shown
            .map(|(index, label)| (index as f64 + 0.5, label.clone()))
            .collect();
        Axis {
            range: 0.0..labels.len() as f64,
            ticks,
        }
    }

    pub(crate) fn start(&self) -> f64 {
        self.range.start
    }

    pub(crate) fn end(&self) -> f64 {
        self.range.end
    }

    /// How many characters the longest label has.
    pub(crate) fn label_width(&self) -> usize {
        self.ticks
            .iter()
            .map(|(_, label)| label.chars().count())
            .max()
            .unwrap_or(0)
    }
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let part = (value - self.range.start) / (self.range.end - self.range.start);
        limit.0 + (part * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        self.ticks.iter().map(|(position, _)| *position).collect()
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, value: &f64) -> String {
        let found = self.ticks.iter().find(|(position, _)| position == value);
        found.map(|(_, label)| label.clone()).unwrap_or_default()
    }
}

/// A local time as `format` says (strftime), or nothing where the calendar ends.
pub(crate) fn format_time(time: f64, utc_offset: i32, format: &str) -> String {
    let local = || {
        let timestamp = Timestamp::from_second(time.round() as i64).ok()?;
        Some(
            Offset::from_seconds(utc_offset)
                .ok()?
                .to_datetime(timestamp)
                .strftime(format)
                .to_string(),
        )
    };
    local().unwrap_or_default()
}

fn time_label(time: f64, step: f64, utc_offset: i32) -> String {
    let midnight = (time + f64::from(utc_offset)).rem_euclid(DAY) == 0.0;
    let format = match step {
        _ if step >= 91.0 * DAY => "%Y-%m-%d",
        _ if step >= DAY || midnight => "%-d %b",
        _ if step >= MINUTE => "%H:%M",
        _ => "%H:%M:%S",
    };
    format_time(time, utc_offset, format)
}

/// A range wide enough to be told apart in floating point and on paper.
fn widened(low: f64, high: f64) -> (f64, f64) {
    let least = (low.abs().max(high.abs()) * 1e-9).max(1e-9);
    if high - low >= least {
        return (low, high);
    }
    let pad = (low.abs() * 0.05).max(0.5);
    (low - pad, high + pad)
}

/// The next of 1, 2, 5 × 10ⁿ.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let factor = [1.0, 2.0, 5.0]
        .into_iter()
        .find(|factor| factor * power >= step * 0.999);
    factor.unwrap_or(10.0) * power
}

fn magnitude(largest: f64) -> (&'static str, f64) {
    match largest {
        1e12.. => ("T", 1e12),
        1e9.. => ("G", 1e9),
        1e6.. => ("M", 1e6),
        1e4.. => ("k", 1e3),
        _ => ("", 1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn values_get_round_ticks_that_enclose_them() {
        let axis = Axis::of_values(18.3, 22.9, 5);
        assert_eq!(labels(&axis), ["18", "19", "20", "21", "22", "23"]);
        assert_eq!(axis.range, 18.0..23.0);
        assert_eq!(
            labels(&Axis::of_values(-0.1, 0.1, 4)),
            ["-0.10", "-0.05", "0.00", "0.05", "0.10"]
        );
        assert_eq!(
            labels(&Axis::of_values(0.0, 3_000_000.0, 3)),
            ["0M", "1M", "2M", "3M"]
        );
    }

    #[test]
    fn extreme_ranges_still_get_a_handful_of_ticks() {
        let cases = [
            (5.0, 5.0),
            (0.0, 0.0),
            (1e15, 1e15),
            (-1e15, 1e15),
            (1e15, 1e15 + 0.25),
            (1.0, 1.0 + 1e-12),
            (0.0, f64::MIN_POSITIVE),
            (-1e-300, 1e-300),
        ];
        for (low, high) in cases {
            let axis = Axis::of_values(low, high, 6);
            assert!(
                axis.range.start <= low && high <= axis.range.end,
                "{low} {high}: {axis:?}"
            );
            assert!(
                (2..=20).contains(&axis.ticks.len()),
                "{low} {high}: {axis:?}"
            );
            assert_eq!(axis.map(&axis.range.start, (0, 100)), 0);
            assert_eq!(axis.map(&axis.range.end, (0, 100)), 100);
        }
    }

    #[test]
    fn times_get_round_local_ticks() {
        // 21 June 2025, 22:00 to 06:00 in Berlin.
        let evening = 1_750_536_000.0;
        let axis = Axis::of_times(evening, evening + 8.0 * HOUR, 8, 7200);
        assert_eq!(
            labels(&axis),
            [
                "22:00", "23:00", "22 Jun", "01:00", "02:00", "03:00", "04:00", "05:00", "06:00"
            ]
        );
        let week = Axis::of_times(evening, evening + 7.0 * DAY, 8, 7200);
        assert_eq!(labels(&week)[0], "22 Jun");
        assert_eq!(week.ticks.len(), 7);
    }

    #[test]
    fn any_span_of_time_has_few_ticks() {
        for (first, last) in [
            (0.0, 0.0),
            (-1e11, 1e11),
            (1e9, 1e9 + 0.5),
            (1e9, 1e9 + 3e8),
            (0.0, 59.0),
        ] {
            let axis = Axis::of_times(first, last, 6, 0);
            assert!(
                (1..=8).contains(&axis.ticks.len()),
                "{first} {last}: {axis:?}"
            );
            assert!(
                axis.ticks
                    .iter()
                    .all(|(time, _)| (axis.range.start..=axis.range.end).contains(time))
            );
        }
    }

    #[test]
    fn crowded_labels_are_thinned() {
        let names: Vec<String> = (0..100).map(|n| n.to_string()).collect();
        assert_eq!(Axis::of_labels(&names, 12).ticks.len(), 12);
        assert_eq!(labels(&Axis::of_labels(&names[..3], 12)), ["0", "1", "2"]);
    }
}
