//! From a drawing to a file, and what all drawings share.

use home_types::charts::ChartError;
use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::Shift;
use plotters::prelude::{Cartesian2d, DrawingArea, DrawingBackend, IntoDrawingArea, SVGBackend};
use plotters::style::{Color, IntoFont, RGBAColor, RGBColor, TRANSPARENT, WHITE};

use crate::arguments::Look;
use crate::axis::Axis;
use crate::canvas::{Canvas, png_file};

pub(crate) const INK: RGBColor = RGBColor(60, 60, 60);
const GRID: RGBColor = RGBColor(224, 224, 224);
const CAPTION_SIZE: u32 = 16;
const LABEL_SIZE: u32 = 12;
/// The font's width beside its size, on average.
const CHARACTER_WIDTH: usize = 7;
/// Okabe and Ito's colours, which most colour-blind people tell apart.
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(120, 120, 120),
];

/// Something that can be drawn on any backend.
pub(crate) trait Drawing {
    fn draw<DB: DrawingBackend>(&self, area: &DrawingArea<DB, Shift>) -> Result<(), ChartError>;
}

pub(crate) fn svg(drawing: &impl Drawing, size: (u32, u32)) -> Result<String, ChartError> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        finish(drawing, &area)?;
    }
    Ok(text)
}

pub(crate) fn png(drawing: &impl Drawing, size: (u32, u32)) -> Result<Vec<u8>, ChartError> {
    let mut pixels = vec![0; Canvas::byte_count(size)];
    {
        let area = Canvas::new(size, &mut pixels).into_drawing_area();
        finish(drawing, &area)?;
    }
    png_file(size, &pixels)
}

/// A chart with axes, grid and caption, ready for its content.
pub(crate) type Chart<'a, DB> = ChartContext<'a, DB, Cartesian2d<Axis, Axis>>;

pub(crate) fn framed<'a, DB: DrawingBackend>(
    area: &'a DrawingArea<DB, Shift>,
    look: &Look,
    across: Axis,
    up: Axis,
) -> Result<Chart<'a, DB>, ChartError> {
    let labels = up.label_width() * CHARACTER_WIDTH + 12;
    let mut builder = ChartBuilder::on(area);
    builder
        .margin(8)
        .margin_right(20)
        .x_label_area_size(24)
        .y_label_area_size(labels as u32);
    if let Some(caption) = &look.caption {
        builder.caption(
            caption,
            ("sans-serif", CAPTION_SIZE).into_font().color(&INK),
        );
    }
    let mut chart = builder.build_cartesian_2d(across, up).map_err(failed)?;
    chart
        .configure_mesh()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(INK)
        .label_style(("sans-serif", LABEL_SIZE).into_font().color(&INK))
        .draw()
        .map_err(failed)?;
    Ok(chart)
}

/// How many labels fit side by side.
pub(crate) fn tick_count(pixels: u32, each: u32) -> usize {
    (pixels / each).clamp(2, 12) as usize
}

pub(crate) fn colour(index: usize) -> RGBColor {
    COLOURS[index % COLOURS.len()]
}

pub(crate) fn faint(colour: RGBColor) -> RGBAColor {
    colour.mix(0.2)
}

pub(crate) fn failed(error: impl std::fmt::Display) -> ChartError {
    ChartError::Drawing {
        reason: error.to_string(),
    }
}

fn finish<DB: DrawingBackend>(
    drawing: &impl Drawing,
    area: &DrawingArea<DB, Shift>,
) -> Result<(), ChartError> {
    area.fill(&WHITE).map_err(failed)?;
    drawing.draw(area)?;
    area.present().map_err(failed)
}
