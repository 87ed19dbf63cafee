//! Reading and writing picture files, within limits.

use std::io::Cursor;

use home_types::images::{ImageError, ImageFormat, ImageInfo};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits, Rgb, RgbImage};

pub(crate) const LONGEST_SIDE: u32 = 8_192;
pub(crate) const DEFAULT_QUALITY: u8 = 85;
/// The pixels of one picture; an edit has two of them in memory. 16 million pixels of three channels with 8 bits.
const MOST_DECODED_BYTES: u64 = 48 << 20;
const MOST_FILE_BYTES: u64 = 32 << 20;
/// Decoders may need this much beside the pixels.
const MOST_DECODER_BYTES: u64 = 64 << 20;
/// What is left of `MOST_DECODED_BYTES` for a progressive JPEG, whose decoder keeps coefficients of 16 bits for all of
/// it.
const PROGRESSIVE_SHARE: u64 = 2;

/// A decoded picture, upright, and the format it came in.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) pixels: DynamicImage,
    pub(crate) format: ImageFormat,
}

impl Picture {
    pub(crate) fn read(file: &[u8]) -> Result<Picture, ImageError> {
        let (mut decoder, info) = decoder(file)?;
        // A picture without a note, or with a damaged one, is taken as it is.
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let mut pixels = DynamicImage::from_decoder(decoder).map_err(read_error)?;
        pixels.apply_orientation(orientation);
        Ok(Picture {
            pixels,
            format: info.format,
        })
    }

    /// Writes other pixels in the same format.
    pub(crate) fn write(&self, pixels: &DynamicImage) -> Result<Vec<u8>, ImageError> {
        encode(pixels, self.format, DEFAULT_QUALITY)
    }
}

/// The header's facts, without decoding a pixel.
pub(crate) fn header(file: &[u8]) -> Result<ImageInfo, ImageError> {
    decoder(file).map(|(_, info)| info)
}

/// `quality` from 1 to 100 counts for JPEG only.
pub(crate) fn encode(
    pixels: &DynamicImage,
    format: ImageFormat,
    quality: u8,
) -> Result<Vec<u8>, ImageError> {
    let mut file = Vec::new();
    let written = match format {
        ImageFormat::Png => pixels.write_with_encoder(PngEncoder::new(&mut file)),
        ImageFormat::Jpeg => {
            let encoder = JpegEncoder::new_with_quality(&mut file, quality);
            // JPEG knows grey and colour with 8 bits, and no transparency.
            match pixels {
                DynamicImage::ImageLuma8(grey) => grey.write_with_encoder(encoder),
                _ => on_white(pixels).write_with_encoder(encoder),
            }
        }
    };
    written.map_err(|error| ImageError::Encoding {
        reason: error.to_string(),
    })?;
    Ok(file)
}

/// The picture as it looks on white paper.
pub(crate) fn on_white(pixels: &DynamicImage) -> RgbImage {
    if !pixels.color().has_alpha() {
        return pixels.to_rgb8();
    }
    let source = pixels.to_rgba8();
    RgbImage::from_fn(source.width(), source.height(), |x, y| {
        let [red, green, blue, alpha] = source.get_pixel(x, y).0;
        let over = |channel: u8| {
            let (channel, alpha) = (u32::from(channel), u32::from(alpha));
            ((channel * alpha + 255 * (255 - alpha) + 127) / 255) as u8
        };
        Rgb([over(red), over(green), over(blue)])
    })
}

/// Checks the size of a picture before it is made or decoded; `bytes` are those of all its pixels.
pub(crate) fn check_size(width: u32, height: u32, bytes: u64) -> Result<(), ImageError> {
    let side = width.max(height);
    if side > LONGEST_SIDE {
        let (size, limit) = (side.into(), LONGEST_SIDE.into());
        return Err(ImageError::TooLarge {
            what: "the picture's longer side".into(),
            size,
            limit,
        });
    }
    decoded_within(bytes, MOST_DECODED_BYTES)
}

fn decoded_within(size: u64, limit: u64) -> Result<(), ImageError> {
    if size <= limit {
        return Ok(());
    }
    let what = "the picture's size in memory, in bytes,".into();
    Err(ImageError::TooLarge { what, size, limit })
}

/// Whether a JPEG comes in passes over the whole picture.
fn is_progressive(file: &[u8]) -> bool {
    let mut at = 2;
    while let Some(&[0xff, marker, high, low]) = file.get(at..at + 4) {
        match marker {
            0xc2 | 0xc6 | 0xca | 0xce => return true,
            0xda | 0xc0 | 0xc1 => return false,
            // Markers may be padded.
            0xff => at += 1,
            _ => at += 2 + usize::from(u16::from_be_bytes([high, low])),
        }
    }
    false
}

pub(crate) fn invalid(name: &str, value: impl ToString, expected: impl Into<String>) -> ImageError {
    ImageError::InvalidArgument {
        name: name.into(),
        value: value.to_string(),
        expected: expected.into(),
    }
}

fn decoder(file: &[u8]) -> Result<(impl ImageDecoder, ImageInfo), ImageError> {
    let bytes = file.len() as u64;
    if bytes > MOST_FILE_BYTES {
        let what = "the file's size in bytes".into();
        return Err(ImageError::TooLarge {
            what,
            size: bytes,
            limit: MOST_FILE_BYTES,
        });
    }
    let (kind, format) = match image::guess_format(file) {
        Ok(kind @ image::ImageFormat::Png) => (kind, ImageFormat::Png),
        Ok(kind @ image::ImageFormat::Jpeg) => (kind, ImageFormat::Jpeg),
        _ => return Err(ImageError::UnknownFormat { bytes }),
    };
    let mut reader = ImageReader::with_format(Cursor::new(file), kind);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_DECODER_BYTES);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(read_error)?;
    let (width, height) = decoder.dimensions();
    check_size(width, height, decoder.total_bytes())?;
    if format == ImageFormat::Jpeg && is_progressive(file) {
        let limit = MOST_DECODED_BYTES / PROGRESSIVE_SHARE;
        decoded_within(decoder.total_bytes(), limit)?;
    }
    if width == 0 || height == 0 {
        return Err(ImageError::Malformed {
            reason: "it has no pixels".into(),
        });
    }
    let colour = decoder.color_type();
    let channels = colour.channel_count();
    let bits_per_channel = (colour.bits_per_pixel() / u16::from(channels.max(1))) as u8;
    Ok((
        decoder,
        ImageInfo {
            format,
            width,
            height,
            channels,
            bits_per_channel,
            bytes,
        },
    ))
}

fn read_error(error: image::ImageError) -> ImageError {
    match error {
        image::ImageError::Limits(_) => ImageError::TooLarge {
            what: "the memory needed for decoding".into(),
            size: MOST_DECODER_BYTES + 1,
            limit: MOST_DECODER_BYTES,
        },
        other => ImageError::Malformed {
            reason: other.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, ImageEncoder, Luma, Rgba, RgbaImage};

    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let pixels = RgbImage::from_fn(width, height, |x, y| Rgb([x as u8, y as u8, 7]));
        encode(&pixels.into(), ImageFormat::Png, DEFAULT_QUALITY).unwrap()
    }

    /// A PNG's header that claims a size, with a right checksum and no pixels.
    fn claiming(width: u32, height: u32) -> Vec<u8> {
        let mut file = png(1, 1);
        file[16..20].copy_from_slice(&width.to_be_bytes());
        file[20..24].copy_from_slice(&height.to_be_bytes());
        let checksum = crc32(&file[12..29]);
        file[29..33].copy_from_slice(&checksum.to_be_bytes());
        file
    }

    fn crc32(bytes: &[u8]) -> u32 {
        let mut crc = u32::MAX;
        for byte in bytes {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 {
                    (crc >> 1) ^ 0xEDB8_8320
                } else {
                    crc >> 1
                };
            }
        }
        !crc
    }

    #[test]
    fn pictures_survive_writing_and_reading() {
        let file = png(31, 17);
        let picture = Picture::read(&file).unwrap();
        assert_eq!((picture.pixels.width(), picture.pixels.height()), (31, 17));
        assert_eq!(picture.format, ImageFormat::Png);
        assert_eq!(
            picture.pixels.to_rgb8().get_pixel(30, 16),
            &Rgb([30, 16, 7])
        );
        let jpeg = encode(&picture.pixels, ImageFormat::Jpeg, 90).unwrap();
        let info = header(&jpeg).unwrap();
        assert_eq!(
            (
                info.format,
                info.width,
                info.channels,
                info.bits_per_channel
            ),
            (ImageFormat::Jpeg, 31, 3, 8)
        );
    }

    #[test]
    fn every_truncation_is_an_error() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg] {
            let file = encode(&Picture::read(&png(24, 24)).unwrap().pixels, format, 80).unwrap();
            // The last bytes of a PNG are its empty end chunk; a JPEG may lack its end mark.
            for length in 0..file.len() - 13 {
                if let Ok(picture) = Picture::read(&file[..length]) {
                    // JPEG decoders fill what is missing; it must at least be the picture announced.
                    assert_eq!(
                        (format, picture.pixels.width()),
                        (ImageFormat::Jpeg, 24),
                        "{length}"
                    );
                }
            }
        }
        assert!(matches!(
            Picture::read(b""),
            Err(ImageError::UnknownFormat { bytes: 0 })
        ));
        assert!(matches!(
            Picture::read(b"GIF89a......"),
            Err(ImageError::UnknownFormat { .. })
        ));
    }

    #[test]
    fn damaged_bytes_never_panic() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg] {
            let file = encode(&Picture::read(&png(16, 16)).unwrap().pixels, format, 80).unwrap();
            for at in 0..file.len() {
                for flip in [0x01, 0x80, 0xff] {
                    let mut damaged = file.clone();
                    damaged[at] ^= flip;
                    // Any answer will do, as long as it is within the limits.
                    if let Ok(picture) = Picture::read(&damaged) {
                        assert!(picture.pixels.as_bytes().len() as u64 <= MOST_DECODED_BYTES);
                    }
                }
            }
        }
    }

    #[test]
    fn a_small_file_that_claims_a_huge_picture_is_refused_by_its_header() {
        for (width, height) in [
            (60_000, 60_000),
            (8_193, 1),
            (1, 2_000_000_000),
            (8_000, 8_000),
        ] {
            let error = Picture::read(&claiming(width, height)).unwrap_err();
            assert!(
                matches!(error, ImageError::TooLarge { .. }),
                "{width}×{height}: {error}"
            );
            assert!(header(&claiming(width, height)).is_err());
        }
        assert!(matches!(
            Picture::read(&claiming(0, 5)),
            Err(ImageError::Malformed { .. })
        ));
        let error = Picture::read(&claiming(4_000, 4_000)).unwrap_err();
        assert!(
            matches!(error, ImageError::Malformed { .. }),
            "pixels are missing: {error}"
        );
        let mut padded = png(2, 2);
        padded.resize((32 << 20) + 1, 0);
        assert!(matches!(
            Picture::read(&padded),
            Err(ImageError::TooLarge { .. })
        ));
    }

    #[test]
    fn what_counts_is_the_size_in_memory() {
        // Header bytes 24 and 25 are depth and colour type: 16-bit RGBA, 16-bit RGB, 8-bit RGBA, RGB, grey.
        for (depth, colour, bytes) in [(16, 6, 8), (16, 2, 6), (8, 6, 4), (8, 2, 3), (8, 0, 1)] {
            let with = |width: u32, height: u32| {
                let mut file = claiming(width, height);
                (file[24], file[25]) = (depth, colour);
                let checksum = crc32(&file[12..29]);
                file[29..33].copy_from_slice(&checksum.to_be_bytes());
                Picture::read(&file).unwrap_err()
            };
            let pixels = (MOST_DECODED_BYTES / bytes) as u32;
            let error = with(8_000, pixels / 8_000 + 1);
            let told = error.to_string();
            assert!(matches!(error, ImageError::TooLarge { .. }), "{told}");
            assert!(
                pixels / 8_000 + 1 > LONGEST_SIDE || told.contains("50331648"),
                "{told}"
            );
            if pixels / 8_000 <= LONGEST_SIDE {
                let error = with(8_000, pixels / 8_000);
                assert!(matches!(error, ImageError::Malformed { .. }), "{error}");
            }
        }
        let mut progressive = encode(&RgbImage::new(16, 16).into(), ImageFormat::Jpeg, 90).unwrap();
        assert!(!is_progressive(&progressive) && !is_progressive(b"\xff\xd8"));
        let frame = progressive
            .windows(2)
            .position(|pair| pair == [0xff, 0xc0])
            .unwrap();
        progressive[frame + 1] = 0xc2;
        assert!(is_progressive(&progressive));
        for (at, byte) in [(5, 0x10), (6, 0x00), (7, 0x10), (8, 0x00)] {
            progressive[frame + at] = byte;
        }
        let error = Picture::read(&progressive).unwrap_err();
        assert!(error.to_string().contains("25165824"), "{error}");
    }

    #[test]
    fn what_a_file_unpacks_beside_its_pixels_is_limited() {
        // A colour profile of zeros: a thousandth of it is left in the file.
        let with_profile = |bytes: usize| {
            let mut file = Vec::new();
            let mut encoder = PngEncoder::new(&mut file);
            encoder.set_icc_profile(vec![0; bytes]).unwrap();
            RgbImage::new(1, 1).write_with_encoder(encoder).unwrap();
            assert!(file.len() < 200_000 && header(&file).is_ok());
            file
        };
        let unpacked = |file: &[u8]| {
            let (mut decoder, _) = decoder(file).unwrap();
            decoder.icc_profile().unwrap().map(|profile| profile.len())
        };
        assert_eq!(unpacked(&with_profile(1 << 20)), Some(1 << 20));
        assert_eq!(unpacked(&with_profile((64 << 20) + 1)), None);
    }

    #[test]
    fn transparency_becomes_white_in_a_jpeg() {
        let clear = RgbaImage::from_pixel(8, 8, Rgba([255, 0, 0, 0]));
        assert_eq!(
            on_white(&clear.into()).get_pixel(3, 3),
            &Rgb([255, 255, 255])
        );
        let half = RgbaImage::from_pixel(8, 8, Rgba([0, 0, 0, 128]));
        assert_eq!(
            on_white(&half.into()).get_pixel(3, 3),
            &Rgb([127, 127, 127])
        );
        let grey = GrayImage::from_pixel(8, 8, Luma([9]));
        let file = encode(&grey.into(), ImageFormat::Jpeg, 100).unwrap();
        assert_eq!(header(&file).unwrap().channels, 1);
    }

    #[test]
    fn the_cameras_orientation_is_applied() {
        // A JPEG with an EXIF segment that says "turn by 90° to the right" (orientation 6).
        let flat = encode(
            &Picture::read(&png(20, 10)).unwrap().pixels,
            ImageFormat::Jpeg,
            90,
        )
        .unwrap();
        let mut exif = vec![0xff, 0xe1, 0, 34];
        exif.extend_from_slice(
            b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0",
        );
        let file = [&flat[..2], &exif, &flat[2..]].concat();
        let picture = Picture::read(&file).unwrap();
        assert_eq!((picture.pixels.width(), picture.pixels.height()), (10, 20));
        assert_eq!(header(&file).unwrap().width, 20, "as stored");
    }
}
