//! Opaque pixels to planes of 8 bits a sample, without naming an instruction set. The scheme is told in
//! [`limbs`](super::limbs).
//!
//! Short loops over a block, which compilers vectorise for whatever they compile for.

use super::blend::blend;
use super::limbs::{LUMA_SHIFT, Limbs};
use super::pixels::{Block, COLUMNS};
use super::rows::{self, Plan, Rows, load};

/// One component each of the pixels of a block, or a sum of pixels.
type Component = [i16; COLUMNS];

/// Converts all rows of a frame.
pub(super) fn convert<'a>(plan: &Plan<'_>, frame: impl Iterator<Item = Rows<'a>>) {
    for rows in frame {
        rows::convert(plan, rows, |plan, rows| {
            if plan.bit_depth != 8 || !opaque(plan, rows) {
                blend(plan, rows);
            }
        });
    }
}

/// Converts pixels as if all were opaque, and says whether they are.
fn opaque(plan: &Plan<'_>, rows: &mut Rows<'_>) -> bool {
    let wide = plan.chroma.subsampling().0 as usize;
    let mut alphas = 255;
    for start in rows::starts(rows.pixels[0].len() / 4, COLUMNS) {
        let [mut first, mut third] = [[0; COLUMNS]; 2];
        for (pixels, samples) in rows.pixels.iter().zip(&mut rows.luma).filter(|(pixels, _)| !pixels.is_empty()) {
            let block: Block = load(&pixels[4 * start..]);
            alphas &= block.as_chunks::<4>().0.iter().fold(255, |all, pixel| all & pixel[3]);
            let components = [0, 1, 2].map(|part| component(&block, part));
            luma(plan.limbs, &components, &mut samples[start..][..COLUMNS]);
            for i in 0..COLUMNS {
                first[i] += components[0][i] - components[1][i];
                third[i] += components[2][i] - components[1][i];
            }
        }
        let differences = if wide == 2 { [pair_sums(&first), pair_sums(&third)] } else { [first, third] };
        for (plane, row) in rows.chroma.iter_mut().enumerate().filter(|(_, row)| !row.is_empty()) {
            chroma(plan.limbs, plane, &differences, &mut row[start / wide..][..COLUMNS / wide]);
        }
    }
    alphas == 255
}

fn component(block: &Block, part: usize) -> Component {
    let (pixels, mut component) = (block.as_chunks::<4>().0, [0; COLUMNS]);
    for i in 0..COLUMNS {
        component[i] = i16::from(pixels[i][part]);
    }
    component
}

/// The sums of neighbours, in the first half.
fn pair_sums(component: &Component) -> Component {
    let mut sums = [0; COLUMNS];
    for i in 0..COLUMNS / 2 {
        sums[i] = component[2 * i] + component[2 * i + 1];
    }
    sums
}

fn luma(limbs: &Limbs, [first, green, third]: &[Component; 3], samples: &mut [u8]) {
    let (high, low) = (limbs.luma.high, limbs.luma.low);
    for (i, sample) in samples.iter_mut().enumerate().take(COLUMNS) {
        let sum = |weights: [i16; 4]| {
            let [a, b, c, alpha] = weights.map(i32::from);
            a * i32::from(first[i]) + b * i32::from(green[i]) + c * i32::from(third[i]) + alpha * 255
        };
        *sample = ((sum(high) + (sum(low) >> 16)) >> LUMA_SHIFT) as u8;
    }
}

fn chroma(limbs: &Limbs, plane: usize, [first, third]: &[Component; 2], samples: &mut [u8]) {
    let (high, low) = (limbs.chroma[plane].high, limbs.chroma[plane].low);
    for (i, sample) in samples.iter_mut().enumerate().take(COLUMNS) {
        let sum = |weights: [i16; 2]| {
            let [a, b] = weights.map(i32::from);
            a * i32::from(first[i]) + b * i32::from(third[i])
        };
        let sum = sum(high) + limbs.chroma_offset + (sum(low) >> 16);
        *sample = (sum >> limbs.chroma_shift).min(255) as u8;
    }
}
