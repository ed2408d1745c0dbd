//! The formulas of ITU-T H.273, 8.3, in whole numbers, so that nothing is rounded before the end.

use crate::settings::{ColorSpace, Matrix, Range};

/// One in the fixed-point weights: every Kr and Kb of H.273, Table 4, has four decimals.
const ONE: i64 = 10_000;

/// The formula of one plane: with `sum` the [`weighted`](Self::weighted) colour, the sample is
/// ⌊(`sum` · `numerator` / `denominator`) + `offset` + ½⌋, at most `top`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Formula {
    /// Weights of red, green and blue, as whole numbers.
    pub weights: [i64; 3],
    /// Sample steps in a weighted colour of `denominator`.
    pub numerator: i64,
    /// The weighted sum of a single pixel's 8-bit components that makes `numerator` steps.
    pub denominator: i64,
    /// The sample of black in the luma plane, of grey in the chroma planes.
    pub offset: i64,
    /// The largest sample value.
    pub top: i64,
}

impl Formula {
    /// The planes Y, Cb and Cr of a colour space at `bit_depth` bits a sample.
    pub fn planes(space: ColorSpace, bit_depth: u8) -> [Self; 3] {
        let [kr, kg, kb] = weights(space.matrix);
        let step = 1 << (bit_depth - 8);
        let top = (1 << bit_depth) - 1;
        // H.273, equations 21 to 26 (limited range) and 27 to 32 (full range).
        let (luma_span, luma_offset, chroma_span) = match space.range {
            Range::Limited => (219 * step, 16 * step, 224 * step),
            Range::Full => (top, 0, top),
        };
        let chroma = |weights, largest: i64| Self {
            weights,
            numerator: chroma_span,
            denominator: 2 * largest * 255,
            offset: 128 * step,
            top,
        };
        [
            Self { weights: [kr, kg, kb], numerator: luma_span, denominator: ONE * 255, offset: luma_offset, top },
            chroma([-kr, -kg, ONE - kb], ONE - kb),
            chroma([ONE - kr, -kg, -kb], ONE - kr),
        ]
    }

    /// The weighted sum of a colour, or of the sum of several colours.
    pub fn weighted(&self, rgb: [i64; 3]) -> i64 {
        self.weights[0] * rgb[0] + self.weights[1] * rgb[1] + self.weights[2] * rgb[2]
    }

    /// The sample for the mean of colours whose sum is `rgb`, where `unit` is what one step of an 8-bit component of
    /// one pixel counts in it, times the number of pixels.
    pub fn sample(&self, rgb: [i64; 3], unit: i64) -> u16 {
        let denominator = 2 * self.denominator * unit;
        let rounded = (2 * self.weighted(rgb) * self.numerator + denominator / 2).div_euclid(denominator);
        (rounded + self.offset).min(self.top) as u16
    }
}

/// Kr, Kg and Kb, which add up to [`ONE`].
fn weights(matrix: Matrix) -> [i64; 3] {
    let (kr, kb) = matrix.weights();
    let [kr, kb] = [kr, kb].map(|weight| (weight * ONE as f64).round() as i64);
    [kr, ONE - kr - kb, kb]
}
