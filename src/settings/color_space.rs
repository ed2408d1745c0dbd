//! `ColorSpace`: the matrix and the range of the samples, the tags for players, and their code points in the standard.
//!
//! Code points are those of ITU-T H.273, which both the stream's VUI (H.264 Annex E) and the container's `colr` box
//! (ISO/IEC 14496-12, 12.1.5) carry.

use super::choices::named;

named! {
    /// The weights of red, green and blue in luma (H.273, Table 4).
    Matrix, "matrix" {
        /// ITU-R BT.601: standard-definition video (H.273 code 6).
        Bt601 = "bt601",
        /// ITU-R BT.709: high-definition video, the default (code 1).
        Bt709 = "bt709",
        /// ITU-R BT.2020, non-constant luminance: ultra-high definition (code 9).
        Bt2020 = "bt2020",
    }
}

named! {
    /// The sample values of black and white (H.273, 8.3).
    Range, "range" {
        /// 16 to 235 (64 to 940 at 10 bits): the default, which players expect.
        Limited = "limited",
        /// 0 to 255 (0 to 1023 at 10 bits).
        Full = "full",
    }
}

named! {
    /// The colours that red, green and blue stand for (H.273, Table 2).
    Primaries, "primaries" {
        /// BT.709 and sRGB: the primaries of most screens and drawing libraries, and the default (code 1).
        Bt709 = "bt709",
        /// BT.601 with 625 lines (code 5).
        Bt601Lines625 = "bt470bg",
        /// BT.601 with 525 lines (code 6).
        Bt601Lines525 = "smpte170m",
        /// BT.2020 (code 9).
        Bt2020 = "bt2020",
        /// Display P3 (code 12).
        DisplayP3 = "smpte432",
    }
}

named! {
    /// The transfer function from light to component values (H.273, Table 3).
    Transfer, "transfer" {
        /// sRGB: the function of drawing libraries, and the default (code 13).
        Srgb = "iec61966-2-1",
        /// BT.709: the function of cameras (code 1).
        Bt709 = "bt709",
        /// BT.601 (code 6).
        Bt601 = "smpte170m",
        /// Linear light (code 8).
        Linear = "linear",
        /// BT.2020 for 10 bits (code 14).
        Bt2020Bits10 = "bt2020-10",
        /// Perceptual quantiser, SMPTE ST 2084 (code 16).
        Pq = "smpte2084",
        /// Hybrid log-gamma (code 18).
        Hlg = "arib-std-b67",
    }
}

named! {
    /// Where the chroma samples of [`Chroma::Yuv420`](crate::Chroma::Yuv420) are among the four luma samples that share
    /// them (H.264, Figure E-1; H.273, 8.7).
    ChromaLocation, "chroma_location" {
        /// Between the two left ones (type 0): the usual location of H.264 and MPEG-2.
        Left = "left",
        /// In the centre (type 1): the location of JPEG and MPEG-1, and of frames that this crate converts.
        Center = "center",
        /// At the upper left one (type 2): the location of BT.2020 and of PAL DV.
        TopLeft = "topleft",
        /// Between the two upper ones (type 3).
        Top = "top",
        /// At the lower left one (type 4).
        BottomLeft = "bottomleft",
        /// Between the two lower ones (type 5).
        Bottom = "bottom",
    }
}

/// How colours are converted to samples, and the tags that say so to players.
///
/// `primaries` and `transfer` describe the frames as they were drawn. The crate signals both and converts neither.
///
/// ```
/// use kinetograph::{ColorSpace, Matrix, Range};
/// let space = ColorSpace { range: Range::Full, ..ColorSpace::default() };
/// assert_eq!(space.matrix, Matrix::Bt709);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub struct ColorSpace {
    /// The matrix from red, green and blue to luma and chroma.
    pub matrix: Matrix,
    /// The range of the samples.
    pub range: Range,
    /// The tag for the primaries.
    pub primaries: Primaries,
    /// The tag for the transfer function.
    pub transfer: Transfer,
}

impl ColorSpace {
    /// sRGB drawings in BT.709, limited range: the default.
    pub const BT709: Self =
        Self { matrix: Matrix::Bt709, range: Range::Limited, primaries: Primaries::Bt709, transfer: Transfer::Srgb };
    /// sRGB drawings in BT.601, limited range.
    pub const BT601: Self = Self { matrix: Matrix::Bt601, ..Self::BT709 };
    /// BT.2020 drawings, limited range, for 10 bits per sample.
    pub const BT2020: Self = Self {
        matrix: Matrix::Bt2020,
        range: Range::Limited,
        primaries: Primaries::Bt2020,
        transfer: Transfer::Bt2020Bits10,
    };

    /// Returns the same colour space with full range.
    pub const fn full_range(self) -> Self {
        Self { range: Range::Full, ..self }
    }
}

impl Default for ColorSpace {
    fn default() -> Self {
        Self::BT709
    }
}

impl ChromaLocation {
    /// Returns the type of H.264, Figure E-1.
    pub const fn code(self) -> u8 {
        match self {
            Self::Left => 0,
            Self::Center => 1,
            Self::TopLeft => 2,
            Self::Top => 3,
            Self::BottomLeft => 4,
            Self::Bottom => 5,
        }
    }
}

impl Matrix {
    /// Returns the weights of red and blue in luma, Kr and Kb (H.273, Table 4). The weight of green is 1 − Kr − Kb.
    pub const fn weights(self) -> (f64, f64) {
        match self {
            Self::Bt601 => (0.299, 0.114),
            Self::Bt709 => (0.2126, 0.0722),
            Self::Bt2020 => (0.2627, 0.0593),
        }
    }

    /// Returns the code point of H.273, Table 4.
    pub const fn code(self) -> u8 {
        match self {
            Self::Bt601 => 6,
            Self::Bt709 => 1,
            Self::Bt2020 => 9,
        }
    }
}

impl Primaries {
    /// Returns the code point of H.273, Table 2.
    pub const fn code(self) -> u8 {
        match self {
            Self::Bt709 => 1,
            Self::Bt601Lines625 => 5,
            Self::Bt601Lines525 => 6,
            Self::Bt2020 => 9,
            Self::DisplayP3 => 12,
        }
    }
}

impl Transfer {
    /// Returns the code point of H.273, Table 3.
    pub const fn code(self) -> u8 {
        match self {
            Self::Srgb => 13,
            Self::Bt709 => 1,
            Self::Bt601 => 6,
            Self::Linear => 8,
            Self::Bt2020Bits10 => 14,
            Self::Pq => 16,
            Self::Hlg => 18,
        }
    }
}
