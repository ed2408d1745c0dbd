//! `Formula`: the conversion formulas of ITU-T H.273, 8.3, in whole numbers, from which all weights are computed.

use crate::settings::{BitDepth, ColorSpace, Matrix, Range};
use crate::time::gcd;

/// The unit of [`Formula::coefficients`]: Kr and Kb have at most four decimals (H.273, Table 4).
const ONE: i64 = 10_000;

/// The formula of one plane before rounding: `sample = numerator / denominator · (coefficients · color) + offset`,
/// where `color` is the red, green and blue of a pixel, 0 to 255 each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Formula {
    /// The coefficients of red, green and blue.
    coefficients: [i64; 3],
    numerator: i64,
    denominator: i64,
    /// The luma of black, or the chroma of grey.
    pub offset: i64,
}

impl Formula {
    /// Returns the formulas of Y, Cb and Cr at `bit_depth` bits a sample.
    pub fn planes(space: ColorSpace, bit_depth: BitDepth) -> [Self; 3] {
        let [kr, kg, kb] = luma_coefficients(space.matrix);
        let step = 1 << (bit_depth.bits() - 8);
        let top = (1 << bit_depth.bits()) - 1;
        let (luma_span, luma_offset, chroma_span) = match space.range {
            Range::Limited => (219 * step, 16 * step, 224 * step),
            Range::Full => (top, 0, top),
        };
        let chroma = |coefficients, largest: i64| Self {
            coefficients,
            numerator: chroma_span,
            denominator: 2 * largest * 255,
            offset: 128 * step,
        };
        [
            Self { coefficients: [kr, kg, kb], numerator: luma_span, denominator: ONE * 255, offset: luma_offset },
            chroma([-kr, -kg, ONE - kb], ONE - kb),
            chroma([ONE - kr, -kg, -kb], ONE - kr),
        ]
    }

    /// Returns the weights of red, green and blue, in samples, for components of 0 to 255 · `unit`.
    pub fn weights(&self, unit: i64) -> [f64; 3] {
        self.coefficients.map(|coefficient| (coefficient * self.numerator) as f64 / (self.denominator * unit) as f64)
    }

    /// Returns the coefficients divided by their greatest common divisor, and the scale of the integer luma that they
    /// give. `scale · integer luma + offset` is the sample of Y before rounding.
    pub fn integer_luma(&self) -> ([i64; 3], f64) {
        let common = self.coefficients.iter().fold(0, |common, coefficient| gcd(common, coefficient.abs()));
        let scale = (self.numerator * common) as f64 / self.denominator as f64;
        (self.coefficients.map(|coefficient| coefficient / common), scale)
    }

    /// Returns the constant for which ⌊weighted colour + constant⌋ is the sample. It is the offset, and a half to
    /// round.
    ///
    /// Weighted colours are multiples of 1/q. If q is even, some of them are on the boundary between two samples.
    /// Adding half of 1/q moves the boundary to the middle between two multiples. If q is odd, the boundary is there
    /// already.
    pub fn constant(&self, unit: i64) -> f64 {
        let q = self.q(unit);
        let guard = if q % 2 == 0 { 0.5 / q as f64 } else { 0.0 };
        self.offset as f64 + 0.5 + guard
    }

    /// Returns the smallest q for which all weighted colours, with components in `unit`s, are multiples of 1/q.
    pub fn q(&self, unit: i64) -> i64 {
        let numerators = self.coefficients.map(|coefficient| (coefficient * self.numerator).abs());
        let common = numerators.into_iter().fold(self.denominator * unit, gcd);
        self.denominator * unit / common
    }
}

/// Returns Kr, Kg and Kb, which add up to [`ONE`].
fn luma_coefficients(matrix: Matrix) -> [i64; 3] {
    let (kr, kb) = matrix.weights();
    let [kr, kb] = [kr, kb].map(|weight| (weight * ONE as f64).round() as i64);
    [kr, ONE - kr - kb, kb]
}
