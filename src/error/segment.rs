//! `SegmentError`: why a segment cannot be used.

/// Why a [`Segment`](crate::Segment) cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SegmentError {
    /// The path leads to a folder, a FIFO, a device or a socket. Only regular files are opened.
    #[error("not a regular file")]
    NotAFile,

    /// The bytes are not a segment, or another version of this crate wrote them.
    #[error("not a segment that this version of kinetograph can read")]
    NotASegment,

    /// The bytes are incomplete or were changed.
    #[error("damaged; remove it and encode the segment again")]
    Damaged,

    /// The segment is missing from the segments to join.
    #[error("missing")]
    Missing,

    /// Another segment is in the place of this one.
    #[error("missing; segment {found} is in its place")]
    #[non_exhaustive]
    OutOfOrder {
        /// The index of the segment that is there.
        found: u64,
    },

    /// The movie has no segment with this index.
    #[error("the movie has {count} segments, counted from 0")]
    #[non_exhaustive]
    NoSuchSegment {
        /// The number of segments of the movie.
        count: u64,
    },

    /// The segment belongs to a movie with other settings, or another version made it.
    #[error("its {name} is {value}, not {expected}")]
    #[non_exhaustive]
    OtherMovie {
        /// The setting that differs; "x264" or "kinetograph" for the versions.
        name: String,
        /// The segment's value.
        value: String,
        /// The movie's value.
        expected: String,
    },

    /// The segment does not have the number of frames that its place in the movie requires.
    #[error("it has {frames} frames, not {expected}")]
    #[non_exhaustive]
    FrameCount {
        /// Frames in the segment.
        frames: u64,
        /// Frames between its beginning and the next segment's.
        expected: u64,
    },
}
