//! Camera pictures: scaled, edited, measured and compared. Pictures come in and go out as the bytes of a PNG or JPEG
//! file.
//!
//! Nothing larger than 32 MiB, 8,192 pixels on a side or 48 MiB in memory is decoded: a small file can claim a huge
//! picture, so the header is checked before any pixel. The orientation that a camera notes in its file is applied.
//! Edits keep the file format; JPEG is written with quality 85 unless asked otherwise.
#![forbid(unsafe_code)]

mod analysis;
mod annotation;
mod edits;
mod files;
mod snapshot;

pub use analysis::{compare, dominant_colour, fingerprint, fingerprint_distance, info, measure};
pub use annotation::annotate;
pub use edits::{adjust, blur, convert, crop, flip, grayscale, rotate, thumbnail};
pub use snapshot::snapshot_pattern;

lmms::module!();
