//! `Pixels`: a frame that a worker has read or decoded.

use std::cell::Cell;

use kinetograph::{Frame, PixelFormat};

thread_local! {
    /// The memory of the frame that this thread had before. Fresh memory costs a tenth of the time.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The pixels of a frame, of 8 bits a component.
pub struct Pixels {
    pub bytes: Vec<u8>,
    pub size: (u32, u32),
    pub format: PixelFormat,
}

/// Returns memory for the pixels of a frame, with any values.
pub fn memory(bytes: usize) -> Vec<u8> {
    let mut memory = SPARE.take();
    memory.resize(bytes, 0);
    memory
}

impl<'a> From<&'a Pixels> for Frame<'a> {
    fn from(pixels: &'a Pixels) -> Self {
        Frame::new(&pixels.bytes, pixels.size.0, pixels.size.1, pixels.format)
    }
}

impl Drop for Pixels {
    fn drop(&mut self) {
        SPARE.set(std::mem::take(&mut self.bytes));
    }
}
