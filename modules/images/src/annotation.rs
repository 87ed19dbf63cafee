//! Text on pictures, in a font that is built in.

use std::convert::Infallible;

use embedded_graphics::Pixel;
use embedded_graphics::mono_font::MonoTextStyleBuilder;
use embedded_graphics::mono_font::iso_8859_1::{FONT_6X10, FONT_10X20};
use embedded_graphics::pixelcolor::{Rgb888, RgbColor};
use embedded_graphics::prelude::{DrawTarget, Drawable, OriginDimensions, Point, Size};
use embedded_graphics::text::{Baseline, Text};
use home_types::images::ImageError;
use image::{DynamicImage, Rgb, RgbImage};
use lmms::operation;

use crate::files::{Picture, invalid, on_white};

const LONGEST_TEXT: usize = 200;
/// From this width on, the larger font is used.
const WIDE: u32 = 480;

/// Writes `text` (such as a camera's name and the time) white on black into the lower left corner. Characters beyond
/// Latin-1 become `?`; what doesn't fit into the width is cut off.
#[operation(interface = "images")]
pub fn annotate(image: &[u8], text: &str) -> Result<Vec<u8>, ImageError> {
    if text.is_empty() || text.len() > LONGEST_TEXT {
        return Err(invalid(
            "text",
            format!("{} bytes long", text.len()),
            format!("1 to {LONGEST_TEXT} bytes"),
        ));
    }
    let printable = |c: char| {
        if matches!(c, ' '..='~' | '\u{a0}'..='ÿ') {
            c
        } else {
            '?'
        }
    };
    let text: String = text.chars().map(printable).collect();
    let picture = Picture::read(image)?;
    let mut canvas = Canvas(on_white(&picture.pixels));
    let font = if canvas.0.width() >= WIDE {
        &FONT_10X20
    } else {
        &FONT_6X10
    };
    let style = MonoTextStyleBuilder::new()
        .font(font)
        .text_color(Rgb888::WHITE)
        .background_color(Rgb888::BLACK)
        .build();
    let corner = Point::new(0, canvas.0.height() as i32 - 1);
    let drawn = Text::with_baseline(&text, corner, style, Baseline::Bottom).draw(&mut canvas);
    let Ok(_) = drawn;
    picture.write(&DynamicImage::from(canvas.0))
}

struct Canvas(RgbImage);

impl OriginDimensions for Canvas {
    fn size(&self) -> Size {
        Size::new(self.0.width(), self.0.height())
    }
}

impl DrawTarget for Canvas {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(
        &mut self,
        pixels: I,
    ) -> Result<(), Infallible> {
        for Pixel(point, colour) in pixels {
            let (Ok(x), Ok(y)) = (u32::try_from(point.x), u32::try_from(point.y)) else {
                continue;
            };
            if let Some(pixel) = self.0.get_pixel_mut_checked(x, y) {
                *pixel = Rgb([colour.r(), colour.g(), colour.b()]);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use home_types::images::ImageFormat;

    use super::*;
    use crate::files::encode;

    fn grey(width: u32, height: u32) -> Vec<u8> {
        let pixels = RgbImage::from_pixel(width, height, Rgb([90, 90, 90]));
        encode(&pixels.into(), ImageFormat::Png, 100).unwrap()
    }

    fn count(file: &[u8], colour: [u8; 3]) -> usize {
        let pixels = Picture::read(file).unwrap().pixels.to_rgb8();
        pixels.pixels().filter(|pixel| pixel.0 == colour).count()
    }

    #[test]
    fn text_appears_in_the_corner_and_nowhere_else() {
        let file = annotate(&grey(200, 50), "Tür 07:15").unwrap();
        let (white, black) = (count(&file, [255; 3]), count(&file, [0; 3]));
        assert_eq!(
            white + black,
            9 * 6 * 10,
            "nine characters of six by ten pixels"
        );
        assert!(white > 60, "{white}");
        let other = annotate(&grey(200, 50), "Tür 07:16").unwrap();
        assert_ne!(file, other, "each text looks different");
    }

    #[test]
    fn wide_pictures_get_large_letters_and_long_text_is_cut() {
        let file = annotate(&grey(WIDE, 50), "A").unwrap();
        assert_eq!(count(&file, [255; 3]) + count(&file, [0; 3]), 200);
        let cut = annotate(&grey(20, 4), &"W".repeat(200)).unwrap();
        assert_eq!(
            count(&cut, [90; 3]),
            0,
            "all of the tiny picture is covered"
        );
    }

    #[test]
    fn odd_text_is_harmless() {
        assert!(annotate(&grey(99, 20), "a\nb\0\u{202e}家").is_ok());
        assert!(annotate(&grey(9, 9), "").is_err());
        assert!(annotate(&grey(9, 9), &"x".repeat(201)).is_err());
    }
}
