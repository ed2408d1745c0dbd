//! `Frame` and `PixelFormat`: the user's borrowed pixels, and the check that their buffer fits their size.

#[cfg(feature = "image")]
mod image;
mod raw;

use tiny_skia::{Pixmap, PixmapMut, PixmapRef};

pub(crate) use raw::{fill, read_bands};

use crate::settings::named;
use crate::{Error, FramePart, Result};

named! {
    /// The order of the components of a pixel. Each component has 8 bits.
    PixelFormat, "pixel_format" {
        /// Red, green, blue, alpha; colours not multiplied by alpha. PNG and most image libraries use it.
        Rgba8 = "rgba",
        /// Red, green, blue, alpha; colours multiplied by alpha. The pixmaps of tiny-skia use it.
        Rgba8Premultiplied = "rgba-premultiplied",
        /// Blue, green, red, alpha; colours not multiplied by alpha. Many GPU surfaces use it.
        Bgra8 = "bgra",
        /// Blue, green, red, alpha; colours multiplied by alpha. Cairo and Windows use it.
        Bgra8Premultiplied = "bgra-premultiplied",
        /// Red, green, blue.
        Rgb8 = "rgb",
        /// Grey.
        Gray8 = "gray",
    }
}

impl PixelFormat {
    /// Returns the number of bytes of a pixel: 4, 3 or 1.
    pub const fn bytes_per_pixel(self) -> usize {
        match self {
            Self::Rgba8 | Self::Rgba8Premultiplied | Self::Bgra8 | Self::Bgra8Premultiplied => 4,
            Self::Rgb8 => 3,
            Self::Gray8 => 1,
        }
    }
}

/// The borrowed pixels of one frame, with their size, format and stride.
///
/// A `&Pixmap` of tiny-skia converts into a frame. For other pixels there is a constructor for each format. Rows go
/// from top to bottom. Creating a frame cannot fail: the function that uses it checks its size and its buffer.
///
/// ```
/// use kinetograph::Frame;
/// // A GPU read-back whose rows are padded to 256 bytes.
/// let bytes = vec![0; 256 * 40];
/// let frame = Frame::bgra8(&bytes, 60, 40).stride(256);
/// assert_eq!((frame.width(), frame.height()), (60, 40));
/// ```
#[derive(Clone, Copy)]
#[must_use]
pub struct Frame<'a> {
    pixels: &'a [u8],
    width: u32,
    height: u32,
    /// The bytes from row to row, if the user has stated them.
    stride: Option<usize>,
    format: PixelFormat,
}

impl<'a> Frame<'a> {
    /// Creates a frame from pixels of any format, row after row without gaps. `width` and `height` are in pixels.
    ///
    /// The buffer must have exactly the frame's bytes. A longer one probably has another size or format, so the
    /// function that uses the frame refuses it. With a [`stride`](Self::stride), the buffer may be longer.
    pub fn new(pixels: &'a [u8], width: u32, height: u32, format: PixelFormat) -> Self {
        Self { pixels, width, height, stride: None, format }
    }

    /// Creates a frame of straight (not premultiplied) RGBA, row after row without gaps.
    pub fn rgba8(pixels: &'a [u8], width: u32, height: u32) -> Self {
        Self::new(pixels, width, height, PixelFormat::Rgba8)
    }

    /// Creates a frame of straight (not premultiplied) BGRA, row after row without gaps.
    pub fn bgra8(pixels: &'a [u8], width: u32, height: u32) -> Self {
        Self::new(pixels, width, height, PixelFormat::Bgra8)
    }

    /// Creates a frame of RGB, row after row without gaps.
    pub fn rgb8(pixels: &'a [u8], width: u32, height: u32) -> Self {
        Self::new(pixels, width, height, PixelFormat::Rgb8)
    }

    /// Creates a frame of grey pixels, row after row without gaps.
    pub fn gray8(pixels: &'a [u8], width: u32, height: u32) -> Self {
        Self::new(pixels, width, height, PixelFormat::Gray8)
    }

    /// Declares that the colours are multiplied by alpha. This has no effect on formats without alpha.
    pub fn premultiplied(self) -> Self {
        let format = match self.format {
            PixelFormat::Rgba8 => PixelFormat::Rgba8Premultiplied,
            PixelFormat::Bgra8 => PixelFormat::Bgra8Premultiplied,
            other => other,
        };
        Self { format, ..self }
    }

    /// Sets the bytes from the beginning of one row to the beginning of the next. The default is no gap between rows.
    ///
    /// The buffer may then be longer than the frame: what follows the last row is not read.
    pub fn stride(self, bytes: usize) -> Self {
        Self { stride: Some(bytes), ..self }
    }

    /// Returns the width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Returns the height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Returns the pixel format.
    pub fn format(&self) -> PixelFormat {
        self.format
    }

    /// Checks that the buffer fits the size and the stride, so that [`row`](Self::row) has every row.
    ///
    /// # Errors
    /// [`Error::FrameData`] with the bytes given and needed.
    pub(crate) fn check(&self) -> Result<()> {
        let row = self.row_bytes();
        let Self { width, height, format, .. } = *self;
        let fault = |part, got, needed| Err(Error::FrameData { part, got, needed, width, height, format });
        if self.stride_bytes() < row {
            return fault(FramePart::Stride, self.stride_bytes(), row);
        }
        // The last row need not be followed by its padding.
        let needed = match (self.height as usize).checked_sub(1) {
            None => 0,
            Some(others) => others
                .checked_mul(self.stride_bytes())
                .and_then(|all_but_last| all_but_last.checked_add(row))
                .unwrap_or(usize::MAX),
        };
        let got = self.pixels.len();
        if got < needed || (self.stride.is_none() && got > needed) {
            return fault(FramePart::Buffer, got, needed);
        }
        Ok(())
    }

    /// Checks that the frame has the movie's size. `frame` is its index, for the error.
    ///
    /// # Errors
    /// [`Error::FrameSize`].
    pub(crate) fn check_size(&self, frame: u64, expected: (u32, u32)) -> Result<()> {
        let got = (self.width, self.height);
        if got == expected { Ok(()) } else { Err(Error::FrameSize { frame, got, expected }) }
    }

    /// Returns the bytes of row `y` without padding. The frame must have passed [`check`](Self::check).
    pub(crate) fn row(&self, y: usize) -> &'a [u8] {
        &self.pixels[y * self.stride_bytes()..][..self.row_bytes()]
    }

    fn stride_bytes(&self) -> usize {
        self.stride.unwrap_or(self.row_bytes())
    }

    fn row_bytes(&self) -> usize {
        row_bytes(self.width, self.format)
    }
}

/// Returns the number of bytes of a row. If that overflows, the result is larger than any buffer.
fn row_bytes(width: u32, format: PixelFormat) -> usize {
    (width as usize).saturating_mul(format.bytes_per_pixel())
}

impl std::fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Frame({}×{} {}, stride {})", self.width, self.height, self.format, self.stride_bytes())
    }
}

impl<'a> From<&'a Frame<'_>> for Frame<'a> {
    fn from(frame: &'a Frame<'_>) -> Self {
        *frame
    }
}

impl<'a> From<PixmapRef<'a>> for Frame<'a> {
    fn from(pixmap: PixmapRef<'a>) -> Self {
        Self::new(pixmap.data(), pixmap.width(), pixmap.height(), PixelFormat::Rgba8Premultiplied)
    }
}

impl<'a> From<&'a Pixmap> for Frame<'a> {
    fn from(pixmap: &'a Pixmap) -> Self {
        Self::new(pixmap.data(), pixmap.width(), pixmap.height(), PixelFormat::Rgba8Premultiplied)
    }
}

impl<'a> From<&'a PixmapMut<'_>> for Frame<'a> {
    fn from(pixmap: &'a PixmapMut<'_>) -> Self {
        pixmap.as_ref().into()
    }
}
