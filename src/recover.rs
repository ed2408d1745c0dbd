//! Finishing a recording that was cut short.

use std::path::Path;

use crate::mp4::{Mp4Layout, Reader, Summary};
use crate::sink::UnfinishedFile;
use crate::{Error, Result};

/// The most bytes that a `moov` or `moof` box may have; they are read into memory. Those of this crate are far below.
const MAX_HEAD: u64 = 64 << 20;

/// What [`recover`] has made of an unfinished file.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Recovered {
    /// Frames in the movie.
    pub frames: u64,
    /// Duration of the movie in seconds.
    pub seconds: f64,
    /// Size of the movie in bytes.
    pub bytes: u64,
    /// Bytes of an incomplete fragment that were cut off at the end.
    pub lost_bytes: u64,
}

impl std::fmt::Display for Recovered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { frames, seconds, bytes, lost_bytes } = self;
        write!(
            f,
            "{frames} frames, {seconds:.3} s, {bytes} bytes; {lost_bytes} bytes of an incomplete fragment cut off"
        )
    }
}

/// Makes an unfinished file a finished movie, in place.
///
/// A recording that was killed, or ran out of disk or power, leaves a file like `demo.mp4.k3Xz9Q.part` beside where the
/// movie was to be. It plays as it is; recovering gives it the index and the layout of a finished movie, losing at most
/// the incomplete fragment at its end and, after a power cut, what the system had not written yet. The file keeps its
/// name; rename it as you like. A power cut or kill while recovering leaves it as recoverable as before, and a movie
/// that is finished already is left as it is.
///
/// ```no_run
/// let movie = kinetograph::recover("demo.mp4.k3Xz9Q.part")?;
/// println!("{movie}");
/// std::fs::rename("demo.mp4.k3Xz9Q.part", "demo.mp4").expect("the same folder");
/// # Ok::<(), kinetograph::Error>(())
/// ```
///
/// # Errors
/// [`Error::Io`] if the file cannot be read or written, or is still being recorded; [`Error::Mp4`] if it is not a
/// recording of the layouts crash-safe or fragmented, has no complete fragment, or is damaged in front of others.
/// Nothing is changed then.
pub fn recover(path: impl AsRef<Path>) -> Result<Recovered> {
    let path = path.as_ref();
    let mut file = UnfinishedFile::open(path)?;
    let length = file.len();
    let found = scan(&mut file).map_err(|error| match error {
        Error::Mp4(why) => Error::Mp4(format!("{}: {why}", path.display())),
        other => other,
    })?;
    match found {
        Found::Finished(Summary { frames, seconds }) => {
            Ok(Recovered { frames: frames.into(), seconds, bytes: length, lost_bytes: 0 })
        }
        Found::Unfinished { reader, form, reserve, end } => {
            let Summary { frames, seconds } = reader.summarise();
            let finished = reader.finish(form, reserve, end)?;
            file.truncate(end)?;
            file.complete(&finished)?;
            let bytes = file.finish()?;
            Ok(Recovered { frames: frames.into(), seconds, bytes, lost_bytes: length - end })
        }
    }
}

enum Found {
    Finished(Summary),
    Unfinished { reader: Box<Reader>, form: Mp4Layout, reserve: (u64, u64), end: u64 },
}

/// A box in the file.
struct BoxAt {
    name: [u8; 4],
    start: u64,
    body: u64,
    end: u64,
}

/// The header of the box at `at`; `None` if the file ends within the box, or where none can be.
fn box_at(file: &mut UnfinishedFile, at: u64) -> Result<Option<BoxAt>> {
    let mut head = [0; 16];
    let there = file.len().saturating_sub(at).min(16) as usize;
    if there < 8 {
        return Ok(None);
    }
    file.read(at, &mut head[..there])?;
    let [a, b, c, d, name @ .., _, _, _, _, _, _, _, _] = head;
    let (body, size) = match u32::from_be_bytes([a, b, c, d]) {
        1 => (16, u64::from_be_bytes([head[8], head[9], head[10], head[11], head[12], head[13], head[14], head[15]])),
        size => (8, u64::from(size)),
    };
    let end = at.checked_add(size).filter(|end| size >= body && *end <= file.len());
    Ok(end.map(|end| BoxAt { name, start: at, body: at + body, end }))
}

/// The bytes of a box, header included.
fn read(file: &mut UnfinishedFile, found: &BoxAt) -> Result<Vec<u8>> {
    let size = found.end - found.start;
    if size > MAX_HEAD {
        let name = found.name.escape_ascii();
        return Err(Error::Mp4(format!("its {name} box has {size} bytes; at most {MAX_HEAD} can be")));
    }
    let mut bytes = vec![0; size as usize];
    file.read(found.start, &mut bytes)?;
    Ok(bytes)
}

fn scan(file: &mut UnfinishedFile) -> Result<Found> {
    let wrong = |why: &str| Err(Error::Mp4(why.into()));
    let Some(ftyp) = box_at(file, 0)?.filter(|first| &first.name == b"ftyp") else {
        return wrong("it is not an MP4 file");
    };
    let mut form = Mp4Layout::Fragmented;
    let mut reserve = (ftyp.end, 0);
    let mut next = box_at(file, ftyp.end)?;
    if let Some(free) = next.as_ref().filter(|second| &second.name == b"free") {
        form = Mp4Layout::CrashSafe;
        reserve.1 = free.end - free.start;
        next = box_at(file, free.end)?;
    }
    // A movie whose index did not fit in its reserve has it at the end.
    if let Some(mdat) = next.as_ref().filter(|second| &second.name == b"mdat") {
        next = box_at(file, mdat.end)?;
    }
    let Some(moov) = next.filter(|second| &second.name == b"moov") else {
        return wrong("it has no index: it is a progressive recording, or ends before its first fragment");
    };
    let bytes = read(file, &moov)?;
    if let Some(summary) = Reader::summary(&bytes)? {
        return match box_at(file, moov.end)? {
            Some(mdat) if &mdat.name == b"mdat" => Ok(Found::Finished(summary)),
            None if moov.end == file.len() => Ok(Found::Finished(summary)),
            _ => wrong("its index is finished but its samples are not complete"),
        };
    }
    let mut reader = Reader::new(&bytes)?;
    let mut end = moov.end;
    // What is not a whole fragment is the incomplete end of the recording.
    while let Some((moof, mdat)) = fragment_at(file, end)? {
        let bytes = read(file, &moof)?;
        let mut word_at = |at| {
            let mut word = [0; 4];
            file.read(at, &mut word)?;
            Ok(u32::from_be_bytes(word))
        };
        match reader.push(&bytes, moof.start, mdat.body..mdat.end, &mut word_at) {
            Ok(()) => end = mdat.end,
            Err(Error::Mp4(_)) => break,
            Err(error) => return Err(error),
        }
    }
    if let Some(next) = fragment_behind(file, end)? {
        return wrong(&format!("the fragment at byte {end} is damaged, and another one follows at byte {next}"));
    }
    if end == moov.end {
        return wrong("it has no complete fragment");
    }
    Ok(Found::Unfinished { reader: Box::new(reader), form, reserve, end })
}

/// Where a fragment begins behind the one that is to begin at `at`: such a file is not cut short but damaged, and to cut
/// it there would lose the rest.
fn fragment_behind(file: &mut UnfinishedFile, at: u64) -> Result<Option<u64>> {
    /// Bytes that are searched at a time.
    const BLOCK: u64 = 1 << 20;
    /// Bytes of the headers of `moof` and of `mfhd`, its first child.
    const HEADS: u64 = 16;
    let mut from = at + 1;
    let mut block = Vec::new();
    while from + HEADS <= file.len() {
        block.resize((file.len() - from).min(BLOCK) as usize, 0);
        file.read(from, &mut block)?;
        let heads = block.windows(HEADS as usize);
        if let Some(place) = heads.into_iter().position(|head| &head[4..8] == b"moof" && &head[12..] == b"mfhd") {
            return Ok(Some(from + place as u64));
        }
        from += block.len() as u64 - (HEADS - 1);
    }
    Ok(None)
}

fn fragment_at(file: &mut UnfinishedFile, at: u64) -> Result<Option<(BoxAt, BoxAt)>> {
    let Some(moof) = box_at(file, at)?.filter(|found| &found.name == b"moof" && found.end - found.start <= MAX_HEAD)
    else {
        return Ok(None);
    };
    let mdat = box_at(file, moof.end)?.filter(|found| &found.name == b"mdat");
    Ok(mdat.map(|mdat| (moof, mdat)))
}
