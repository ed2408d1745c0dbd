//! The formulas of ITU-T H.273, 8.3, in whole numbers.

use crate::settings::{ColorSpace, Matrix, Range};

/// One, in [`Formula::parts`]: every Kr and Kb of H.273, Table 4, has four decimals.
const ONE: i64 = 10_000;

/// The formula of one plane, before rounding: the sample is `numerator / denominator · (parts · color) + offset`, where
/// `color` is the red, green and blue of a pixel, 0 to 255 each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Formula {
    /// The shares of red, green and blue.
    parts: [i64; 3],
    numerator: i64,
    denominator: i64,
    /// The sample of black in the luma plane, of grey in the chroma planes.
    pub offset: i64,
}

impl Formula {
    /// The formulas of Y, Cb and Cr at `bit_depth` bits a sample.
    pub fn planes(space: ColorSpace, bit_depth: u8) -> [Self; 3] {
        let [kr, kg, kb] = parts(space.matrix);
        let step = 1 << (bit_depth - 8);
        let top = (1 << bit_depth) - 1;
        let (luma_span, luma_offset, chroma_span) = match space.range {
            Range::Limited => (219 * step, 16 * step, 224 * step),
            Range::Full => (top, 0, top),
        };
        let chroma = |parts, largest: i64| Self {
            parts,
            numerator: chroma_span,
            denominator: 2 * largest * 255,
            offset: 128 * step,
        };
        [
            Self { parts: [kr, kg, kb], numerator: luma_span, denominator: ONE * 255, offset: luma_offset },
            chroma([-kr, -kg, ONE - kb], ONE - kb),
            chroma([ONE - kr, -kg, -kb], ONE - kr),
        ]
    }

    /// The weights of red, green and blue, 0 to `unit` · 255 each, in units of a sample.
    pub fn weights(&self, unit: i64) -> [f64; 3] {
        self.parts.map(|part| (part * self.numerator) as f64 / (self.denominator * unit) as f64)
    }

    /// The shares of red, green and blue as the smallest whole numbers, and what their sum, 0 to 255 times each, is
    /// multiplied by.
    pub fn brightness(&self) -> ([i64; 3], f64) {
        let common = self.parts.iter().fold(0, |common, part| gcd(common, part.abs()));
        (self.parts.map(|part| part / common), (self.numerator * common) as f64 / self.denominator as f64)
    }

    /// What is added so that ⌊weighted colour + constant⌋ is the sample: the offset, and a half to round.
    ///
    /// The weighted colours are multiples of 1/q. Where q is even, some lie on the boundary between two samples, and
    /// half of 1/q more puts the boundary in the middle between two multiples; where q is odd, it is there already.
    pub fn constant(&self, unit: i64) -> f64 {
        let q = self.q(unit);
        let guard = if q % 2 == 0 { 0.5 / q as f64 } else { 0.0 };
        self.offset as f64 + 0.5 + guard
    }

    /// The weighted colours are multiples of 1/q.
    pub fn q(&self, unit: i64) -> i64 {
        let common = self.parts.iter().fold(self.denominator * unit, |q, part| gcd(q, (part * self.numerator).abs()));
        self.denominator * unit / common
    }
}

/// The shares of red, green and blue in brightness, which add up to [`ONE`].
fn parts(matrix: Matrix) -> [i64; 3] {
    let (kr, kb) = matrix.weights();
    let [kr, kb] = [kr, kb].map(|weight| (weight * ONE as f64).round() as i64);
    [kr, ONE - kr - kb, kb]
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
