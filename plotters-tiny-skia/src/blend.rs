//! `Ink` and `Mask`: blend a colour over the pixels of a canvas, in rectangles and through masks.

use std::ops::Range;

use plotters_backend::BackendColor;
use tiny_skia::{Color, Paint, PixmapMut};

/// A colour to draw with.
#[derive(Clone, Copy)]
pub(crate) struct Ink {
    /// Red, green, blue and alpha, premultiplied.
    rgba: [u8; 4],
    /// Red, green and blue, not premultiplied.
    straight: [u8; 3],
}

impl Ink {
    /// Returns `None` if the colour is fully transparent.
    pub fn new(color: BackendColor) -> Option<Self> {
        let alpha = (color.alpha.clamp(0.0, 1.0) * 255.0).round() as u8;
        let (red, green, blue) = color.rgb;
        let rgba = scale([red, green, blue, 255], alpha);
        (alpha > 0).then_some(Self { rgba, straight: [red, green, blue] })
    }

    pub fn opaque([red, green, blue]: [u8; 3]) -> Self {
        Self { rgba: [red, green, blue, 255], straight: [red, green, blue] }
    }

    pub fn is_opaque(self) -> bool {
        self.rgba[3] == 255
    }

    /// Returns a tiny-skia paint that draws this colour, anti-aliased.
    pub fn paint(self) -> Paint<'static> {
        let [red, green, blue] = self.straight;
        let mut paint = Paint::default();
        paint.set_color(Color::from_rgba8(red, green, blue, self.rgba[3]));
        paint
    }

    /// Returns the colour for a pixel that a shape covers to `coverage` / 255.
    pub fn covering(self, coverage: u8) -> Self {
        Self { rgba: scale(self.rgba, coverage), ..self }
    }

    /// Composes the colour over a premultiplied pixel.
    pub fn over(self, pixel: &mut [u8; 4]) {
        if self.is_opaque() {
            *pixel = self.rgba;
            return;
        }
        let below = u32::from_le_bytes(scale(*pixel, 255 - self.rgba[3]));
        // No component overflows into the next: a premultiplied one is at most its alpha, and the alphas add up to at
        // most 255.
        *pixel = (u32::from_le_bytes(self.rgba) + below).to_le_bytes();
    }
}

/// Multiplies each component by `factor` / 255 and rounds. It works on two components at a time, each in 16 bits.
fn scale(components: [u8; 4], factor: u8) -> [u8; 4] {
    const PAIR: u32 = 0x00FF_00FF;
    let components = u32::from_le_bytes(components);
    let scale_pair = |pair: u32| {
        let product = pair * u32::from(factor) + 0x0080_0080;
        ((product + ((product >> 8) & PAIR)) >> 8) & PAIR
    };
    (scale_pair(components & PAIR) | scale_pair((components >> 8) & PAIR) << 8).to_le_bytes()
}

/// Blends a colour over the pixels of a rectangle that are on the canvas.
pub(crate) fn fill_rect(canvas: &mut PixmapMut, x: Range<i64>, y: Range<i64>, ink: Ink) {
    let (width, height) = (canvas.width() as usize, canvas.height() as usize);
    let clip = |range: Range<i64>, limit: usize| {
        range.start.clamp(0, limit as i64) as usize..range.end.clamp(0, limit as i64) as usize
    };
    let (x, y) = (clip(x, width), clip(y, height));
    if x.is_empty() {
        return;
    }
    for row in y {
        let row = &mut canvas.data_mut()[(row * width + x.start) * 4..(row * width + x.end) * 4];
        let (pixels, _) = row.as_chunks_mut::<4>();
        if ink.is_opaque() {
            pixels.fill(ink.rgba);
        } else {
            pixels.iter_mut().for_each(|pixel| ink.over(pixel));
        }
    }
}

/// How much a shape covers of each pixel of a rectangle.
pub(crate) struct Mask {
    /// Column of the first pixel, from the origin of the shape.
    pub left: i32,
    /// Row of the first pixel, from the origin of the shape.
    pub top: i32,
    /// Pixels in a row.
    pub width: usize,
    /// The coverage of each pixel, from 0 to 255, row after row.
    pub coverage: Vec<u8>,
}

/// Blends a colour over the canvas through a mask. `place` maps a column and row of the mask to a pixel of the canvas.
pub(crate) fn fill_mask(canvas: &mut PixmapMut, mask: &Mask, ink: Ink, place: impl Fn(i32, i32) -> (i64, i64)) {
    let (width, height) = (i64::from(canvas.width()), i64::from(canvas.height()));
    let (pixels, _) = canvas.data_mut().as_chunks_mut::<4>();
    for (row, coverage) in mask.coverage.chunks_exact(mask.width.max(1)).enumerate() {
        for (column, &coverage) in coverage.iter().enumerate().filter(|(_, coverage)| **coverage > 0) {
            let (x, y) = place(mask.left + column as i32, mask.top + row as i32);
            if (0..width).contains(&x) && (0..height).contains(&y) {
                ink.covering(coverage).over(&mut pixels[(y * width + x) as usize]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaling_rounds_to_the_nearest() {
        for (component, factor) in (0..=255).flat_map(|component| (0..=255).map(move |factor| (component, factor))) {
            let exact = f64::from(component) * f64::from(factor) / 255.0;
            assert_eq!(scale([component, 0, 255, 1], factor)[0], exact.round() as u8, "{component} × {factor}");
        }
        assert_eq!(scale([1, 2, 3, 255], 255), [1, 2, 3, 255]);
    }
}
