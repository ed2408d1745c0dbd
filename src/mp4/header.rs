//! What the file says about its one track: the `moov` box without its sample tables.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mp4::{FixedPointU8, FixedPointU16, FourCC, FtypBox, MoovBox};

use super::boxes::{append, boxed, bytes_of};
use super::sps::Sps;
use super::tags::udta;
use crate::packet::ParameterSets;
use crate::settings::{Quality, Range, Rotation, Settings};
use crate::time::Clock;
use crate::{Error, Result};

/// Seconds from the beginning of 1904, where the file format's calendar starts, to that of 1970.
const EPOCH_1904: Duration = Duration::from_secs(2_082_844_800);

/// Where the boxes of the sample tables stand.
pub(super) const STBL: [&[u8; 4]; 5] = [b"moov", b"trak", b"mdia", b"minf", b"stbl"];

/// The file types a reader must know one of.
pub(super) enum Brands {
    /// A plain file.
    Plain,
    /// A plain file that is a fragmented one until it is finished; `ftyp` must be right for both.
    Both,
    /// Fragments to the end.
    Fragmented,
}

impl Brands {
    /// The `ftyp` box.
    pub fn ftyp(self) -> Result<Vec<u8>> {
        // iso5 brings data offsets from the moof box, iso6 the 64-bit tfdt.
        let (major, minor, compatible): (&[u8; 4], u32, &[&[u8; 4]]) = match self {
            Self::Plain => (b"isom", 0x200, &[b"isom", b"iso2", b"avc1", b"mp41"]),
            Self::Both => (b"isom", 0x200, &[b"isom", b"iso2", b"iso5", b"iso6", b"avc1", b"mp41"]),
            Self::Fragmented => (b"iso6", 0, &[b"iso5", b"iso6", b"avc1", b"mp41"]),
        };
        bytes_of(&FtypBox {
            major_brand: FourCC::from(*major),
            minor_version: minor,
            compatible_brands: compatible.iter().map(|brand| FourCC::from(**brand)).collect(),
        })
    }
}

/// A `moov` box with one video track of which nothing is known.
pub(super) fn empty_moov() -> MoovBox {
    let mut moov = MoovBox::default();
    moov.mvhd.next_track_id = 2;
    moov.traks.push(Default::default());
    let trak = &mut moov.traks[0];
    trak.tkhd.track_id = 1;
    trak.tkhd.flags = 3; // enabled, in the movie
    trak.tkhd.volume = FixedPointU8::new(0);
    trak.mdia.hdlr.handler_type = FourCC::from(*b"vide");
    trak.mdia.hdlr.name = "VideoHandler".into();
    trak.mdia.minf.vmhd.get_or_insert_default().flags = 1; // as the standard demands
    moov
}

/// The durations that are known when the movie is complete, in ticks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Durations {
    /// From the first frame's showing to the end of the last one's.
    pub movie: u64,
    /// The sum of all samples' durations.
    pub media: u64,
}

/// The track, apart from its samples.
#[derive(Clone)]
pub(super) struct Header {
    /// Without durations, edit list, sample entry and sample tables.
    moov: MoovBox,
    /// The `avc1` box without `btrt`.
    entry: Vec<u8>,
    /// The `udta` box.
    udta: Vec<u8>,
    /// Ticks a frame has unless its sample says otherwise.
    pub frame: u32,
    /// Ticks from the beginning of the media to the first frame's showing, in the fragmented form: by how much decoding
    /// can run ahead of showing.
    pub delay: u32,
    /// The decoder buffer in bytes and the highest rate in bit/s, as far as the settings state them.
    buffer_bytes: u32,
    max_rate: u32,
}

impl Header {
    pub fn new(settings: &Settings, sets: &ParameterSets) -> Result<Self> {
        let sps = Sps::parse(&sets.sps)?;
        let Clock { timescale, frame, .. } = settings.clock();
        let mut moov = empty_moov();
        moov.mvhd.timescale = timescale;
        let trak = &mut moov.traks[0];
        trak.mdia.mdhd.timescale = timescale;

        // The size of a square-pixel picture, 16.16: a pixel's aspect changes the width, as ffmpeg has it.
        let (wide, high) = settings.pixel_aspect;
        let width = u64::from(sps.size.0) * 0x10000 * u64::from(wide) / u64::from(high);
        let width = u32::try_from(width).ok().filter(|width| *width > 0).unwrap_or(sps.size.0 << 16);
        let height = sps.size.1 << 16;
        trak.tkhd.width = FixedPointU16::new_raw(width);
        trak.tkhd.height = FixedPointU16::new_raw(height);
        // Rows of (x, y) → (a·x + c·y + x₀, b·x + d·y + y₀), the turned picture moved back to the origin.
        let one = 0x10000;
        let matrix = &mut trak.tkhd.matrix;
        let (width, height) = (width as i32, height as i32);
        (matrix.a, matrix.b, matrix.c, matrix.d, matrix.x, matrix.y) = match settings.container.rotation {
            Rotation::None => (one, 0, 0, one, 0, 0),
            Rotation::Deg90 => (0, one, -one, 0, height, 0),
            Rotation::Deg180 => (-one, 0, 0, -one, width, height),
            Rotation::Deg270 => (0, -one, one, 0, 0, width),
        };
        if let Some(time) = settings.container.creation_time {
            let seconds = seconds_since_1904(time);
            (moov.mvhd.creation_time, moov.mvhd.modification_time) = (seconds, seconds);
            (trak.tkhd.creation_time, trak.tkhd.modification_time) = (seconds, seconds);
            (trak.mdia.mdhd.creation_time, trak.mdia.mdhd.modification_time) = (seconds, seconds);
        }

        let (buffer_bytes, mut max_rate) = settings
            .vbv
            .map_or((0, 0), |vbv| (vbv.buffer_kbit.saturating_mul(125), vbv.max_kbit_per_second.saturating_mul(1000)));
        if let Quality::Bitrate(kbit) = settings.quality {
            max_rate = max_rate.max(kbit.saturating_mul(1000));
        }
        let encoder = concat!("kinetograph ", env!("CARGO_PKG_VERSION"));
        Ok(Self {
            entry: sample_entry(settings, sets, &sps)?,
            udta: udta(&settings.container.tags, encoder),
            moov,
            frame,
            delay: sps.reorder.saturating_mul(frame),
            buffer_bytes,
            max_rate,
        })
    }

    /// A header read back from a file, which does not say what the settings knew of rates.
    pub fn from_parts(moov: MoovBox, entry: Vec<u8>, udta: Vec<u8>, frame: u32, delay: u32) -> Self {
        Self { moov, entry, udta, frame, delay, buffer_bytes: 0, max_rate: 0 }
    }

    /// Ticks a second.
    pub fn timescale(&self) -> u32 {
        self.moov.mvhd.timescale
    }

    /// The `moov` box of a fragmented file, its durations open.
    pub fn fragmented(&self) -> Result<Vec<u8>> {
        let none = Tables { offsets: false, sync: false, wide: false };
        let mut moov = self.write(Durations { movie: 0, media: 0 }, self.delay.into(), none)?;
        let mut defaults = MoovBox::default().mvex.unwrap_or_default().trex;
        defaults.track_id = 1;
        defaults.default_sample_description_index = 1;
        defaults.default_sample_duration = self.frame;
        append(&mut moov, &[b"moov"], &boxed(b"mvex", &bytes_of(&defaults)?));
        append(&mut moov, &[b"moov"], &self.udta);
        Ok(moov)
    }

    /// The `moov` box of a plain file, its sample tables there but empty. `media_time` is when in the media the first
    /// frame is shown, `bytes` the size of all samples.
    pub fn plain(&self, durations: Durations, media_time: u64, bytes: u64, tables: Tables) -> Result<Vec<u8>> {
        let mut moov = self.write(durations, media_time, tables)?;
        let ticks = u128::from(durations.media.max(1));
        let average = u128::from(bytes) * 8 * u128::from(self.timescale()) / ticks;
        let average = u32::try_from(average).unwrap_or(u32::MAX);
        let rates = [self.buffer_bytes, self.max_rate.max(average), average];
        let btrt = boxed(b"btrt", rates.map(u32::to_be_bytes).as_flattened());
        let [a, b, c, d, e] = STBL;
        append(&mut moov, &[a, b, c, d, e, b"stsd", b"avc1"], &btrt);
        append(&mut moov, &[b"moov"], &self.udta);
        Ok(moov)
    }

    fn write(&self, durations: Durations, media_time: u64, tables: Tables) -> Result<Vec<u8>> {
        let mut moov = self.moov.clone();
        let trak = &mut moov.traks[0];
        let version = |values: [u64; 2]| u8::from(values.into_iter().any(|value| value > u64::from(u32::MAX)));
        let made = moov.mvhd.creation_time;
        moov.mvhd.duration = durations.movie;
        moov.mvhd.version = version([durations.movie, made]);
        trak.tkhd.duration = durations.movie;
        trak.tkhd.version = version([durations.movie, made]);
        trak.mdia.mdhd.duration = durations.media;
        trak.mdia.mdhd.version = version([durations.media, made]);
        let elst = trak.edts.get_or_insert_default().elst.get_or_insert_default();
        elst.version = version([durations.movie, media_time]);
        elst.entries = vec![Default::default()];
        elst.entries[0].segment_duration = durations.movie;
        elst.entries[0].media_time = media_time;
        elst.entries[0].media_rate = 1;
        let stbl = &mut trak.mdia.minf.stbl;
        stbl.ctts = tables.offsets.then(Default::default);
        stbl.stss = tables.sync.then(Default::default);
        stbl.stco = (!tables.wide).then(Default::default);
        stbl.co64 = tables.wide.then(Default::default);
        let mut bytes = bytes_of(&moov)?;
        let [a, b, c, d, e] = STBL;
        append(&mut bytes, &[a, b, c, d, e, b"stsd"], &self.entry);
        Ok(bytes)
    }
}

/// Which of the sample tables that not every file has are there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tables {
    /// Some frame is not shown when it is decoded: `ctts`.
    pub offsets: bool,
    /// Some sample is not a sync sample: `stss`.
    pub sync: bool,
    /// Chunks may begin beyond 4 GiB: `co64` in place of `stco`.
    pub wide: bool,
}

/// The `avc1` box: what the decoder and the display must know before the first sample.
fn sample_entry(settings: &Settings, sets: &ParameterSets, sps: &Sps) -> Result<Vec<u8>> {
    for (name, set) in [("sequence", &sets.sps), ("picture", &sets.pps)] {
        if set.len() < 4 || set.len() > usize::from(u16::MAX) {
            return Err(Error::Mp4(format!("the {name} parameter set has {} bytes", set.len())));
        }
    }
    let mut avc1 = MoovBox::default().traks.pop().unwrap_or_default().mdia.minf.stbl.stsd.avc1.unwrap_or_default();
    avc1.data_reference_index = 1;
    let side = |pixels: u32| u16::try_from(pixels).map_err(|_| Error::Mp4(format!("{pixels} pixels do not fit")));
    (avc1.width, avc1.height) = (side(sps.size.0)?, side(sps.size.1)?);
    avc1.avcc.configuration_version = 1;
    avc1.avcc.avc_profile_indication = sets.sps[1];
    avc1.avcc.profile_compatibility = sets.sps[2];
    avc1.avcc.avc_level_indication = sets.sps[3];
    avc1.avcc.length_size_minus_one = 3;
    avc1.avcc.sequence_parameter_sets.push(sets.sps.as_slice().into());
    avc1.avcc.picture_parameter_sets.push(sets.pps.as_slice().into());
    let mut bytes = bytes_of(&avc1)?;
    if let Some([chroma, luma_depth, chroma_depth]) = sps.format {
        // ISO/IEC 14496-15, 5.3.3.1.2: reserved bits are ones; no extensions of the sequence parameter set.
        append(&mut bytes, &[b"avc1", b"avcC"], &[0xfc | chroma, 0xf8 | luma_depth, 0xf8 | chroma_depth, 0]);
    }
    let space = settings.color_space;
    let codes = [space.primaries.code(), space.transfer.code(), space.matrix.code()].map(|code| [0, code]);
    let range = if space.range == Range::Full { 0x80 } else { 0 };
    append(&mut bytes, &[b"avc1"], &boxed(b"colr", &[b"nclx", codes.as_flattened(), &[range]].concat()));
    let aspect = [settings.pixel_aspect.0, settings.pixel_aspect.1].map(u32::to_be_bytes);
    append(&mut bytes, &[b"avc1"], &boxed(b"pasp", aspect.as_flattened()));
    Ok(bytes)
}

/// Times before 1904 become its first second.
fn seconds_since_1904(time: SystemTime) -> u64 {
    let first = UNIX_EPOCH - EPOCH_1904;
    time.duration_since(first).map_or(0, |since| since.as_secs())
}
