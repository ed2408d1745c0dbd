//! Bytes of boxes: what the mp4 crate's writers lack.

use mp4::{BoxHeader, BoxType, WriteBox};

use crate::{Error, Result};

/// The bytes of a box of the mp4 crate.
pub(super) fn bytes_of<B: for<'a> WriteBox<&'a mut Vec<u8>>>(whole: &B) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    whole.write_box(&mut bytes).map_err(|error| Error::Mp4(error.to_string()))?;
    Ok(bytes)
}

/// A box of any type round `payload`, which must be shorter than 4 GiB.
pub(super) fn boxed(name: &[u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut bytes = header(name, 8 + payload.len() as u64);
    bytes.extend_from_slice(payload);
    bytes
}

/// The header of a box of `size` bytes in all: 8 bytes, or 16 where the size needs 64 bits.
pub(super) fn header(name: &[u8; 4], size: u64) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(16);
    BoxHeader::new(BoxType::from(u32::from_be_bytes(*name)), size).write(&mut bytes).expect("a Vec takes every write");
    bytes
}

/// The header of the mdat box round `payload` bytes. The crate's `BoxHeader` does not count its own longer form.
pub(super) fn mdat_header(payload: u64) -> Vec<u8> {
    let short = payload + 8;
    header(b"mdat", if short > u64::from(u32::MAX) { payload + 16 } else { short })
}

/// A box as it stands in a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub name: [u8; 4],
    /// Where its header begins.
    pub start: usize,
    /// Where its payload begins.
    pub body: usize,
    /// Where it ends.
    pub end: usize,
}

/// Bytes between the beginning of a box's payload and its first child, for those that hold children.
fn before_children(name: [u8; 4]) -> usize {
    match &name {
        b"stsd" => 8,
        b"avc1" => 78,
        b"meta" => 4,
        _ => 0,
    }
}

/// The boxes that follow one another in `bytes[from..to]`. Ends at the first that does not fit.
pub(super) fn children(bytes: &[u8], from: usize, to: usize) -> impl Iterator<Item = Found> + '_ {
    let mut at = from;
    std::iter::from_fn(move || {
        let head: &[u8; 8] = bytes.get(at..to)?.first_chunk()?;
        let size = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let found = Found { name: [head[4], head[5], head[6], head[7]], start: at, body: at + 8, end: at + size };
        if size < 8 || found.end > to {
            return None;
        }
        at = found.end;
        Some(found)
    })
}

/// The first box at a path, such as `[b"moov", b"trak"]`, with the boxes that it stands in, outermost first.
pub(super) fn find(bytes: &[u8], path: &[&[u8; 4]]) -> Option<Vec<Found>> {
    let (mut from, mut to) = (0, bytes.len());
    let mut way = Vec::with_capacity(path.len());
    for name in path {
        let found = children(bytes, from, to).find(|child| child.name == **name)?;
        (from, to) = (found.body + before_children(found.name), found.end);
        way.push(found);
    }
    Some(way)
}

/// Adds `bytes` to the end of the box at a path that the crate has just written, and to the sizes of those round it.
pub(super) fn append(whole: &mut Vec<u8>, path: &[&[u8; 4]], bytes: &[u8]) {
    let way = find(whole, path).expect("the path names boxes just written");
    let at = way.last().map_or(whole.len(), |last| last.end);
    for found in &way {
        grow(whole, *found, bytes.len() as u32);
    }
    whole.splice(at..at, bytes.iter().copied());
}

/// Raises the size in a box's header.
pub(super) fn grow(whole: &mut [u8], found: Found, by: u32) {
    let size = (found.end - found.start) as u32 + by;
    whole[found.start..found.start + 4].copy_from_slice(&size.to_be_bytes());
}
