//! One frame's pixels, borrowed: what [`Movie::push`](crate::Movie::push) takes.

#[cfg(feature = "image")]
mod image;
mod raw;

use tiny_skia::{Pixmap, PixmapMut, PixmapRef};

pub(crate) use raw::read_bands;

use crate::{Error, Result};

/// How the bytes of a pixel are to be read. All have 8 bits a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PixelFormat {
    /// Red, green, blue, alpha; colours not multiplied by alpha. PNG and most image libraries.
    Rgba8,
    /// Red, green, blue, alpha; colours multiplied by alpha. tiny-skia's pixmaps.
    Rgba8Premultiplied,
    /// Blue, green, red, alpha; colours not multiplied by alpha. Many GPU surfaces.
    Bgra8,
    /// Blue, green, red, alpha; colours multiplied by alpha. Cairo, Windows.
    Bgra8Premultiplied,
    /// Red, green, blue.
    Rgb8,
    /// Grey.
    Gray8,
}

impl PixelFormat {
    /// All of them.
    pub const ALL: &[Self] =
        &[Self::Rgba8, Self::Rgba8Premultiplied, Self::Bgra8, Self::Bgra8Premultiplied, Self::Rgb8, Self::Gray8];

    /// Bytes of a pixel: 4, 3 or 1.
    pub const fn bytes_per_pixel(self) -> usize {
        match self {
            Self::Rgba8 | Self::Rgba8Premultiplied | Self::Bgra8 | Self::Bgra8Premultiplied => 4,
            Self::Rgb8 => 3,
            Self::Gray8 => 1,
        }
    }

    /// The name: "rgba", "rgba-premultiplied", "bgra", "bgra-premultiplied", "rgb" or "gray".
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rgba8 => "rgba",
            Self::Rgba8Premultiplied => "rgba-premultiplied",
            Self::Bgra8 => "bgra",
            Self::Bgra8Premultiplied => "bgra-premultiplied",
            Self::Rgb8 => "rgb",
            Self::Gray8 => "gray",
        }
    }
}

/// One frame: borrowed bytes, their size, format and stride.
///
/// A `&Pixmap` is one as it is; anything else is named by a constructor. Rows go from top to bottom. Size and buffer
/// are checked where the frame is used, so that building one cannot fail.
///
/// ```
/// use kinetograph::Frame;
/// // A GPU read-back whose rows are padded to 256 bytes.
/// let bytes = vec![0; 256 * 40];
/// let frame = Frame::bgra8(&bytes, 60, 40).stride(256);
/// assert_eq!((frame.width(), frame.height()), (60, 40));
/// ```
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    pixels: &'a [u8],
    width: u32,
    height: u32,
    stride: usize,
    format: PixelFormat,
}

impl<'a> Frame<'a> {
    /// Pixels of any format, row after row without gaps.
    pub fn new(pixels: &'a [u8], width: u32, height: u32, format: PixelFormat) -> Self {
        Self { pixels, width, height, stride: row_bytes(width, format), format }
    }

    /// Red, green, blue and alpha, straight (not premultiplied).
    pub fn rgba8(pixels: &'a [u8], width: u32, height: u32) -> Self {
        Self::new(pixels, width, height, PixelFormat::Rgba8)
    }

    /// Blue, green, red and alpha, straight (not premultiplied).
    pub fn bgra8(pixels: &'a [u8], width: u32, height: u32) -> Self {
        Self::new(pixels, width, height, PixelFormat::Bgra8)
    }

    /// Red, green and blue.
    pub fn rgb8(pixels: &'a [u8], width: u32, height: u32) -> Self {
        Self::new(pixels, width, height, PixelFormat::Rgb8)
    }

    /// Grey.
    pub fn gray8(pixels: &'a [u8], width: u32, height: u32) -> Self {
        Self::new(pixels, width, height, PixelFormat::Gray8)
    }

    /// Says that the colours are multiplied by alpha already. Without effect on formats that have no alpha.
    #[must_use]
    pub fn premultiplied(self) -> Self {
        let format = match self.format {
            PixelFormat::Rgba8 => PixelFormat::Rgba8Premultiplied,
            PixelFormat::Bgra8 => PixelFormat::Bgra8Premultiplied,
            other => other,
        };
        Self { format, ..self }
    }

    /// Sets the bytes from the beginning of one row to the beginning of the next.
    #[must_use]
    pub fn stride(self, bytes: usize) -> Self {
        Self { stride: bytes, ..self }
    }

    /// Width in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// How the bytes of a pixel are to be read.
    pub fn format(&self) -> PixelFormat {
        self.format
    }

    /// Whether stride and buffer hold the size: what makes [`row`](Self::row) right for every row.
    ///
    /// # Errors
    /// [`Error::FrameData`] with the bytes given and needed.
    pub(crate) fn check(&self) -> Result<()> {
        let row = self.row_bytes();
        let fault = |what, got, needed| {
            Err(Error::FrameData {
                what,
                got,
                needed,
                width: self.width,
                height: self.height,
                format: self.format.name(),
            })
        };
        if self.stride < row {
            return fault("the stride", self.stride, row);
        }
        // The last row need not be followed by its padding.
        let needed = (self.height as usize)
            .saturating_sub(1)
            .checked_mul(self.stride)
            .and_then(|all_but_last| all_but_last.checked_add(row))
            .unwrap_or(usize::MAX);
        if self.pixels.len() < needed {
            return fault("the buffer", self.pixels.len(), needed);
        }
        Ok(())
    }

    /// Whether it has the movie's size; `frame` is its index.
    ///
    /// # Errors
    /// [`Error::FrameSize`].
    pub(crate) fn check_size(&self, frame: u64, expected: (u32, u32)) -> Result<()> {
        let got = (self.width, self.height);
        if got == expected { Ok(()) } else { Err(Error::FrameSize { frame, got, expected }) }
    }

    /// The bytes of row `y`, without padding; the frame must have passed [`check`](Self::check).
    pub(crate) fn row(&self, y: usize) -> &'a [u8] {
        &self.pixels[y * self.stride..][..self.row_bytes()]
    }

    fn row_bytes(&self) -> usize {
        row_bytes(self.width, self.format)
    }
}

/// Bytes of a row; where they cannot be counted, more than any buffer has.
fn row_bytes(width: u32, format: PixelFormat) -> usize {
    (width as usize).saturating_mul(format.bytes_per_pixel())
}

impl std::fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Frame({}×{} {}, stride {})", self.width, self.height, self.format.name(), self.stride)
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
