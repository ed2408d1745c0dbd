//! Whole-number weights for opaque pixels at 8 bits a sample: what kernels multiply with, those for vectors in chroma
//! only ([`fused`](super::fused) and [`rounding`](super::rounding) have their luma).
//!
//! A weight is a fixed-point number of 32 bits in two limbs of 16, `high · 2¹⁶ + low`, so that `pmaddwd` takes it. The
//! kernels add up each limb by itself and carry once:
//!
//! ```text
//! sample = (Σ high·x + (Σ low·x >> 16)) >> shift      with >> as floor
//! ```
//!
//! which is exactly ⌊Σ weight·x⌋ in units of a sample: no bits are lost on the way. So the only error is that of the
//! weights, half of their last bit each. It cannot move a sum across a boundary between two samples, because the sums of
//! the real formula are multiples of 1/q, and keep half of that away from the boundary (see [`Formula::constant`]); the
//! test below adds up the errors of all weights.

use super::formula::Formula;
use super::fused::Fused;
use super::rounding::Rounding;

/// Fractional bits of the luma weights. They are below 1, so that this is the most that 32 bits hold.
const LUMA_BITS: u32 = 31;
/// Bits that a luma sum is shifted by.
pub(super) const LUMA_SHIFT: u32 = LUMA_BITS - 16;

/// The weights of one plane.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weights<const N: usize> {
    pub high: [i16; N],
    pub low: [i16; N],
}

/// The weights of all planes, for pixels of four bytes: first, green, third, alpha.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limbs {
    /// Y from the four bytes. Alpha is 255 in an opaque pixel, so that its weight brings in the constant.
    pub luma: Weights<4>,
    /// Y for kernels that have fused multiplication.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    pub fused: Fused,
    /// Y for those that have no words to spare for alpha.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    pub rounding: Option<Rounding>,
    /// Cb and Cr from first − green and third − green, summed over the pixels that share the sample: their weights add
    /// up to 0, so that the differences say it all.
    pub chroma: [Weights<2>; 2],
    /// The constant of the chroma planes, in units of their high limbs.
    pub chroma_offset: i32,
    /// Bits that a chroma sum is shifted by: one or two more than luma where two or four pixels share a sample.
    pub chroma_shift: u32,
    /// The same weights for sums that are shifted by a whole word: of two or four pixels, or of one pixel, doubled.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    pub chroma_words: [Weights<2>; 2],
    /// The fraction of the constant, in units of the low limbs of these: of 2⁻³² samples.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    pub chroma_fraction: u32,
}

impl Limbs {
    /// Limbs for `shared` pixels to a chroma sample: 1, 2 or 4.
    pub fn new(formulas: &[Formula; 3], blue_first: bool, shared: i64) -> Self {
        let order = |[r, g, b]: [f64; 3]| if blue_first { [b, g, r] } else { [r, g, b] };
        let [first, green, third] = order(formulas[0].weights(1)).map(|weight| fixed(weight, LUMA_BITS));
        let alpha = fixed(formulas[0].constant(1) / 255.0, LUMA_BITS);
        let luma = [first, green, third, alpha];
        let chroma_shift = LUMA_SHIFT + shared.ilog2();
        let differences = |formula: &Formula, shared, bits| {
            let [first, _, third] = order(formula.weights(shared)).map(|weight| fixed(weight, bits));
            Weights::new([first, third])
        };
        let chroma = |shared, shift| [1, 2].map(|plane| differences(&formulas[plane], shared, shift + 16));
        Self {
            luma: Weights::new(luma),
            fused: Fused::new(&formulas[0], blue_first),
            rounding: Rounding::new(&formulas[0], blue_first),
            chroma: chroma(shared, chroma_shift),
            chroma_offset: fixed(formulas[1].constant(shared), chroma_shift) as i32,
            chroma_shift,
            chroma_words: chroma(shared.max(2), 16),
            chroma_fraction: fixed(formulas[1].constant(shared).fract(), 32) as u32,
        }
    }
}

impl<const N: usize> Weights<N> {
    fn new(weights: [i64; N]) -> Self {
        Self {
            high: weights.map(|weight| ((weight - i64::from(weight as i16)) >> 16) as i16),
            low: weights.map(|weight| weight as i16),
        }
    }
}

fn fixed(value: f64, bits: u32) -> i64 {
    (value * (1u64 << bits) as f64).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{ColorSpace, Matrix, Range};

    /// The weights that the limbs stand for.
    fn real<const N: usize>(weights: Weights<N>, bits: u32) -> [f64; N] {
        std::array::from_fn(|i| {
            (f64::from(weights.high[i]) * 65536.0 + f64::from(weights.low[i])) / (1u64 << bits) as f64
        })
    }

    #[test]
    fn no_error_of_the_weights_can_move_a_sum_across_a_boundary() {
        for (&matrix, &range) in Matrix::ALL.iter().flat_map(|m| Range::ALL.iter().map(move |r| (m, r))) {
            let formulas = Formula::planes(ColorSpace { matrix, range, ..ColorSpace::BT709 }, 8);
            for (shared, blue_first) in [1, 2, 4].into_iter().flat_map(|shared| [(shared, false), (shared, true)]) {
                let limbs = Limbs::new(&formulas, blue_first, shared);
                let order = |[r, g, b]: [f64; 3]| if blue_first { [b, g, r] } else { [r, g, b] };
                // The boundary lies half of 1/q away from the nearest sums on both sides (see Formula::constant).
                let luma = real(limbs.luma, LUMA_BITS);
                let weights = order(formulas[0].weights(1));
                let constant = (luma[3] * 255.0 - formulas[0].constant(1)).abs();
                let error: f64 = (0..3).map(|i| (luma[i] - weights[i]).abs() * 255.0).sum();
                assert!(error + constant < 0.5 / formulas[0].q(1) as f64, "{matrix} {range} luma: {error} {constant}");

                let offset = f64::from(limbs.chroma_offset) / f64::from(1 << limbs.chroma_shift);
                let fraction = f64::from(limbs.chroma_fraction) / (1u64 << 32) as f64;
                for (weights, shift, times, offset) in [
                    (limbs.chroma, limbs.chroma_shift, 1.0, offset),
                    (limbs.chroma_words, 16, if shared == 1 { 2.0 } else { 1.0 }, 128.0 + fraction),
                ] {
                    for (formula, weights) in formulas[1..].iter().zip(weights) {
                        let got = real(weights, shift + 16).map(|weight| weight * times);
                        let [first, _, third] = order(formula.weights(shared));
                        let constant = (offset - formula.constant(shared)).abs();
                        let error = ((got[0] - first).abs() + (got[1] - third).abs()) * 255.0 * shared as f64;
                        assert!(error + constant < 0.5 / formula.q(shared) as f64, "{matrix} {range} chroma {shared}");
                    }
                }
            }
        }
    }
}
