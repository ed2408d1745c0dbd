//! The `moov` box of a finished movie, written table by table, so that a long movie's index is never in memory twice.

use super::boxes::{Found, children, find, grow};
use super::header::{Durations, Header, STBL, Tables};
use super::samples::{Chunk, Sample, Samples};
use crate::settings::Settings;
use crate::{Error, Result};

/// How many bytes are handed over at a time.
pub(super) const BLOCK: usize = 1 << 16;

/// The most bytes reserved for the index of a crash-safe file: about 1.3 million frames.
const MAX_RESERVE: u64 = 16 << 20;

/// Where the chunks are in the finished file.
#[derive(Clone, Copy, Debug)]
pub(super) enum Placed {
    /// Where they were recorded.
    AsRecorded,
    /// One after another from here on.
    From(u64),
}

/// The index of the samples: everything but where they are.
pub(super) struct Index<'a> {
    samples: &'a Samples,
    /// When the last frame's showing ends, in ticks from the first decoding.
    end: u64,
    /// The `moov` box with empty tables but right sizes.
    frame: Vec<u8>,
    /// Where in `frame` the entries of a table belong, in order.
    tables: Vec<(usize, [u8; 4])>,
    len: u64,
}

impl<'a> Index<'a> {
    /// `wide` if chunks may begin beyond 4 GiB.
    pub fn new(header: &Header, samples: &'a Samples, movie: u64, media_time: u64, wide: bool) -> Result<Self> {
        let tables = Tables {
            offsets: samples.iter().any(|sample| sample.offset != 0),
            sync: samples.sync_count < samples.count,
            wide,
        };
        let durations = Durations { movie, media: samples.duration };
        let frame = header.plain(durations, media_time, samples.bytes, tables)?;
        let mut index = Self { samples, end: media_time + movie, frame, tables: Vec::new(), len: 0 };
        index.open_tables()?;
        Ok(index)
    }

    /// Bytes of the whole box.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Hands the box over in blocks.
    pub fn write(&self, placed: Placed, out: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut block = Vec::with_capacity(BLOCK);
        let mut written = 0;
        for (end, name) in &self.tables {
            block.extend_from_slice(&self.frame[written..*end]);
            written = *end;
            for word in self.words(*name, placed) {
                block.extend_from_slice(&word.to_be_bytes());
                if block.len() >= BLOCK {
                    out(&block)?;
                    block.clear();
                }
            }
        }
        block.extend_from_slice(&self.frame[written..]);
        out(&block)
    }

    /// Finds the tables, counts their entries and raises the sizes by what the entries will take.
    fn open_tables(&mut self) -> Result<()> {
        let way = find(&self.frame, &STBL).expect("the header has just written it");
        let stbl = way[STBL.len() - 1];
        let mut added = 0u64;
        for found in children(&self.frame, stbl.body, stbl.end).collect::<Vec<Found>>() {
            let words_an_entry = match &found.name {
                b"stsd" => continue,
                b"stss" | b"stsz" | b"stco" => 1,
                b"stsc" => 3,
                _ => 2,
            };
            let words = self.words(found.name, Placed::AsRecorded).count() as u64;
            // After version and flags; stsz has a size for all samples first.
            let count = found.body + if &found.name == b"stsz" { 8 } else { 4 };
            let entries = (words / words_an_entry) as u32;
            self.frame[count..count + 4].copy_from_slice(&entries.to_be_bytes());
            added += words * 4;
            self.len = self.frame.len() as u64 + added;
            if self.len > u64::from(u32::MAX) {
                return Err(Error::Mp4(format!("the index of {} frames exceeds 4 GiB", self.samples.count)));
            }
            grow(&mut self.frame, found, (words * 4) as u32);
            self.tables.push((found.end, found.name));
        }
        for found in way {
            grow(&mut self.frame, found, added as u32);
        }
        Ok(())
    }

    /// The entries of a table as big-endian words.
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

    /// The samples, with decoding times by which no keyframe seems to last beyond the movie.
    ///
    /// With B-frames a sample's duration, which is the time to the next decoding, is that of a frame shown earlier.
    /// What reads with ffmpeg (`mov_fix_index`), such as Chromium, adds it to the time a keyframe is shown at, and drops
    /// the frames after the second keyframe that ends beyond the edit list: short slides after a long one. What follows
    /// such a keyframe is therefore decoded earlier, right behind it if need be.
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

/// Equal values that follow one another, with their count.
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

/// Bytes of the `free` box that the index is to go into, enough for the expected frames: at least the 16 that make it an
/// mdat header with a 64-bit size.
pub(super) fn reserve(header: &Header, settings: &Settings) -> Result<u64> {
    // More frames than the reserve can have bytes make no difference.
    let Some(frames) = settings.container.expected_frames.map(|frames| frames.min(MAX_RESERVE)) else { return Ok(16) };
    let tables = Tables { offsets: true, sync: true, wide: true };
    let fixed = header.plain(Durations { movie: u64::MAX, media: u64::MAX }, 0, 0, tables)?.len() as u64;
    // A frame has a size and at worst a composition offset, one in eight is a sync sample; a fragment has a 64-bit
    // position. At a variable rate a frame also has a duration, and a fragment a count of samples.
    let variable = u64::from(settings.variable_rate);
    let per_8_frames = 8 * (4 + 8 + 8 * variable) + 4;
    let per_fragment = 8 + 12 * variable;
    let frames_a_fragment = (fragment_ticks(settings) / i64::from(header.frame)).max(1) as u64;
    let entries = frames * per_8_frames / 8 + frames.div_ceil(frames_a_fragment) * per_fragment;
    Ok((fixed + entries + 64).min(MAX_RESERVE))
}

/// Ticks after which a fragment ends.
pub(super) fn fragment_ticks(settings: &Settings) -> i64 {
    (settings.container.fragment_seconds * f64::from(settings.clock().timescale)).round() as i64
}
