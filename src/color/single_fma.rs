//! `SingleFmaLuma`: exact luma of opaque pixels at 8 bits a sample, by one fused multiply-add that rounds, for AVX2.
//!
//! The integer luma of a pixel is a whole number below 2²⁴, as in [`double_fma`](super::double_fma). One float scales
//! it:
//!
//! ```text
//! sum = fma(integer_luma, scale, 2²³ + black)
//! ```
//!
//! Floats from 2²³ to 2²⁴ are the whole numbers, so the multiply-add rounds to the sample, which is the lowest byte of
//! the sum. The only error is that of the scale, a float of 24 bits. It is greatest for white. It moves no sum across
//! the boundary between two samples if it is below 1/q (see [`Formula::q`]) and positive, so that sums on the boundary
//! move up. If q is odd, no sum is on the boundary, and the error may be half of 1/q in either direction.
//!
//! The nearest float is seldom that near. But the integer luma may be counted in smaller units, as long as it stays
//! below 2²⁴. For one such unit there is a suitable scale: for BT.709 of limited range, the unit is 13 times smaller.
//! The weight of green then exceeds a 16-bit word and is split into two words. For BT.2020 of limited range there is no
//! such unit.

use super::formula::Formula;

/// The numbers of the scheme above.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
pub(super) struct SingleFmaLuma {
    /// The weights in the integer luma of the first and the third byte of a pixel.
    pub outer: [i16; 2],
    /// The weight of green, as a sum of two words.
    pub green: [i16; 2],
    pub scale: f32,
    pub constant: f32,
}

impl SingleFmaLuma {
    /// Computes the numbers for the formula of a luma plane of 8 bits a sample, or returns `None` if there are none.
    pub fn new(formula: &Formula, blue_first: bool) -> Option<Self> {
        let ([red, green, blue], scale) = formula.integer_luma();
        let (first, third) = if blue_first { (blue, red) } else { (red, blue) };
        let white = 255 * (red + green + blue);
        let q = formula.q(1);
        (1..).take_while(|units| units * white < 1 << 24).find_map(|units| {
            let nearest = (scale / units as f64) as f32;
            let error = (f64::from(nearest) * units as f64 - scale) * white as f64 * q as f64;
            let exact = if q % 2 == 0 { 0.0 < error && error < 1.0 } else { error.abs() < 0.5 };
            let words = [first * units, third * units, green * units / 2, (green * units + 1) / 2];
            let [first, third, half, other_half] = words.map(|weight| i16::try_from(weight).ok());
            exact.then_some(Self {
                outer: [first?, third?],
                green: [half?, other_half?],
                scale: nearest,
                constant: ((1 << 23) + formula.offset) as f32,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{BitDepth, ColorSpace, Matrix, Range};

    #[test]
    fn samples_are_exact_in_all_but_limited_bt2020() {
        for (&matrix, &range) in Matrix::ALL.iter().flat_map(|m| Range::ALL.iter().map(move |r| (m, r))) {
            let [formula, ..] = Formula::planes(ColorSpace { matrix, range, ..ColorSpace::BT709 }, BitDepth::Eight);
            let Some(SingleFmaLuma { outer, green, scale, constant }) = SingleFmaLuma::new(&formula, false) else {
                assert_eq!((matrix, range), (Matrix::Bt2020, Range::Limited));
                continue;
            };
            let ([red, middle, blue], _) = formula.integer_luma();
            let [first, third, half, other_half] = [outer[0], outer[1], green[0], green[1]].map(i64::from);
            let units = first / red;
            assert_eq!([first, half + other_half, third], [red, middle, blue].map(|weight| weight * units));
            let white = 255 * (red + middle + blue);
            let (black, span) = if range == Range::Limited { (16, 219) } else { (0, 255) };
            for integer_luma in 0..=white {
                let sum = ((integer_luma * units) as f32).mul_add(scale, constant);
                let sample = (2 * span * integer_luma + white) / (2 * white) + black;
                assert_eq!(i64::from(sum.to_bits()), 0x4b00_0000 + sample, "{matrix} {range} {integer_luma}");
            }
        }
    }
}
