//! `Packet`: one encoded picture with its times, as `encoder` returns it and `mp4` takes it.

/// One access unit: the NAL units of one picture, each preceded by its length in 4 bytes, big-endian.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packet<'a> {
    /// The NAL units, which [`nal::units`](crate::nal::units) iterates over.
    pub data: &'a [u8],
    /// The presentation time, in ticks of the movie's clock.
    pub pts: i64,
    /// The decoding time, in ticks. It is at most `pts`, and negative at the beginning if there are B-frames.
    pub dts: i64,
    /// Whether the picture is an IDR picture, at which decoding can begin (a sync sample).
    pub sync: bool,
}
