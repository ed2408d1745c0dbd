//! `GeneralWeights`: the weights of [`general`](super::general): whole numbers, and the scales of their sums.
//!
//! Colours are whole numbers of units, so the luma of a pixel, weighted by whole numbers, is one too (see
//! [`Formula::integer_luma`]), and so are the differences of components that chroma is made of. Both are exact in 32
//! bits. Only then they are scaled to samples, in 64-bit floats, which are rounded three times at most:
//!
//! ```text
//! sum = weight·luma + constant                 sum = weight·(first − green) + weight·(third − green) + constant
//! ```
//!
//! The constant adds 2²⁰. From there to 2²¹ floats are multiples of 2⁻³², and the lower word of their upper half is the
//! sample, rounded down. The constant and the sum are off by 2⁻³³ each at most, which cannot move a sum across the
//! boundary between two samples (see [`Formula::constant`]). The other errors are below 2⁻⁴⁰. The test below adds them
//! up.

use super::formula::Formula;
use crate::settings::BitDepth;

/// The upper half of the float 2²⁰.
const BASE: i32 = 0x4130_0000;

/// The weights for opaque pixels, or for pixels over a background.
#[derive(Clone, Copy, Debug)]
pub(super) struct GeneralWeights {
    /// The weights of the first, green and third component in the integer luma.
    pub luma: [i16; 3],
    /// The weight of alpha in the integer luma.
    pub luma_alpha: i32,
    pub luma_scale: f64,
    pub luma_constant: f64,
    /// The weights of first − green, third − green and alpha in Cb and in Cr, for sums of all pixels that share a
    /// sample.
    pub chroma: [[f64; 3]; 2],
    pub chroma_constants: [f64; 2],
    /// The upper half of the float of the largest sample.
    pub top: i32,
}

impl GeneralWeights {
    /// Computes the weights where `shared` pixels (1, 2 or 4) share a chroma sample. With a background, its red, green
    /// and blue, colours are counted in 255ths. They are multiplied by alpha; if the frame's are already, by 255 in luma,
    /// and in chroma by the number beside the background, 255 instead of 1.
    pub fn new(
        formulas: &[Formula; 3],
        blue_first: bool,
        shared: i64,
        bit_depth: BitDepth,
        background: Option<([u8; 3], i64)>,
    ) -> Self {
        let unit = if background.is_some() { 255 } else { 1 };
        let (behind, step) = background.unwrap_or(([0; 3], 1));
        let behind = order(behind, blue_first).map(i64::from);
        let [luma, cb, cr] = formulas;
        let (weights, scale) = luma.integer_luma();
        let weights = order(weights, blue_first);
        let luma_behind: i64 = weights.iter().zip(behind).map(|(weight, behind)| weight * behind).sum();
        let luma_scale = scale / unit as f64;
        let constant = |formula: &Formula, unit| f64::from(1 << 20) + formula.constant(unit);
        let chroma = [cb, cr].map(|formula| {
            let [first, _, third] = order(formula.weights(unit * shared), blue_first);
            let [first_behind, third_behind] = [behind[0] - behind[1], behind[2] - behind[1]];
            let alpha = -(first * first_behind as f64 + third * third_behind as f64);
            [first * step as f64, third * step as f64, alpha]
        });
        Self {
            luma: weights.map(|weight| weight as i16),
            luma_alpha: -luma_behind as i32,
            luma_scale,
            luma_constant: constant(luma, unit) + luma_scale * (255 * luma_behind) as f64,
            chroma,
            chroma_constants: chroma.map(|[.., alpha]| constant(cb, unit * shared) - alpha * (255 * shared) as f64),
            top: BASE + (1 << bit_depth.bits()) - 1,
        }
    }
}

/// Returns the values for red, green and blue in the order of the bytes of a pixel.
pub(super) fn order<T>([r, g, b]: [T; 3], blue_first: bool) -> [T; 3] {
    if blue_first { [b, g, r] } else { [r, g, b] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{ColorSpace, Matrix, Range};

    #[test]
    fn rounding_reaches_no_other_sample() {
        // What is left of 2⁻³³ each for the constant and for the sum: the errors of the products are below 2⁻⁴⁰.
        let rounding = 2.0 / (1u64 << 33) as f64 + 1.0 / (1u64 << 40) as f64;
        for (&matrix, &range) in Matrix::ALL.iter().flat_map(|m| Range::ALL.iter().map(move |r| (m, r))) {
            for &bit_depth in BitDepth::ALL {
                let formulas = Formula::planes(ColorSpace { matrix, range, ..ColorSpace::BT709 }, bit_depth);
                for (plane, shared) in [(0, 1), (1, 4), (2, 4)] {
                    // The boundary is half of 1/q away from the nearest sums on both sides (see Formula::constant).
                    let q = formulas[plane].q(255 * shared);
                    assert!(rounding < 0.5 / q as f64, "{matrix} {range} {bit_depth} plane {plane}: {q}");
                }
            }
        }
    }
}
