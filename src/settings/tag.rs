//! `Tag`: the keys of a movie's metadata, such as title and comment.

use std::fmt;
use std::str::FromStr;

use crate::{Error, Result};

/// A key of the movie's metadata, an item of the `ilst` box.
///
/// It prints as and parses from `title`, `artist`, `comment`, `date`, `copyright`, `encoder`, or the four characters of
/// any other key, such as `©alb`.
///
/// ```
/// use kinetograph::Tag;
/// assert_eq!("artist".parse::<Tag>()?, Tag::Artist);
/// assert_eq!("©alb".parse::<Tag>()?, Tag::Key(*b"\xa9alb"));
/// # Ok::<(), kinetograph::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Tag {
    /// The title, `©nam`.
    Title,
    /// The artist, `©ART`.
    Artist,
    /// A comment, `©cmt`.
    Comment,
    /// The date of recording or release, `©day`: a year or an ISO 8601 date.
    Date,
    /// The copyright notice, `cprt`.
    Copyright,
    /// The program that made the movie, `©too`. The default is this crate with its version.
    Encoder,
    /// Any other four-character key whose value is text, such as `*b"\xa9alb"` for an album. Validation refuses keys
    /// whose value is a number or a picture, such as `trkn`.
    Key([u8; 4]),
}

/// The items of Apple's metadata whose value is a number, a picture or other boxes. Players would misread text there.
pub(super) const NOT_TEXT: &[&[u8; 4]] = &[
    b"----", b"covr", b"trkn", b"disk", b"gnre", b"tmpo", b"cpil", b"pgap", b"pcst", b"hdvd", b"stik", b"rtng",
    b"akID", b"atID", b"cmID", b"cnID", b"geID", b"plID", b"sfID", b"tves", b"tvsn",
];

impl Tag {
    const NAMED: [(&str, Self); 6] = [
        ("title", Self::Title),
        ("artist", Self::Artist),
        ("comment", Self::Comment),
        ("date", Self::Date),
        ("copyright", Self::Copyright),
        ("encoder", Self::Encoder),
    ];

    /// Returns the four-character code of the item.
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

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Self::NAMED.iter().find(|(_, tag)| tag == self) {
            Some((name, _)) => f.write_str(name),
            // As Latin-1 characters, in which the usual 0xa9 is ©.
            None => self.key().iter().try_for_each(|byte| write!(f, "{}", char::from(*byte))),
        }
    }
}

impl FromStr for Tag {
    type Err = Error;

    /// Parses a name or a key of four characters up to U+00FF. `date` is [`Date`](Self::Date), not the key of these
    /// four letters.
    ///
    /// # Errors
    /// [`Error::Setting`] for any other text.
    fn from_str(text: &str) -> Result<Self> {
        if let Some((_, tag)) = Self::NAMED.iter().find(|(name, _)| *name == text) {
            return Ok(*tag);
        }
        let key: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(c).ok()).collect();
        key.and_then(|key| key.try_into().ok()).map(Self::Key).ok_or_else(|| {
            Error::setting(
                "tag",
                format!("{text:?}"),
                "it must be title, artist, comment, date, copyright, encoder or a key of four characters",
            )
        })
    }
}
