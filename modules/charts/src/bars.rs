//! Bar charts and histograms.

use home_types::charts::{Bar, ChartError, ChartOptions};
use lmms::operation;
use plotters::coord::Shift;
use plotters::element::Rectangle;
use plotters::prelude::{DrawingArea, DrawingBackend};
use plotters::style::Color;

use crate::arguments::{Look, check_count, check_values, printable, within};
use crate::axis::Axis;
use crate::rendering::{Drawing, colour, failed, framed, png, svg, tick_count};
use crate::statistics::extremes;

const MOST_BARS: usize = 400;
const LONGEST_LABEL: usize = 24;

/// Draws up to 400 bars, upwards and downwards from zero, as an SVG.
#[operation(interface = "charts", cache(ttl = "5m"))]
pub fn bar_svg(bars: &[Bar], options: Option<&ChartOptions>) -> Result<String, ChartError> {
    let chart = BarChart::new(bars, Look::from(options)?)?;
    svg(&chart, chart.look.size)
}

/// Draws up to 400 bars, upwards and downwards from zero, as a PNG.
#[operation(interface = "charts", cache(ttl = "5m"))]
pub fn bar_png(bars: &[Bar], options: Option<&ChartOptions>) -> Result<Vec<u8>, ChartError> {
    let chart = BarChart::new(bars, Look::from(options)?)?;
    png(&chart, chart.look.size)
}

/// Draws how often values fall into each of `bins` ranges of equal width (by Sturges' rule if left out) as an SVG.
#[operation(interface = "charts", cache(ttl = "5m"))]
pub fn histogram_svg(
    values: &[f64],
    bins: Option<u32>,
    options: Option<&ChartOptions>,
) -> Result<String, ChartError> {
    check_values("values", values)?;
    let sturges = (values.len() as f64).log2().ceil() as u32 + 1;
    let bins = within("bins", bins.unwrap_or(sturges), 1, 200)?;
    let histogram = Histogram::new(values, bins as usize, Look::from(options)?);
    svg(&histogram, histogram.look.size)
}

/// Bars side by side, for other operations too.
pub(crate) struct BarChart {
    pub(crate) look: Look,
    labels: Vec<String>,
    values: Vec<f64>,
}

impl BarChart {
    pub(crate) fn new(bars: &[Bar], look: Look) -> Result<BarChart, ChartError> {
        check_count("bars", bars.len(), MOST_BARS)?;
        let values: Vec<f64> = bars.iter().map(|bar| bar.value).collect();
        check_values("bars", &values)?;
        let label = |bar: &Bar| printable(&bar.label).chars().take(LONGEST_LABEL).collect();
        Ok(BarChart {
            look,
            labels: bars.iter().map(label).collect(),
            values,
        })
    }
}

impl Drawing for BarChart {
    fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>) -> Result<(), ChartError> {
        let (low, high) = extremes(self.values.iter().copied());
        let (width, height) = self.look.size;
        let longest = self
            .labels
            .iter()
            .map(|label| label.chars().count())
            .max()
            .unwrap_or(0);
        let across = Axis::of_labels(&self.labels, tick_count(width, 20 + 7 * longest as u32));
        let up = Axis::of_values(low.min(0.0), high.max(0.0), tick_count(height, 50));
        let mut chart = framed(area, &self.look, across, up)?;
        let bar = |(index, value): (usize, &f64)| {
            let left = index as f64;
            Rectangle::new(
                [(left + 0.12, 0.0), (left + 0.88, *value)],
                colour(0).filled(),
            )
        };
        chart
            .draw_series(self.values.iter().enumerate().map(bar))
            .map_err(failed)?;
        Ok(())
    }
}

struct Histogram {
    look: Look,
    low: f64,
    high: f64,
    counts: Vec<u64>,
}

impl Histogram {
    fn new(values: &[f64], bins: usize, look: Look) -> Histogram {
        let (low, high) = extremes(values.iter().copied());
        // Equal values still need a range to stand in.
        let (low, high) = if high > low {
            (low, high)
        } else {
            (low - 0.5, high + 0.5)
        };
        let mut counts = vec![0; bins];
        for value in values {
            let bin = ((value - low) / (high - low) * bins as f64) as usize;
            // The largest value belongs to the last bin, not beyond it.
            counts[bin.min(bins - 1)] += 1;
        }
        Histogram {
            look,
            low,
            high,
            counts,
        }
    }
}

impl Drawing for Histogram {
    fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>) -> Result<(), ChartError> {
        let (width, height) = self.look.size;
        let most = self.counts.iter().max().copied().unwrap_or(0);
        let across = Axis::of_values(self.low, self.high, tick_count(width, 70));
        let up = Axis::of_values(
            0.0,
            most as f64,
            tick_count(height, 50).min(most.max(1) as usize),
        );
        let mut chart = framed(area, &self.look, across, up)?;
        let step = (self.high - self.low) / self.counts.len() as f64;
        let bar = |(index, count): (usize, &u64)| {
            let left = self.low + index as f64 * step;
            let mut bar = Rectangle::new(
                [(left, 0.0), (left + step, *count as f64)],
                colour(2).filled(),
            );
            bar.set_margin(0, 0, 0, 1);
            bar
        };
        chart
            .draw_series(self.counts.iter().enumerate().map(bar))
            .map_err(failed)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bars(values: &[f64]) -> Vec<Bar> {
        values
            .iter()
            .enumerate()
            .map(|(i, value)| Bar {
                label: format!("day {i}"),
                value: *value,
            })
            .collect()
    }

    fn rectangles(svg: &str, colour: &str) -> usize {
        svg.matches("<rect")
            .count()
            .min(svg.matches(&format!("fill=\"{colour}\"")).count())
    }

    #[test]
    fn each_bar_is_drawn_and_labelled() {
        let text = bar_svg(&bars(&[3.0, -1.5, 0.0, 7.25]), None).unwrap();
        assert_eq!(rectangles(&text, "#0072B2"), 4);
        for label in ["day 0", "day 3", "-2", "8"] {
            assert!(text.contains(label), "{label}");
        }
        let mut long = bars(&[1.0]);
        long[0].label = "x".repeat(60);
        let text = bar_svg(&long, None).unwrap();
        assert!(text.contains(&"x".repeat(24)) && !text.contains(&"x".repeat(25)));
        let file = bar_png(&bars(&[3.0, -1.5]), None).unwrap();
        assert!(file.starts_with(b"\x89PNG"));
        assert_ne!(file, bar_png(&bars(&[3.0, -2.5]), None).unwrap());
    }

    #[test]
    fn unusable_bars_are_named() {
        assert!(matches!(bar_svg(&[], None), Err(ChartError::Empty { .. })));
        assert!(matches!(
            bar_png(&bars(&[1.0, f64::NAN]), None),
            Err(ChartError::InvalidValue { index: 1, .. })
        ));
        assert!(matches!(
            bar_svg(&bars(&[1.0; 401]), None),
            Err(ChartError::TooMany { .. })
        ));
        assert!(bar_svg(&bars(&[1e15, -1e15]), None).is_ok());
        assert!(bar_svg(&bars(&[0.0]), None).is_ok());
    }

    #[test]
    fn a_histogram_counts_every_value_once() {
        let histogram = Histogram::new(&[0.0, 0.1, 0.5, 0.9, 1.0], 2, Look::from(None).unwrap());
        assert_eq!(histogram.counts, [2, 3]);
        let equal = Histogram::new(&[4.0; 7], 5, Look::from(None).unwrap());
        assert_eq!(equal.counts.iter().sum::<u64>(), 7);
        let text = histogram_svg(&[1.0, 2.0, 2.5, 9.0], Some(4), None).unwrap();
        assert_eq!(rectangles(&text, "#009E73"), 4);
    }

    #[test]
    fn histograms_take_any_spread_and_check_bins() {
        assert!(histogram_svg(&[1e15, -1e15, 0.0], None, None).is_ok());
        assert!(histogram_svg(&[1e15, 1e15 - 0.125], Some(200), None).is_ok());
        assert!(histogram_svg(&[1.0], None, None).is_ok());
        for bins in [0, 201, u32::MAX] {
            assert!(
                histogram_svg(&[1.0, 2.0], Some(bins), None).is_err(),
                "{bins}"
            );
        }
        assert!(histogram_svg(&[], None, None).is_err());
    }
}
