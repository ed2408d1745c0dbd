//! `push_from`, `push_planes` and `push_planes_from`: frames that are read, and pictures that are in planes already.

use std::io::Read;

use super::Movie;
use crate::Result;
use crate::frame::{Frame, PixelFormat, read_bands};
use crate::planes::Planes;

impl<Output> Movie<Output> {
    /// Reads the raw pixels of a frame, row after row without gaps, and adds it as [`push`](Self::push) does. Returns
    /// `false` at the end of the input.
    ///
    /// A frame is read and converted a few rows at a time, while they are in the processor's cache. This is faster than
    /// reading the whole frame and pushing it. Pass the input without a `BufReader`.
    ///
    /// # Errors
    /// [`Error::FrameData`](crate::Error::FrameData) if the input ends inside a frame, [`Error::Io`](crate::Error::Io)
    /// if it cannot be read. The frame is not added, and the movie continues. Otherwise as [`push`](Self::push).
    ///
    /// ```
    /// # use kinetograph::{Movie, PixelFormat, Settings};
    /// // The input can be a file, a pipe or a socket. Here it is three grey frames in memory.
    /// let mut input = &[128; 3 * 64 * 36][..];
    /// let mut movie = Movie::in_memory(&Settings::new(64, 36).frame_rate(30))?;
    /// while movie.push_from(&mut input, PixelFormat::Gray8)? {}
    /// let (_, report) = movie.finish()?;
    /// assert_eq!(report.frames, 3);
    /// # Ok::<(), kinetograph::Error>(())
    /// ```
    pub fn push_from(&mut self, input: impl Read, format: PixelFormat) -> Result<bool> {
        self.wait_for_planes()?;
        let planes = self.pipeline.free_planes()?;
        let convert = |rows: &Frame<'_>, first| self.converter.convert_rows(rows, planes, first);
        let is_read = read_bands(input, self.size, format, &mut self.band, convert)?;
        if is_read {
            self.submit(self.next)?;
        }
        Ok(is_read)
    }

    /// Adds a picture that is in planes already, such as one of a camera or a decoder, presented for one frame's
    /// duration after the frame before it. Its samples are encoded as they are.
    ///
    /// The settings say what the samples mean: [`color_space`](crate::Settings::color_space) and, for 4:2:0,
    /// [`chroma_location`](crate::Settings::chroma_location). The planes must have the movie's size, rounded up to even
    /// where the chroma format needs it, and its chroma format and bit depth.
    ///
    /// # Errors
    /// [`Error::Planes`](crate::Error::Planes) if the planes do not fit, or if a sample has more than 10 bits. They are
    /// not added, and the movie continues. Otherwise as [`push`](Self::push).
    ///
    /// ```
    /// use kinetograph::color::Planes;
    /// use kinetograph::{BitDepth, Chroma, ChromaLocation, ColorSpace, Movie, Settings};
    ///
    /// let settings = Settings::new(64, 36).color_space(ColorSpace::BT601).chroma_location(ChromaLocation::Left);
    /// let mut movie = Movie::in_memory(&settings)?;
    /// let mut planes = Planes::new(64, 36, Chroma::Yuv420, BitDepth::Eight);
    /// for y in 0..36 {
    ///     planes.row_mut(0, y).fill(7 * y as u8);
    /// }
    /// planes.plane_mut(1).fill(128);
    /// planes.plane_mut(2).fill(128);
    /// movie.push_planes(&planes)?;
    /// let (_, report) = movie.finish()?;
    /// assert_eq!(report.frames, 1);
    /// # Ok::<(), kinetograph::Error>(())
    /// ```
    pub fn push_planes(&mut self, planes: &Planes) -> Result<()> {
        self.wait_for_planes()?;
        let free = self.pipeline.free_planes()?;
        planes.check(free.size(0), free.chroma(), free.bit_depth())?;
        planes.check_samples()?;
        free.copy_from(planes);
        self.submit(self.next)
    }

    /// Reads a picture in planes, and adds it as [`push_planes`](Self::push_planes) does. Returns `false` at the end of
    /// the input.
    ///
    /// The planes follow one another, and so do their rows, without gaps, as in Y4M and in raw YUV files. Samples of
    /// more than 8 bits are 16-bit numbers in little-endian order. An odd width or height is that of the luma plane;
    /// the chroma planes are rounded up. The planes are read straight into the memory that x264 copies them from.
    ///
    /// # Errors
    /// [`Error::Planes`](crate::Error::Planes) if the input ends inside a picture or a sample has more than 10 bits,
    /// [`Error::Io`](crate::Error::Io) if it cannot be read. The picture is not added, and the movie continues.
    /// Otherwise as [`push`](Self::push).
    pub fn push_planes_from(&mut self, input: impl Read) -> Result<bool> {
        self.wait_for_planes()?;
        let is_read = self.pipeline.free_planes()?.read(input, self.size)?;
        if is_read {
            self.submit(self.next)?;
        }
        Ok(is_read)
    }
}
