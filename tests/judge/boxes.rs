//! Reads MP4 files on its own, knowing nothing of the crate: boxes by path, their fields as text, samples one by one.
#![allow(dead_code, missing_docs)]

/// A box and what it holds.
#[derive(Clone, Copy, Debug)]
pub struct Mp4Box<'a> {
    pub name: [u8; 4],
    /// The whole box.
    pub bytes: &'a [u8],
    /// Without its header.
    pub body: &'a [u8],
}

/// Boxes that hold boxes, and the bytes in front of the first.
fn before_children(name: &[u8; 4]) -> Option<usize> {
    match name {
        b"moov" | b"trak" | b"edts" | b"mdia" | b"minf" | b"dinf" | b"stbl" | b"mvex" | b"moof" | b"traf" | b"udta"
        | b"ilst" => Some(0),
        b"stsd" | b"dref" => Some(8),
        b"meta" => Some(4),
        b"avc1" => Some(78),
        _ => None,
    }
}

/// The boxes that follow one another in `bytes`, which they must fill.
pub fn boxes(bytes: &[u8]) -> Vec<Mp4Box<'_>> {
    let mut found = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        assert!(rest.len() >= 8, "{} bytes are no box", rest.len());
        let name: [u8; 4] = rest[4..8].try_into().unwrap();
        let (head, size) = match u32_at(rest, 0) {
            0 => (8, rest.len()),
            1 => (16, u64_at(rest, 8) as usize),
            size => (8, size as usize),
        };
        assert!(size >= head && size <= rest.len(), "{} of {size} bytes in {}", text(&name), rest.len());
        found.push(Mp4Box { name, bytes: &rest[..size], body: &rest[head..size] });
        rest = &rest[size..];
    }
    found
}

impl<'a> Mp4Box<'a> {
    pub fn children(&self) -> Vec<Mp4Box<'a>> {
        boxes(&self.body[before_children(&self.name).unwrap_or(self.body.len()).min(self.body.len())..])
    }
}

/// The first box at a path such as "moov/trak/mdia".
pub fn find<'a>(bytes: &'a [u8], path: &str) -> Option<Mp4Box<'a>> {
    let mut level = boxes(bytes);
    let mut found = None;
    for name in path.split('/') {
        let next = *level.iter().find(|candidate| text(&candidate.name) == name)?;
        level = if before_children(&next.name).is_some() { next.children() } else { Vec::new() };
        found = Some(next);
    }
    found
}

/// The whole bytes of the box of that name in the sample table or the sample entry; empty if there is none.
pub fn table<'a>(bytes: &'a [u8], name: &str) -> &'a [u8] {
    let path = match name {
        "avcC" | "colr" | "pasp" | "btrt" => format!("moov/trak/mdia/minf/stbl/stsd/avc1/{name}"),
        "elst" => "moov/trak/edts/elst".into(),
        _ => format!("moov/trak/mdia/minf/stbl/{name}"),
    };
    find(bytes, &path).map_or(&[], |found| found.bytes)
}

/// One sample of a plain file.
#[derive(Clone, Debug)]
pub struct Sample {
    pub data: Vec<u8>,
    /// In ticks of the media; the edit list's beginning is subtracted.
    pub pts: i64,
    pub dts: i64,
    pub duration: i64,
    pub sync: bool,
}

/// The samples of a plain (not fragmented) file's only track.
pub fn samples(bytes: &[u8]) -> Vec<Sample> {
    let words = |name: &str, skip: usize| -> Vec<u32> {
        table(bytes, name).get(skip..).unwrap_or_default().chunks_exact(4).map(|word| u32_at(word, 0)).collect()
    };
    let runs = |name: &str| -> Vec<u32> {
        words(name, 16).chunks_exact(2).flat_map(|run| std::iter::repeat_n(run[1], run[0] as usize)).collect()
    };
    let elst = table(bytes, "elst");
    let shift = if elst.is_empty() { 0 } else { i64::from(u32_at(elst, 20)) };
    let (durations, offsets, sync) = (runs("stts"), runs("ctts"), words("stss", 16));
    let all_sync = table(bytes, "stss").is_empty();
    let mut sizes = words("stsz", 20);
    if u32_at(table(bytes, "stsz"), 12) != 0 {
        sizes = vec![u32_at(table(bytes, "stsz"), 12); u32_at(table(bytes, "stsz"), 16) as usize];
    }
    let chunks: Vec<u64> = match table(bytes, "co64") {
        [] => words("stco", 16).into_iter().map(u64::from).collect(),
        co64 => co64[16..].chunks_exact(8).map(|word| u64_at(word, 0)).collect(),
    };
    let counts: Vec<[u32; 2]> = words("stsc", 16).chunks_exact(3).map(|entry| [entry[0], entry[1]]).collect();
    assert_eq!(sizes.len(), durations.len());

    let mut found = Vec::new();
    let mut dts = 0;
    for (index, chunk) in chunks.iter().enumerate() {
        let [_, count] = counts.iter().rfind(|[first, _]| *first as usize <= index + 1).unwrap();
        let mut at = *chunk as usize;
        for _ in 0..*count {
            let number = found.len();
            let duration = i64::from(durations[number]);
            let size = sizes[number] as usize;
            found.push(Sample {
                data: bytes[at..at + size].to_vec(),
                pts: dts + i64::from(offsets.get(number).copied().unwrap_or(0) as i32) - shift,
                dts: dts - shift,
                duration,
                sync: all_sync || sync.contains(&(number as u32 + 1)),
            });
            at += size;
            dts += duration;
        }
    }
    assert_eq!(found.len(), sizes.len());
    found
}

/// The sequence and picture parameter set of `avcC`.
pub fn parameter_sets(bytes: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let avcc = &table(bytes, "avcC")[8..];
    let sps = usize::from(u16::from_be_bytes([avcc[6], avcc[7]]));
    let pps_at = 8 + sps + 1;
    let pps = usize::from(u16::from_be_bytes([avcc[pps_at], avcc[pps_at + 1]]));
    (avcc[8..8 + sps].to_vec(), avcc[pps_at + 2..pps_at + 2 + pps].to_vec())
}

pub fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap())
}

pub fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_be_bytes(bytes[at..at + 8].try_into().unwrap())
}

fn text(name: &[u8]) -> String {
    name.iter().map(|byte| *byte as char).collect()
}

/// The complete boxes at the beginning of a file that may end within one.
pub fn complete_boxes(bytes: &[u8]) -> &[u8] {
    let mut at = 0;
    while let Some(head) = bytes.get(at..at + 8) {
        let size = match u32_at(head, 0) {
            1 => bytes.get(at + 8..at + 16).map_or(u64::MAX, |size| u64_at(size, 0)),
            size => size.into(),
        };
        match usize::try_from(size).ok().and_then(|size| at.checked_add(size)).filter(|end| *end <= bytes.len()) {
            Some(end) if size >= 8 => at = end,
            _ => break,
        }
    }
    &bytes[..at]
}

/// How many samples are in the complete fragments at the beginning of a file, each a `moof` and its `mdat`, and where
/// the last of these ends.
pub fn complete_fragments(bytes: &[u8]) -> (usize, usize) {
    let (mut count, mut end, mut pending, mut at) = (0, 0, 0, 0);
    while let Some(head) = bytes.get(at..at + 8) {
        let size = u32_at(head, 0) as usize;
        let Some(whole) = bytes.get(at..at + size.max(8)) else { break };
        at += size.max(8);
        match &head[4..8] {
            b"moof" => pending = u32_at(find(whole, "moof/traf/trun").unwrap().body, 4) as usize,
            b"mdat" => {
                count += std::mem::take(&mut pending);
                end = at;
            }
            _ => {}
        }
    }
    (count, end)
}
