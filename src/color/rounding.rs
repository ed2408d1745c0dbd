//! Luma of opaque pixels at 8 bits a sample, by a fused multiplication that rounds: what AVX2 does.
//!
//! Brightness is a whole number below 2²⁴, as in [`fused`](super::fused), but takes a single float to become a sample:
//!
//! ```text
//! sum = fma(brightness, scale, 2²³ + black)
//! ```
//!
//! From 2²³ to 2²⁴ floats are the whole numbers, so that the multiplication rounds to the sample, which is the lowest byte
//! of the sum. The only error is that of the scale, a float of 24 bits, and it is greatest for white. It moves no sum
//! across a boundary between two samples if it is below 1/q (see [`Formula::q`]) and sums on the boundary are moved up;
//! where none lies there, because q is odd, it may be half of 1/q either way.
//!
//! The nearest float is seldom that near. But brightness may be counted in units as many times smaller as still fit, and
//! one of those has such a scale: for BT.709 of limited range one of 13. Green then weighs more than a word can say, so
//! that it counts in two words. BT.2020 of limited range has no such unit.

use super::formula::Formula;

/// The numbers above.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
pub(super) struct Rounding {
    /// What brightness is summed up with, for pixels of four bytes: first and third.
    pub outer: [i16; 2],
    /// The same for green, taken twice.
    pub green: [i16; 2],
    pub scale: f32,
    pub constant: f32,
}

impl Rounding {
    /// The numbers for the formula of a luma plane of 8 bits a sample, if there are any.
    pub fn new(formula: &Formula, blue_first: bool) -> Option<Self> {
        let ([red, green, blue], scale) = formula.brightness();
        let (first, third) = if blue_first { (blue, red) } else { (red, blue) };
        let white = 255 * (red + green + blue);
        let q = formula.q(1);
        (1..).take_while(|units| units * white < 1 << 24).find_map(|units| {
            let nearest = (scale / units as f64) as f32;
            let error = (f64::from(nearest) * units as f64 - scale) * white as f64 * q as f64;
            let exact = if q % 2 == 0 { 0.0 < error && error < 1.0 } else { error.abs() < 0.5 };
            let words = [first * units, third * units, green * units / 2, (green * units + 1) / 2];
            let [first, third, half, rest] = words.map(|weight| i16::try_from(weight).ok());
            exact.then_some(Self {
                outer: [first?, third?],
                green: [half?, rest?],
                scale: nearest,
                constant: ((1 << 23) + formula.offset) as f32,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{ColorSpace, Matrix, Range};

    #[test]
    fn every_brightness_is_rounded_exactly_in_all_but_bt2020_of_limited_range() {
        for (&matrix, &range) in Matrix::ALL.iter().flat_map(|m| Range::ALL.iter().map(move |r| (m, r))) {
            let [formula, ..] = Formula::planes(ColorSpace { matrix, range, ..ColorSpace::BT709 }, 8);
            let Some(Rounding { outer, green, scale, constant }) = Rounding::new(&formula, false) else {
                assert_eq!((matrix, range), (Matrix::Bt2020, Range::Limited));
                continue;
            };
            let ([red, middle, blue], _) = formula.brightness();
            let [first, third, half, rest] = [outer[0], outer[1], green[0], green[1]].map(i64::from);
            let units = first / red;
            assert_eq!([first, half + rest, third], [red, middle, blue].map(|part| part * units));
            let white = 255 * (red + middle + blue);
            let (black, span) = if range == Range::Limited { (16, 219) } else { (0, 255) };
            for brightness in 0..=white {
                let sum = ((brightness * units) as f32).mul_add(scale, constant);
                let sample = (2 * span * brightness + white) / (2 * white) + black;
                assert_eq!(i64::from(sum.to_bits()), 0x4b00_0000 + sample, "{matrix} {range} {brightness}");
            }
        }
    }
}
