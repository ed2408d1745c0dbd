//! `BlendWeights`: the weights of [`blend`](super::blend), in 64-bit floating point.

use super::formula::Formula;
use crate::settings::BitDepth;

/// The number of units of a composite colour in one step of an 8-bit component. Colours are counted in 255ths, so that
/// they are whole numbers.
pub(super) const UNIT: i64 = 255;

/// The weights of all planes, and the background.
#[derive(Clone, Copy, Debug)]
pub(super) struct BlendWeights {
    /// The weights of Y, Cb and Cr.
    pub planes: [PlaneWeights; 3],
    /// The largest sample.
    pub top: u32,
    /// The first, green and third component.
    pub background: [i32; 3],
}

/// The weights of one plane.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlaneWeights {
    /// The weights of the first, green and third component.
    pub components: [f64; 3],
    pub constant: f64,
}

impl BlendWeights {
    /// Computes the weights where `shared` pixels (1, 2 or 4) share a chroma sample.
    pub fn new(
        formulas: &[Formula; 3],
        [r, g, b]: [u8; 3],
        blue_first: bool,
        shared: i64,
        bit_depth: BitDepth,
    ) -> Self {
        let background = if blue_first { [b, g, r] } else { [r, g, b] };
        let weights = |formula: &Formula, shared| {
            let [r, g, b] = formula.weights(UNIT * shared);
            // Sums are rounded to the nearest whole number, not down, so the half of the constant is left out.
            let constant = formula.constant(UNIT * shared) - 0.5;
            PlaneWeights { components: if blue_first { [b, g, r] } else { [r, g, b] }, constant }
        };
        let [y, cb, cr] = formulas;
        Self {
            planes: [weights(y, 1), weights(cb, shared), weights(cr, shared)],
            top: (1 << bit_depth.bits()) - 1,
            background: background.map(i32::from),
        }
    }
}
