//! What the `images` module takes and returns. Pictures themselves cross as the bytes of a PNG or JPEG file.

use std::fmt;

use lmms::Portable;

/// A file format of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Portable)]
pub enum ImageFormat {
    /// Lossless, with transparency.
    Png,
    /// Smaller, for photographs.
    Jpeg,
}

/// What a picture's header says.
#[derive(Clone, Debug, PartialEq, Eq, Portable)]
pub struct ImageInfo {
    /// The file format.
    pub format: ImageFormat,
    /// Pixels across, as stored.
    pub width: u32,
    /// Pixels down, as stored.
    pub height: u32,
    /// Channels of a pixel: 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha.
    pub channels: u8,
    /// Bits of a channel.
    pub bits_per_channel: u8,
    /// The file's size.
    pub bytes: u64,
}

/// Which way a picture is mirrored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Portable)]
pub enum FlipAxis {
    /// Left becomes right.
    Horizontal,
    /// Top becomes bottom.
    Vertical,
}

/// A rectangle of pixels, from the upper left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Portable)]
pub struct Region {
    /// Pixels from the left edge.
    pub x: u32,
    /// Pixels from the upper edge.
    pub y: u32,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

/// How two pictures of one scene differ.
#[derive(Clone, Copy, Debug, PartialEq, Portable)]
pub struct Comparison {
    /// The overall difference, from 0 (same) to 1.
    pub difference: f64,
    /// The part of the scene that changed beyond the threshold, from 0 to 1.
    pub changed_share: f64,
    /// How much brighter the later picture is as a whole, from -1 to 1; not counted as change.
    pub exposure_shift: f64,
    /// Where the changes are, in pixels of the later picture.
    pub region: Option<Region>,
}

/// The colour that covers most of a picture.
#[derive(Clone, Debug, PartialEq, Portable)]
pub struct DominantColour {
    /// 0 to 255.
    pub red: u8,
    /// 0 to 255.
    pub green: u8,
    /// 0 to 255.
    pub blue: u8,
    /// The same as `#rrggbb`.
    pub hex: String,
    /// The part of the visible picture that is about this colour, from 0 to 1.
    pub share: f64,
}

/// A picture's light and sharpness: is it night, is the lens covered or out of focus?
#[derive(Clone, Copy, Debug, PartialEq, Portable)]
pub struct ImageMeasures {
    /// Mean brightness, from 0 to 1.
    pub brightness: f64,
    /// Standard deviation of brightness, from 0 (one even tone) to 0.5.
    pub contrast: f64,
    /// How strong fine detail is; near 0 when blurred or covered.
    pub sharpness: f64,
}

/// What keeps the images module from answering.
#[derive(Clone, Debug, PartialEq, Portable)]
#[non_exhaustive]
pub enum ImageError {
    /// Neither PNG nor JPEG.
    UnknownFormat {
        /// The bytes given.
        bytes: u64,
    },
    /// A PNG or JPEG that can't be read to its end.
    Malformed {
        /// Where reading failed.
        reason: String,
    },
    /// A picture, or a result, with more pixels or bytes than accepted.
    TooLarge {
        /// What is too large.
        what: String,
        /// Its size.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// An argument outside its range.
    InvalidArgument {
        /// The argument.
        name: String,
        /// Its value.
        value: String,
        /// What is expected.
        expected: String,
    },
    /// The result can't be written.
    Encoding {
        /// What happened.
        reason: String,
    },
}

impl fmt::Display for ImageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownFormat { bytes } => {
                write!(
                    f,
                    "the {bytes} bytes are neither a PNG nor a JPEG; convert the picture first"
                )
            }
            Self::Malformed { reason } => {
                write!(f, "the picture is damaged: {reason}; fetch it again")
            }
            Self::TooLarge { what, size, limit } => {
                write!(
                    f,
                    "{what} is {size}, more than {limit}; scale the picture down at its source"
                )
            }
            Self::InvalidArgument {
                name,
                value,
                expected,
            } => {
                write!(f, "`{name}` is {value}; expected {expected}")
            }
            Self::Encoding { reason } => write!(f, "the result can't be written: {reason}"),
        }
    }
}

impl std::error::Error for ImageError {}
