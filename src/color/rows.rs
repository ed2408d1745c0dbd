//! `Rows`: rows of a frame, cut into whole blocks for the kernels, with copies where a row does not end with one.

use crate::Frame;
use crate::settings::{BitDepth, Chroma};

/// The number of columns that kernels need at least. It is a multiple of the columns of their blocks.
const COLUMNS: usize = 64;

/// A row of pixels, or two that share their chroma, and the rows of the planes for them.
///
/// If rows do not share chroma, the second row is empty. Without chroma, the chroma rows are empty. The rows of the
/// planes have space for whole blocks.
pub(super) struct Rows<'a> {
    pub pixels: [&'a [u8]; 2],
    pub luma: [&'a mut [u8]; 2],
    pub chroma: [&'a mut [u8]; 2],
}

impl Rows<'_> {
    /// Converts rows with `blocks`, which takes [`COLUMNS`] or more, an even number if columns share chroma.
    #[inline(always)]
    pub fn convert(mut self, layout: Layout, blocks: impl Fn(&mut Rows<'_>)) {
        if layout.whole == layout.columns { blocks(&mut self) } else { self.convert_copy(layout, blocks) }
    }

    /// Converts whole blocks of columns, and then a copy of the remaining columns.
    fn convert_copy(mut self, layout: Layout, blocks: impl Fn(&mut Rows<'_>)) {
        let (pixels, whole) = (self.pixels, layout.whole * layout.pixel);
        if whole > 0 {
            blocks(&mut self.section(layout, pixels.map(|row| &row[..whole.min(row.len())]), 0));
        }
        let (mut copies, block) = ([[0; 4 * COLUMNS]; 2], COLUMNS * layout.pixel);
        for (row, copy) in pixels.iter().zip(&mut copies).filter(|(row, _)| !row.is_empty()) {
            let remainder = &row[whole..];
            copy[..remainder.len()].copy_from_slice(remainder);
            // The last pixel is repeated.
            for at in remainder.len()..block {
                copy[at] = copy[at - layout.pixel];
            }
        }
        let bottom = if pixels[1].is_empty() { 0 } else { block };
        blocks(&mut self.section(layout, [&copies[0][..block], &copies[1][..bottom]], layout.whole));
    }

    /// Returns `pixels` with the rows of the planes for them, from column `start` on.
    fn section<'b>(&'b mut self, layout: Layout, pixels: [&'b [u8]; 2], start: usize) -> Rows<'b> {
        let Layout { pixel, sample, wide, .. } = layout;
        let columns = pixels[0].len() / pixel;
        let cut = |row: &'b mut [u8], wide| {
            if row.is_empty() { row } else { &mut row[start / wide * sample..][..columns / wide * sample] }
        };
        let [y0, y1] = &mut self.luma;
        let [cb, cr] = &mut self.chroma;
        Rows { pixels, luma: [cut(y0, 1), cut(y1, 1)], chroma: [cut(cb, wide), cut(cr, wide)] }
    }

    /// Returns the number of columns of pixels of `BYTES` bytes. It is at least `width`, every row has as many, and the
    /// rows of the planes have as many samples of `SAMPLE` bytes.
    ///
    /// Kernels access the rows unchecked and rely on this. `WIDE` × `HIGH` pixels share chroma. `WIDE` is 0 if there is
    /// no chroma.
    ///
    /// # Panics
    /// If a row is shorter.
    pub fn columns<const BYTES: usize, const SAMPLE: usize, const WIDE: usize, const HIGH: usize>(
        &self,
        width: usize,
    ) -> usize {
        let columns = self.pixels[0].len() / BYTES;
        assert!(columns >= width);
        assert!(self.pixels[..HIGH].iter().all(|row| row.len() / BYTES >= columns));
        assert!(self.luma[..HIGH].iter().all(|row| row.len() / SAMPLE >= columns));
        assert!(WIDE == 0 || self.chroma.iter().all(|row| row.len() / SAMPLE * WIDE >= columns));
        columns
    }
}

/// The columns of all rows of a frame, and the bytes of a pixel and of a sample.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    columns: usize,
    /// The number of columns that are converted in place: all, or whole blocks.
    whole: usize,
    /// How many columns share chroma.
    wide: usize,
    pixel: usize,
    sample: usize,
}

impl Layout {
    pub fn new(frame: &Frame<'_>, chroma: Chroma, bit_depth: BitDepth) -> Self {
        let (columns, wide) = (frame.width() as usize, chroma.subsampling().0 as usize);
        let whole =
            if columns >= COLUMNS && columns.is_multiple_of(wide) { columns } else { columns / COLUMNS * COLUMNS };
        Self { columns, whole, wide, pixel: frame.format().bytes_per_pixel(), sample: bit_depth.bytes() }
    }
}

/// Returns the first column of each block, for `columns` that are converted `width` at a time. The last block overlaps
/// the one before if `columns` is not a multiple of `width`: some columns are then converted twice.
#[inline(always)]
pub(super) fn starts(columns: usize, width: usize) -> impl Iterator<Item = usize> {
    (0..columns.div_ceil(width)).map(move |block| (block * width).min(columns - width))
}
