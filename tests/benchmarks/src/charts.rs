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
const LEFT: i32 = 360;
const HEAD: i32 = 48;

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

/// Horizontal bars on a logarithmic scale, a thin line from p10 to p90 on each.
fn bars(family: &Family, path: &Path) -> Result<(), String> {
    let unit = family
        .rows
        .iter()
        .find(|row| row.median.is_some())
        .map_or("", |row| &row.unit);
    let rows: Vec<(&Row, f64)> = family
        .rows
        .iter()
        .filter(|row| row.unit == unit)
        .filter_map(|row| Some((row, row.median.filter(|median| *median > 0.0)?)))
        .collect();
    let least = rows.iter().map(|(_, m)| *m).fold(f64::MAX, f64::min);
    let most = rows.iter().map(|(_, m)| *m).fold(0.0, f64::max);
    if rows.is_empty() {
        return Ok(());
    }
    let (low, high) = ((least / 1.6).log10(), (most * 1.6).log10());
    let room = f64::from(WIDTH as i32 - LEFT - 90);
    let place = |value: f64| LEFT + ((value.log10() - low) / (high - low) * room) as i32;
    let height = HEAD + LINE * rows.len() as i32 + 12;
    let area = SVGBackend::new(path, (WIDTH, height as u32)).into_drawing_area();
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    area.fill(&WHITE).map_err(|error| failed(&error))?;
    let text = |size: i32| ("sans-serif", size).into_font().color(&BLACK);
    let title = format!("{}: {unit}, logarithmic", family.family);
    area.draw_text(&title, &text(20), (12, 14))
        .map_err(|error| failed(&error))?;
    for (index, (row, median)) in rows.iter().enumerate() {
        let top = HEAD + LINE * index as i32;
        let threads = if row.threads > 1 {
            format!(", {} threads", row.threads)
        } else {
            String::new()
        };
        let label = format!("{}{threads}", row.case);
        area.draw_text(&label, &text(15), (12, top + 3))
            .map_err(|error| failed(&error))?;
        let colour = match () {
            () if row.case.contains("LMMS") || row.case.contains("module heap") => {
                RGBColor(0x1f, 0x77, 0xb4)
            }
            () if row.against.is_none() => RGBColor(0x55, 0x55, 0x55),
            () => RGBColor(0xbb, 0xbb, 0xbb),
        };
        let bar = [(LEFT, top + 2), (place(*median), top + LINE - 6)];
        area.draw(&Rectangle::new(bar, colour.filled()))
            .map_err(|error| failed(&error))?;
        if let (Some(p10), Some(p90)) = (row.p10, row.p90) {
            let middle = top + LINE / 2 - 2;
            let ends = [p10, p90].map(|value| (place(value.max(least / 1.6)), middle));
            area.draw(&PathElement::new(ends.to_vec(), BLACK.stroke_width(1)))
                .map_err(|error| failed(&error))?;
        }
        let figure = if *median < 10.0 {
            format!("{median:.2}")
        } else {
            format!("{median:.0}")
        };
        let right = place(row.p90.unwrap_or(*median).max(*median)) + 6;
        area.draw_text(&figure, &text(15), (right, top + 3))
            .map_err(|error| failed(&error))?;
    }
    area.present().map_err(|error| failed(&error))
}

/// Memory over the day, a line for each build.
fn memory(lines: &[Vec<(f64, f64)>], path: &Path) -> Result<(), String> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let points = || lines.iter().flatten();
    let most = points().map(|point| point.1).fold(1.0, f64::max);
    let hours = points().map(|point| point.0).fold(24.0, f64::max);
    let area = SVGBackend::new(path, (WIDTH, 420)).into_drawing_area();
    area.fill(&WHITE).map_err(|error| failed(&error))?;
    let mut chart = ChartBuilder::on(&area)
        .caption("Memory over the day (PSS)", ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(48)
        .build_cartesian_2d(0.0..hours, 0.0..most * 1.1)
        .map_err(|error| failed(&error))?;
    chart
        .configure_mesh()
        .x_desc("hour of the day")
        .y_desc("MB")
        .x_labels(13)
        .draw()
        .map_err(|error| failed(&error))?;
    let colours = [
        RGBColor(0xd6, 0x27, 0x28),
        RGBColor(0x7f, 0x7f, 0x7f),
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
    chart
        .configure_series_labels()
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK)
        .draw()
        .map_err(|error| failed(&error))?;
    area.present().map_err(|error| failed(&error))
}
