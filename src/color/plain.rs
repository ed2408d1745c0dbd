//! The conversion as it is defined, one sample after the other.

use super::formula::Formula;
use crate::{Frame, PixelFormat};

/// What one step of an 8-bit component counts in a [`composite`].
const UNIT: i64 = 255;

/// The colour of a pixel over the background, in 255ths of a step of an 8-bit component.
pub(crate) fn composite(pixel: &[u8], format: PixelFormat, background: [u8; 3]) -> [i64; 3] {
    let [r, g, b, alpha] = match format {
        PixelFormat::Rgba8 | PixelFormat::Rgba8Premultiplied => [pixel[0], pixel[1], pixel[2], pixel[3]],
        PixelFormat::Bgra8 | PixelFormat::Bgra8Premultiplied => [pixel[2], pixel[1], pixel[0], pixel[3]],
        PixelFormat::Rgb8 => [pixel[0], pixel[1], pixel[2], 255],
        PixelFormat::Gray8 => [pixel[0], pixel[0], pixel[0], 255],
    };
    let premultiplied = matches!(format, PixelFormat::Rgba8Premultiplied | PixelFormat::Bgra8Premultiplied);
    std::array::from_fn(|i| {
        let (color, behind) = (i64::from([r, g, b][i]), i64::from(background[i]));
        let alpha = i64::from(alpha);
        // A premultiplied colour cannot exceed its alpha; one that does is taken as fully bright.
        let front = if premultiplied { color.min(alpha) * UNIT } else { color * alpha };
        front + behind * (UNIT - alpha)
    })
}

/// Fills `planes`, the bytes of each, whose rows begin every `strides` bytes. `put` writes a sample at a place in a row.
pub(crate) struct Plain<'a> {
    pub formulas: &'a [Formula; 3],
    pub background: [u8; 3],
    pub subsampling: (usize, usize),
}

impl Plain<'_> {
    /// The sample of `plane` at (`x`, `y`): the mean of the pixels it covers, where those beyond the frame repeat its
    /// last column and row.
    pub fn sample(&self, frame: &Frame<'_>, plane: usize, x: usize, y: usize) -> u16 {
        let (wide, high) = if plane == 0 { (1, 1) } else { self.subsampling };
        let bytes = frame.format().bytes_per_pixel();
        let mut sum = [0; 3];
        for y in y * high..(y + 1) * high {
            let row = frame.row(y.min(frame.height() as usize - 1));
            for x in x * wide..(x + 1) * wide {
                let pixel = &row[x.min(frame.width() as usize - 1) * bytes..][..bytes];
                let color = composite(pixel, frame.format(), self.background);
                (0..3).for_each(|i| sum[i] += color[i]);
            }
        }
        self.formulas[plane].sample(sum, UNIT * (wide * high) as i64)
    }
}
