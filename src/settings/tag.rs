//! What a movie says about itself.

/// A key of the movie's metadata, an item of the `ilst` box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Tag {
    /// Title, `©nam`.
    Title,
    /// Artist, `©ART`.
    Artist,
    /// Comment, `©cmt`.
    Comment,
    /// Date of the recording or release, `©day`; a year or an ISO 8601 date.
    Date,
    /// Copyright, `cprt`.
    Copyright,
    /// The program that made it, `©too`; this crate and its version unless set.
    Encoder,
    /// Any other four-character key whose value is text, such as `*b"\xa9alb"` for an album. Those whose value is a
    /// number or a picture, such as `trkn`, are refused.
    Key([u8; 4]),
}

/// The items of Apple's metadata whose value is a number, a picture or other boxes: text in them would be misread.
pub(super) const NOT_TEXT: &[&[u8; 4]] = &[
    b"----", b"covr", b"trkn", b"disk", b"gnre", b"tmpo", b"cpil", b"pgap", b"pcst", b"hdvd", b"stik", b"rtng",
    b"akID", b"atID", b"cmID", b"cnID", b"geID", b"plID", b"sfID", b"tves", b"tvsn",
];

impl Tag {
    /// The four-character code of the item.
    pub const fn key(self) -> [u8; 4] {
        match self {
            Self::Title => *b"\xa9nam",
            Self::Artist => *b"\xa9ART",
            Self::Comment => *b"\xa9cmt",
            Self::Date => *b"\xa9day",
            Self::Copyright => *b"cprt",
            Self::Encoder => *b"\xa9too",
            Self::Key(key) => key,
        }
    }
}
