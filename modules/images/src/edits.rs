//! Edits: each takes a picture file and returns a new one of the same format.

use home_types::images::{FlipAxis, ImageError, ImageFormat};
use lmms::operation;

use crate::files::{DEFAULT_QUALITY, LONGEST_SIDE, Picture, encode, invalid};

/// Scales a PNG or JPEG to `width` pixels, keeping its shape; a picture that is narrower already keeps its size.
#[operation(interface = "images", cache(ttl = "5m"))]
pub fn thumbnail(image: &[u8], width: u32) -> Result<Vec<u8>, ImageError> {
    if !(1..=LONGEST_SIDE).contains(&width) {
        return Err(invalid(
            "width",
            width,
            format!("1 to {LONGEST_SIDE} pixels"),
        ));
    }
    let picture = Picture::read(image)?;
    let (full_width, full_height) = (picture.pixels.width(), picture.pixels.height());
    if width >= full_width {
        return picture.write(&picture.pixels);
    }
    let height = u64::from(full_height) * u64::from(width) / u64::from(full_width);
    let height = u32::try_from(height.max(1)).unwrap_or(full_height);
    picture.write(&picture.pixels.thumbnail_exact(width, height))
}

/// Cuts out `width` × `height` pixels, `x` and `y` pixels from the upper left corner. All of it must lie inside the
/// picture.
#[operation(interface = "images")]
pub fn crop(image: &[u8], x: u32, y: u32, width: u32, height: u32) -> Result<Vec<u8>, ImageError> {
    let picture = Picture::read(image)?;
    let (full_width, full_height) = (picture.pixels.width(), picture.pixels.height());
    let fits = |start: u32, length: u32, full: u32| {
        length > 0 && start.checked_add(length).is_some_and(|end| end <= full)
    };
    if !fits(x, width, full_width) {
        return Err(invalid(
            "x and width",
            format!("{x} and {width}"),
            format!("a part of {full_width} pixels"),
        ));
    }
    if !fits(y, height, full_height) {
        return Err(invalid(
            "y and height",
            format!("{y} and {height}"),
            format!("a part of {full_height} pixels"),
        ));
    }
    picture.write(&picture.pixels.crop_imm(x, y, width, height))
}

/// Turns clockwise by `degrees`, a multiple of 90; negative turns the other way.
#[operation(interface = "images")]
pub fn rotate(image: &[u8], degrees: i32) -> Result<Vec<u8>, ImageError> {
    let quarter_turns = degrees.rem_euclid(360);
    if quarter_turns % 90 != 0 {
        return Err(invalid("degrees", degrees, "a multiple of 90"));
    }
    let picture = Picture::read(image)?;
    let turned = match quarter_turns {
        90 => picture.pixels.rotate90(),
        180 => picture.pixels.rotate180(),
        270 => picture.pixels.rotate270(),
        _ => return picture.write(&picture.pixels),
    };
    picture.write(&turned)
}

/// Mirrors left and right, or top and bottom: for cameras behind a mirror or upside down.
#[operation(interface = "images")]
pub fn flip(image: &[u8], axis: FlipAxis) -> Result<Vec<u8>, ImageError> {
    let picture = Picture::read(image)?;
    picture.write(&match axis {
        FlipAxis::Horizontal => picture.pixels.fliph(),
        FlipAxis::Vertical => picture.pixels.flipv(),
    })
}

/// Writes the picture as `format`; `quality` from 1 to 100 counts for JPEG (default 85). Transparent parts become white
/// in a JPEG.
#[operation(interface = "images", cache(ttl = "5m"))]
pub fn convert(
    image: &[u8],
    format: ImageFormat,
    quality: Option<u8>,
) -> Result<Vec<u8>, ImageError> {
    let quality = quality.unwrap_or(DEFAULT_QUALITY);
    if !(1..=100).contains(&quality) {
        return Err(invalid("quality", quality, "1 to 100"));
    }
    encode(&Picture::read(image)?.pixels, format, quality)
}

/// Takes the colour out.
#[operation(interface = "images")]
pub fn grayscale(image: &[u8]) -> Result<Vec<u8>, ImageError> {
    let picture = Picture::read(image)?;
    picture.write(&picture.pixels.grayscale())
}

/// Blurs with a radius of about `sigma` pixels (0.1 to 100), for faces and number plates.
#[operation(interface = "images")]
pub fn blur(image: &[u8], sigma: f64) -> Result<Vec<u8>, ImageError> {
    if !(0.1..=100.0).contains(&sigma) {
        return Err(invalid("sigma", sigma, "0.1 to 100 pixels"));
    }
    let picture = Picture::read(image)?;
    picture.write(&picture.pixels.fast_blur(sigma as f32))
}

/// Changes `brightness` and `contrast`, each in percent from -100 to 100; what is left out stays as it is.
#[operation(interface = "images")]
pub fn adjust(
    image: &[u8],
    brightness: Option<f64>,
    contrast: Option<f64>,
) -> Result<Vec<u8>, ImageError> {
    for (name, value) in [("brightness", brightness), ("contrast", contrast)] {
        if let Some(value) = value.filter(|value| !(-100.0..=100.0).contains(value)) {
            return Err(invalid(name, value, "-100 to 100 percent"));
        }
    }
    let mut picture = Picture::read(image)?;
    if let Some(percent) = brightness {
        picture.pixels = picture.pixels.brighten((percent * 2.55).round() as i32);
    }
    if let Some(percent) = contrast {
        picture.pixels = picture.pixels.adjust_contrast(percent as f32);
    }
    picture.write(&picture.pixels)
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage};

    use super::*;

    /// 40 × 20: red left half, blue right half, a white upper left corner.
    fn sample() -> Vec<u8> {
        let pixels = RgbImage::from_fn(40, 20, |x, y| match (x, y) {
            (0..4, 0..4) => Rgb([255, 255, 255]),
            (0..20, _) => Rgb([200, 0, 0]),
            _ => Rgb([0, 0, 100]),
        });
        encode(&pixels.into(), ImageFormat::Png, 100).unwrap()
    }

    fn pixels(file: Result<Vec<u8>, ImageError>) -> RgbImage {
        Picture::read(&file.unwrap()).unwrap().pixels.to_rgb8()
    }

    #[test]
    fn thumbnails_keep_shape_and_format_and_never_grow() {
        assert_eq!(pixels(thumbnail(&sample(), 10)).dimensions(), (10, 5));
        assert_eq!(pixels(thumbnail(&sample(), 1)).dimensions(), (1, 1));
        assert_eq!(pixels(thumbnail(&sample(), 4_000)).dimensions(), (40, 20));
        let jpeg = convert(&sample(), ImageFormat::Jpeg, Some(90)).unwrap();
        assert_eq!(
            Picture::read(&thumbnail(&jpeg, 8).unwrap()).unwrap().format,
            ImageFormat::Jpeg
        );
        for width in [0, LONGEST_SIDE + 1, u32::MAX] {
            assert!(
                matches!(
                    thumbnail(&sample(), width),
                    Err(ImageError::InvalidArgument { .. })
                ),
                "{width}"
            );
        }
        let colours = pixels(thumbnail(&sample(), 10));
        assert!(colours.get_pixel(2, 4).0[0] > 150 && colours.get_pixel(8, 4).0[2] > 80);
    }

    #[test]
    fn crops_lie_inside() {
        let cut = pixels(crop(&sample(), 18, 5, 4, 6));
        assert_eq!(cut.dimensions(), (4, 6));
        assert_eq!(
            (cut.get_pixel(1, 0), cut.get_pixel(2, 0)),
            (&Rgb([200, 0, 0]), &Rgb([0, 0, 100]))
        );
        for (x, y, width, height) in [
            (0, 0, 0, 1),
            (0, 0, 41, 1),
            (40, 0, 1, 1),
            (0, 19, 1, 2),
            (u32::MAX, 0, 2, 1),
            (1, 1, u32::MAX, 1),
        ] {
            assert!(
                matches!(
                    crop(&sample(), x, y, width, height),
                    Err(ImageError::InvalidArgument { .. })
                ),
                "{x} {y}"
            );
        }
    }

    #[test]
    fn turning_and_mirroring_move_the_corner() {
        let white = Rgb([255, 255, 255]);
        let right = pixels(rotate(&sample(), 90));
        assert_eq!(
            (right.dimensions(), right.get_pixel(19, 0)),
            ((20, 40), &white)
        );
        assert_eq!(pixels(rotate(&sample(), -90)).get_pixel(0, 39), &white);
        assert_eq!(pixels(rotate(&sample(), 540)).get_pixel(39, 19), &white);
        assert_eq!(pixels(rotate(&sample(), 0)), pixels(Ok(sample())));
        assert!(rotate(&sample(), 45).is_err() && rotate(&sample(), i32::MIN).is_err());
        assert_eq!(
            pixels(flip(&sample(), FlipAxis::Horizontal)).get_pixel(39, 0),
            &white
        );
        assert_eq!(
            pixels(flip(&sample(), FlipAxis::Vertical)).get_pixel(0, 19),
            &white
        );
    }

    #[test]
    fn quality_trades_size() {
        let snapshot = crate::snapshot_pattern(5, 320, 240, None).unwrap();
        let small = convert(&snapshot, ImageFormat::Jpeg, Some(10)).unwrap();
        let large = convert(&snapshot, ImageFormat::Jpeg, Some(95)).unwrap();
        assert!(
            small.len() * 2 < large.len(),
            "{} {}",
            small.len(),
            large.len()
        );
        assert!(convert(&snapshot, ImageFormat::Jpeg, Some(0)).is_err());
        assert!(convert(&snapshot, ImageFormat::Png, Some(101)).is_err());
    }

    #[test]
    fn tones_change_as_asked() {
        let grey = pixels(grayscale(&sample()));
        assert!(grey.pixels().all(|p| p.0[0] == p.0[1] && p.0[1] == p.0[2]));
        assert_eq!(
            pixels(adjust(&sample(), Some(20.0), None)).get_pixel(30, 10),
            &Rgb([51, 51, 151])
        );
        assert_eq!(
            pixels(adjust(&sample(), Some(-100.0), None)).get_pixel(0, 0),
            &Rgb([0, 0, 0])
        );
        assert_eq!(pixels(adjust(&sample(), None, None)), pixels(Ok(sample())));
        let flat = pixels(adjust(&sample(), None, Some(-100.0)));
        assert_eq!(
            flat.get_pixel(0, 0),
            flat.get_pixel(39, 19),
            "no contrast is one tone"
        );
        for bad in [f64::NAN, f64::INFINITY, 101.0] {
            assert!(
                adjust(&sample(), Some(bad), None).is_err()
                    && adjust(&sample(), None, Some(bad)).is_err()
            );
        }
    }

    #[test]
    fn blurring_smears_edges_and_spares_even_parts() {
        let soft = pixels(blur(&sample(), 2.0));
        let edge = soft.get_pixel(20, 10).0;
        assert!(edge[0] > 20 && edge[2] > 20, "{edge:?}");
        assert!(soft.get_pixel(10, 15).0[0] > 190);
        for bad in [0.0, -1.0, f64::NAN, 1e9] {
            assert!(
                matches!(
                    blur(&sample(), bad),
                    Err(ImageError::InvalidArgument { .. })
                ),
                "{bad}"
            );
        }
    }
}
