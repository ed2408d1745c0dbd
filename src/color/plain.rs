//! Opaque pixels to planes of 8 bits a sample, without naming an instruction set. The scheme is told in
//! [`limbs`](super::limbs).
//!
//! Short loops over a block, which compilers vectorise for whatever they compile for.

use super::blend::blend;
use super::limbs::{LUMA_SHIFT, Limbs, Weights};
use super::pixels::{Block, COLUMNS, block};
use super::rows::{self, Plan, Rows};

/// One component each of the pixels of a block, or a sum of pixels.
type Component = [i16; COLUMNS];

/// Converts all rows of a frame.
pub(super) fn convert<'a>(plan: &Plan<'_>, frame: impl Iterator<Item = Rows<'a>>) {
    for rows in frame {
        rows::convert(plan, rows, |plan, rows| {
            let opaque = |rows: &mut Rows<'_>| plan.bit_depth == 8 && opaque(plan, rows);
            if !(rows.begin_opaque() && opaque(rows)) {
                blend(plan, rows, opaque);
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
            let block = block(pixels, start);
            for alpha in component(block, 3) {
                alphas &= alpha;
            }
            let components = [component(block, 0), component(block, 1), component(block, 2)];
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
        // Compilers take this for a shift of whole vectors, and a byte of each pixel for one load after the other.
        component[i] = (u32::from_le_bytes(pixels[i]) >> (8 * part) & 0xff) as i16;
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
    let count = samples.len().min(COLUMNS);
    let Weights { high, low } = limbs.luma;
    let alpha = (i32::from(high[3]) * 255, i32::from(low[3]) * 255);
    for i in 0..count {
        let high = product(high[0], first[i]) + product(high[1], green[i]) + product(high[2], third[i]) + alpha.0;
        let low = product(low[0], first[i]) + product(low[1], green[i]) + product(low[2], third[i]) + alpha.1;
        samples[i] = ((high + (low >> 16)) >> LUMA_SHIFT) as u8;
    }
}

fn chroma(limbs: &Limbs, plane: usize, [first, third]: &[Component; 2], samples: &mut [u8]) {
    let count = samples.len().min(COLUMNS);
    let Weights { high, low } = limbs.chroma[plane];
    for i in 0..count {
        let high = product(high[0], first[i]) + product(high[1], third[i]) + limbs.chroma_offset;
        let low = product(low[0], first[i]) + product(low[1], third[i]);
        samples[i] = ((high + (low >> 16)) >> limbs.chroma_shift).min(255) as u8;
    }
}

/// Of two words: what vector units multiply best.
#[inline(always)]
fn product(weight: i16, value: i16) -> i32 {
    i32::from(weight) * i32::from(value)
}
