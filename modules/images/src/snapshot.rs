//! The camera of a home that doesn't exist.

use home_types::images::{ImageError, ImageFormat};
use image::{Rgb, RgbImage};
use lmms::operation;

use crate::files::{DEFAULT_QUALITY, check_size, encode, invalid};

const SMALLEST_SIDE: u32 = 16;
const HORIZON: f64 = 0.55;

/// Makes the picture of a virtual camera: a house under a sky. The same `seed` gives the same picture (PNG if `format`
/// is left out). A seed counts minutes: every 60 the hour of day moves on, with light and lit windows, and in one
/// minute of four somebody walks past.
#[operation(interface = "images", cache(ttl = "5m"))]
pub fn snapshot_pattern(
    seed: u64,
    width: u32,
    height: u32,
    format: Option<ImageFormat>,
) -> Result<Vec<u8>, ImageError> {
    check_size(width, height, 3 * u64::from(width) * u64::from(height))?;
    for (name, side) in [("width", width), ("height", height)] {
        if side < SMALLEST_SIDE {
            return Err(invalid(
                name,
                side,
                format!("at least {SMALLEST_SIDE} pixels"),
            ));
        }
    }
    let scene = Scene::of(seed);
    let mut noise = Noise(seed ^ 0x9E37_79B9_7F4A_7C15);
    let pixels = RgbImage::from_fn(width, height, |x, y| {
        let at = (
            f64::from(x) / f64::from(width),
            f64::from(y) / f64::from(height),
        );
        let grain = noise.next();
        Rgb(scene
            .colour(at)
            .map(|channel| (channel + grain).clamp(0.0, 255.0) as u8))
    });
    encode(
        &pixels.into(),
        format.unwrap_or(ImageFormat::Png),
        DEFAULT_QUALITY,
    )
}

/// What can be seen at one minute; coordinates are from 0 to 1.
struct Scene {
    /// 0 at night, 1 at noon.
    light: f64,
    /// Where the sun or moon stands, from left to right.
    heavens: f64,
    /// Where somebody walks.
    walker: Option<f64>,
}

impl Scene {
    fn of(seed: u64) -> Scene {
        let hour = ((seed / 60) % 24) as f64;
        let light = (((hour - 6.0) / 12.0) * std::f64::consts::PI)
            .sin()
            .max(0.0);
        let scattered = seed.wrapping_mul(0xD6E8_FEB8_6659_FD93) >> 32;
        let walker = scattered
            .is_multiple_of(4)
            .then(|| 0.1 + 0.8 * ((scattered / 4) % 100) as f64 / 100.0);
        Scene {
            light,
            heavens: (hour % 12.0) / 12.0,
            walker,
        }
    }

    fn colour(&self, (x, y): (f64, f64)) -> [f64; 3] {
        let lit = 0.15 + 0.85 * self.light;
        if let Some(walker) = self.walker {
            let head = (x - walker).hypot((y - 0.60) * 0.75) < 0.022;
            let body = (x - walker).abs() < 0.025 && (0.63..0.85).contains(&y);
            if head || body {
                return [170.0 * lit + 40.0, 40.0 * lit + 20.0, 40.0 * lit + 25.0];
            }
        }
        let in_wall = (0.55..0.90).contains(&x) && (0.40..0.75).contains(&y);
        let in_roof = (0.25..0.40).contains(&y) && (x - 0.725).abs() < (y - 0.25) * 1.4;
        let in_window = [(0.60, 0.68), (0.77, 0.85)]
            .iter()
            .any(|(left, right)| (*left..*right).contains(&x))
            && (0.48..0.58).contains(&y);
        match () {
            () if in_window && self.light < 0.2 => [255.0, 215.0, 120.0],
            () if in_window => [120.0 * lit, 160.0 * lit, 190.0 * lit],
            () if in_wall => [205.0 * lit, 190.0 * lit, 170.0 * lit],
            () if in_roof => [150.0 * lit, 60.0 * lit, 45.0 * lit],
            () if y > HORIZON => {
                let near = (y - HORIZON) / (1.0 - HORIZON);
                [
                    (60.0 + 30.0 * near) * lit,
                    (120.0 + 20.0 * near) * lit,
                    (50.0 + 10.0 * near) * lit,
                ]
            }
            () if (x - self.heavens).hypot((y - 0.12) * 0.75) < 0.04 => {
                if self.light > 0.0 {
                    [255.0, 240.0, 180.0]
                } else {
                    [225.0, 228.0, 235.0]
                }
            }
            () => {
                let low = y / HORIZON;
                [
                    (70.0 + 110.0 * low) * lit,
                    (120.0 + 90.0 * low) * lit,
                    (200.0 + 40.0 * low) * lit,
                ]
            }
        }
    }
}

/// The grain of a cheap sensor: xorshift, a few steps of brightness.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 40) % 9) as f64 - 4.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{compare, info, measure};

    #[test]
    fn the_seed_is_the_picture() {
        let first = snapshot_pattern(7, 64, 48, None).unwrap();
        assert_eq!(first, snapshot_pattern(7, 64, 48, None).unwrap());
        assert_ne!(first, snapshot_pattern(8, 64, 48, None).unwrap());
        let jpeg = snapshot_pattern(7, 64, 48, Some(ImageFormat::Jpeg)).unwrap();
        let header = info(&jpeg).unwrap();
        assert_eq!(
            (header.format, header.width, header.height),
            (ImageFormat::Jpeg, 64, 48)
        );
        assert!(snapshot_pattern(u64::MAX, 16, 16, None).is_ok());
    }

    #[test]
    fn days_are_bright_and_nights_dark() {
        let noon = measure(&snapshot_pattern(12 * 60, 80, 60, None).unwrap()).unwrap();
        let night = measure(&snapshot_pattern(60, 80, 60, None).unwrap()).unwrap();
        assert!(
            noon.brightness > 0.4 && night.brightness < 0.2,
            "{noon:?} {night:?}"
        );
    }

    #[test]
    fn somebody_walking_past_is_a_change_and_grain_is_not() {
        let minute = |walks: bool, from: u64| {
            (from..)
                .find(|seed| Scene::of(*seed).walker.is_some() == walks)
                .unwrap()
        };
        let empty = minute(false, 720);
        let picture = |seed| snapshot_pattern(seed, 160, 120, None).unwrap();
        let still = compare(&picture(empty), &picture(minute(false, empty + 1)), None).unwrap();
        let walk = compare(&picture(empty), &picture(minute(true, 720)), None).unwrap();
        assert_eq!(
            (still.changed_share, still.region),
            (0.0, None),
            "{still:?}"
        );
        assert!(
            walk.changed_share > 0.005 && walk.region.is_some(),
            "{walk:?}"
        );
    }

    #[test]
    fn sizes_are_bounded() {
        assert!(matches!(
            snapshot_pattern(1, 15, 100, None),
            Err(ImageError::InvalidArgument { .. })
        ));
        assert!(matches!(
            snapshot_pattern(1, 100_000, 100_000, None),
            Err(ImageError::TooLarge { .. })
        ));
    }
}
