//! `Factor`: a rate factor on the grid of the search.

/// A constant rate factor, in steps of 0.05.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::animation) struct Factor(pub u16);

impl Factor {
    /// The lowest that is tried. It is lower by 6 than one that is visually lossless, so it halves an error that cannot
    /// be seen.
    pub const LOWEST: Self = Self(12 * 20);
    /// The highest that x264 has.
    pub const HIGHEST: Self = Self(51 * 20);
    /// The one that is tried first: the default.
    pub const FIRST: Self = Self(23 * 20);

    /// Returns the factor as x264 counts it.
    pub fn crf(self) -> f32 {
        f32::from(self.0) / 20.0
    }
}
