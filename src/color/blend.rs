//! Converts any pixels over the background to any planes, in 64-bit floating point, for rows that no kernel converts.
//!
//! A float has 53 bits. The largest sum needs 10 of them before the binary point, so the rounding error is about 2⁻⁴¹.
//! The real value is at least 2⁻³⁴ away from the boundary between two samples, so the error cannot move it across. See
//! [`Formula::constant`](super::formula::Formula::constant).
//!
//! The code is short loops over blocks, which compilers vectorise for the target instruction set.

use super::blend_weights::{PlaneWeights, UNIT};
use super::pixels::{Block, COLUMNS, block};
use super::rows::{Plan, Rows, starts};
use crate::settings::BitDepth;

/// One component of the pixels of a block, in [`UNIT`]s.
type Component = [i32; COLUMNS];

/// Converts rows of 64 columns or more.
///
/// Blocks without translucent pixels go to `opaque`, which reports whether it has converted them. On a transparent
/// canvas most blocks have none.
#[inline(always)]
pub(super) fn blend(plan: &Plan<'_>, rows: &mut Rows<'_>, opaque: impl Fn(&mut Rows<'_>) -> bool) {
    for start in starts(rows.pixels[0].len() / 4, COLUMNS) {
        let solid = |pixels: &[u8]| match pixels {
            [] => Some([0; 4 * COLUMNS]),
            pixels => solid(plan, block(pixels, start)),
        };
        if let (BitDepth::Eight, Some(top), Some(bottom)) =
            (plan.bit_depth, solid(rows.pixels[0]), solid(rows.pixels[1]))
        {
            let bottom = &bottom[..if rows.pixels[1].is_empty() { 0 } else { bottom.len() }];
            if opaque(&mut rows.section(plan, [&top, bottom], start, COLUMNS)) {
                continue;
            }
        }
        match plan.bit_depth {
            BitDepth::Eight => blend_block::<u8>(plan, rows, start),
            BitDepth::Ten => blend_block::<u16>(plan, rows, start),
        }
    }
}

/// Returns the block with the background in place of transparent pixels, or `None` if a pixel is translucent.
#[inline(always)]
fn solid(plan: &Plan<'_>, block: &Block) -> Option<Block> {
    let [first, green, third] = plan.blend_weights.background.map(|component| component as u8);
    let background = u32::from_le_bytes([first, green, third, 255]);
    let (pixels, mut solid) = (block.as_chunks::<4>().0, [0; 4 * COLUMNS]);
    let mut translucent = 0;
    for (pixel, place) in pixels.iter().zip(solid.as_chunks_mut::<4>().0) {
        let pixel = u32::from_le_bytes(*pixel);
        let alpha = pixel >> 24;
        // Here 0 and 255 become 1 and 256, which have none of these bits.
        translucent |= (alpha + 1) & 0xfe;
        *place = (if alpha == 0 { background } else { pixel }).to_le_bytes();
    }
    (translucent == 0).then_some(solid)
}

#[inline(always)]
fn blend_block<S: Sample>(plan: &Plan<'_>, rows: &mut Rows<'_>, start: usize) {
    let wide = plan.chroma.subsampling().0 as usize;
    let [y, cb, cr] = plan.blend_weights.planes;
    let mut sums = [[0; COLUMNS]; 3];
    for (pixels, luma) in rows.pixels.iter().zip(&mut rows.luma).filter(|(pixels, _)| !pixels.is_empty()) {
        let colors = composite(plan, block(pixels, start));
        y.apply(plan.blend_weights.top, &colors, &mut samples::<S>(luma)[start..][..COLUMNS]);
        for (sum, color) in sums.iter_mut().zip(&colors) {
            for i in 0..COLUMNS {
                sum[i] += color[i];
            }
        }
    }
    if wide == 2 {
        for sum in &mut sums {
            let pairs = *sum;
            for i in 0..COLUMNS / 2 {
                sum[i] = pairs[2 * i] + pairs[2 * i + 1];
            }
        }
    }
    for (weights, row) in [cb, cr].iter().zip(&mut rows.chroma).filter(|(_, row)| !row.is_empty()) {
        weights.apply(plan.blend_weights.top, &sums, &mut samples::<S>(row)[start / wide..][..COLUMNS / wide]);
    }
}

/// Returns the samples of a row of a plane. An empty row need not be aligned.
fn samples<S: Sample>(row: &mut [u8]) -> &mut [S] {
    if row.is_empty() { &mut [] } else { bytemuck::cast_slice_mut(row) }
}

/// Returns the colours of a block over the background.
#[inline(always)]
fn composite(plan: &Plan<'_>, block: &Block) -> [Component; 3] {
    let (pixels, mut colors) = (block.as_chunks::<4>().0, [[0; COLUMNS]; 3]);
    for (component, color) in colors.iter_mut().enumerate() {
        let behind = plan.blend_weights.background[component];
        for (pixel, color) in pixels.iter().zip(color) {
            let (front, alpha) = (i32::from(pixel[component]), i32::from(pixel[3]));
            // A premultiplied colour above its alpha is not valid, and counts as alpha.
            let front = if plan.order.premultiplied { front.min(alpha) * UNIT as i32 } else { front * alpha };
            *color = front + behind * (UNIT as i32 - alpha);
        }
    }
    colors
}

impl PlaneWeights {
    /// Computes the samples of colours.
    #[inline(always)]
    fn apply<S: Sample>(&self, top: u32, colors: &[Component; 3], samples: &mut [S]) {
        /// From here on floats are the whole numbers: adding this rounds to a whole number, held in the low bits.
        const WHOLE: f64 = (1u64 << 52) as f64;
        for i in 0..samples.len().min(COLUMNS) {
            let mut value = self.constant;
            for component in 0..3 {
                value += f64::from(colors[component][i]) * self.components[component];
            }
            samples[i] = S::new(((value + WHOLE).to_bits() as u32).min(top));
        }
    }
}

/// A sample of a plane.
trait Sample: bytemuck::Pod {
    fn new(value: u32) -> Self;
}

impl Sample for u8 {
    fn new(value: u32) -> Self {
        value as u8
    }
}

impl Sample for u16 {
    fn new(value: u32) -> Self {
        value as u16
    }
}
