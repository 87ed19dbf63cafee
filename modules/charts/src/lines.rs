//! Line charts and sparklines.

use home_types::charts::{ChartError, ChartOptions, Series};
use lmms::operation;
use plotters::chart::{ChartBuilder, SeriesLabelPosition};
use plotters::coord::Shift;
use plotters::element::{Circle, PathElement};
use plotters::prelude::{DrawingArea, DrawingBackend};
use plotters::series::{AreaSeries, LineSeries};
use plotters::style::{Color, IntoFont, WHITE};

use crate::arguments::{Look, check_series, check_values, printable, within};
use crate::axis::Axis;
use crate::rendering::{Drawing, INK, colour, failed, faint, framed, png, svg, tick_count};
use crate::sampling::thinned;
use crate::statistics::extremes;

/// The most points of one line that are drawn: twice what a wide screen can show.
const DRAWN_POINTS: usize = 2_000;

/// Draws up to 12 series over time as an SVG.
#[operation(interface = "charts", cache(ttl = "5m"))]
pub fn line_svg(series: &[Series], options: Option<&ChartOptions>) -> Result<String, ChartError> {
    let chart = LineChart::new(series, options)?;
    svg(&chart, chart.look.size)
}

/// Draws up to 12 series over time as a PNG.
#[operation(interface = "charts", cache(ttl = "5m"))]
pub fn line_png(series: &[Series], options: Option<&ChartOptions>) -> Result<Vec<u8>, ChartError> {
    let chart = LineChart::new(series, options)?;
    png(&chart, chart.look.size)
}

/// Draws `values`, evenly spaced, as a small SVG without axes or text for use inside a line of text (default 120 × 24
/// pixels).
#[operation(interface = "charts", cache(ttl = "5m"))]
pub fn sparkline_svg(
    values: &[f64],
    width: Option<u32>,
    height: Option<u32>,
) -> Result<String, ChartError> {
    check_values("values", values)?;
    let width = within("width", width.unwrap_or(120), 16, 1_024)?;
    let height = within("height", height.unwrap_or(24), 8, 256)?;
    let points: Vec<(f64, f64)> = values
        .iter()
        .enumerate()
        .map(|(index, value)| (index as f64, *value))
        .collect();
    svg(&Sparkline(thinned(&points, DRAWN_POINTS)), (width, height))
}

struct LineChart {
    look: Look,
    lines: Vec<(String, Vec<(f64, f64)>)>,
}

impl LineChart {
    fn new(series: &[Series], options: Option<&ChartOptions>) -> Result<LineChart, ChartError> {
        check_series(series)?;
        let line = |one: &Series| (printable(&one.name), thinned(&one.points, DRAWN_POINTS));
        Ok(LineChart {
            look: Look::from(options)?,
            lines: series.iter().map(line).collect(),
        })
    }
}

impl Drawing for LineChart {
    fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>) -> Result<(), ChartError> {
        let points = || self.lines.iter().flat_map(|(_, points)| points);
        let (first, last) = extremes(points().map(|point| point.0));
        let (low, high) = extremes(points().map(|point| point.1));
        let (width, height) = self.look.size;
        let across = Axis::of_times(first, last, tick_count(width, 80), self.look.utc_offset);
        let up = Axis::of_values(low, high, tick_count(height, 50));
        let mut chart = framed(area, &self.look, across, up)?;
        for (index, (name, points)) in self.lines.iter().enumerate() {
            let style = colour(index).stroke_width(2);
            // A single point would be a line of no length.
            if let [point] = points[..] {
                chart
                    .draw_series([Circle::new(point, 3, colour(index).filled())])
                    .map_err(failed)?;
            }
            chart
                .draw_series(LineSeries::new(points.iter().copied(), style))
                .map_err(failed)?
                .label(name.as_str())
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 14, y)], style));
        }
        if self.lines.len() > 1 {
            chart
                .configure_series_labels()
                .position(SeriesLabelPosition::UpperRight)
                .background_style(WHITE.mix(0.8))
                .border_style(faint(INK))
                .label_font(("sans-serif", 12).into_font().color(&INK))
                .draw()
                .map_err(failed)?;
        }
        Ok(())
    }
}

struct Sparkline(Vec<(f64, f64)>);

impl Drawing for Sparkline {
    fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>) -> Result<(), ChartError> {
        let (low, high) = extremes(self.0.iter().map(|point| point.1));
        let up = Axis::bare(low, high);
        let bottom = up.start();
        let last = self.0[self.0.len() - 1];
        let across = Axis::bare(0.0, last.0);
        let mut chart = ChartBuilder::on(area)
            .margin(2)
            .build_cartesian_2d(across, up)
            .map_err(failed)?;
        let shape = AreaSeries::new(self.0.iter().copied(), bottom, faint(colour(0)))
            .border_style(colour(0));
        chart.draw_series(shape).map_err(failed)?;
        chart
            .draw_series([Circle::new(last, 2, colour(1).filled())])
            .map_err(failed)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(name: &str, points: &[(f64, f64)]) -> Series {
        Series {
            name: name.into(),
            points: points.to_vec(),
        }
    }

    fn day(count: u32) -> Vec<(f64, f64)> {
        (0..count)
            .map(|i| {
                (
                    1_750_456_800.0 + f64::from(i) * 60.0,
                    20.0 + f64::from(i % 97) / 10.0,
                )
            })
            .collect()
    }

    fn titled(title: &str) -> ChartOptions {
        ChartOptions {
            title: Some(title.into()),
            ..Default::default()
        }
    }

    #[test]
    fn an_svg_has_axes_legend_and_as_many_lines_as_series() {
        let all = [series("hall", &day(50)), series("attic", &day(30))];
        let options = ChartOptions {
            unit: Some("°C".into()),
            ..titled("Warmth")
        };
        let text = line_svg(&all, Some(&options)).unwrap();
        assert!(text.starts_with("<svg ") && text.trim_end().ends_with("</svg>"));
        for expected in ["Warmth [°C]", "hall", "attic", "22"] {
            assert!(text.contains(expected), "{expected} is missing");
        }
        assert_eq!(
            text.matches("stroke=\"#0072B2\"").count(),
            2,
            "the line and its legend"
        );
        let single = line_svg(&all[..1], None).unwrap();
        assert!(!single.contains("hall"), "one series needs no legend");
    }

    #[test]
    fn text_from_outside_cannot_become_markup() {
        let all = [series("<b>&\"'", &day(3)), series("x\0\u{1b}[31m", &day(3))];
        let text = line_svg(&all, Some(&titled("</text><script>alert(1)</script>"))).unwrap();
        assert!(!text.contains("<script") && !text.contains("<b>"), "{text}");
        assert!(!text.contains(['\0', '\u{1b}']));
        assert!(text.contains("&lt;script&gt;"));
    }

    #[test]
    fn a_png_is_drawn_with_text_and_without_fonts() {
        let options = ChartOptions {
            width: Some(400),
            height: Some(200),
            ..titled("Hall")
        };
        let file = line_png(&[series("hall", &day(200))], Some(&options)).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&file))
            .read_info()
            .unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((frame.width, frame.height), (400, 200));
        let count = |colour: [u8; 3]| pixels.chunks(3).filter(|pixel| *pixel == colour).count();
        assert!(count([0, 114, 178]) > 300, "the line");
        let untitled = line_png(
            &[series("hall", &day(200))],
            Some(&ChartOptions {
                title: None,
                ..options
            }),
        )
        .unwrap();
        assert_ne!(file, untitled, "the title is drawn");
    }

    #[test]
    fn long_series_make_small_files() {
        let text = line_svg(&[series("long", &day(200_000))], None).unwrap();
        assert!(text.len() < 100_000, "{}", text.len());
    }

    #[test]
    fn odd_but_valid_input_is_drawn() {
        let cases = [
            vec![(0.0, 0.0)],
            vec![(5.0, 1e15), (5.0, 1e15)],
            vec![(-1e11, -1e15), (1e11, 1e15)],
            vec![(1e9, 3.0), (1e9 + 1e-3, 3.0)],
        ];
        for points in cases {
            let one = [series("", &points)];
            let tiny = ChartOptions {
                width: Some(80),
                height: Some(60),
                ..titled(&"W".repeat(300))
            };
            assert!(line_svg(&one, None).is_ok(), "{points:?}");
            assert!(line_png(&one, Some(&tiny)).is_ok(), "{points:?}");
        }
    }

    #[test]
    fn unusable_input_is_named() {
        assert!(matches!(line_svg(&[], None), Err(ChartError::Empty { .. })));
        assert!(matches!(
            line_png(&[series("a", &[])], None),
            Err(ChartError::Empty { .. })
        ));
        let error = line_svg(&[series("attic", &[(0.0, 1.0), (1.0, f64::NAN)])], None).unwrap_err();
        assert!(
            error.to_string().contains("series `attic`[1] is NaN"),
            "{error}"
        );
        let many = vec![series("x", &[(0.0, 0.0)]); 13];
        assert!(matches!(
            line_svg(&many, None),
            Err(ChartError::TooMany { .. })
        ));
    }

    #[test]
    fn sparklines_have_no_text() {
        let text = sparkline_svg(&[1.0, 5.0, 2.0, 4.0], None, None).unwrap();
        assert!(
            text.contains("width=\"120\"") && text.contains("<polygon") && !text.contains("<text")
        );
        assert!(sparkline_svg(&[3.0], Some(16), Some(8)).is_ok());
        assert!(sparkline_svg(&[3.0], Some(5), None).is_err());
        assert!(sparkline_svg(&[], None, None).is_err());
        assert!(sparkline_svg(&[f64::INFINITY], None, None).is_err());
    }
}
