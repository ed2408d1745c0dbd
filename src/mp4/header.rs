//! `Header` and `Brands`: the `ftyp` box, and the `moov` box apart from its sample tables (movie, track, sample entry).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mp4::{FixedPointU8, FixedPointU16, FourCC, FtypBox, MoovBox};

use super::boxes::{BoxWriter, bytes_of};
use super::duration;
use super::tags::udta;
use crate::settings::{Chroma, ContainerSettings, Range, Rotation};
use crate::stream::StreamInfo;
use crate::{Mp4Error, Result};

/// Seconds from the beginning of 1904, where the file format's calendar starts, to that of 1970.
const EPOCH_1904: Duration = Duration::from_secs(2_082_844_800);

/// The number of bytes of the fields of `avc1`, which precede the boxes in it (ISO/IEC 14496-12, 12.1.3).
pub(super) const AVC1_FIELDS: usize = 78;

/// Profiles whose `avcC` box states chroma format and bit depth (ISO/IEC 14496-15, 5.3.3.1.2, and the later profiles
/// that H.264, 7.3.2.1.1, lists).
const PROFILES_WITH_FORMAT: &[u8] = &[100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

/// The file types in the `ftyp` box. A reader must know one of them.
pub(super) enum Brands {
    /// A plain file.
    Plain,
    /// A plain file that is fragmented until it is finished. The `ftyp` box must be right for both.
    Both,
    /// A fragmented file, even when it is finished.
    Fragmented,
}

impl Brands {
    /// Returns the `ftyp` box.
    pub fn ftyp(self) -> Vec<u8> {
        // iso5 adds data offsets from the moof box, and iso6 the 64-bit tfdt.
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

/// Returns a `moov` box with one video track and no facts about it.
pub(super) fn empty_moov() -> MoovBox {
    let mut moov = MoovBox::default();
    moov.mvhd.next_track_id = 2;
    moov.traks.push(Default::default());
    let trak = &mut moov.traks[0];
    trak.tkhd.track_id = 1;
    trak.tkhd.flags = 3; // the track is enabled, and is in the movie
    trak.tkhd.volume = FixedPointU8::new(0);
    trak.mdia.hdlr.handler_type = FourCC::from(*b"vide");
    trak.mdia.hdlr.name = "VideoHandler".into();
    trak.mdia.minf.vmhd.get_or_insert_default().flags = 1; // as the standard demands
    moov
}

/// The durations of a movie, in ticks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    /// From the presentation of the first frame to the end of the last one's; 0 while recording.
    pub movie: u64,
    /// The sum of all samples' durations; 0 while recording.
    pub media: u64,
    /// From the beginning of the media to the presentation of the first frame.
    pub media_time: u64,
}

/// A sample table: its type and the entries that follow when the `moov` box is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table {
    pub name: [u8; 4],
    pub entries: u32,
    pub bytes: u64,
}

impl Table {
    /// Returns a table without entries.
    pub fn empty(name: &[u8; 4]) -> Self {
        Self { name: *name, entries: 0, bytes: 0 }
    }
}

/// Everything that `moov` states about the track, apart from its samples.
#[derive(Clone)]
pub(super) struct Header {
    /// The boxes without durations, edit list, sample entry and sample tables.
    moov: MoovBox,
    /// The `avc1` box without `btrt`.
    entry: Vec<u8>,
    /// The `udta` box.
    udta: Vec<u8>,
    /// The duration of a frame in ticks, unless its sample states another.
    pub frame_ticks: u32,
    /// Ticks from the beginning of the media to the presentation of the first frame in a fragmented file. It is the
    /// maximum time by which decoding can run ahead.
    pub delay: u32,
    /// The size of the decoder's buffer in bytes and the maximum rate in bit/s, or 0 if the settings do not state them.
    buffer_bytes: u32,
    max_bitrate: u32,
}

impl Header {
    pub fn new(container: &ContainerSettings, stream: &StreamInfo) -> Result<Self> {
        let mut moov = empty_moov();
        moov.mvhd.timescale = stream.clock.timescale;
        let trak = &mut moov.traks[0];
        trak.mdia.mdhd.timescale = stream.clock.timescale;

        // The size in square pixels, as 16.16 fixed-point numbers. The pixel aspect changes the width, as in ffmpeg.
        let ((coded_width, coded_height), (wide, high)) = (stream.coded_size, stream.pixel_aspect);
        let width = u64::from(coded_width) * 0x10000 * u64::from(wide) / u64::from(high.max(1));
        let width = u32::try_from(width).ok().filter(|width| *width > 0).unwrap_or(coded_width << 16);
        let height = coded_height << 16;
        trak.tkhd.width = FixedPointU16::new_raw(width);
        trak.tkhd.height = FixedPointU16::new_raw(height);
        // The matrix maps (x, y) to (a·x + c·y + x₀, b·x + d·y + y₀) and moves the rotated picture back to the origin.
        let one = 0x10000;
        let matrix = &mut trak.tkhd.matrix;
        let (width, height) = (width as i32, height as i32);
        (matrix.a, matrix.b, matrix.c, matrix.d, matrix.x, matrix.y) = match container.rotation {
            Rotation::None => (one, 0, 0, one, 0, 0),
            Rotation::Deg90 => (0, one, -one, 0, height, 0),
            Rotation::Deg180 => (-one, 0, 0, -one, width, height),
            Rotation::Deg270 => (0, -one, one, 0, 0, width),
        };
        if let Some(time) = container.creation_time {
            let seconds = seconds_since_1904(time);
            (moov.mvhd.creation_time, moov.mvhd.modification_time) = (seconds, seconds);
            (trak.tkhd.creation_time, trak.tkhd.modification_time) = (seconds, seconds);
            (trak.mdia.mdhd.creation_time, trak.mdia.mdhd.modification_time) = (seconds, seconds);
        }
        let encoder = concat!("kinetograph ", env!("CARGO_PKG_VERSION"));
        Ok(Self {
            entry: sample_entry(stream)?,
            udta: udta(&container.tags, encoder),
            moov,
            frame_ticks: stream.clock.frame,
            delay: stream.reorder_frames.saturating_mul(stream.clock.frame),
            buffer_bytes: stream.buffer_bytes,
            max_bitrate: stream.max_bitrate,
        })
    }

    /// Creates a header that was read back from a file. The file does not contain the rates of the settings.
    pub fn from_parts(moov: MoovBox, entry: Vec<u8>, udta: Vec<u8>, frame_ticks: u32, delay: u32) -> Self {
        Self { moov, entry, udta, frame_ticks, delay, buffer_bytes: 0, max_bitrate: 0 }
    }

    /// Returns the number of ticks per second.
    pub fn timescale(&self) -> u32 {
        self.moov.mvhd.timescale
    }

    /// Returns a checksum of what a decoder needs, by which a damaged header of an unfinished file is known. The first
    /// four bytes are the same in every file.
    pub fn checksum(&self) -> [u8; 8] {
        let numbers = [self.timescale(), self.frame_ticks, self.delay].map(u32::to_be_bytes);
        let mut checksum = *b"head\0\0\0\0";
        let crc = crc32fast::hash(&[&self.entry, numbers.as_flattened()].concat());
        checksum[4..].copy_from_slice(&crc.to_be_bytes());
        checksum
    }

    /// Returns whether the header is that of a `moov` box, by the checksum in it. A file whose duration is being stated
    /// has none any more.
    pub fn agrees_with(&self, moov: &[u8]) -> bool {
        let payload = moov[duration::place(moov)].get(8..).unwrap_or_default();
        !payload.starts_with(b"head") || payload.starts_with(&self.checksum())
    }

    /// Returns the `moov` box of a fragmented file. `ticks` is the duration of the movie, which is
    /// not known while recording.
    pub fn fragmented(&self, ticks: Option<u64>) -> Vec<u8> {
        let tables = [b"stts", b"stsc", b"stsz", b"stco"].map(Table::empty);
        let timing = Timing { movie: 0, media: 0, media_time: self.delay.into() };
        let mut trex = MoovBox::default().mvex.unwrap_or_default().trex;
        trex.track_id = 1;
        trex.default_sample_description_index = 1;
        trex.default_sample_duration = self.frame_ticks;
        let mut mvex = BoxWriter::default();
        mvex.boxed(b"mvex", |out| {
            out.bytes(&ticks.map_or_else(|| duration::unknown(self.checksum()), duration::known));
            out.put(&trex);
        });
        let mut out = BoxWriter::default();
        self.write(timing, &self.entry, &tables, &mvex.into_parts().0, &mut out);
        out.into_parts().0
    }

    /// Writes the `moov` box of a plain file, with gaps for the entries of its tables. `bytes` is the size of all
    /// samples.
    pub fn plain(&self, timing: Timing, bytes: u64, tables: &[Table]) -> BoxWriter {
        let ticks = u128::from(timing.media.max(1));
        let average = u128::from(bytes) * 8 * u128::from(self.timescale()) / ticks;
        let average = u32::try_from(average).unwrap_or(u32::MAX);
        let mut entry = BoxWriter::default();
        entry.extended(&self.entry, |out| {
            out.boxed(b"btrt", |out| out.words(&[self.buffer_bytes, self.max_bitrate.max(average), average]));
        });
        let mut out = BoxWriter::default();
        self.write(timing, &entry.into_parts().0, tables, &[], &mut out);
        out
    }

    fn write(&self, timing: Timing, entry: &[u8], tables: &[Table], mvex: &[u8], out: &mut BoxWriter) {
        let moov = self.timed(timing);
        let trak = &moov.traks[0];
        out.boxed(b"moov", |out| {
            out.put(&moov.mvhd);
            out.boxed(b"trak", |out| {
                out.put(&trak.tkhd);
                trak.edts.iter().for_each(|edts| out.put(edts));
                out.boxed(b"mdia", |out| {
                    out.put(&trak.mdia.mdhd);
                    out.put(&trak.mdia.hdlr);
                    out.boxed(b"minf", |out| {
                        trak.mdia.minf.vmhd.iter().for_each(|vmhd| out.put(vmhd));
                        out.put(&trak.mdia.minf.dinf);
                        out.boxed(b"stbl", |out| {
                            // Version and flags, one entry.
                            out.boxed(b"stsd", |out| {
                                out.words(&[0, 1]);
                                out.bytes(entry);
                            });
                            tables.iter().for_each(|table| write_table(*table, out));
                        });
                    });
                });
            });
            out.bytes(mvex);
            out.bytes(&self.udta);
        });
    }

    /// Returns the `moov` box with durations and edit list.
    fn timed(&self, Timing { movie, media, media_time }: Timing) -> MoovBox {
        let mut moov = self.moov.clone();
        let trak = &mut moov.traks[0];
        let version = |values: [u64; 2]| u8::from(values.into_iter().any(|value| value > u64::from(u32::MAX)));
        let made = moov.mvhd.creation_time;
        moov.mvhd.duration = movie;
        moov.mvhd.version = version([movie, made]);
        trak.tkhd.duration = movie;
        trak.tkhd.version = version([movie, made]);
        trak.mdia.mdhd.duration = media;
        trak.mdia.mdhd.version = version([media, made]);
        let elst = trak.edts.get_or_insert_default().elst.get_or_insert_default();
        elst.version = version([movie, media_time]);
        elst.entries = vec![Default::default()];
        elst.entries[0].segment_duration = movie;
        elst.entries[0].media_time = media_time;
        elst.entries[0].media_rate = 1;
        moov
    }
}

/// Writes a table with a gap for its entries, because the tables of the mp4 crate hold all entries in memory.
fn write_table(Table { name, entries, bytes }: Table, out: &mut BoxWriter) {
    out.boxed(&name, |out| {
        // Version and flags. In stsz, a size for all samples follows, which is 0 if each has its own.
        out.words(if &name == b"stsz" { &[0, 0] } else { &[0] });
        out.words(&[entries]);
        out.gap(name, bytes);
    });
}

/// Returns the `avc1` box, which has what a decoder and a display must know before the first sample.
fn sample_entry(stream: &StreamInfo) -> Result<Vec<u8>> {
    let at_most_16_bits = |what, value: usize| {
        let too_large = |_| Mp4Error::TooLarge { what, value: value as u64, limit: u16::MAX.into() };
        u16::try_from(value).map_err(too_large)
    };
    let (sps, pps) = (&*stream.headers.sps, &*stream.headers.pps);
    at_most_16_bits("the sequence parameter set in bytes", sps.len())?;
    at_most_16_bits("the picture parameter set in bytes", pps.len())?;
    let [_, profile, compatibility, level, ..] = *sps else {
        return Err(Mp4Error::DamagedBox { name: "avcC".into() }.into());
    };
    let mut avc1 = MoovBox::default().traks.pop().unwrap_or_default().mdia.minf.stbl.stsd.avc1.unwrap_or_default();
    avc1.data_reference_index = 1;
    avc1.width = at_most_16_bits("the width in pixels", stream.coded_size.0 as usize)?;
    avc1.height = at_most_16_bits("the height in pixels", stream.coded_size.1 as usize)?;
    avc1.avcc.configuration_version = 1;
    avc1.avcc.avc_profile_indication = profile;
    avc1.avcc.profile_compatibility = compatibility;
    avc1.avcc.avc_level_indication = level;
    avc1.avcc.length_size_minus_one = 3;
    avc1.avcc.sequence_parameter_sets.push(sps.into());
    avc1.avcc.picture_parameter_sets.push(pps.into());
    let mut out = BoxWriter::default();
    out.boxed(b"avc1", |out| {
        out.bytes(&bytes_of(&avc1)[8..][..AVC1_FIELDS]);
        out.extended(&bytes_of(&avc1.avcc), |out| {
            if PROFILES_WITH_FORMAT.contains(&profile) {
                let chroma_format_idc = match stream.chroma {
                    Chroma::Gray => 0,
                    Chroma::Yuv420 => 1,
                    Chroma::Yuv422 => 2,
                    Chroma::Yuv444 => 3,
                };
                // Reserved bits are ones. No extensions of the sequence parameter set follow.
                let depth = 0xf8 | (stream.bit_depth.bits() - 8);
                out.bytes(&[0xfc | chroma_format_idc, depth, depth, 0]);
            }
        });
        out.boxed(b"colr", |out| {
            let space = stream.color_space;
            let codes = [space.primaries.code(), space.transfer.code(), space.matrix.code()].map(|code| [0, code]);
            out.bytes(b"nclx");
            out.bytes(codes.as_flattened());
            out.bytes(&[if space.range == Range::Full { 0x80 } else { 0 }]);
        });
        out.boxed(b"pasp", |out| out.words(&[stream.pixel_aspect.0, stream.pixel_aspect.1]));
    });
    Ok(out.into_parts().0)
}

/// Returns the seconds from the beginning of 1904 to a time, or 0 for an earlier time.
fn seconds_since_1904(time: SystemTime) -> u64 {
    let first = UNIX_EPOCH - EPOCH_1904;
    time.duration_since(first).map_or(0, |since| since.as_secs())
}
