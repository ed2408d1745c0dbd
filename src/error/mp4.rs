//! `Mp4Error`: why a stream does not fit into an MP4 file, or a file cannot be recovered.

/// Why a stream does not fit into an MP4 file, or a file cannot be [recovered](crate::recover).
///
/// `TooLarge` and `PacketOrder` can occur while a movie is made, and the others when a file is read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mp4Error {
    /// A number is too large for its field in the file format, or a box is too large to be read into memory.
    #[error("{what} is {value}; it can be at most {limit}")]
    #[non_exhaustive]
    TooLarge {
        /// What is counted, and its unit.
        what: &'static str,
        /// The number.
        value: u64,
        /// The largest number that is possible.
        limit: u64,
    },

    /// A packet does not follow the one before it in decoding order, or its times are too far apart.
    #[error("packet {packet} has dts {dts} and pts {pts}; packets must come in decoding order")]
    #[non_exhaustive]
    PacketOrder {
        /// Number of the packet, counted from 0.
        packet: u32,
        /// Its decoding time in ticks, counted from the presentation of the first frame.
        dts: i64,
        /// Its presentation time in ticks.
        pts: i64,
    },

    /// The file does not begin with an `ftyp` box.
    #[error("it is not an MP4 file")]
    NotMp4,

    /// The file has no `moov` box where it is expected. It is a progressive recording, which cannot be recovered, or it
    /// ends before its first fragment.
    #[error("it has no index: it is a progressive recording, or ends before its first fragment")]
    NoIndex,

    /// The file has more than one track, or none.
    #[error("it has {tracks} tracks; a movie of this crate has one")]
    #[non_exhaustive]
    TrackCount {
        /// Tracks in the file.
        tracks: usize,
    },

    /// The file's track is not H.264 video.
    #[error("its track is not H.264 video")]
    NotH264,

    /// A box is missing, or its contents are not valid.
    #[error("its {name} box is missing or damaged")]
    #[non_exhaustive]
    DamagedBox {
        /// The box's type, such as "trun".
        name: String,
    },

    /// The index is that of a finished movie, but the file does not have all samples, or some are damaged.
    #[error("its index is finished, but its samples are incomplete or damaged")]
    SamplesIncomplete,

    /// The recording has no frame that a player can show. It ends before its first fragment is complete, or is damaged.
    #[error("it has no frame that can be shown")]
    NoFragment,

    /// A part of the recording is damaged, and players may show more of it than a movie that is recovered in place
    /// would have. [`recover`](crate::recover) makes a new movie and leaves the recording as it is.
    #[error(
        "the fragment at byte {at} is damaged, and recovering in place could lose what still plays of it; \
         recover to another file instead"
    )]
    #[non_exhaustive]
    DamagedFragment {
        /// Where the damaged fragment begins, in bytes from the beginning of the file.
        at: u64,
    },
}
