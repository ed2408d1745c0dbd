//! `Rows`: drives a kernel over the rows of a frame in whole blocks, with copies for odd sizes and other pixel formats.

use super::blend_weights::BlendWeights;
use super::opaque_weights::OpaqueWeights;
use super::pixels::{Block, COLUMNS, Order, widen};
use crate::PixelFormat;
use crate::settings::{BitDepth, Chroma};

/// The number of blocks that are copied at a time, for pixels that kernels cannot read in place.
const STAGE: usize = 4;

/// A row of pixels, or two that share their chroma, and the rows of the planes for them.
///
/// If rows do not share chroma, the second row is empty. Without chroma, the chroma rows are empty. The rows of the
/// planes have space for whole blocks.
pub(super) struct Rows<'a> {
    pub pixels: [&'a [u8]; 2],
    pub luma: [&'a mut [u8]; 2],
    pub chroma: [&'a mut [u8]; 2],
}

/// How the rows of a frame are converted: everything that is computed in advance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan<'a> {
    pub format: PixelFormat,
    pub order: Order,
    pub chroma: Chroma,
    pub bit_depth: BitDepth,
    pub opaque_weights: &'a OpaqueWeights,
    pub blend_weights: &'a BlendWeights,
}

/// Converts rows with `blocks`, which takes four-byte pixels of [`COLUMNS`] columns or more, an even number.
///
/// It is inlined into its callers, so that the compiler compiles all of it for their instruction set.
#[inline(always)]
pub(super) fn convert(plan: &Plan<'_>, mut rows: Rows<'_>, blocks: impl Fn(&Plan<'_>, &mut Rows<'_>)) {
    let bytes = plan.format.bytes_per_pixel();
    let columns = rows.pixels[0].len() / bytes;
    if bytes == 4 && columns >= COLUMNS && columns.is_multiple_of(2) {
        blocks(plan, &mut rows);
    } else {
        convert_copies(plan, rows, columns, blocks);
    }
}

/// Converts copies of the pixels, widened to four bytes each and to whole blocks.
#[inline(always)]
fn convert_copies(plan: &Plan<'_>, mut rows: Rows<'_>, columns: usize, blocks: impl Fn(&Plan<'_>, &mut Rows<'_>)) {
    let bytes = plan.format.bytes_per_pixel();
    let pixels = rows.pixels;
    let mut copies = [[0; STAGE * size_of::<Block>()]; 2];
    for start in (0..columns).step_by(STAGE * COLUMNS) {
        let count = (columns - start).div_ceil(COLUMNS).min(STAGE);
        for row in 0..2 {
            if !pixels[row].is_empty() {
                for (at, block) in copies[row].as_chunks_mut().0.iter_mut().enumerate().take(count) {
                    widen(plan.format, &pixels[row][(start + at * COLUMNS) * bytes..], block);
                }
            }
        }
        let count = count * COLUMNS;
        let [top, bottom] = &copies;
        let copied = [&top[..4 * count], &bottom[..if pixels[1].is_empty() { 0 } else { 4 * count }]];
        blocks(plan, &mut rows.section(plan, copied, start, count));
    }
}

/// Returns the first column of each block, for `columns` that are converted `width` at a time. The last block overlaps
/// the one before if `columns` is not a multiple of `width`: some columns are then converted twice.
#[inline(always)]
pub(super) fn starts(columns: usize, width: usize) -> impl Iterator<Item = usize> {
    (0..columns.div_ceil(width)).map(move |block| (block * width).min(columns - width))
}

impl Rows<'_> {
    /// Returns the number of columns of four-byte pixels. It is at least `width`, and every row has as many.
    ///
    /// Kernels access the rows unchecked and rely on this. `high` rows and `wide` columns share chroma. `wide` is 0 if
    /// there is no chroma.
    ///
    /// # Panics
    /// If a row is shorter.
    #[cfg(target_arch = "x86_64")]
    pub fn columns(&self, width: usize, wide: usize, high: usize) -> usize {
        let columns = self.pixels[0].len() / 4;
        assert!(columns >= width);
        assert!(self.pixels[..high].iter().all(|row| row.len() / 4 >= columns));
        assert!(self.luma[..high].iter().all(|row| row.len() >= columns));
        assert!(wide == 0 || self.chroma.iter().all(|row| row.len() * wide >= columns));
        columns
    }

    /// Returns whether the first of four-byte pixels is opaque. If it is not, it is not worth trying the kernel.
    #[inline(always)]
    pub fn begins_opaque(&self) -> bool {
        self.pixels[0].get(3) == Some(&255)
    }

    /// Returns `pixels` with the rows of the planes for them: `columns` from column `start` on.
    #[inline(always)]
    pub fn section<'b>(&'b mut self, plan: &Plan<'_>, pixels: [&'b [u8]; 2], start: usize, columns: usize) -> Rows<'b> {
        let sample = plan.bit_depth.bytes();
        let wide = plan.chroma.subsampling().0 as usize;
        let [y0, y1] = &mut self.luma;
        let [cb, cr] = &mut self.chroma;
        let (luma, chroma) = ((start * sample, columns * sample), (start / wide * sample, columns / wide * sample));
        Rows { pixels, luma: [cut(y0, luma), cut(y1, luma)], chroma: [cut(cb, chroma), cut(cr, chroma)] }
    }
}

/// Returns `bytes` of a row from `start` on, or nothing if the row is empty.
fn cut(row: &mut [u8], (start, bytes): (usize, usize)) -> &mut [u8] {
    if row.is_empty() { row } else { &mut row[start..][..bytes] }
}
