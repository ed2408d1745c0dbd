//! `BoxWriter` and `BoxHead`: write nested boxes, parse box headers, and find boxes in bytes.

use mp4::WriteBox;

/// Writes boxes. Closures write the contents, and nest as the boxes do.
#[derive(Default)]
pub(super) struct BoxWriter {
    bytes: Vec<u8>,
    gaps: Vec<Gap>,
    gap_bytes: u64,
}

/// Space in a box for contents that are written later, because they are too large to be in memory twice.
pub(super) struct Gap {
    /// The box's type.
    pub name: [u8; 4],
    /// Where in the bytes written the contents belong.
    pub at: usize,
}

impl BoxWriter {
    /// Writes a box whose contents `fill` writes.
    pub fn boxed(&mut self, name: &[u8; 4], fill: impl FnOnce(&mut Self)) {
        self.extended(&[&[0; 4], &name[..]].concat(), fill);
    }

    /// Writes a box that is already serialised, and appends what `fill` writes to it.
    pub fn extended(&mut self, whole: &[u8], fill: impl FnOnce(&mut Self)) {
        let (start, length) = (self.bytes.len(), self.len());
        self.bytes(whole);
        fill(self);
        // `Index` checks that the outermost box is at most 4 GiB, so every box is.
        let size = (self.len() - length) as u32;
        self.bytes[start..start + 4].copy_from_slice(&size.to_be_bytes());
    }

    /// Writes a box of the mp4 crate.
    pub fn put(&mut self, whole: &impl for<'a> WriteBox<&'a mut Vec<u8>>) {
        // Writing to a Vec cannot fail. The crate refuses only versions above 1 and a trun without sizes.
        whole.write_box(&mut self.bytes).expect("a box that the crate can write");
    }

    /// Writes bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Writes 32-bit words.
    pub fn words(&mut self, words: &[u32]) {
        words.iter().for_each(|word| self.bytes(&word.to_be_bytes()));
    }

    /// Leaves space for `bytes` bytes of the box `name`.
    pub fn gap(&mut self, name: [u8; 4], bytes: u64) {
        self.gaps.push(Gap { name, at: self.bytes.len() });
        self.gap_bytes += bytes;
    }

    /// Returns the number of bytes written so far, including the gaps.
    pub fn len(&self) -> u64 {
        self.bytes.len() as u64 + self.gap_bytes
    }

    /// Returns the bytes, without the gaps, and the gaps in order.
    pub fn into_parts(self) -> (Vec<u8>, Vec<Gap>) {
        (self.bytes, self.gaps)
    }
}

/// Returns the bytes of a box of the mp4 crate.
pub(super) fn bytes_of(whole: &impl for<'a> WriteBox<&'a mut Vec<u8>>) -> Vec<u8> {
    let mut out = BoxWriter::default();
    out.put(whole);
    out.bytes
}

/// Returns the header of a box of `size` bytes in all: 8 bytes, or 16 where the size needs 64 bits.
pub(super) fn header(name: &[u8; 4], size: u64) -> Vec<u8> {
    match u32::try_from(size) {
        Ok(size) => [size.to_be_bytes(), *name].concat(),
        Err(_) => [&1u32.to_be_bytes()[..], name, &size.to_be_bytes()].concat(),
    }
}

/// Returns the header of the mdat box around `payload` bytes.
pub(super) fn mdat_header(payload: u64) -> Vec<u8> {
    let short = payload + 8;
    header(b"mdat", if short > u64::from(u32::MAX) { payload + 16 } else { short })
}

/// The header of a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BoxHead {
    pub name: [u8; 4],
    /// Bytes of the header: 8, or 16 with a size of 64 bits.
    pub length: u64,
    /// Bytes of the box, header included; at least `length`.
    pub size: u64,
}

impl BoxHead {
    /// Reads the header at the beginning of a box. Returns `None` if there are too few bytes or the size is not valid.
    /// A size of 0, for a box that extends to the end of the file, is not valid here: such a box has not been finished.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (size, rest) = bytes.split_first_chunk()?;
        let (name, rest) = rest.split_first_chunk()?;
        let (length, size) = match u32::from_be_bytes(*size) {
            1 => (16, u64::from_be_bytes(*rest.first_chunk()?)),
            size => (8, u64::from(size)),
        };
        (size >= length).then_some(Self { name: *name, length, size })
    }
}

/// Where a box is in a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BoxSpan {
    pub name: [u8; 4],
    /// Where its header begins.
    pub start: usize,
    /// Where its payload begins.
    pub body: usize,
    /// Where it ends.
    pub end: usize,
}

/// Iterates over the consecutive boxes in `bytes[from..to]`. Ends at the first box that does not fit or has a 64-bit
/// size, which no box inside a `moov` or `moof` of this crate has.
pub(super) fn children(bytes: &[u8], from: usize, to: usize) -> impl Iterator<Item = BoxSpan> + '_ {
    let mut at = from;
    std::iter::from_fn(move || {
        let head = BoxHead::parse(bytes.get(at..to)?).filter(|head| head.length == 8)?;
        let end = at.checked_add(usize::try_from(head.size).ok()?).filter(|end| *end <= to)?;
        let start = std::mem::replace(&mut at, end);
        Some(BoxSpan { name: head.name, start, body: start + 8, end })
    })
}

/// Returns whether boxes fill `bytes[from..to]`.
pub(super) fn fills(bytes: &[u8], from: usize, to: usize) -> bool {
    children(bytes, from, to).last().map_or(from, |last| last.end) == to
}

/// Finds the first box at a path, such as `[b"moov", b"trak"]`. All boxes on the path but the last contain only boxes.
pub(super) fn find(bytes: &[u8], path: &[&[u8; 4]]) -> Option<BoxSpan> {
    let (mut from, mut to) = (0, bytes.len());
    let mut found = None;
    for name in path {
        let next = children(bytes, from, to).find(|child| child.name == **name)?;
        (from, to) = (next.body, next.end);
        found = Some(next);
    }
    found
}
