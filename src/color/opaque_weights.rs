//! `OpaqueWeights`: the weights of [`opaque`](super::opaque), and why its 8-bit samples are exact.
//!
//! **Luma** is one fused multiply-add. The integer luma of a pixel (see [`Formula::integer_luma`]) is a whole number
//! below 2²⁴, exact as a 32-bit float:
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
//! The weight of green then exceeds a signed word and is split into two. For BT.2020 of limited range there is no such
//! unit, so the general kernel converts it.
//!
//! **Chroma** has weights of 32 bits in units of 2⁻³² samples, split into two signed words, `high · 2¹⁶ + low`:
//!
//! ```text
//! sample = ⌊(Σ high·x + ⌊(Σ low·x + fraction) / 2¹⁶⌋) / 2¹⁶⌋ + 128
//! ```
//!
//! No bit is lost, so the only errors are those of the weights and of the fraction, half of the last bit of each. They
//! cannot move a sum across the boundary between two samples (see [`Formula::constant`]). The test below adds them up.

use super::formula::Formula;
use super::general_weights::order;

/// The weights for one order of the bytes of a pixel.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpaqueWeights {
    pub luma: LumaWeights,
    /// Cb and Cr from first − green and third − green, summed over two or four pixels, or of one pixel, doubled. The
    /// three weights add up to 0, so the differences suffice.
    pub chroma: [ChromaWeights; 2],
    /// The fraction of the constant of chroma, in units of 2⁻³² samples.
    pub fraction: i32,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct LumaWeights {
    /// The weights in the integer luma of the first and the third byte of a pixel.
    pub outer: [i16; 2],
    /// The weight of green, as a sum of two words.
    pub green: [i16; 2],
    pub scale: f32,
    pub constant: f32,
}

/// The high and the low words of the weights of first − green and third − green.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChromaWeights {
    pub high: [i16; 2],
    pub low: [i16; 2],
}

impl OpaqueWeights {
    /// Computes the weights where `shared` pixels (1, 2 or 4) share a chroma sample, from formulas for 8 bits a sample.
    /// Returns `None` if there are none.
    pub fn new(formulas: &[Formula; 3], blue_first: bool, shared: i64) -> Option<Self> {
        let [luma, cb, cr] = formulas;
        let chroma = |formula: &Formula| {
            let [first, _, third] = order(formula.weights(shared.max(2)), blue_first).map(fixed);
            ChromaWeights {
                high: [first, third].map(|weight| ((weight - i64::from(weight as i16)) >> 16) as i16),
                low: [first, third].map(|weight| weight as i16),
            }
        };
        Some(Self {
            luma: LumaWeights::new(luma, blue_first)?,
            chroma: [chroma(cb), chroma(cr)],
            fraction: fixed(cb.constant(shared).fract()) as i32,
        })
    }
}

impl LumaWeights {
    fn new(formula: &Formula, blue_first: bool) -> Option<Self> {
        let (weights, scale) = formula.integer_luma();
        let [first, green, third] = order(weights, blue_first);
        let white = 255 * (first + green + third);
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

/// Returns `value` in units of 2⁻³².
fn fixed(value: f64) -> i64 {
    (value * (1u64 << 32) as f64).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{BitDepth, ColorSpace, Matrix, Range};

    fn formulas() -> impl Iterator<Item = (Matrix, Range, [Formula; 3])> {
        let all = Matrix::ALL.iter().flat_map(|&matrix| Range::ALL.iter().map(move |&range| (matrix, range)));
        all.map(|(matrix, range)| {
            let space = ColorSpace { matrix, range, ..ColorSpace::BT709 };
            (matrix, range, Formula::planes(space, BitDepth::Eight))
        })
    }

    #[test]
    #[cfg(unix)] // the `mul_add` of mingw-w64 does not round correctly
    fn luma_is_exact_in_all_but_limited_bt2020() {
        for (matrix, range, [formula, ..]) in formulas() {
            let Some(LumaWeights { outer, green, scale, constant }) = LumaWeights::new(&formula, false) else {
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

    #[test]
    fn errors_of_chroma_reach_no_other_sample() {
        let one = (1u64 << 32) as f64;
        for (matrix, range, formulas) in formulas() {
            for (shared, blue_first) in [1, 2, 4].into_iter().flat_map(|shared| [(shared, false), (shared, true)]) {
                let Some(weights) = OpaqueWeights::new(&formulas, blue_first, shared) else { continue };
                for (formula, chroma) in formulas[1..].iter().zip(weights.chroma) {
                    let [first, _, third] = order(formula.weights(shared), blue_first);
                    let real = |i| (f64::from(chroma.high[i]) * 65536.0 + f64::from(chroma.low[i])) / one;
                    let times = if shared == 1 { 2.0 } else { 1.0 };
                    let error = (real(0) * times - first).abs() + (real(1) * times - third).abs();
                    let constant = 128.0 + f64::from(weights.fraction as u32) / one - formula.constant(shared);
                    // The boundary is half of 1/q away from the nearest sums on both sides (see Formula::constant).
                    assert!(
                        error * 255.0 * shared as f64 + constant.abs() < 0.5 / formula.q(shared) as f64,
                        "{matrix} {range} chroma {shared}"
                    );
                }
            }
        }
    }
}
