//! A dial for one value.

use home_types::charts::{ChartError, ChartOptions};
use lmms::operation;
use plotters::coord::Shift;
use plotters::element::{PathElement, Text};
use plotters::prelude::{DrawingArea, DrawingBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, IntoFont, RGBColor, TextStyle};

use crate::arguments::{Look, check_values, invalid};
use crate::rendering::{Drawing, INK, colour, failed, svg};

/// The dial begins lower left and ends lower right; degrees anticlockwise from the right.
const BEGIN: f64 = 225.0;
const SWEEP: f64 = 270.0;
const TRACK: RGBColor = RGBColor(224, 224, 224);

/// Draws `value` on a dial from `low` to `high` as an SVG; a value beyond them is shown at the end it passed. From
/// `warn_above` on, the dial is drawn in the colour of a warning. The unit of `options` stands beside the number.
#[operation(interface = "charts", cache(ttl = "5m"))]
pub fn gauge_svg(
    value: f64,
    low: f64,
    high: f64,
    warn_above: Option<f64>,
    options: Option<&ChartOptions>,
) -> Result<String, ChartError> {
    check_values("value, low and high", &[value, low, high])?;
    if low >= high {
        return Err(invalid(
            "low",
            low,
            format!("less than `high`, which is {high}"),
        ));
    }
    if warn_above.is_some_and(f64::is_nan) {
        return Err(invalid("warn_above", "NaN", "a number"));
    }
    let unit = options
        .and_then(|options| options.unit.clone())
        .unwrap_or_default();
    let titled = options.map(|options| ChartOptions {
        unit: None,
        ..options.clone()
    });
    let gauge = Gauge {
        look: Look::from(titled.as_ref())?,
        part: ((value - low) / (high - low)).clamp(0.0, 1.0),
        number: format!("{} {}", number(value), crate::arguments::printable(&unit))
            .trim_end()
            .into(),
        ends: [number(low), number(high)],
        warning: warn_above.is_some_and(|limit| value >= limit),
    };
    svg(&gauge, gauge.look.size)
}

struct Gauge {
    look: Look,
    part: f64,
    number: String,
    ends: [String; 2],
    warning: bool,
}

impl Drawing for Gauge {
    fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>) -> Result<(), ChartError> {
        let (width, height) = (f64::from(self.look.size.0), f64::from(self.look.size.1));
        let radius = (width.min(height) * 0.38).max(10.0);
        let centre = (width / 2.0, height * 0.55);
        let on_dial = |part: f64, radius: f64| {
            let angle = (BEGIN - SWEEP * part).to_radians();
            (
                (centre.0 + radius * angle.cos()).round() as i32,
                (centre.1 - radius * angle.sin()).round() as i32,
            )
        };
        let arc = |end: f64, colour: RGBColor| {
            // Corners closer than six degrees would show that they stand on whole pixels.
            let corners = (SWEEP * end / 6.0).ceil().max(1.0) as u32;
            let corner = |index: u32| on_dial(end * f64::from(index) / f64::from(corners), radius);
            let path: Vec<(i32, i32)> = (0..=corners).map(corner).collect();
            PathElement::new(path, colour.stroke_width((radius * 0.18) as u32))
        };
        area.draw(&arc(1.0, TRACK)).map_err(failed)?;
        if self.part > 0.0 {
            area.draw(&arc(self.part, colour(usize::from(self.warning))))
                .map_err(failed)?;
        }
        let text = |text: &str, at: (i32, i32), size: f64| {
            let style: TextStyle<'_> = ("sans-serif", size)
                .into_font()
                .color(&INK)
                .pos(Pos::new(HPos::Center, VPos::Center));
            area.draw(&Text::new(text.to_owned(), at, style))
                .map_err(failed)
        };
        text(
            &self.number,
            (centre.0 as i32, centre.1 as i32),
            (radius * 0.4).max(10.0),
        )?;
        let [low, high] = &self.ends;
        text(low, on_dial(-0.07, radius), (radius * 0.16).max(8.0))?;
        text(high, on_dial(1.07, radius), (radius * 0.16).max(8.0))?;
        match &self.look.caption {
            Some(caption) => text(
                caption,
                (centre.0 as i32, (height * 0.07) as i32),
                (radius * 0.2).max(10.0),
            ),
            None => Ok(()),
        }
    }
}

/// Up to two decimals, without idle zeros.
fn number(value: f64) -> String {
    let text = format!("{:.2}", value + 0.0);
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" {
        "0".into()
    } else {
        short.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gauge(value: f64) -> String {
        let options = ChartOptions {
            title: Some("Boiler".into()),
            unit: Some("°C".into()),
            ..Default::default()
        };
        gauge_svg(value, 0.0, 100.0, Some(80.0), Some(&options)).unwrap()
    }

    #[test]
    fn the_number_its_unit_and_the_ends_are_shown() {
        let text = gauge(61.5);
        for expected in ["61.5 °C", "Boiler", "100"] {
            assert!(text.contains(expected), "{expected}");
        }
        assert!(!text.contains("[°C]"));
    }

    #[test]
    fn the_arc_follows_the_value_and_stops_at_the_ends() {
        let arc = |value: f64| {
            let text = gauge(value);
            let line = text
                .lines()
                .find(|line| line.contains("#0072B2") || line.contains("#D55E00"));
            line.map(|line| line.matches(',').count()).unwrap_or(0)
        };
        assert!(arc(0.0) == 0 && arc(-5.0) == 0);
        assert!(arc(20.0) < arc(50.0) && arc(50.0) < arc(100.0));
        assert_eq!(arc(100.0), arc(5_000.0));
        assert!(gauge(79.9).contains("#0072B2") && gauge(80.0).contains("#D55E00"));
    }

    #[test]
    fn unusable_ranges_are_errors() {
        assert!(gauge_svg(1.0, 5.0, 5.0, None, None).is_err());
        assert!(gauge_svg(1.0, 5.0, 4.0, None, None).is_err());
        for bad in [f64::NAN, f64::INFINITY] {
            assert!(gauge_svg(bad, 0.0, 1.0, None, None).is_err());
            assert!(gauge_svg(0.5, 0.0, bad, None, None).is_err());
        }
        assert!(gauge_svg(0.5, 0.0, 1.0, Some(f64::NAN), None).is_err());
        let tiny = ChartOptions {
            width: Some(80),
            height: Some(60),
            ..Default::default()
        };
        assert!(gauge_svg(0.0, -1e15, 1e15, None, Some(&tiny)).is_ok());
    }

    #[test]
    fn numbers_are_short() {
        let cases = [
            (21.0, "21"),
            (21.5, "21.5"),
            (0.126, "0.13"),
            (-0.001, "0"),
            (1200.0, "1200"),
            (-3.10, "-3.1"),
        ];
        for (value, expected) in cases {
            assert_eq!(number(value), expected);
        }
    }
}
