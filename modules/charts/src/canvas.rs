//! A drawing board of pixels for plotters, with text in a bitmap font, that becomes a PNG.

use std::convert::Infallible;

use embedded_graphics::Pixel;
use embedded_graphics::mono_font::iso_8859_1::{FONT_6X13, FONT_9X18_BOLD};
use embedded_graphics::mono_font::{MonoFont, MonoTextStyle};
use embedded_graphics::pixelcolor::{Rgb888, RgbColor};
use embedded_graphics::prelude::{DrawTarget, Drawable, OriginDimensions, Point, Size};
use embedded_graphics::text::{Baseline, Text};
use home_types::charts::ChartError;
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendCoord, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};

/// From this size on, text is set in the larger font.
const HEADLINE: f64 = 16.0;

/// White pixels to draw on, three bytes each.
pub(crate) struct Canvas<'a> {
    size: (u32, u32),
    pixels: &'a mut [u8],
}

impl<'a> Canvas<'a> {
    /// `pixels` must hold `byte_count(size)` bytes.
    pub(crate) fn new(size: (u32, u32), pixels: &'a mut [u8]) -> Canvas<'a> {
        pixels.fill(255);
        Canvas { size, pixels }
    }

    pub(crate) fn byte_count(size: (u32, u32)) -> usize {
        size.0 as usize * size.1 as usize * 3
    }

    fn blend(&mut self, (x, y): BackendCoord, colour: [u8; 3], alpha: f64) {
        let (Ok(column), Ok(row)) = (usize::try_from(x), usize::try_from(y)) else {
            return;
        };
        let (width, height) = (self.size.0 as usize, self.size.1 as usize);
        if column >= width || row >= height {
            return;
        }
        let start = (row * width + column) * 3;
        for (under, over) in self.pixels[start..start + 3].iter_mut().zip(colour) {
            let mixed = f64::from(over) * alpha + f64::from(*under) * (1.0 - alpha);
            *under = mixed.round() as u8;
        }
    }
}

/// The pixels as a PNG file.
pub(crate) fn png_file((width, height): (u32, u32), pixels: &[u8]) -> Result<Vec<u8>, ChartError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let write = |encoder: png::Encoder<'_, &mut Vec<u8>>| {
        let mut writer = encoder.write_header()?;
        writer.write_image_data(pixels)?;
        writer.finish()
    };
    write(encoder).map_err(|error| ChartError::Drawing {
        reason: error.to_string(),
    })?;
    Ok(file)
}

impl DrawingBackend for Canvas<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn present(&mut self) -> Result<(), DrawingErrorKind<Infallible>> {
        Ok(())
    }

    fn draw_pixel(
        &mut self,
        point: BackendCoord,
        colour: BackendColor,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let (red, green, blue) = colour.rgb;
        self.blend(point, [red, green, blue], colour.alpha.clamp(0.0, 1.0));
        Ok(())
    }

    fn draw_text<TStyle: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &TStyle,
        (x, y): BackendCoord,
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        let text = latin(text);
        let (width, height) = extent(&text, style.size());
        let anchor = style.anchor();
        let left = match anchor.h_pos {
            HPos::Left => x,
            HPos::Center => x - width / 2,
            HPos::Right => x - width,
        };
        let top = match anchor.v_pos {
            VPos::Top => y,
            VPos::Center => y - height / 2,
            VPos::Bottom => y - height,
        };
        let (red, green, blue) = style.color().rgb;
        let look = MonoTextStyle::new(font(style.size()), Rgb888::new(red, green, blue));
        let Ok(_) =
            Text::with_baseline(&text, Point::new(left, top), look, Baseline::Top).draw(self);
        Ok(())
    }

    fn estimate_text_size<TStyle: BackendTextStyle>(
        &self,
        text: &str,
        style: &TStyle,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let (width, height) = extent(text, style.size());
        Ok((width.unsigned_abs(), height.unsigned_abs()))
    }
}

impl OriginDimensions for Canvas<'_> {
    fn size(&self) -> Size {
        Size::new(self.size.0, self.size.1)
    }
}

impl DrawTarget for Canvas<'_> {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Rgb888>>>(
        &mut self,
        pixels: I,
    ) -> Result<(), Infallible> {
        for Pixel(point, colour) in pixels {
            self.blend(
                (point.x, point.y),
                [colour.r(), colour.g(), colour.b()],
                1.0,
            );
        }
        Ok(())
    }
}

fn font(size: f64) -> &'static MonoFont<'static> {
    if size >= HEADLINE {
        &FONT_9X18_BOLD
    } else {
        &FONT_6X13
    }
}

fn extent(text: &str, size: f64) -> (i32, i32) {
    let character = font(size).character_size;
    let count = i32::try_from(text.chars().count()).unwrap_or(i32::MAX);
    (
        count.saturating_mul(character.width as i32),
        character.height as i32,
    )
}

/// What the font has: Latin-1.
fn latin(text: &str) -> String {
    text.chars()
        .map(|c| {
            if matches!(c, ' '..='~' | '\u{a0}'..='ÿ') {
                c
            } else {
                '?'
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use plotters::prelude::{IntoDrawingArea, RED, Rectangle};
    use plotters::style::Color;

    use super::*;

    const SIZE: (u32, u32) = (40, 30);

    fn drawn(draw: impl FnOnce(&mut Canvas<'_>)) -> Vec<u8> {
        let mut pixels = vec![0; Canvas::byte_count(SIZE)];
        draw(&mut Canvas::new(SIZE, &mut pixels));
        pixels
    }

    #[test]
    fn pixels_outside_are_ignored_and_inside_are_mixed() {
        let black = |alpha| BackendColor {
            alpha,
            rgb: (0, 0, 0),
        };
        let pixels = drawn(|canvas| {
            for point in [(-1, 0), (0, -1), (40, 0), (0, 30), (i32::MIN, i32::MAX)] {
                canvas.draw_pixel(point, black(1.0)).unwrap();
            }
            canvas.draw_pixel((1, 0), black(0.5)).unwrap();
        });
        assert_eq!(&pixels[..6], [255, 255, 255, 128, 128, 128]);
        assert!(pixels[6..].iter().all(|byte| *byte == 255));
    }

    #[test]
    fn shapes_of_plotters_arrive() {
        let mut pixels = vec![0; Canvas::byte_count(SIZE)];
        let area = Canvas::new(SIZE, &mut pixels).into_drawing_area();
        area.draw(&Rectangle::new([(10, 10), (19, 19)], RED.filled()))
            .unwrap();
        drop(area);
        let red = pixels
            .chunks(3)
            .filter(|pixel| *pixel == [255, 0, 0])
            .count();
        assert!((81..=121).contains(&red), "{red}");
    }

    #[test]
    fn files_are_png() {
        let file = png_file(SIZE, &drawn(|_| ())).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(file))
            .read_info()
            .unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        assert_eq!(reader.next_frame(&mut pixels).unwrap().width, 40);
        assert!(pixels.iter().all(|byte| *byte == 255));
    }

    #[test]
    fn text_beyond_latin_is_replaced() {
        assert_eq!(latin("21 °C é 家\n"), "21 °C é ??");
        assert_eq!(extent("abc", 12.0), (18, 13));
        assert_eq!(extent("abc", HEADLINE), (27, 18));
    }
}
