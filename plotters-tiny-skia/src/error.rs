//! `Error`: a font, a bitmap, an array or a range that cannot be used.

use std::fmt;

/// Why something cannot be drawn.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// A font file is not TrueType or OpenType, lacks a table that every font has, or has bitmaps in place of outlines.
    #[non_exhaustive]
    Font {
        /// The family under which the font was to be registered.
        family: String,
    },

    /// A bitmap has fewer than 3 bytes for each of its pixels.
    #[non_exhaustive]
    Bitmap {
        /// Bytes given.
        bytes: usize,
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },

    /// An array has no values, or not as many as its rows and columns need.
    #[non_exhaustive]
    Values {
        /// Values given.
        count: usize,
        /// Rows of the array.
        rows: usize,
        /// Columns of the array.
        columns: usize,
    },

    /// The values of the first and the last colour are not finite, or are in the wrong order.
    #[non_exhaustive]
    Range {
        /// The value of the first colour.
        low: f64,
        /// The value of the last colour.
        high: f64,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Font { family } => {
                write!(
                    f,
                    "the font file for {family} cannot be read: it is not a TrueType or OpenType font with outlines"
                )
            }
            Self::Bitmap { bytes, width, height } => {
                write!(f, "the bitmap has {bytes} bytes; {width}×{height} RGB pixels need 3 bytes each")
            }
            Self::Values { count, rows, columns } => {
                write!(
                    f,
                    "the array has {count} values; {rows} rows × {columns} columns need one each, and at least one"
                )
            }
            Self::Range { low, high } => {
                write!(f, "the range is {low} to {high}; both ends must be finite, and the first not above the last")
            }
        }
    }
}

impl std::error::Error for Error {}
