//! What a container says of a stream besides its packets.

use crate::settings::{BitDepth, Chroma, ColorSpace, Quality, Settings};
use crate::time::Clock;

/// The NAL units that describe a stream, each without length or start code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StreamHeaders {
    /// Sequence parameter set (NAL unit type 7).
    pub sps: Vec<u8>,
    /// Picture parameter set (NAL unit type 8).
    pub pps: Vec<u8>,
    /// x264's version and options, an SEI (NAL unit type 6) that belongs in front of the first access unit.
    pub version_sei: Vec<u8>,
}

/// Everything that a container says of a stream besides its packets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StreamInfo {
    /// The NAL units that describe the stream.
    pub headers: StreamHeaders,
    /// Width and height of the decoded pictures, in pixels.
    pub coded_size: (u32, u32),
    /// Width to height of a pixel.
    pub pixel_aspect: (u32, u32),
    /// Matrix, range, primaries and transfer function.
    pub color_space: ColorSpace,
    /// The chroma format.
    pub chroma: Chroma,
    /// Bits a sample.
    pub bit_depth: BitDepth,
    /// Timescale and ticks of a frame.
    pub clock: Clock,
    /// By how many frames decoding runs ahead of presentation: max_num_reorder_frames (H.264, Annex E.2.1).
    pub reorder_frames: u32,
    /// The decoder's buffer in bytes as the settings have it; 0 if they have none.
    pub buffer_bytes: u32,
    /// The highest bit rate in bit/s as the settings have it; 0 if they have none.
    pub max_bitrate: u32,
}

impl StreamInfo {
    /// Describes the stream that an encoder makes with valid settings.
    pub fn new(settings: &Settings, headers: StreamHeaders, reorder_frames: u32) -> Self {
        let vbv = settings.vbv.map_or((0, 0), |vbv| (vbv.buffer_kbit, vbv.max_kbit_per_second));
        let average = if let Quality::Bitrate(kbit_per_second) = settings.quality { kbit_per_second } else { 0 };
        Self {
            headers,
            coded_size: settings.coded_size(),
            pixel_aspect: settings.pixel_aspect,
            color_space: settings.color_space,
            chroma: settings.chroma,
            bit_depth: settings.bit_depth,
            clock: settings.clock(),
            reorder_frames,
            buffer_bytes: vbv.0.saturating_mul(125),
            max_bitrate: vbv.1.max(average).saturating_mul(1000),
        }
    }
}
