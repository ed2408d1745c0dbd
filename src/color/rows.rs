//! A row of pixels, or two that share their chroma, to the rows of the planes.

use super::blend::{Blend, blend};
use super::limbs::Limbs;
use super::pixels::{Block, COLUMNS, Order, widen};
use crate::PixelFormat;
use crate::settings::Chroma;

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
    let run = |mut rows: Rows<'_>| {
        if !opaque(plan, &mut rows) {
            blend(plan, &mut rows);
        }
    };
    // Whole blocks of four-byte pixels are read where they are, all others by way of a block.
    let direct = if bytes == 4 { columns / COLUMNS } else { 0 };
    if direct > 0 {
        run(rows.part(plan, [top, bottom].map(|row| &row[..row.len().min(direct * size_of::<Block>())]), 0, direct));
    }
    for at in direct..columns.div_ceil(COLUMNS) {
        let mut blocks = [[0; size_of::<Block>()]; 2];
        let [first, second] = &mut blocks;
        widen(plan.format, &top[at * COLUMNS * bytes..], first);
        if bottom.is_empty() {
            run(rows.part(plan, [first, &[]], at, 1));
        } else {
            widen(plan.format, &bottom[at * COLUMNS * bytes..], second);
            run(rows.part(plan, [first, second], at, 1));
        }
    }
}

impl Rows<'_> {
    /// The rows of the planes for `count` blocks from block `at` on, with the pixels for them.
    #[inline(always)]
    fn part<'b>(&'b mut self, plan: &Plan<'_>, pixels: [&'b [u8]; 2], at: usize, count: usize) -> Rows<'b> {
        let luma = COLUMNS * usize::from(plan.bit_depth).div_ceil(8);
        let chroma = luma / plan.chroma.subsampling().0 as usize;
        let [y0, y1] = &mut self.luma;
        let [cb, cr] = &mut self.chroma;
        Rows {
            pixels,
            luma: [cut(y0, at * luma, count * luma), cut(y1, at * luma, count * luma)],
            chroma: [cut(cb, at * chroma, count * chroma), cut(cr, at * chroma, count * chroma)],
        }
    }
}

/// A part of a row, nothing of one that is empty.
fn cut(row: &mut [u8], start: usize, bytes: usize) -> &mut [u8] {
    if row.is_empty() { row } else { &mut row[start..][..bytes] }
}
