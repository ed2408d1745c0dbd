//! `MovieInfo`: what an MP4 file states about its movie, finished or not, of this crate or another.
//!
//! It reads the boxes, and of the samples only the beginning of the first. They may be damaged or hostile: every field is
//! checked, and none alone determines the size of an allocation or the length of a loop.

use super::boxes::{BoxSpan, children, find};
use super::fields::{Fields, damaged};
use super::file_box::FileBox;
use super::first_sample::{in_fragment, in_tables, rate_factor_at};
use super::header::AVC1_FIELDS;
use super::times::Times;
use crate::settings::{BitDepth, Chroma, ColorSpace, Layout, Matrix, Primaries, Range, Rotation, Transfer};
use crate::sink::ReadAt;
use crate::stream::codec_string;
use crate::time::FrameRate;
use crate::{Mp4Error, Result};

/// What an MP4 file holds: the result of [`MovieInfo::open`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct MovieInfo {
    /// The codec string (RFC 6381) for Media Source Extensions and playlists, such as `avc1.640028`.
    pub codec: String,
    /// Width of the coded pictures in pixels.
    pub width: u32,
    /// Height of the coded pictures in pixels.
    pub height: u32,
    /// The ratio of a pixel's width to its height.
    pub pixel_aspect: (u32, u32),
    /// The angle by which players rotate the movie.
    pub rotation: Rotation,
    /// The number of frames. Of an unfinished file, those in complete fragments.
    pub frames: u64,
    /// Duration in seconds.
    pub seconds: f64,
    /// The frame rate, or `None` if frames last for different times. The last frame may last longer than the others.
    pub frame_rate: Option<FrameRate>,
    /// The chroma format.
    pub chroma: Chroma,
    /// The bits per sample, or `None` if there are neither 8 nor 10.
    pub bit_depth: Option<BitDepth>,
    /// The colours, or `None` if the container states none or others than this crate makes.
    pub color_space: Option<ColorSpace>,
    /// The layout. A finished movie of the layout [`CrashSafe`](Layout::CrashSafe) is a plain MP4, so its layout is
    /// [`Progressive`](Layout::Progressive).
    pub layout: Layout,
    /// Whether the movie is finished. A [`Fragmented`](Layout::Fragmented) movie is if it ends with a whole fragment: such
    /// a file does not state whether more was to come.
    pub is_finished: bool,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// The constant rate factor that x264 states in the first frame. `None` if it states none, because another encoder or
    /// another [`Quality`](crate::Quality) made the movie. The x264 program and ffmpeg state one digit after the point;
    /// movies of this crate have all digits.
    pub rate_factor: Option<f32>,
}

impl MovieInfo {
    /// Reads the boxes of a file.
    ///
    /// # Errors
    /// [`Error::Mp4`](crate::Error::Mp4) if it is not an MP4 with H.264 video, or is damaged; any error of reading.
    pub(crate) fn read(file: &impl ReadAt) -> Result<Self> {
        let (mut track, mut first_sample) = (None, None);
        let mut times = Times::default();
        let (mut at, mut reserve) = (0, false);
        while let Some(next) = FileBox::find(file, at)? {
            match &next.name {
                b"ftyp" => {}
                _ if at == 0 => return Err(Mp4Error::NotMp4.into()),
                b"free" if track.is_none() => reserve = true,
                b"moov" if track.is_none() => {
                    let read = Track::read(&next.read(file)?, &mut times, file.len())?;
                    first_sample = read.first_sample;
                    track = Some(read);
                }
                b"moof" => {
                    // Without its samples, it is the incomplete end of a recording.
                    let Some(track) = track.as_ref().filter(|track| track.fragmented) else { break };
                    if FileBox::find(file, next.end)?.is_none_or(|mdat| &mdat.name != b"mdat") {
                        break;
                    }
                    // A damaged fragment is the end of what is complete.
                    let before = times;
                    let moof = next.read(file)?;
                    if times.add_fragment(&moof, track.id, track.fragment_ticks, file.len()).is_err() {
                        times = before;
                        break;
                    }
                    first_sample = first_sample.or_else(|| in_fragment(&moof, next.start, track.id));
                }
                _ => {}
            }
            at = next.end;
        }
        if at == 0 {
            return Err(Mp4Error::NotMp4.into());
        }
        let track = track.ok_or(Mp4Error::NoIndex)?;
        let is_whole = at == file.len();
        let (layout, is_finished) = match (track.fragmented, reserve) {
            (true, true) => (Layout::CrashSafe, false),
            (true, false) => (Layout::Fragmented, is_whole),
            (false, _) => (Layout::Progressive, is_whole),
        };
        let ticks = if track.fragmented { times.end.saturating_sub(times.begin) as u64 } else { track.duration };
        Ok(Self {
            frames: times.frames,
            seconds: ticks as f64 / f64::from(track.timescale),
            frame_rate: times.step().map(|step| FrameRate::from((track.timescale, step))),
            layout,
            is_finished,
            bytes: file.len(),
            rate_factor: first_sample.map_or(Ok(None), |at| rate_factor_at(file, at))?,
            ..track.info
        })
    }
}

/// What the `moov` box states.
struct Track {
    info: MovieInfo,
    id: u32,
    timescale: u32,
    /// Ticks that a plain file's movie lasts.
    duration: u64,
    fragmented: bool,
    /// Ticks of a frame of a fragment that states none.
    fragment_ticks: u32,
    /// Where the first sample is, if the box states it.
    first_sample: Option<u64>,
}

impl Track {
    /// Reads the first track of H.264 video, and adds the times of its frames, at most `most`.
    fn read(moov: &[u8], times: &mut Times, most: u64) -> Result<Self, Mp4Error> {
        let whole = find(moov, &[b"moov"]).ok_or_else(|| damaged("moov"))?;
        let mut tracks = children(moov, whole.body, whole.end).filter(|child| &child.name == b"trak");
        let (trak, entry) = tracks
            .find_map(|trak| {
                let trak = &moov[trak.start..trak.end];
                Some((trak, sample_entry(trak)?))
            })
            .ok_or(Mp4Error::NotH264)?;
        let mvhd = Fields::of(moov, &[b"moov", b"mvhd"]).ok_or_else(|| damaged("mvhd"))?;
        let mdhd = Fields::of(trak, &[b"trak", b"mdia", b"mdhd"]).ok_or_else(|| damaged("mdhd"))?;
        let tkhd = Fields::of(trak, &[b"trak", b"tkhd"]).ok_or_else(|| damaged("tkhd"))?;
        let (movie_scale, movie) = mvhd.timescale_and_duration()?;
        let (timescale, media) = mdhd.timescale_and_duration()?;
        let id = tkhd.u32(if tkhd.is_long() { 20 } else { 12 })?;
        let scaled = u128::from(movie) * u128::from(timescale) / u128::from(movie_scale);
        let duration = if movie > 0 { scaled as u64 } else { media };
        let stbl = |name| Fields::of(trak, &[b"trak", b"mdia", b"minf", b"stbl", name]);
        if let Some(stts) = stbl(b"stts") {
            times.add_tables(&stts, stbl(b"ctts").as_ref(), most)?;
        }
        let trex = Fields::of(moov, &[b"moov", b"mvex", b"trex"]);
        let info = MovieInfo { rotation: rotation(&tkhd)?, ..read_entry(entry)? };
        Ok(Self {
            info,
            id,
            timescale,
            duration,
            fragmented: find(moov, &[b"moov", b"mvex"]).is_some(),
            first_sample: in_tables(trak),
            fragment_ticks: trex.map_or(Ok(0), |trex| trex.u32(12))?,
        })
    }
}

/// Returns the `avc1` box of a track, if it has one.
fn sample_entry(trak: &[u8]) -> Option<&[u8]> {
    let stsd = find(trak, &[b"trak", b"mdia", b"minf", b"stbl", b"stsd"])?;
    // After version and flags, and the number of entries.
    let entry = children(trak, stsd.body + 8, stsd.end).next()?;
    matches!(&entry.name, b"avc1" | b"avc3").then(|| &trak[entry.start..entry.end])
}

/// Reads the `avc1` box. Facts that it does not state are left at any value.
fn read_entry(entry: &[u8]) -> Result<MovieInfo, Mp4Error> {
    let fields = Fields { name: "avc1", bytes: entry };
    let boxes: Vec<BoxSpan> = children(entry, 8 + AVC1_FIELDS, entry.len()).collect();
    let inner = |name: &'static str| {
        let found = boxes.iter().find(|child| child.name == name.as_bytes());
        found.map(|child| Fields { name, bytes: &entry[child.body..child.end] })
    };
    // Version, profile, compatibility, level, length size, parameter sets (ISO/IEC 14496-15, 5.3.3.1.2).
    let avcc = inner("avcC").ok_or_else(|| damaged("avcC"))?;
    let &[_, profile, compatibility, level, ..] = avcc.bytes else { return Err(damaged("avcC")) };
    let (chroma, bit_depth) = format_of(profile, avcc.bytes).unwrap_or((Chroma::Yuv420, Some(BitDepth::Eight)));
    let pixel_aspect = match inner("pasp") {
        Some(pasp) => (pasp.u32(0)?, pasp.u32(4)?),
        None => (1, 1),
    };
    Ok(MovieInfo {
        codec: codec_string([profile, compatibility, level]),
        width: fields.u16(8 + 24)?.into(),
        height: fields.u16(8 + 26)?.into(),
        pixel_aspect,
        rotation: Rotation::None,
        frames: 0,
        seconds: 0.0,
        frame_rate: None,
        chroma,
        bit_depth,
        color_space: inner("colr").and_then(|colr| color_space(colr.bytes)),
        layout: Layout::Progressive,
        is_finished: false,
        bytes: 0,
        rate_factor: None,
    })
}

/// Reads chroma format and bit depth at the end of an `avcC` box. Profiles below High state none.
fn format_of(profile: u8, avcc: &[u8]) -> Option<(Chroma, Option<BitDepth>)> {
    if matches!(profile, 66 | 77 | 88) {
        return None;
    }
    let mut at = 5;
    for mask in [31, 255] {
        let count = avcc.get(at)? & mask;
        at += 1;
        for _ in 0..count {
            let length = u16::from_be_bytes([*avcc.get(at)?, *avcc.get(at + 1)?]);
            at += 2 + usize::from(length);
        }
    }
    let chroma = match avcc.get(at)? & 3 {
        0 => Chroma::Gray,
        1 => Chroma::Yuv420,
        2 => Chroma::Yuv422,
        _ => Chroma::Yuv444,
    };
    let bits = 8 + (avcc.get(at + 1)? & 7);
    Some((chroma, BitDepth::ALL.iter().copied().find(|depth| depth.bits() == bits)))
}

/// Reads the code points of a `colr` box of the type nclx.
fn color_space(colr: &[u8]) -> Option<ColorSpace> {
    let &[b'n', b'c', b'l', b'x', _, primaries, _, transfer, _, matrix, range, ..] = colr else { return None };
    Some(ColorSpace {
        matrix: Matrix::ALL.iter().copied().find(|choice| choice.code() == matrix)?,
        range: if range & 0x80 != 0 { Range::Full } else { Range::Limited },
        primaries: Primaries::ALL.iter().copied().find(|choice| choice.code() == primaries)?,
        transfer: Transfer::ALL.iter().copied().find(|choice| choice.code() == transfer)?,
    })
}

/// Reads the rotation from the matrix of a `tkhd` box.
fn rotation(tkhd: &Fields<'_>) -> Result<Rotation, Mp4Error> {
    let matrix = if tkhd.is_long() { 52 } else { 40 };
    // The signs of a and b; their size is a scale.
    let sign = |place| tkhd.u32(place).map(|value| (value as i32).signum());
    Ok(match (sign(matrix)?, sign(matrix + 4)?) {
        (0, 1) => Rotation::Deg90,
        (-1, 0) => Rotation::Deg180,
        (0, -1) => Rotation::Deg270,
        _ => Rotation::None,
    })
}
