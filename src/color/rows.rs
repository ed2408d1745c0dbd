//! A row of pixels, or two that share their chroma, to the rows of the planes.

use super::blend::{Blend, blend};
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

/// Converts rows: opaque pixels by `opaque`, which says whether all of them were, and the others in floating point.
///
/// Inlined where `opaque` is, so that all of it is compiled for one instruction set.
#[inline(always)]
pub(super) fn convert(plan: &Plan<'_>, mut rows: Rows<'_>, opaque: impl Fn(&Plan<'_>, &mut Rows<'_>) -> bool) {
    let bytes = plan.format.bytes_per_pixel();
    let [top, bottom] = rows.pixels;
    let columns = top.len() / bytes;
    let mut staged = [[0; STAGE * size_of::<Block>()]; 2];
    let mut start = 0;
    while start < columns {
        let rest = columns - start;
        let (pixels, count) = if bytes == 4 && rest >= COLUMNS {
            // Whole blocks of four-byte pixels are read where they are.
            let count = rest / COLUMNS * COLUMNS;
            ([top, bottom].map(|row| if row.is_empty() { row } else { &row[4 * start..][..4 * count] }), count)
        } else if bytes == 4 && columns >= COLUMNS && columns % 2 == 0 {
            // So is the rest, together with columns that are converted already, which makes a whole block.
            start = columns - COLUMNS;
            ([top, bottom].map(|row| if row.is_empty() { row } else { &row[4 * start..] }), COLUMNS)
        } else {
            // All else goes by way of a copy.
            let count = rest.div_ceil(COLUMNS).min(STAGE) * COLUMNS;
            for (row, staged) in [top, bottom].iter().zip(&mut staged).filter(|(row, _)| !row.is_empty()) {
                for (at, block) in staged.as_chunks_mut().0.iter_mut().enumerate().take(count / COLUMNS) {
                    widen(plan.format, &row[(start + at * COLUMNS) * bytes..], block);
                }
            }
            let [first, second] = &staged;
            ([&first[..4 * count], if bottom.is_empty() { bottom } else { &second[..4 * count] }], count)
        };
        let mut part = rows.part(plan, pixels, start, count);
        if !opaque(plan, &mut part) {
            blend(plan, &mut part);
        }
        start += count;
    }
}

impl Rows<'_> {
    /// The rows of the planes for `columns` from column `start` on, with the pixels for them.
    #[inline(always)]
    fn part<'b>(&'b mut self, plan: &Plan<'_>, pixels: [&'b [u8]; 2], start: usize, columns: usize) -> Rows<'b> {
        let sample = usize::from(plan.bit_depth).div_ceil(8);
        let wide = plan.chroma.subsampling().0 as usize;
        let [y0, y1] = &mut self.luma;
        let [cb, cr] = &mut self.chroma;
        let luma = (start * sample, columns * sample);
        let chroma = (start / wide * sample, columns / wide * sample);
        Rows { pixels, luma: [cut(y0, luma), cut(y1, luma)], chroma: [cut(cb, chroma), cut(cr, chroma)] }
    }
}

/// A part of a row, nothing of one that is empty.
fn cut(row: &mut [u8], (start, bytes): (usize, usize)) -> &mut [u8] {
    if row.is_empty() { row } else { &mut row[start..][..bytes] }
}
