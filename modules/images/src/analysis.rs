//! What a picture shows, in numbers.

use home_types::images::{
    Comparison, DominantColour, ImageError, ImageInfo, ImageMeasures, Region,
};
use image::{DynamicImage, GrayImage};
use lmms::operation;

use crate::files::{Picture, header, invalid, on_white};

/// Pictures are compared on a grid this wide: coarse enough to forget grain, fine enough to see a cat.
const GRID_WIDTH: u32 = 64;
const GRID_HEIGHT: u32 = 48;
/// How much the eye makes of red, green and blue (ITU-R BT.601).
const WEIGHTS: [f64; 3] = [0.299, 0.587, 0.114];
const DEFAULT_THRESHOLD: f64 = 0.08;

/// Format, size and depth of a picture from its header, without decoding it.
#[operation(interface = "images")]
pub fn info(image: &[u8]) -> Result<ImageInfo, ImageError> {
    header(image)
}

/// How `after` differs from `before`, two pictures of one camera, for detecting motion. A change of light over the
/// whole picture doesn't count. `threshold` from 0 to 1 is how much a spot must change to count (default 0.08).
#[operation(interface = "images")]
pub fn compare(
    before: &[u8],
    after: &[u8],
    threshold: Option<f64>,
) -> Result<Comparison, ImageError> {
    let threshold = threshold.unwrap_or(DEFAULT_THRESHOLD);
    if !(0.0..=1.0).contains(&threshold) {
        return Err(invalid("threshold", threshold, "0 to 1"));
    }
    let (new, width, height) = {
        let after = Picture::read(after)?.pixels;
        (grid(&after), after.width(), after.height())
    };
    let old = grid(&Picture::read(before)?.pixels);
    // The median of a channel's differences ignores what moved, so a passing lorry doesn't look like dusk.
    let shifts = [0, 1, 2].map(|channel| {
        median(
            old.iter()
                .zip(&new)
                .map(|(old, new)| new[channel] - old[channel]),
        )
    });
    let exposure_shift = WEIGHTS
        .iter()
        .zip(shifts)
        .map(|(weight, shift)| weight * shift)
        .sum();
    let mut squares = 0.0;
    let mut changed: Vec<(u32, u32)> = Vec::new();
    for (index, (old, new)) in (0..).zip(old.iter().zip(&new)) {
        let square: f64 = (0..3)
            .map(|channel| {
                WEIGHTS[channel] * (new[channel] - old[channel] - shifts[channel]).powi(2)
            })
            .sum();
        squares += square;
        if square.sqrt() > threshold {
            changed.push((index % GRID_WIDTH, index / GRID_WIDTH));
        }
    }
    let cells = f64::from(GRID_WIDTH * GRID_HEIGHT);
    Ok(Comparison {
        difference: (squares / cells).sqrt().min(1.0),
        changed_share: changed.len() as f64 / cells,
        exposure_shift,
        region: bounding_box(&changed, width, height),
    })
}

/// The colour that covers most of the picture; `None` if all of it is transparent.
#[operation(interface = "images", cache(ttl = "5m"))]
pub fn dominant_colour(image: &[u8]) -> Result<Option<DominantColour>, ImageError> {
    let small = Picture::read(image)?.pixels.thumbnail(96, 96).to_rgba8();
    // Four bits of each channel tell colours apart as people do: 4,096 bins of (count, sums).
    let mut bins = vec![(0_u64, [0_u64; 3]); 4096];
    let mut visible = 0_u64;
    for pixel in small.pixels() {
        let [red, green, blue, alpha] = pixel.0;
        if alpha < 128 {
            continue;
        }
        visible += 1;
        let bin =
            usize::from(red >> 4) << 8 | usize::from(green >> 4) << 4 | usize::from(blue >> 4);
        bins[bin].0 += 1;
        for (sum, channel) in bins[bin].1.iter_mut().zip([red, green, blue]) {
            *sum += u64::from(channel);
        }
    }
    let Some((count, sums)) = bins
        .into_iter()
        .max_by_key(|(count, _)| *count)
        .filter(|(count, _)| *count > 0)
    else {
        return Ok(None);
    };
    let [red, green, blue] = sums.map(|sum| (sum / count) as u8);
    let hex = format!("#{red:02x}{green:02x}{blue:02x}");
    Ok(Some(DominantColour {
        red,
        green,
        blue,
        hex,
        share: count as f64 / visible as f64,
    }))
}

/// Brightness, contrast and sharpness: tells night, a covered lens, and a lens out of focus.
#[operation(interface = "images")]
pub fn measure(image: &[u8]) -> Result<ImageMeasures, ImageError> {
    let picture = Picture::read(image)?.pixels;
    let small = if picture.width().max(picture.height()) > 640 {
        picture.thumbnail(640, 640)
    } else {
        picture
    };
    let grey = DynamicImage::from(on_white(&small)).into_luma8();
    let count = grey.len() as f64;
    let value = |byte: &u8| f64::from(*byte) / 255.0;
    let brightness = grey.iter().map(value).sum::<f64>() / count;
    let variance = grey
        .iter()
        .map(|byte| (value(byte) - brightness).powi(2))
        .sum::<f64>()
        / count;
    Ok(ImageMeasures {
        brightness,
        contrast: variance.sqrt(),
        sharpness: sharpness(&grey),
    })
}

/// A fingerprint of 64 bits as 16 hexadecimal digits that scaling, recompression and light hardly change.
#[operation(interface = "images", cache(ttl = "5m"))]
pub fn fingerprint(image: &[u8]) -> Result<String, ImageError> {
    let pixels = DynamicImage::from(on_white(&Picture::read(image)?.pixels));
    let cells = pixels.thumbnail_exact(8, 8).into_luma8();
    let middle = median(cells.iter().map(|cell| f64::from(*cell)));
    // In even parts grain would decide; a few steps of brightness are none.
    let brighter = |cell: &u8| u64::from(f64::from(*cell) > middle + 4.0);
    let bits = cells
        .iter()
        .fold(0_u64, |bits, cell| bits << 1 | brighter(cell));
    Ok(format!("{bits:016x}"))
}

/// In how many of 64 bits two fingerprints differ: below about 10 they show the same, around 32 they have nothing in
/// common.
#[operation(interface = "images")]
pub fn fingerprint_distance(first: &str, second: &str) -> Result<u32, ImageError> {
    let parse = |name: &str, text: &str| {
        let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let bits = u64::from_str_radix(text, 16).ok().filter(|_| digits);
        bits.ok_or_else(|| {
            invalid(
                name,
                format!("{} characters", text.chars().count()),
                "16 hexadecimal digits",
            )
        })
    };
    Ok((parse("first", first)? ^ parse("second", second)?).count_ones())
}

/// The grid's cells row by row, each channel from 0 to 1.
fn grid(pixels: &DynamicImage) -> Vec<[f64; 3]> {
    let small = on_white(&pixels.thumbnail_exact(GRID_WIDTH, GRID_HEIGHT));
    small
        .pixels()
        .map(|pixel| pixel.0.map(|channel| f64::from(channel) / 255.0))
        .collect()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

fn bounding_box(cells: &[(u32, u32)], width: u32, height: u32) -> Option<Region> {
    let left = cells.iter().map(|cell| cell.0).min()?;
    let right = cells.iter().map(|cell| cell.0).max()? + 1;
    let top = cells.iter().map(|cell| cell.1).min()?;
    let bottom = cells.iter().map(|cell| cell.1).max()? + 1;
    let across = |cell: u32| cell * width / GRID_WIDTH;
    let down = |cell: u32| cell * height / GRID_HEIGHT;
    Some(Region {
        x: across(left),
        y: down(top),
        width: (across(right) - across(left)).max(1),
        height: (down(bottom) - down(top)).max(1),
    })
}

/// The mean strength of the Laplacian: what is left when everything smooth is taken away.
fn sharpness(grey: &GrayImage) -> f64 {
    let (width, height) = grey.dimensions();
    if width < 3 || height < 3 {
        return 0.0;
    }
    let at = |x: u32, y: u32| f64::from(grey.get_pixel(x, y).0[0]);
    let mut sum = 0.0;
    for y in 1..height - 1 {
        for x in 1..width - 1 {
            let around = at(x - 1, y) + at(x + 1, y) + at(x, y - 1) + at(x, y + 1);
            sum += (4.0 * at(x, y) - around).abs();
        }
    }
    sum / f64::from((width - 2) * (height - 2)) / 255.0
}

#[cfg(test)]
mod tests {
    use home_types::images::ImageFormat;
    use image::{Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;
    use crate::files::encode;
    use crate::{adjust, blur, convert, rotate, snapshot_pattern, thumbnail};

    fn png(pixels: impl Into<DynamicImage>) -> Vec<u8> {
        encode(&pixels.into(), ImageFormat::Png, 100).unwrap()
    }

    fn scene() -> Vec<u8> {
        snapshot_pattern(13 * 60 + 1, 192, 144, None).unwrap()
    }

    #[test]
    fn a_header_tells_depth_and_channels() {
        let deep = image::ImageBuffer::<image::Rgba<u16>, Vec<u16>>::new(5, 4);
        let found = info(&png(DynamicImage::ImageRgba16(deep))).unwrap();
        assert_eq!(
            (
                found.width,
                found.height,
                found.channels,
                found.bits_per_channel
            ),
            (5, 4, 4, 16)
        );
        assert!(info(b"no picture").is_err());
    }

    #[test]
    fn the_region_is_where_something_changed() {
        let before = RgbImage::from_pixel(640, 480, Rgb([100, 100, 100]));
        let mut after = before.clone();
        for (x, y) in (200..300).flat_map(|x| (100..200).map(move |y| (x, y))) {
            after.put_pixel(x, y, Rgb([220, 220, 220]));
        }
        let found = compare(&png(before.clone()), &png(after), None).unwrap();
        assert_eq!(
            found.region,
            Some(Region {
                x: 200,
                y: 100,
                width: 100,
                height: 100
            })
        );
        assert!(
            (found.changed_share - 10_000.0 / 307_200.0).abs() < 0.005,
            "{found:?}"
        );
        let same = compare(&png(before.clone()), &png(before.clone()), None).unwrap();
        assert_eq!((same.difference, same.region), (0.0, None));
        // Dusk falls evenly.
        let darker = RgbImage::from_pixel(640, 480, Rgb([40, 40, 40]));
        let dusk = compare(&png(before), &png(darker), None).unwrap();
        assert!(
            dusk.changed_share == 0.0 && dusk.exposure_shift < -0.2,
            "{dusk:?}"
        );
    }

    #[test]
    fn pictures_of_any_size_compare_and_thresholds_are_checked() {
        let large = scene();
        let small = thumbnail(&large, 96).unwrap();
        assert!(compare(&large, &small, Some(0.2)).unwrap().changed_share < 0.02);
        for bad in [-0.1, 1.1, f64::NAN] {
            assert!(compare(&large, &small, Some(bad)).is_err());
        }
        let tiny = png(RgbImage::new(1, 1));
        assert!(compare(&tiny, &large, None).unwrap().difference > 0.0);
        assert!(compare(&large, b"", None).is_err());
    }

    #[test]
    fn the_dominant_colour_covers_most() {
        let mostly_red = RgbImage::from_fn(60, 60, |x, _| {
            if x < 45 {
                Rgb([210, 20, 30])
            } else {
                Rgb([0, 0, 255])
            }
        });
        let found = dominant_colour(&png(mostly_red)).unwrap().unwrap();
        assert_eq!(found.hex, "#d2141e");
        assert!((found.share - 0.75).abs() < 0.03, "{found:?}");
        let clear = RgbaImage::from_pixel(4, 4, Rgba([1, 2, 3, 0]));
        assert_eq!(dominant_colour(&png(clear)), Ok(None));
    }

    #[test]
    fn a_covered_or_blurred_lens_shows_in_the_measures() {
        let clear = measure(&scene()).unwrap();
        let soft = measure(&blur(&scene(), 6.0).unwrap()).unwrap();
        let covered = measure(&png(RgbImage::new(192, 144))).unwrap();
        assert!(soft.sharpness < clear.sharpness / 3.0, "{clear:?} {soft:?}");
        assert!((soft.brightness - clear.brightness).abs() < 0.05);
        assert_eq!(
            (covered.brightness, covered.contrast, covered.sharpness),
            (0.0, 0.0, 0.0)
        );
        assert!(measure(&png(RgbImage::new(1, 1))).is_ok());
    }

    #[test]
    fn fingerprints_survive_recompression_and_tell_pictures_apart() {
        let original = fingerprint(&scene()).unwrap();
        let distance =
            |file: Vec<u8>| fingerprint_distance(&original, &fingerprint(&file).unwrap()).unwrap();
        assert!(distance(convert(&scene(), ImageFormat::Jpeg, Some(30)).unwrap()) < 10);
        assert!(distance(thumbnail(&scene(), 60).unwrap()) < 10);
        assert!(distance(adjust(&scene(), Some(10.0), None).unwrap()) < 10);
        assert!(distance(rotate(&scene(), 180).unwrap()) > 15);
        assert_eq!(
            fingerprint_distance("0000000000000000", "ffffffffffffffff"),
            Ok(64)
        );
        for bad in [
            "",
            "+000000000000000",
            "00000000000000000",
            "xyz",
            "０000000000000",
        ] {
            assert!(fingerprint_distance(bad, &original).is_err(), "{bad}");
        }
    }
}
