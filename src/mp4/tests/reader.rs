//! Reads movies without the parsers of the crate: where the samples are, and when they are shown.

use crate::sink::ReadAt;

impl ReadAt for Vec<u8> {
    fn len(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, at: u64, bytes: &mut [u8]) -> crate::Result<()> {
        bytes.copy_from_slice(&self[at as usize..][..bytes.len()]);
        Ok(())
    }
}

/// Where a box is in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub name: [u8; 4],
    pub start: u64,
    /// Where its contents begin.
    pub body: u64,
    pub end: u64,
}

/// A sample of a movie's only track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    /// Where its bytes begin in the file.
    pub position: u64,
    pub size: u64,
    /// In ticks, counted from the time at which the edit list begins.
    pub pts: i64,
    pub dts: i64,
    pub sync: bool,
}

impl Sample {
    /// Returns the bytes of the sample.
    pub fn data(&self, file: &impl ReadAt) -> Vec<u8> {
        read(file, self.position, self.size)
    }
}

fn read(file: &impl ReadAt, at: u64, length: u64) -> Vec<u8> {
    let mut bytes = vec![0; length as usize];
    file.read_at(at, &mut bytes).unwrap();
    bytes
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_be_bytes(bytes[at..at + 2].try_into().unwrap())
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap())
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_be_bytes(bytes[at..at + 8].try_into().unwrap())
}

/// Returns the boxes that are complete from the beginning of a file to the first that is not.
pub(crate) fn top_boxes(file: &impl ReadAt) -> Vec<Place> {
    let mut found = Vec::new();
    let mut start = 0;
    while start + 8 <= file.len() {
        let head = read(file, start, (file.len() - start).min(16));
        let (body, size) = match u32_at(&head, 0) {
            0 => (8, file.len() - start),
            1 if head.len() == 16 => (16, u64_at(&head, 8)),
            size => (8, size.into()),
        };
        let end = start + size;
        if size < body || end > file.len() {
            break;
        }
        found.push(Place { name: head[4..8].try_into().unwrap(), start, body: start + body, end });
        start = end;
    }
    found
}

/// Returns names and contents of the boxes that fill `bytes`.
pub(super) fn boxes(bytes: &[u8]) -> Vec<([u8; 4], &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(|| {
        let size = if rest.is_empty() { return None } else { u32_at(rest, 0) as usize };
        let (whole, after) = rest.split_at(size);
        rest = after;
        Some((whole[4..8].try_into().unwrap(), &whole[8..]))
    })
    .collect()
}

/// Returns the contents of the box at a path through boxes that hold boxes alone.
fn find<'a>(bytes: &'a [u8], path: &str) -> Option<&'a [u8]> {
    path.split('/').try_fold(bytes, |inside, name| {
        boxes(inside).into_iter().find(|(found, _)| found == name.as_bytes()).map(|(_, body)| body)
    })
}

/// Returns the samples of a finished movie, or of the complete fragments of a recording.
pub(crate) fn samples(file: &impl ReadAt) -> Vec<Sample> {
    let top = top_boxes(file);
    let moov = top.iter().find(|place| &place.name == b"moov").expect("a moov box");
    let moov = read(file, moov.body, moov.end - moov.body);
    // One edit; version 0 has fields of 32 bits.
    let elst = find(&moov, "trak/edts/elst").expect("an edit list");
    let delay = if elst[0] == 0 { u32_at(elst, 12).into() } else { u64_at(elst, 16) as i64 };
    let mut samples = match find(&moov, "mvex") {
        None => indexed(find(&moov, "trak/mdia/minf/stbl").expect("tables")),
        Some(_) => top
            .windows(2)
            .filter(|pair| pair[0].name == *b"moof" && pair[1].name == *b"mdat")
            .flat_map(|pair| in_fragment(&read(file, pair[0].body, pair[0].end - pair[0].body), pair[0].start))
            .collect(),
    };
    for sample in &mut samples {
        (sample.pts, sample.dts) = (sample.pts - delay, sample.dts - delay);
    }
    samples
}

/// Returns what the sample tables say, in ticks of the media.
fn indexed(stbl: &[u8]) -> Vec<Sample> {
    // After version and flags.
    let words = |name: &str| -> Option<Vec<u32>> {
        find(stbl, name).map(|table| table[4..].chunks_exact(4).map(|word| u32_at(word, 0)).collect())
    };
    let entries = |name: &str| words(name).map(|words| words[1..].to_vec()).unwrap_or_default();
    let runs = |name: &str| -> Vec<u32> {
        entries(name).chunks(2).flat_map(|run| std::iter::repeat_n(run[1], run[0] as usize)).collect()
    };
    let (durations, offsets, sync) = (runs("stts"), runs("ctts"), words("stss").map(|words| words[1..].to_vec()));
    let sizes = words("stsz").unwrap();
    assert_eq!((sizes[0], sizes[1] as usize), (0, sizes.len() - 2), "each sample has a size");
    assert_eq!(durations.len(), sizes.len() - 2);
    let chunks: Vec<u64> = match find(stbl, "co64") {
        Some(table) => table[8..].chunks_exact(8).map(|position| u64_at(position, 0)).collect(),
        None => entries("stco").into_iter().map(u64::from).collect(),
    };
    let counts = entries("stsc");
    let mut samples = Vec::new();
    let mut dts = 0;
    for (chunk, mut position) in (1..).zip(chunks) {
        let run = counts.chunks(3).rfind(|run| run[0] <= chunk).expect("a count for each chunk");
        for index in samples.len()..samples.len() + run[1] as usize {
            let (size, offset) = (sizes[index + 2].into(), offsets.get(index).copied().unwrap_or(0));
            let sync = sync.as_ref().is_none_or(|sync| sync.contains(&(index as u32 + 1)));
            samples.push(Sample { position, size, pts: dts + i64::from(offset), dts, sync });
            position += size;
            dts += i64::from(durations[index]);
        }
    }
    assert_eq!(samples.len(), durations.len());
    samples
}

/// Returns what a `moof` box that begins at `start` says, in ticks of the media.
fn in_fragment(moof: &[u8], start: u64) -> Vec<Sample> {
    let table = |name| find(moof, name).expect(name);
    let (tfhd, tfdt, trun) = (table("traf/tfhd"), table("traf/tfdt"), table("traf/trun"));
    let flags = u32_at(trun, 0) & 0xff_ffff;
    // In a tfhd, the usual duration and flags of a sample stand behind the track if bits 3 and 5 are set.
    let has_duration = u32_at(tfhd, 0) & 8 != 0;
    let usual_duration = if has_duration { u32_at(tfhd, 8) } else { 0 };
    let usual_flags = u32_at(tfhd, if has_duration { 12 } else { 8 });
    let mut position = start + u64::from(u32_at(trun, 8));
    let mut dts = u64_at(tfdt, 4) as i64;
    let mut at = 12;
    let mut next = |flag| {
        (flags & flag != 0).then(|| {
            at += 4;
            u32_at(trun, at - 4)
        })
    };
    let mut first_flags = next(4);
    let mut samples = Vec::new();
    for _ in 0..u32_at(trun, 4) {
        let duration = next(0x100).unwrap_or(usual_duration);
        let size = next(0x200).expect("each sample has a size").into();
        let flags = next(0x400).or(first_flags.take()).unwrap_or(usual_flags);
        let pts = dts + i64::from(next(0x800).unwrap_or(0));
        samples.push(Sample { position, size, pts, dts, sync: flags & 0x1_0000 == 0 });
        position += size;
        dts += i64::from(duration);
    }
    samples
}
