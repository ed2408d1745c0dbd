//! Encoded pictures, which `encoder` makes and `mp4` takes.

/// One access unit: the NAL units of one picture, each behind its length in 4 bytes, big-endian.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packet<'a> {
    /// The NAL units, which [`nal::units`](crate::nal::units) iterates over.
    pub data: &'a [u8],
    /// When the picture is shown, in ticks of the movie's clock.
    pub pts: i64,
    /// When it is decoded, in ticks; at most `pts`, and negative at the beginning where there are B-frames.
    pub dts: i64,
    /// Whether decoding can begin here: an IDR picture, a sync sample.
    pub sync: bool,
}
