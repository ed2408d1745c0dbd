//! Encoded pictures: the word between `encoder` and `mp4`.

/// The parameter sets of a stream, each one NAL unit without length or start code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ParameterSets {
    /// Sequence parameter set (NAL type 7).
    pub sps: Vec<u8>,
    /// Picture parameter set (NAL type 8).
    pub pps: Vec<u8>,
    /// Supplemental enhancement information (NAL type 6): x264's version and options. It belongs in front of the first
    /// access unit.
    pub sei: Vec<u8>,
}

/// One access unit: the NAL units of one picture, each behind its length in 4 bytes, big-endian.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packet<'a> {
    /// The NAL units.
    pub data: &'a [u8],
    /// When the picture is shown, in ticks of the movie's clock.
    pub pts: i64,
    /// When it is decoded, in ticks; below `pts` or equal, negative at the beginning where there are B-frames.
    pub dts: i64,
    /// Whether decoding can begin here: an IDR picture, a sync sample.
    pub sync: bool,
}
