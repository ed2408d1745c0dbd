//! `OpaqueWeights`: exact fixed-point weights for opaque pixels at 8 bits a sample. Kernels with fused multiply-add use
//! them for chroma only, and compute luma by [`double_fma`](super::double_fma) or [`single_fma`](super::single_fma).
//!
//! A weight has 32 bits, split into two signed words of 16, `high · 2¹⁶ + low`, the operands of `pmaddwd`. Kernels sum
//! the products of the high and of the low words separately, and carry once:
//!
//! ```text
//! sample = (Σ high·x + (Σ low·x >> 16)) >> shift      with >> as floor
//! ```
//!
//! This is exactly ⌊Σ weight·x⌋ in samples, because no bit is lost. So the only error is that of the weights, half of
//! the last bit of each. It cannot move a sum across the boundary between two samples, because the sums of the real
//! formula are multiples of 1/q and at least half of 1/q away from it (see [`Formula::constant`]). The test below adds
//! up the errors of all weights.

use super::double_fma::DoubleFmaLuma;
use super::formula::Formula;
use super::single_fma::SingleFmaLuma;

/// The number of fractional bits of the luma weights. The weights are below 1, so this is the maximum for 32 bits.
const LUMA_BITS: u32 = 31;
/// The number of bits that a luma sum is shifted by.
pub(super) const LUMA_SHIFT: u32 = LUMA_BITS - 16;

/// The weights of one plane, split into the high and the low words.
#[derive(Clone, Copy, Debug)]
pub(super) struct SplitWeights<const N: usize> {
    pub high: [i16; N],
    pub low: [i16; N],
}

/// The weights of all planes for the four bytes of a pixel: first, green, third, alpha.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpaqueWeights {
    /// Y from the four bytes. Alpha is 255 in an opaque pixel, so its weight adds the constant.
    pub luma: SplitWeights<4>,
    /// Y for AVX-512.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    pub double_fma: DoubleFmaLuma,
    /// Y for AVX2, in which no word is left for the weight of alpha.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    pub single_fma: Option<SingleFmaLuma>,
    /// Cb and Cr from first − green and third − green, summed over the pixels that share the sample. The three weights
    /// add up to 0, so the differences suffice.
    pub chroma: [SplitWeights<2>; 2],
    /// The constant of the chroma planes, in units of the high words.
    pub chroma_offset: i32,
    /// The number of bits that a chroma sum is shifted by. It is one or two more than for luma if two or four pixels
    /// share a sample.
    pub chroma_shift: u32,
    /// The weights of `chroma` for a shift by 16 bits: for sums of two or four pixels, or one pixel, doubled.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    pub chroma_words: [SplitWeights<2>; 2],
    /// The fraction of the constant, in units of the low words of `chroma_words`: of 2⁻³² samples.
    #[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
    pub chroma_fraction: u32,
}

impl OpaqueWeights {
    /// Computes the weights where `shared` pixels (1, 2 or 4) share a chroma sample.
    pub fn new(formulas: &[Formula; 3], blue_first: bool, shared: i64) -> Self {
        let order = |[r, g, b]: [f64; 3]| if blue_first { [b, g, r] } else { [r, g, b] };
        let [first, green, third] = order(formulas[0].weights(1)).map(|weight| fixed(weight, LUMA_BITS));
        let alpha = fixed(formulas[0].constant(1) / 255.0, LUMA_BITS);
        let luma = [first, green, third, alpha];
        let chroma_shift = LUMA_SHIFT + shared.ilog2();
        let differences = |formula: &Formula, shared, bits| {
            let [first, _, third] = order(formula.weights(shared)).map(|weight| fixed(weight, bits));
            SplitWeights::new([first, third])
        };
        let chroma = |shared, shift| [1, 2].map(|plane| differences(&formulas[plane], shared, shift + 16));
        Self {
            luma: SplitWeights::new(luma),
            double_fma: DoubleFmaLuma::new(&formulas[0], blue_first),
            single_fma: SingleFmaLuma::new(&formulas[0], blue_first),
            chroma: chroma(shared, chroma_shift),
            chroma_offset: fixed(formulas[1].constant(shared), chroma_shift) as i32,
            chroma_shift,
            chroma_words: chroma(shared.max(2), 16),
            chroma_fraction: fixed(formulas[1].constant(shared).fract(), 32) as u32,
        }
    }
}

impl<const N: usize> SplitWeights<N> {
    fn new(weights: [i64; N]) -> Self {
        Self {
            high: weights.map(|weight| ((weight - i64::from(weight as i16)) >> 16) as i16),
            low: weights.map(|weight| weight as i16),
        }
    }
}

/// Returns the fixed-point number nearest to `value`, with `bits` fractional bits.
fn fixed(value: f64, bits: u32) -> i64 {
    (value * (1u64 << bits) as f64).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{BitDepth, ColorSpace, Matrix, Range};

    /// Returns the real numbers that the weights represent.
    fn real<const N: usize>(weights: SplitWeights<N>, bits: u32) -> [f64; N] {
        std::array::from_fn(|i| {
            (f64::from(weights.high[i]) * 65536.0 + f64::from(weights.low[i])) / (1u64 << bits) as f64
        })
    }

    #[test]
    fn errors_of_the_weights_reach_no_other_sample() {
        for (&matrix, &range) in Matrix::ALL.iter().flat_map(|m| Range::ALL.iter().map(move |r| (m, r))) {
            let formulas = Formula::planes(ColorSpace { matrix, range, ..ColorSpace::BT709 }, BitDepth::Eight);
            for (shared, blue_first) in [1, 2, 4].into_iter().flat_map(|shared| [(shared, false), (shared, true)]) {
                let weights = OpaqueWeights::new(&formulas, blue_first, shared);
                let order = |[r, g, b]: [f64; 3]| if blue_first { [b, g, r] } else { [r, g, b] };
                // The boundary is half of 1/q away from the nearest sums on both sides (see Formula::constant).
                let luma = real(weights.luma, LUMA_BITS);
                let exact = order(formulas[0].weights(1));
                let constant = (luma[3] * 255.0 - formulas[0].constant(1)).abs();
                let error: f64 = (0..3).map(|i| (luma[i] - exact[i]).abs() * 255.0).sum();
                assert!(error + constant < 0.5 / formulas[0].q(1) as f64, "{matrix} {range} luma: {error} {constant}");

                let offset = f64::from(weights.chroma_offset) / f64::from(1 << weights.chroma_shift);
                let fraction = f64::from(weights.chroma_fraction) / (1u64 << 32) as f64;
                for (chroma, shift, times, offset) in [
                    (weights.chroma, weights.chroma_shift, 1.0, offset),
                    (weights.chroma_words, 16, if shared == 1 { 2.0 } else { 1.0 }, 128.0 + fraction),
                ] {
                    for (formula, chroma) in formulas[1..].iter().zip(chroma) {
                        let got = real(chroma, shift + 16).map(|weight| weight * times);
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
