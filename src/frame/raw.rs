//! Reads raw frames from a reader, in bands of rows, for `Movie::push_from`.

use std::io::{ErrorKind, Read};

use super::{Frame, PixelFormat, row_bytes};
use crate::{Error, FramePart, Result};

/// The number of bytes read at a time. So many stay in a core's L2 cache until they are converted.
const BAND: usize = 256 << 10;

/// Reads the pixels of a frame, row after row without gaps, and passes them to `each` in bands with the index of their
/// first row. All bands but the last have an even number of rows. Returns `false` at the end of the input.
///
/// # Errors
/// [`Error::FrameData`] if the input ends inside the frame, [`Error::Io`] if it cannot be read.
pub(crate) fn read_bands(
    mut input: impl Read,
    (width, height): (u32, u32),
    format: PixelFormat,
    buffer: &mut Vec<u8>,
    mut each: impl FnMut(&Frame<'_>, usize),
) -> Result<bool> {
    let row = row_bytes(width, format);
    let band_rows = ((BAND / row).max(2) / 2 * 2).min(height as usize);
    buffer.resize(band_rows * row, 0);
    let mut first = 0;
    while first < height as usize {
        let rows = band_rows.min(height as usize - first);
        let band = &mut buffer[..rows * row];
        let got = first * row + fill(&mut input, band).map_err(Error::io("reading a frame"))?;
        if got == 0 {
            return Ok(false);
        }
        if got < (first + rows) * row {
            let (part, needed) = (FramePart::Input, height as usize * row);
            return Err(Error::FrameData { part, got, needed, width, height, format });
        }
        each(&Frame::new(band, width, rows as u32, format), first);
        first += rows;
    }
    Ok(true)
}

/// Reads until the buffer is full or the input ends. Returns the number of bytes read.
pub(crate) fn fill(input: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
