//! Measured values as pictures and in numbers: SVG, PNG, statistics.
//!
//! SVG text is left to the viewer's fonts; PNG text uses a bitmap font that is built in, so that no font of the system
//! is needed. Times are seconds since the Unix epoch and must be in order. NaN, infinities and empty input are errors,
//! not blank charts. Long series are thinned for drawing to what the eye can tell (largest triangle, three buckets).
#![forbid(unsafe_code)]

mod arguments;
mod axis;
mod bars;
mod canvas;
mod gauge;
mod history;
mod lines;
mod rendering;
mod sampling;
mod statistics;

pub use bars::{bar_png, bar_svg, histogram_svg};
pub use gauge::gauge_svg;
pub use history::{consumption, energy_history_svg, temperature_history_svg};
pub use lines::{line_png, line_svg, sparkline_svg};
pub use sampling::{downsample, moving_average, resample};
pub use statistics::{percentile, summarize};

lmms::module!();
