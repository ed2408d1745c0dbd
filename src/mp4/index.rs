//! `Index`: writes the `moov` box of a finished movie with its sample tables, and sizes the reserve for it.

use super::boxes::Gap;
use super::header::{Header, Table, Timing};
use super::samples::{Chunk, Sample, Samples};
use crate::settings::ContainerSettings;
use crate::time::Clock;
use crate::{Mp4Error, Result};

/// The number of bytes that are written at a time.
pub(super) const BLOCK: usize = 1 << 16;

/// The maximum number of bytes reserved for the index of a crash-safe file, enough for about 1.3 million frames.
const MAX_RESERVE: u64 = 16 << 20;

/// Where the chunks are in the finished file.
#[derive(Clone, Copy, Debug)]
pub(super) enum Placed {
    /// Where they were recorded.
    AsRecorded,
    /// One after another from here on.
    From(u64),
}

/// The index of the samples, which is written table by table, so that a long movie's index is never in memory twice.
pub(super) struct Index<'a> {
    samples: &'a Samples,
    /// When the presentation of the last frame ends, in ticks from the first decoding.
    end: u64,
    /// The `moov` box without the entries of its tables.
    moov: Vec<u8>,
    /// Where the entries belong.
    gaps: Vec<Gap>,
    len: u64,
}

impl<'a> Index<'a> {
    /// Creates the index. `wide` says that chunks may begin beyond 4 GiB. The sum of the samples' durations replaces
    /// `timing.media`.
    pub fn new(header: &Header, samples: &'a Samples, timing: Timing, wide: bool) -> Result<Self> {
        let mut index =
            Self { samples, end: timing.media_time + timing.movie, moov: Vec::new(), gaps: Vec::new(), len: 0 };
        let tables: Vec<Table> = [
            Some(b"stts"),
            samples.iter().any(|sample| sample.offset != 0).then_some(b"ctts"),
            (samples.sync_count < samples.count).then_some(b"stss"),
            Some(b"stsc"),
            Some(b"stsz"),
            Some(if wide { b"co64" } else { b"stco" }),
        ]
        .into_iter()
        .flatten()
        .map(|name| index.table(*name))
        .collect();
        let moov = header.plain(Timing { media: samples.duration, ..timing }, samples.bytes, &tables);
        index.len = moov.len();
        if index.len > u64::from(u32::MAX) {
            let what = "the index in bytes";
            return Err(Mp4Error::TooLarge { what, value: index.len, limit: u32::MAX.into() }.into());
        }
        (index.moov, index.gaps) = moov.into_parts();
        Ok(index)
    }

    /// Returns the number of bytes of the whole box.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Passes the bytes of the box to `out`, in blocks.
    pub fn write(&self, placed: Placed, out: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut block = Vec::with_capacity(BLOCK);
        let mut written = 0;
        for gap in &self.gaps {
            block.extend_from_slice(&self.moov[written..gap.at]);
            written = gap.at;
            for word in self.words(gap.name, placed) {
                block.extend_from_slice(&word.to_be_bytes());
                if block.len() >= BLOCK {
                    out(&block)?;
                    block.clear();
                }
            }
        }
        block.extend_from_slice(&self.moov[written..]);
        out(&block)
    }

    /// Counts the entries of a table.
    fn table(&self, name: [u8; 4]) -> Table {
        let words_an_entry = match &name {
            b"stss" | b"stsz" | b"stco" => 1,
            b"stsc" => 3,
            _ => 2,
        };
        let words = self.words(name, Placed::AsRecorded).count() as u64;
        Table { name, entries: (words / words_an_entry) as u32, bytes: words * 4 }
    }

    /// Iterates over the entries of a table, word by word.
    fn words(&self, table: [u8; 4], placed: Placed) -> Box<dyn Iterator<Item = u32> + '_> {
        let samples = self.timed();
        let pairs = |(count, value)| [count, value];
        match &table {
            b"stts" => Box::new(runs(samples.map(|sample| sample.duration)).flat_map(pairs)),
            b"ctts" => Box::new(runs(samples.map(|sample| sample.offset)).flat_map(pairs)),
            b"stss" => Box::new(samples.zip(1..).filter(|(sample, _)| sample.sync).map(|(_, number)| number)),
            b"stsz" => Box::new(samples.map(|sample| sample.size)),
            b"stsc" => {
                let mut first = 1;
                Box::new(runs(self.samples.chunks.iter().map(|chunk| chunk.samples)).flat_map(
                    move |(count, samples)| {
                        let entry = [first, samples, 1];
                        first += count;
                        entry
                    },
                ))
            }
            b"stco" => Box::new(self.positions(placed).map(|position| position as u32)),
            _ => Box::new(self.positions(placed).flat_map(|position| [(position >> 32) as u32, position as u32])),
        }
    }

    /// Iterates over the samples, with decoding times changed so that no keyframe seems to last beyond the end of the
    /// movie.
    ///
    /// With B-frames, the duration of a sample is the time to the next decoding, which is the duration of a frame
    /// presented earlier. ffmpeg's reader (`mov_fix_index`), which Chromium uses too, adds it to the presentation time
    /// of a keyframe. It drops all frames after the second keyframe that then ends beyond the edit list. This happens
    /// to short slides after a long one. The sample after such a keyframe therefore gets an earlier decoding time, at
    /// the earliest right after that of the keyframe.
    fn timed(&self) -> impl Iterator<Item = Sample> + '_ {
        let (mut decoded, mut early) = (0, 0);
        self.samples.iter().zip(1..).map(move |(mut sample, number)| {
            sample.offset += early;
            sample.duration += early;
            early = 0;
            if sample.sync && number < self.samples.count {
                let left = self.end.saturating_sub(decoded + u64::from(sample.offset) + 1).max(1);
                early = u64::from(sample.duration).saturating_sub(left) as u32;
                sample.duration -= early;
            }
            decoded += u64::from(sample.duration);
            sample
        })
    }

    fn positions(&self, placed: Placed) -> impl Iterator<Item = u64> + '_ {
        let mut next = 0;
        self.samples.chunks.iter().map(move |Chunk { position, bytes, .. }| match placed {
            Placed::AsRecorded => *position,
            Placed::From(first) => {
                let here = first + next;
                next += bytes;
                here
            }
        })
    }
}

/// Iterates over runs of equal values. Each item is the length of a run and its value.
fn runs(values: impl Iterator<Item = u32>) -> impl Iterator<Item = (u32, u32)> {
    let mut values = values.peekable();
    std::iter::from_fn(move || {
        let value = values.next()?;
        let mut count = 1;
        while values.next_if_eq(&value).is_some() {
            count += 1;
        }
        Some((count, value))
    })
}

/// Returns the size in bytes of the `free` box that the index replaces, enough for the expected frames. It is at least
/// 16, so that the box can become an mdat header with a 64-bit size.
pub(super) fn reserve(header: &Header, container: &ContainerSettings, clock: Clock) -> u64 {
    // The limit prevents an overflow: no reserve has more bytes than that.
    let Some(frames) = container.expected_frames.map(|frames| frames.min(MAX_RESERVE)) else { return 16 };
    let tables = [b"stts", b"ctts", b"stss", b"stsc", b"stsz", b"co64"].map(Table::empty);
    // The largest durations have the longest fields. The edit list takes its durations from those of the movie.
    let longest = Timing { movie: u64::MAX, media: u64::MAX, media_time: 0 };
    let fixed = header.plain(longest, 0, &tables).len();
    // Each frame has a size and at worst a composition offset. One in eight is a sync sample. Each fragment has a
    // 64-bit position. At a variable rate, each frame also has a duration, and each fragment a count of samples.
    let variable = u64::from(clock.variable);
    let per_8_frames = 8 * (4 + 8 + 8 * variable) + 4;
    let per_fragment = 8 + 12 * variable;
    let frames_a_fragment = (fragment_ticks(container, clock) / i64::from(clock.frame.max(1))).max(1) as u64;
    let entries = frames * per_8_frames / 8 + frames.div_ceil(frames_a_fragment) * per_fragment;
    (fixed + entries + 64).min(MAX_RESERVE)
}

/// Returns the ticks after which a fragment ends.
pub(super) fn fragment_ticks(container: &ContainerSettings, clock: Clock) -> i64 {
    (container.fragment_seconds * f64::from(clock.timescale)).round() as i64
}
