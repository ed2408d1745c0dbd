//! A row of pixels, or two that share their chroma, to the rows of the planes.

use super::blend::Blend;
use super::limbs::Limbs;
use super::pixels::{Block, COLUMNS, Order, widen};
use crate::PixelFormat;
use crate::settings::Chroma;

/// Blocks that are copied at a time, where pixels are not read where they are.
const STAGE: usize = 4;

/// What goes in and what comes out. Where rows do not share chroma, the second row is empty; where there is no chroma,
/// its rows are. The rows of the planes have room for whole blocks.
pub(super) struct Rows<'a> {
    pub pixels: [&'a [u8]; 2],
    pub luma: [&'a mut [u8]; 2],
    pub chroma: [&'a mut [u8]; 2],
}

/// How the rows of a frame are converted: everything that is worked out in advance.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan<'a> {
    pub format: PixelFormat,
    pub order: Order,
    pub chroma: Chroma,
    pub bit_depth: u8,
    pub limbs: &'a Limbs,
    pub blend: &'a Blend,
}

/// Converts rows by `blocks`, which takes four-byte pixels of any even number of columns from [`COLUMNS`] on.
///
/// Inlined where `blocks` is, so that all of it is compiled for one instruction set.
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

/// Converts copies of the pixels, widened to four bytes and to whole blocks.
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
        blocks(plan, &mut rows.part(plan, copied, start, count));
    }
}

/// The first columns of the blocks that `columns` are converted in, `width` at a time. The last block begins earlier
/// than the one before ends, if it must: some columns are converted twice then.
#[inline(always)]
pub(super) fn starts(columns: usize, width: usize) -> impl Iterator<Item = usize> {
    (0..columns.div_ceil(width)).map(move |block| (block * width).min(columns - width))
}

impl Rows<'_> {
    /// The columns of four-byte pixels, if all rows have room for that many with chroma for `wide` columns each in
    /// blocks of `width`: what the kernels rely on.
    #[cfg(target_arch = "x86_64")]
    pub fn columns(&self, width: usize, wide: usize, high: usize) -> usize {
        let columns = self.pixels[0].len() / 4;
        assert!(columns >= width);
        assert!(self.pixels[..high].iter().all(|row| row.len() / 4 >= columns));
        assert!(self.luma[..high].iter().all(|row| row.len() >= columns));
        assert!(wide == 0 || self.chroma.iter().all(|row| row.len() * wide >= columns));
        columns
    }

    /// Whether the first of four-byte pixels is opaque: where it is not, trying the others would be in vain.
    #[inline(always)]
    pub fn begin_opaque(&self) -> bool {
        self.pixels[0].get(3) == Some(&255)
    }

    /// The rows of the planes for `columns` from column `start` on, with the pixels for them.
    #[inline(always)]
    pub fn part<'b>(&'b mut self, plan: &Plan<'_>, pixels: [&'b [u8]; 2], start: usize, columns: usize) -> Rows<'b> {
        let sample = usize::from(plan.bit_depth).div_ceil(8);
        let wide = plan.chroma.subsampling().0 as usize;
        let [y0, y1] = &mut self.luma;
        let [cb, cr] = &mut self.chroma;
        let (luma, chroma) = ((start * sample, columns * sample), (start / wide * sample, columns / wide * sample));
        Rows { pixels, luma: [cut(y0, luma), cut(y1, luma)], chroma: [cut(cb, chroma), cut(cr, chroma)] }
    }
}

/// A part of a row, nothing of one that is empty.
fn cut(row: &mut [u8], (start, bytes): (usize, usize)) -> &mut [u8] {
    if row.is_empty() { row } else { &mut row[start..][..bytes] }
}
