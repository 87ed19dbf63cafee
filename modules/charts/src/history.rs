//! The two histories every home asks for: how warm it was, and what was used.

use home_types::charts::{Bar, ChartError, ChartOptions};
use lmms::operation;
use plotters::coord::Shift;
use plotters::element::{Circle, Rectangle, Text};
use plotters::prelude::{DrawingArea, DrawingBackend};
use plotters::series::LineSeries;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, IntoFont, RGBColor, TextStyle};

use crate::arguments::{Look, check_count, check_points, check_values, invalid};
use crate::axis::{Axis, format_time};
use crate::bars::BarChart;
use crate::rendering::{Drawing, INK, colour, failed, framed, svg, tick_count};
use crate::sampling::thinned;
use crate::statistics::extremes;

const DRAWN_POINTS: usize = 2_000;
const COMFORT: RGBColor = RGBColor(0, 158, 115);
const DAY: f64 = 86_400.0;
const MOST_STEPS: usize = 400;

/// Draws temperatures over time as an SVG, with the lowest and highest marked and, if given, the band from
/// `comfort_low` to `comfort_high`.
#[operation(interface = "charts", cache(ttl = "5m"))]
pub fn temperature_history_svg(
    points: &[(f64, f64)],
    comfort_low: Option<f64>,
    comfort_high: Option<f64>,
    options: Option<&ChartOptions>,
) -> Result<String, ChartError> {
    check_points("points", points)?;
    let comfort = match (comfort_low, comfort_high) {
        (Some(low), Some(high)) => {
            check_values("comfort_low and comfort_high", &[low, high])?;
            if low >= high {
                return Err(invalid(
                    "comfort_low",
                    low,
                    format!("less than `comfort_high`, which is {high}"),
                ));
            }
            Some((low, high))
        }
        (None, None) => None,
        _ => {
            return Err(invalid(
                "comfort_low and comfort_high",
                "given alone",
                "both or none",
            ));
        }
    };
    let mut options = options.cloned().unwrap_or_default();
    options.unit.get_or_insert_with(|| "°C".into());
    let look = Look::from(Some(&options))?;
    let drawing = TemperatureHistory {
        points: thinned(points, DRAWN_POINTS),
        comfort,
        look,
    };
    svg(&drawing, drawing.look.size)
}

/// Draws what was used in each step of `step_seconds` as an SVG, from `readings` of a meter that counts up (kWh if no
/// unit is given).
#[operation(interface = "charts", cache(ttl = "5m"))]
pub fn energy_history_svg(
    readings: &[(f64, f64)],
    step_seconds: f64,
    options: Option<&ChartOptions>,
) -> Result<String, ChartError> {
    let mut options = options.cloned().unwrap_or_default();
    options.unit.get_or_insert_with(|| "kWh".into());
    let look = Look::from(Some(&options))?;
    let format = if step_seconds >= DAY {
        "%-d %b"
    } else {
        "%H:%M"
    };
    let bar = |(time, value): (f64, f64)| Bar {
        label: format_time(time, look.utc_offset, format),
        value,
    };
    let used = consumption(readings, step_seconds, Some(look.utc_offset))?;
    let chart = BarChart::new(&used.into_iter().map(bar).collect::<Vec<_>>(), look)?;
    svg(&chart, chart.look.size)
}

/// What was used in each step of `step_seconds` (at local multiples of it, at most 400), from `readings` of a meter
/// that counts up. Between two readings use is taken as even; a meter that begins again at zero loses nothing but what
/// it counted unread.
#[operation(interface = "charts")]
pub fn consumption(
    readings: &[(f64, f64)],
    step_seconds: f64,
    utc_offset_seconds: Option<i32>,
) -> Result<Vec<(f64, f64)>, ChartError> {
    check_points("readings", readings)?;
    if let Some(index) = readings.iter().position(|reading| reading.1 < 0.0) {
        let value = readings[index].1.to_string();
        return Err(ChartError::InvalidValue {
            what: "readings".into(),
            index: index as u64,
            value,
        });
    }
    if !(step_seconds >= 1.0 && step_seconds.is_finite()) {
        return Err(invalid("step_seconds", step_seconds, "at least 1"));
    }
    let (first, last) = (readings[0].0, readings[readings.len() - 1].0);
    if first == last {
        return Err(ChartError::Empty {
            what: "the time between the first and last reading".into(),
        });
    }
    let shift = f64::from(utc_offset_seconds.unwrap_or(0));
    let step_of = |time: f64| ((time + shift) / step_seconds).floor();
    let origin = step_of(first);
    let steps = (((last + shift) / step_seconds).ceil() - origin).max(1.0);
    check_count("steps", steps as usize, MOST_STEPS)?;
    let start_of = |step: f64| (origin + step) * step_seconds - shift;
    let mut used: Vec<(f64, f64)> = (0..steps as u32)
        .map(|step| (start_of(f64::from(step)), 0.0))
        .collect();
    for pair in readings.windows(2) {
        let ((from, before), (to, after)) = (pair[0], pair[1]);
        let amount = if after >= before {
            after - before
        } else {
            after
        };
        if from == to {
            // Two readings of one moment, as after a change of meters.
            let step = (step_of(from) - origin) as usize;
            used[step.min(steps as usize - 1)].1 += amount;
            continue;
        }
        let begin = (step_of(from) - origin) as usize;
        for (start, sum) in used[begin..].iter_mut() {
            if *start >= to {
                break;
            }
            let seconds = to.min(*start + step_seconds) - from.max(*start);
            *sum += amount * seconds.max(0.0) / (to - from);
        }
    }
    Ok(used)
}

struct TemperatureHistory {
    look: Look,
    points: Vec<(f64, f64)>,
    comfort: Option<(f64, f64)>,
}

impl Drawing for TemperatureHistory {
    fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>) -> Result<(), ChartError> {
        let (low, high) = extremes(self.points.iter().map(|point| point.1));
        let (bottom, top) = self.comfort.unwrap_or((low, high));
        let (width, height) = self.look.size;
        let (first, last) = extremes(self.points.iter().map(|point| point.0));
        let across = Axis::of_times(first, last, tick_count(width, 80), self.look.utc_offset);
        let (bottom, top) = (low.min(bottom), high.max(top));
        // Room for the two labels.
        let room = (top - bottom) * 0.08;
        let up = Axis::of_values(bottom - room, top + room, tick_count(height, 50));
        let edges = (across.start(), across.end());
        let mut chart = framed(area, &self.look, across, up)?;
        if let Some((bottom, top)) = self.comfort {
            let band = Rectangle::new(
                [(edges.0, bottom), (edges.1, top)],
                COMFORT.mix(0.15).filled(),
            );
            chart.draw_series([band]).map_err(failed)?;
        }
        let line = LineSeries::new(self.points.iter().copied(), colour(1).stroke_width(2));
        chart.draw_series(line).map_err(failed)?;
        for (extreme, vertical) in [(low, VPos::Top), (high, VPos::Bottom)] {
            let Some(point) = self.points.iter().copied().find(|point| point.1 == extreme) else {
                continue;
            };
            chart
                .draw_series([Circle::new(point, 3, colour(1).filled())])
                .map_err(failed)?;
            // Labels lean towards the middle, so that they aren't cut off.
            let horizontal = if point.0 > (edges.0 + edges.1) / 2.0 {
                HPos::Right
            } else {
                HPos::Left
            };
            let style: TextStyle<'_> = ("sans-serif", 12)
                .into_font()
                .color(&INK)
                .pos(Pos::new(horizontal, vertical));
            chart
                .draw_series([Text::new(format!("{:.1}", point.1), point, style)])
                .map_err(failed)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: f64 = 3600.0;

    #[test]
    fn use_is_spread_over_the_steps_it_took() {
        let readings = [(0.0, 100.0), (2.0 * HOUR, 104.0), (2.5 * HOUR, 110.0)];
        let used = consumption(&readings, HOUR, None).unwrap();
        assert_eq!(used, [(0.0, 2.0), (HOUR, 2.0), (2.0 * HOUR, 6.0)]);
        let half = consumption(&readings, HOUR, Some(1800)).unwrap();
        assert_eq!(half[0], (-1800.0, 1.0), "local hours begin at half past");
        assert!((half.iter().map(|step| step.1).sum::<f64>() - 10.0).abs() < 1e-9);
    }

    #[test]
    fn a_meter_that_starts_again_counts_on() {
        let readings = [
            (0.0, 990.0),
            (HOUR, 995.0),
            (2.0 * HOUR, 3.0),
            (2.0 * HOUR, 0.0),
            (3.0 * HOUR, 1.0),
        ];
        let used = consumption(&readings, HOUR, None).unwrap();
        assert_eq!(
            used.iter().map(|step| step.1).collect::<Vec<_>>(),
            [5.0, 3.0, 1.0]
        );
    }

    #[test]
    fn readings_must_span_time_and_not_too_many_steps() {
        assert!(matches!(
            consumption(&[], HOUR, None),
            Err(ChartError::Empty { .. })
        ));
        assert!(matches!(
            consumption(&[(5.0, 1.0)], HOUR, None),
            Err(ChartError::Empty { .. })
        ));
        assert!(matches!(
            consumption(&[(0.0, -1.0), (1.0, 1.0)], HOUR, None),
            Err(ChartError::InvalidValue { .. })
        ));
        let long = [(0.0, 0.0), (1e9, 5.0)];
        assert!(matches!(
            consumption(&long, HOUR, None),
            Err(ChartError::TooMany { .. })
        ));
        for bad in [0.0, -5.0, 0.5, f64::NAN, f64::INFINITY] {
            assert!(
                matches!(
                    consumption(&long, bad, None),
                    Err(ChartError::InvalidArgument { .. })
                ),
                "{bad}"
            );
        }
        for offset in [i32::MIN, i32::MAX] {
            assert!(consumption(&[(0.0, 0.0), (60.0, 1.0)], HOUR, Some(offset)).is_ok());
        }
    }

    #[test]
    fn the_energy_chart_has_a_bar_for_each_day() {
        let readings: Vec<(f64, f64)> = (0..=72)
            .map(|h| (1_750_464_000.0 + f64::from(h) * HOUR, f64::from(h * h)))
            .collect();
        let text = energy_history_svg(&readings, DAY, None).unwrap();
        for expected in ["kWh", "21 Jun", "22 Jun", "23 Jun"] {
            assert!(text.contains(expected), "{expected}");
        }
        assert_eq!(text.matches("fill=\"#0072B2\"").count(), 3);
    }

    #[test]
    fn the_temperature_chart_marks_extremes_and_comfort() {
        let points: Vec<(f64, f64)> = (0..48)
            .map(|i| {
                (
                    1_750_464_000.0 + f64::from(i) * 1800.0,
                    20.0 + f64::from((i * 7) % 31) / 10.0,
                )
            })
            .collect();
        let text = temperature_history_svg(&points, Some(20.0), Some(22.0), None).unwrap();
        assert!(text.contains("20.0") && text.contains("23.0") && text.contains("°C"));
        assert!(text.contains("fill=\"#009E73\"") && text.contains("opacity=\"0.15\""));
        assert!(
            !temperature_history_svg(&points, None, None, None)
                .unwrap()
                .contains("#009E73")
        );
    }

    #[test]
    fn comfort_is_a_range_or_nothing() {
        let points = [(0.0, 20.0)];
        assert!(temperature_history_svg(&points, Some(22.0), Some(20.0), None).is_err());
        assert!(temperature_history_svg(&points, Some(22.0), None, None).is_err());
        assert!(temperature_history_svg(&points, Some(f64::NAN), Some(1.0), None).is_err());
        assert!(temperature_history_svg(&points, None, None, None).is_ok());
        assert!(temperature_history_svg(&[], None, None, None).is_err());
    }
}
