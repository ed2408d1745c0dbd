//! Luma of opaque pixels at 8 bits a sample, by fused multiplication: what AVX-512 does.
//!
//! The shares of red, green and blue are whole numbers of ten-thousandths, so that a pixel's brightness is a whole number,
//! below 2²⁴ and exact as a float. A sample is its product with a scale, which takes two floats, and a constant:
//!
//! ```text
//! sum = fma(brightness, scale, fma(brightness, scale_rest, constant_rest))
//! ```
//!
//! Alpha, 255 in an opaque pixel, brings into the brightness all but a rest of the constant, and 256 more. So the sum lies
//! between 256 and 512, where floats are multiples of 2⁻¹⁵, and has the sample, rounded down, in bits 15 to 22. The
//! constant is less by half of that: then rounding to the nearest float never reaches the next sample. What is lost on
//! the way is below 2⁻²⁶, and sums of the real formula are farther than that from the boundary between two samples (see
//! [`Formula::constant`]); the test below tries all of them.

use super::formula::Formula;

/// The lowest bit of the sample in the sum.
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
pub(super) const SAMPLE_BIT: u32 = 15;

/// The numbers above.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
pub(super) struct Fused {
    /// What brightness is summed up with, for pixels of four bytes: first, green, third, alpha.
    pub weights: [i16; 4],
    pub scale: f32,
    pub scale_rest: f32,
    pub constant_rest: f32,
}

impl Fused {
    /// The numbers for the formula of a luma plane of 8 bits a sample.
    pub fn new(formula: &Formula, blue_first: bool) -> Self {
        let ([red, green, blue], scale) = formula.brightness();
        let (first, third) = if blue_first { (blue, red) } else { (red, blue) };
        let constant = 256.0 + formula.constant(1) - 0.5 / (1u32 << SAMPLE_BIT) as f64;
        let alpha = (constant / (scale * 255.0)).floor();
        Self {
            weights: [first as i16, green as i16, third as i16, alpha as i16],
            scale: scale as f32,
            scale_rest: (scale - f64::from(scale as f32)) as f32,
            constant_rest: (constant - alpha * 255.0 * scale) as f32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{ColorSpace, Matrix, Range};

    #[test]
    fn every_brightness_has_exactly_the_rounded_luma() {
        for (&matrix, &range) in Matrix::ALL.iter().flat_map(|m| Range::ALL.iter().map(move |r| (m, r))) {
            let [formula, ..] = Formula::planes(ColorSpace { matrix, range, ..ColorSpace::BT709 }, 8);
            let Fused { weights, scale, scale_rest, constant_rest } = Fused::new(&formula, false);
            let [red, green, blue, alpha] = weights.map(i64::from);
            let white = 255 * (red + green + blue);
            let (black, span) = if range == Range::Limited { (16, 219) } else { (0, 255) };
            for brightness in 0..=white {
                let shifted = brightness + 255 * alpha;
                assert!(shifted < 1 << 24);
                let shifted = shifted as f32;
                let sum = shifted.mul_add(scale, shifted.mul_add(scale_rest, constant_rest));
                let sample = (2 * span * brightness + white) / (2 * white) + black;
                assert!((256.0..512.0).contains(&sum));
                assert_eq!(i64::from(sum.to_bits() >> SAMPLE_BIT & 0xff), sample, "{matrix} {range} {brightness}");
            }
        }
    }
}
