//! `StreamInfo`: what a container states about a stream besides its packets (parameter sets, size, colours, clock).

use crate::settings::{BitDepth, Chroma, ColorSpace, Matrix, Primaries, Quality, Range, Settings, Transfer};
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

/// Everything that a container states about a stream besides its packets.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StreamInfo {
    /// The NAL units that describe the stream.
    pub headers: StreamHeaders,
    /// Width and height of the decoded pictures, in pixels.
    pub coded_size: (u32, u32),
    /// The ratio of a pixel's width to its height.
    pub pixel_aspect: (u32, u32),
    /// Matrix, range, primaries and transfer function.
    pub color_space: ColorSpace,
    /// The chroma format.
    pub chroma: Chroma,
    /// The bits per sample.
    pub bit_depth: BitDepth,
    /// Timescale and ticks of a frame.
    pub clock: Clock,
    /// The number of frames by which decoding runs ahead of presentation: max_num_reorder_frames (H.264, Annex E.2.1).
    pub reorder_frames: u32,
    /// The size of the decoder's buffer in bytes, from the settings; 0 if they set none.
    pub buffer_bytes: u32,
    /// The maximum bit rate in bit/s, from the settings; 0 if they set none.
    pub max_bitrate: u32,
}

/// Returns the codec string of a stream (RFC 6381, 3.3) from the three bytes that follow the type of its sequence
/// parameter set: profile, constraints and level.
pub(crate) fn codec_string([profile, constraints, level]: [u8; 3]) -> String {
    format!("avc1.{profile:02x}{constraints:02x}{level:02x}")
}

impl StreamHeaders {
    /// Returns the codec string of the stream.
    pub fn codec_string(&self) -> String {
        let bytes = self.sps.get(1..).and_then(|rest| rest.first_chunk()).copied();
        codec_string(bytes.unwrap_or_default())
    }
}

impl StreamInfo {
    /// How many numbers [`numbers`](Self::numbers) returns.
    pub const NUMBERS: usize = 16;

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

    /// Returns the fields but the headers as numbers, a choice as its place among all choices.
    pub fn numbers(&self) -> [u32; Self::NUMBERS] {
        fn place<T: PartialEq>(all: &[T], choice: T) -> u32 {
            all.iter().position(|other| *other == choice).map_or(u32::MAX, |place| place as u32)
        }
        let Self { headers: _, coded_size, pixel_aspect, color_space, chroma, bit_depth, clock, .. } = *self;
        [
            coded_size.0,
            coded_size.1,
            pixel_aspect.0,
            pixel_aspect.1,
            place(Matrix::ALL, color_space.matrix),
            place(Range::ALL, color_space.range),
            place(Primaries::ALL, color_space.primaries),
            place(Transfer::ALL, color_space.transfer),
            place(Chroma::ALL, chroma),
            place(BitDepth::ALL, bit_depth),
            clock.timescale,
            clock.frame,
            clock.variable.into(),
            self.reorder_frames,
            self.buffer_bytes,
            self.max_bitrate,
        ]
    }

    /// Makes the description that [`numbers`](Self::numbers) was called on; `None` for numbers of no stream.
    pub fn from_numbers(numbers: [u32; Self::NUMBERS], headers: StreamHeaders) -> Option<Self> {
        fn choice<T: Copy>(all: &[T], place: u32) -> Option<T> {
            all.get(place as usize).copied()
        }
        let [width, height, wide, high, matrix, range, primaries, transfer, chroma, depth, clock @ ..] = numbers;
        let [timescale, frame, variable, reorder_frames, buffer_bytes, max_bitrate] = clock;
        // The muxer divides by these.
        if [width, height, wide, high, timescale, frame].contains(&0) {
            return None;
        }
        Some(Self {
            headers,
            coded_size: (width, height),
            pixel_aspect: (wide, high),
            color_space: ColorSpace {
                matrix: choice(Matrix::ALL, matrix)?,
                range: choice(Range::ALL, range)?,
                primaries: choice(Primaries::ALL, primaries)?,
                transfer: choice(Transfer::ALL, transfer)?,
            },
            chroma: choice(Chroma::ALL, chroma)?,
            bit_depth: choice(BitDepth::ALL, depth)?,
            clock: Clock { timescale, frame, variable: variable != 0 },
            reorder_frames,
            buffer_bytes,
            max_bitrate,
        })
    }
}
