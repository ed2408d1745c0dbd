//! Errors of segments.

/// Why a [`Segment`](crate::Segment) cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SegmentError {
    /// The bytes are not those of a segment, or of a version that this version cannot read.
    #[error("not a segment that this version of kinetograph can read")]
    NotASegment,

    /// The bytes are incomplete, or not those that were written.
    #[error("damaged; remove it and encode the segment again")]
    Damaged,

    /// The segment is missing from the segments to join.
    #[error("missing")]
    Missing,

    /// Another segment is where this one is expected.
    #[error("missing; segment {found} is in its place")]
    #[non_exhaustive]
    OutOfOrder {
        /// The index of the segment that is there.
        found: u64,
    },

    /// The movie has no segment of this index, or no further segment.
    #[error("the movie has {count} segments, counted from 0")]
    #[non_exhaustive]
    NoSuchSegment {
        /// The number of segments of the movie.
        count: u64,
    },

    /// The segment is of a movie with other settings, or was made by another version.
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

    /// The segment has another number of frames than its place in the movie.
    #[error("it has {frames} frames, not {expected}")]
    #[non_exhaustive]
    FrameCount {
        /// Frames in the segment.
        frames: u64,
        /// Frames between its beginning and the next segment's.
        expected: u64,
    },
}
