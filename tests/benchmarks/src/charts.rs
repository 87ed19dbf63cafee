//! Charts of kept figures, as SVG.

#![forbid(unsafe_code)]

use std::fs;
use std::path::Path;

use plotters::prelude::*;
use serde::Deserialize;

use crate::fixture::repository;
use crate::row::Row;
use crate::whole::{BUILDS, SERIES};

/// The figures that `cargo xtask bench` keeps.
#[derive(Debug, Deserialize)]
struct Report {
    families: Vec<Family>,
}

#[derive(Debug, Deserialize)]
struct Family {
    family: String,
    rows: Vec<Row>,
}

/// Families whose figures are times that can stand in one chart.
const DRAWN: &[&str] = &[
    "calls",
    "arguments",
    "by-name",
    "cache",
    "first-call",
    "heap",
];

const WIDTH: u32 = 860;
const LINE: i32 = 24;
/// Above the first bar: the title and what the colours mean.
const HEAD: i32 = 68;
const MARGIN: i32 = 12;
/// Room for a figure behind its bar.
const FIGURE: i32 = 100;
/// A letter of a label, rather too wide than too narrow: fonts differ.
const LETTER: i32 = 7;

const OURS: RGBColor = RGBColor(0x1f, 0x77, 0xb4);
const COMPARED_WITH: RGBColor = RGBColor(0x55, 0x55, 0x55);
const OTHERS: RGBColor = RGBColor(0xbb, 0xbb, 0xbb);

/// Draws a chart for each family that can be drawn.
pub fn draw(results: &Path, folder: &Path) -> Result<(), String> {
    let bytes = fs::read(results).map_err(|error| format!("{}: {error}", results.display()))?;
    let report: Report = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
    let series = repository().join(SERIES);
    if let Ok(bytes) = fs::read(&series) {
        let lines: Vec<Vec<(f64, f64)>> =
            serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
        memory(&lines, &folder.join("whole-system.memory.svg"))?;
    }
    for family in &report.families {
        if DRAWN.contains(&family.family.as_str()) {
            bars(family, &folder.join(format!("{}.svg", family.family)))?;
        }
    }
    Ok(())
}

/// Horizontal bars on a logarithmic scale, a thin line from p10 to p90 on each; under a heading what
/// was done in several ways.
fn bars(family: &Family, path: &Path) -> Result<(), String> {
    let Some(scale) = Scale::of(family) else {
        return Ok(());
    };
    let lines = lines(family, scale.unit);
    let height = HEAD + LINE * lines.len() as i32 + MARGIN;
    let area = SVGBackend::new(path, (WIDTH, height as u32)).into_drawing_area();
    let drawn = draw_bars(&area, family, &scale, &lines).and_then(|()| area.present());
    drawn.map_err(|error| format!("{}: {error}", path.display()))
}

/// A line of a chart with bars.
enum Line<'r> {
    Heading(String),
    Bar(&'r str, &'r Row, f64),
}

fn lines<'r>(family: &'r Family, unit: &str) -> Vec<Line<'r>> {
    let mut lines = Vec::new();
    let mut last = String::new();
    for row in family.rows.iter().filter(|row| row.unit == unit) {
        let Some(median) = row.median.filter(|median| *median > 0.0) else {
            continue;
        };
        let (what, way) = row.case.split_once(": ").unwrap_or(("", &row.case));
        let heading = match (what, row.threads) {
            (what, 1) => what.to_owned(),
            ("", threads) => format!("{threads} threads"),
            (what, threads) => format!("{what}, {threads} threads"),
        };
        if heading != last {
            lines.push(Line::Heading(heading.clone()));
            last = heading;
        }
        lines.push(Line::Bar(way, row, median));
    }
    lines
}

/// Where figures stand from left to right.
struct Scale<'r> {
    unit: &'r str,
    left: i32,
    low: f64,
    high: f64,
}

impl<'r> Scale<'r> {
    /// `None`: there is nothing to draw.
    fn of(family: &'r Family) -> Option<Self> {
        let first = family.rows.iter().find(|row| row.median.is_some())?;
        let lines = lines(family, &first.unit);
        let bars = || {
            lines.iter().filter_map(|line| match line {
                Line::Bar(way, _, median) => Some((way.chars().count(), *median)),
                Line::Heading(_) => None,
            })
        };
        let least = bars().map(|bar| bar.1).fold(f64::MAX, f64::min);
        let most = bars().map(|bar| bar.1).fold(0.0, f64::max);
        let longest = bars().map(|bar| bar.0).max()?;
        Some(Self {
            unit: &first.unit,
            left: 2 * MARGIN + LETTER * longest as i32,
            low: (least / 1.6).log10(),
            high: (most * 1.6).log10(),
        })
    }

    fn place(&self, value: f64) -> i32 {
        let room = f64::from(WIDTH as i32 - self.left - FIGURE);
        let share = (value.log10() - self.low) / (self.high - self.low);
        self.left + (share.max(0.0) * room) as i32
    }
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

fn draw_bars(area: &Area<'_>, family: &Family, scale: &Scale<'_>, lines: &[Line<'_>]) -> Drawn {
    area.fill(&WHITE)?;
    let text = |size: i32| ("sans-serif", size).into_font().color(&BLACK);
    let title = format!("{}: {} on a logarithmic scale", family.family, scale.unit);
    area.draw_text(&title, &text(20), (MARGIN, 12))?;
    legend(area, family)?;
    let compared_with: Vec<&str> = family
        .rows
        .iter()
        .filter_map(|row| row.against.as_deref())
        .collect();
    for (index, line) in lines.iter().enumerate() {
        let top = HEAD + LINE * index as i32;
        let (way, row, median) = match line {
            Line::Heading(heading) => {
                let bold = ("sans-serif", 15).into_font().style(FontStyle::Bold);
                area.draw_text(heading, &bold.color(&BLACK), (MARGIN, top + 4))?;
                continue;
            }
            Line::Bar(way, row, median) => (way, row, *median),
        };
        area.draw_text(way, &text(15), (MARGIN, top + 3))?;
        let colour = match () {
            () if way.contains("LMMS") || way.contains("module heap") => OURS,
            () if compared_with.contains(way) => COMPARED_WITH,
            () => OTHERS,
        };
        let bar = [(scale.left, top + 2), (scale.place(median), top + LINE - 6)];
        area.draw(&Rectangle::new(bar, colour.filled()))?;
        if let (Some(p10), Some(p90)) = (row.p10, row.p90) {
            let middle = top + LINE / 2 - 2;
            let ends = [p10, p90].map(|value| (scale.place(value), middle));
            area.draw(&PathElement::new(ends.to_vec(), BLACK.stroke_width(1)))?;
        }
        let right = scale.place(row.p90.unwrap_or(median).max(median)) + 6;
        let figure = format!("{} {}", figure(median), scale.unit);
        area.draw_text(&figure, &text(15), (right, top + 3))?;
    }
    Ok(())
}

/// What the colours mean.
fn legend(area: &Area<'_>, family: &Family) -> Drawn {
    let ours = match family.family.as_str() {
        "heap" => "a module's heap",
        _ => "LMMS",
    };
    let style = ("sans-serif", 14).into_font().color(&BLACK);
    let mut left = MARGIN;
    let entries = [
        (OURS, ours),
        (COMPARED_WITH, "what it is compared with"),
        (OTHERS, "others"),
    ];
    for (colour, words) in entries {
        let square = [(left, 42), (left + 12, 54)];
        area.draw(&Rectangle::new(square, colour.filled()))?;
        area.draw_text(words, &style, (left + 18, 42))?;
        left += 18 + LETTER * words.chars().count() as i32 + 2 * MARGIN;
    }
    let line = vec![(left, 48), (left + 18, 48)];
    area.draw(&PathElement::new(line, BLACK.stroke_width(1)))?;
    area.draw_text(
        "from the 10th to the 90th percentile",
        &style,
        (left + 24, 42),
    )
}

/// Three digits, or all of them before the point.
fn figure(value: f64) -> String {
    match value {
        value if value < 10.0 => format!("{value:.2}"),
        value if value < 100.0 => format!("{value:.1}"),
        value => {
            let digits = format!("{value:.0}");
            let mut text = String::new();
            for (index, digit) in digits.chars().enumerate() {
                if index > 0 && (digits.len() - index) % 3 == 0 {
                    text.push(',');
                }
                text.push(digit);
            }
            text
        }
    }
}

/// Memory over the day, a line for each build.
fn memory(lines: &[Vec<(f64, f64)>], path: &Path) -> Result<(), String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let points = || lines.iter().flatten();
    let most = points().map(|point| point.1).fold(1.0, f64::max);
    // The day, and how it is some time behind the last event.
    let hours = points().map(|point| point.0).fold(24.0, f64::max);
    let area = SVGBackend::new(path, (WIDTH, 420)).into_drawing_area();
    area.fill(&WHITE).map_err(|error| failed(&error))?;
    let mut chart = ChartBuilder::on(&area)
        .caption("Memory over the day (PSS)", ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(48)
        .build_cartesian_2d(0.0..hours, 0.0..most * 1.3)
        .map_err(|error| failed(&error))?;
    chart
        .configure_mesh()
        .x_desc("hour of the day")
        .y_desc("MB")
        .x_labels(13)
        .x_label_formatter(&|hour| format!("{hour:.0}"))
        .y_label_formatter(&|megabytes| format!("{megabytes:.0}"))
        .max_light_lines(0)
        .draw()
        .map_err(|error| failed(&error))?;
    let colours = [
        RGBColor(0xd6, 0x27, 0x28),
        RGBColor(0x7f, 0x7f, 0x7f),
        RGBColor(0xff, 0x7f, 0x0e),
        RGBColor(0x1f, 0x77, 0xb4),
        RGBColor(0x2c, 0xa0, 0x2c),
    ];
    for ((line, colour), name) in lines.iter().zip(colours).zip(BUILDS) {
        chart
            .draw_series(LineSeries::new(
                line.iter().copied(),
                colour.stroke_width(2),
            ))
            .map_err(|error| failed(&error))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
    }
    // Above all lines.
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .margin(8)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK)
        .draw()
        .map_err(|error| failed(&error))?;
    area.present().map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_end_before_their_bars_and_figures_before_the_edge() {
        let long = "a way with a long name, straight into a struct";
        let case = format!("two texts, JSON text to JSON text: {long}");
        let rows = vec![
            Row::new("by-name", case, 2, "ns").measured(&[90.0, 100.0, 12_345.0]),
            Row::new("by-name", "two texts: short", 1, "ns").measured(&[1.0]),
        ];
        let family = Family {
            family: "by-name".to_owned(),
            rows,
        };
        let scale = Scale::of(&family).unwrap();
        assert!(scale.left >= MARGIN + LETTER * long.chars().count() as i32);
        assert!(scale.place(100.0 * 1.6) <= WIDTH as i32 - FIGURE);
        let headings: Vec<String> = lines(&family, "ns")
            .into_iter()
            .filter_map(|line| match line {
                Line::Heading(heading) => Some(heading),
                Line::Bar(..) => None,
            })
            .collect();
        let first = "two texts, JSON text to JSON text, 2 threads";
        assert_eq!(headings, [first, "two texts"]);
    }

    #[test]
    fn figures_have_three_digits_or_more() {
        let figures = [1.4, 23.71, 187.2, 14_119.4, 1_234_567.0].map(figure);
        assert_eq!(figures, ["1.40", "23.7", "187", "14,119", "1,234,567"]);
    }
}
