//! Reads the pixels of each `PixelFormat` as blocks of four-byte pixels. A new format is added here.

use crate::PixelFormat;

/// The number of columns of a block.
pub(super) const COLUMNS: usize = 64;

/// Pixels of four bytes each. The second byte is green, the fourth is alpha.
pub(super) type Block = [u8; 4 * COLUMNS];

/// Returns the block of `row` that begins at column `start`.
#[inline(always)]
pub(super) fn block(row: &[u8], start: usize) -> &Block {
    row[4 * start..].first_chunk().expect("the caller passes the start of a whole block")
}

/// The meaning of the four bytes of a pixel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    /// Whether the first byte is blue and the third is red; otherwise the first is red and the third is blue.
    pub blue_first: bool,
    /// Whether the colours are multiplied by alpha.
    pub premultiplied: bool,
}

impl Order {
    /// Returns the order of the bytes that [`widen`] writes.
    pub fn of(format: PixelFormat) -> Self {
        let (blue_first, premultiplied) = match format {
            PixelFormat::Rgba8 | PixelFormat::Rgb8 | PixelFormat::Gray8 => (false, false),
            PixelFormat::Rgba8Premultiplied => (false, true),
            PixelFormat::Bgra8 => (true, false),
            PixelFormat::Bgra8Premultiplied => (true, true),
        };
        Self { blue_first, premultiplied }
    }
}

/// Fills a block with the first pixels of `row`, repeating the last one if there are too few.
#[inline(always)]
pub(super) fn widen(format: PixelFormat, row: &[u8], block: &mut Block) {
    match format {
        PixelFormat::Rgba8 | PixelFormat::Rgba8Premultiplied | PixelFormat::Bgra8 | PixelFormat::Bgra8Premultiplied => {
            fill(row, block, |pixel: [u8; 4]| pixel)
        }
        PixelFormat::Rgb8 => fill(row, block, |[r, g, b]| [r, g, b, 255]),
        PixelFormat::Gray8 => fill(row, block, |[gray]| [gray, gray, gray, 255]),
    }
}

#[inline(always)]
fn fill<const BYTES: usize>(row: &[u8], block: &mut Block, four: impl Fn([u8; BYTES]) -> [u8; 4]) {
    let pixels = row.as_chunks::<BYTES>().0;
    let places = block.as_chunks_mut::<4>().0;
    if let Some(pixels) = pixels.first_chunk::<COLUMNS>() {
        // This is the usual case, with a length that the compiler knows.
        for i in 0..COLUMNS {
            places[i] = four(pixels[i]);
        }
    } else if let Some(&last) = pixels.last() {
        places.fill(four(last));
        for (&pixel, place) in pixels.iter().zip(places) {
            *place = four(pixel);
        }
    }
}
