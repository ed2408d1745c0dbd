//! `DoubleFmaLuma`: exact luma of opaque pixels at 8 bits a sample, by two fused multiply-adds, for AVX-512.
//!
//! Kr, Kg and Kb are whole ten-thousandths, so with them as weights the luma of a pixel is a whole number below 2²⁴,
//! exact as a float. A sample is the product of this integer luma and a scale, plus a constant. The scale is the sum of
//! two floats, `scale` and `scale_low`:
//!
//! ```text
//! sum = fma(integer_luma, scale, fma(integer_luma, scale_low, constant_remainder))
//! ```
//!
//! Alpha is 255 in an opaque pixel. Its weight adds to the integer luma all of the constant but `constant_remainder`,
//! and 256 more. So the sum is between 256 and 512, where floats are multiples of 2⁻¹⁵, and bits 15 to 22 are the
//! sample, rounded down. The constant is lowered by half of 2⁻¹⁵, so that rounding the sum to the nearest float never
//! reaches the next sample. The other rounding errors are below 2⁻²⁶ together, and the real sums are farther than that
//! from the boundary between two samples (see [`Formula::constant`]). The test below tries every integer luma.

use super::formula::Formula;

/// The lowest bit of the sample in the sum.
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
pub(super) const SAMPLE_BIT: u32 = 15;

/// The numbers of the scheme above.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
pub(super) struct DoubleFmaLuma {
    /// The weights in the integer luma of the four bytes of a pixel: first, green, third, alpha.
    pub weights: [i16; 4],
    pub scale: f32,
    pub scale_low: f32,
    pub constant_remainder: f32,
}

impl DoubleFmaLuma {
    /// Computes the numbers for the formula of a luma plane of 8 bits a sample.
    pub fn new(formula: &Formula, blue_first: bool) -> Self {
        let ([red, green, blue], scale) = formula.integer_luma();
        let (first, third) = if blue_first { (blue, red) } else { (red, blue) };
        let constant = 256.0 + formula.constant(1) - 0.5 / (1u32 << SAMPLE_BIT) as f64;
        let alpha = (constant / (scale * 255.0)).floor();
        Self {
            weights: [first as i16, green as i16, third as i16, alpha as i16],
            scale: scale as f32,
            scale_low: (scale - f64::from(scale as f32)) as f32,
            constant_remainder: (constant - alpha * 255.0 * scale) as f32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{BitDepth, ColorSpace, Matrix, Range};

    #[test]
    fn samples_are_exact_for_every_integer_luma() {
        for (&matrix, &range) in Matrix::ALL.iter().flat_map(|m| Range::ALL.iter().map(move |r| (m, r))) {
            let [formula, ..] = Formula::planes(ColorSpace { matrix, range, ..ColorSpace::BT709 }, BitDepth::Eight);
            let DoubleFmaLuma { weights, scale, scale_low, constant_remainder } = DoubleFmaLuma::new(&formula, false);
            let [red, green, blue, alpha] = weights.map(i64::from);
            let white = 255 * (red + green + blue);
            let (black, span) = if range == Range::Limited { (16, 219) } else { (0, 255) };
            for integer_luma in 0..=white {
                let shifted = integer_luma + 255 * alpha;
                assert!(shifted < 1 << 24);
                let shifted = shifted as f32;
                let sum = shifted.mul_add(scale, shifted.mul_add(scale_low, constant_remainder));
                let sample = (2 * span * integer_luma + white) / (2 * white) + black;
                assert!((256.0..512.0).contains(&sum));
                assert_eq!(i64::from(sum.to_bits() >> SAMPLE_BIT & 0xff), sample, "{matrix} {range} {integer_luma}");
            }
        }
    }
}
