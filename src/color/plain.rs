//! The kernel without intrinsics: converts opaque pixels to planes of 8 bits a sample.
//! [`opaque_weights`](super::opaque_weights) explains the arithmetic.
//!
//! The code is short loops over a block, which compilers vectorise for the target instruction set.

use super::blend::blend;
use super::opaque_weights::{LUMA_SHIFT, OpaqueWeights, SplitWeights};
use super::pixels::{Block, COLUMNS, block};
use super::rows::{self, Plan, Rows};
use crate::settings::BitDepth;

/// One component of the pixels of a block, or of sums of pixels.
type Component = [i16; COLUMNS];

/// Converts all rows of a frame.
pub(super) fn convert<'a>(plan: &Plan<'_>, frame: impl Iterator<Item = Rows<'a>>) {
    for rows in frame {
        rows::convert(plan, rows, |plan, rows| {
            let opaque = |rows: &mut Rows<'_>| plan.bit_depth == BitDepth::Eight && opaque(plan, rows);
            if !(rows.begins_opaque() && opaque(rows)) {
                blend(plan, rows, opaque);
            }
        });
    }
}

/// Converts pixels as if all were opaque, and returns whether they are.
fn opaque(plan: &Plan<'_>, rows: &mut Rows<'_>) -> bool {
    let wide = plan.chroma.subsampling().0 as usize;
    let mut alphas = 255;
    for start in rows::starts(rows.pixels[0].len() / 4, COLUMNS) {
        let [mut first, mut third] = [[0; COLUMNS]; 2];
        for (pixels, samples) in rows.pixels.iter().zip(&mut rows.luma).filter(|(pixels, _)| !pixels.is_empty()) {
            let block = block(pixels, start);
            for alpha in component(block, 3) {
                alphas &= alpha;
            }
            let components = [component(block, 0), component(block, 1), component(block, 2)];
            luma(plan.opaque_weights, &components, &mut samples[start..][..COLUMNS]);
            for i in 0..COLUMNS {
                first[i] += components[0][i] - components[1][i];
                third[i] += components[2][i] - components[1][i];
            }
        }
        let differences = if wide == 2 { [pair_sums(&first), pair_sums(&third)] } else { [first, third] };
        for (plane, row) in rows.chroma.iter_mut().enumerate().filter(|(_, row)| !row.is_empty()) {
            chroma(plan.opaque_weights, plane, &differences, &mut row[start / wide..][..COLUMNS / wide]);
        }
    }
    alphas == 255
}

/// Returns one byte of each pixel.
fn component(block: &Block, byte: usize) -> Component {
    let (pixels, mut component) = (block.as_chunks::<4>().0, [0; COLUMNS]);
    for i in 0..COLUMNS {
        // Compilers make this a shift of whole vectors. Indexing a byte of each pixel would become scalar loads.
        component[i] = (u32::from_le_bytes(pixels[i]) >> (8 * byte) & 0xff) as i16;
    }
    component
}

/// Returns the sums of neighbours, in the first half of the array.
fn pair_sums(component: &Component) -> Component {
    let mut sums = [0; COLUMNS];
    for i in 0..COLUMNS / 2 {
        sums[i] = component[2 * i] + component[2 * i + 1];
    }
    sums
}

fn luma(weights: &OpaqueWeights, [first, green, third]: &[Component; 3], samples: &mut [u8]) {
    let count = samples.len().min(COLUMNS);
    let SplitWeights { high, low } = weights.luma;
    let alpha = (i32::from(high[3]) * 255, i32::from(low[3]) * 255);
    for i in 0..count {
        let high = product(high[0], first[i]) + product(high[1], green[i]) + product(high[2], third[i]) + alpha.0;
        let low = product(low[0], first[i]) + product(low[1], green[i]) + product(low[2], third[i]) + alpha.1;
        samples[i] = ((high + (low >> 16)) >> LUMA_SHIFT) as u8;
    }
}

fn chroma(weights: &OpaqueWeights, plane: usize, [first, third]: &[Component; 2], samples: &mut [u8]) {
    let count = samples.len().min(COLUMNS);
    let SplitWeights { high, low } = weights.chroma[plane];
    for i in 0..count {
        let high = product(high[0], first[i]) + product(high[1], third[i]) + weights.chroma_offset;
        let low = product(low[0], first[i]) + product(low[1], third[i]);
        samples[i] = ((high + (low >> 16)) >> weights.chroma_shift).min(255) as u8;
    }
}

/// Returns the product of two 16-bit words, which vector units multiply fastest.
#[inline(always)]
fn product(weight: i16, value: i16) -> i32 {
    i32::from(weight) * i32::from(value)
}
