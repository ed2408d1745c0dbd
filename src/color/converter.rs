//! `Converter`: checks a frame and its planes, and passes their rows to the kernel of the instruction set.

use super::isa::Isa;
use super::plan::Plan;
use super::rows::Rows;
use crate::planes::Planes;
use crate::settings::{BitDepth, Chroma, ColorSpace};
use crate::{Frame, PixelFormat, Result};

/// Converts frames to planes. It applies matrix, range, chroma subsampling and background in one pass, without
/// allocating.
///
/// Every sample is the exact value of the formula of ITU-T H.273, 8.3, rounded once to the nearest sample. A value
/// halfway between two samples is rounded up.
/// - Luma is computed from the colour of the pixel, chroma from the exact mean of the pixels that share the sample.
///   Greys have a chroma of 128 (512 at 10 bits).
/// - A transparent pixel is blended with the background: `(colour · alpha + background · (255 − alpha)) / 255`, or for
///   a premultiplied colour `colour + background · (255 − alpha) / 255`. A premultiplied colour above its alpha is not
///   valid, and counts as alpha.
/// - In full range the chroma of pure blue and of pure red would be 256 (1024 at 10 bits), and is clipped to 255
///   (1023).
///
/// ```
/// use kinetograph::color::{Converter, Planes};
/// use kinetograph::{BitDepth, Chroma, ColorSpace, Frame};
///
/// let converter = Converter::new(ColorSpace::BT709, Chroma::Yuv420, BitDepth::Eight, [255; 3]);
/// let mut planes = Planes::new(2, 2, Chroma::Yuv420, BitDepth::Eight);
/// // Three red pixels, and a transparent one that shows the white background.
/// let pixels = [[255u8, 0, 0, 255], [255, 0, 0, 255], [255, 0, 0, 255], [0, 0, 0, 0]];
/// converter.convert(&Frame::rgba8(pixels.as_flattened(), 2, 2), &mut planes)?;
/// assert_eq!(planes.row(0, 1), [63, 235]);
/// assert_eq!((planes.row(1, 0), planes.row(2, 0)), (&[109][..], &[212][..]));
/// # Ok::<(), kinetograph::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Converter {
    chroma: Chroma,
    bit_depth: BitDepth,
    isa: Isa,
    /// The plan for pixels whose first byte is red, and the one for pixels whose first byte is blue.
    plans: [Plan; 2],
}

impl Converter {
    /// Creates a converter to planes of `chroma` at `bit_depth`. `background` is the red, green and blue behind
    /// transparent pixels.
    pub fn new(space: ColorSpace, chroma: Chroma, bit_depth: BitDepth, background: [u8; 3]) -> Self {
        let plans = [false, true].map(|blue_first| Plan::new(space, chroma, bit_depth, background, blue_first));
        Self { chroma, bit_depth, isa: Isa::best(), plans }
    }

    /// Returns the same converter with another instruction set, for tests and benchmarks. The samples are the same.
    #[must_use]
    pub fn with_isa(self, isa: Isa) -> Self {
        Self { isa, ..self }
    }

    /// Returns the instruction set: the fastest that this machine has, unless [`with_isa`](Self::with_isa) has set
    /// another.
    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// Converts a frame.
    ///
    /// The planes must have the size of the frame, rounded up to even where pixels share chroma samples. The last
    /// column or row of the frame is then repeated.
    ///
    /// # Errors
    /// [`Error::FrameData`](crate::Error::FrameData) if the frame's buffer or stride does not fit its size,
    /// [`Error::Planes`](crate::Error::Planes) if the planes have another size, chroma or bit depth. The planes are
    /// unchanged then.
    pub fn convert(&self, frame: &Frame<'_>, planes: &mut Planes) -> Result<()> {
        frame.check()?;
        self.check(frame, planes)?;
        self.convert_rows(frame, planes, 0);
        Ok(())
    }

    /// Converts `frame` to rows `first` and following of the planes.
    ///
    /// Where rows share chroma, `first` must be even, and so must be the number of rows unless they are the last ones.
    /// The frame must have passed its check, and the planes must have those rows.
    pub(crate) fn convert_rows(&self, frame: &Frame<'_>, planes: &mut Planes, first: usize) {
        if frame.width() == 0 || frame.height() == 0 {
            return;
        }
        let blue_first = matches!(frame.format(), PixelFormat::Bgra8 | PixelFormat::Bgra8Premultiplied);
        let plan = &self.plans[usize::from(blue_first)];
        let high = self.chroma.subsampling().1 as usize;
        let height = frame.height() as usize;
        let row = |y: usize| frame.row(y.min(height - 1));
        let strides = [planes.stride(0), planes.stride(1)];
        let [luma, cb, cr] = planes.planes_mut();
        let luma = luma.chunks_exact_mut(strides[0] * high).skip(first / high).take(height.div_ceil(high));
        let mut chroma = cb.chunks_exact_mut(strides[1]).zip(cr.chunks_exact_mut(strides[1])).skip(first / high);
        let rows = luma.enumerate().map(|(at, luma)| {
            let pixels = if high == 2 { [row(2 * at), row(2 * at + 1)] } else { [row(at), &[]] };
            let (first, second) = luma.split_at_mut(strides[0]);
            let (cb, cr) = chroma.next().unwrap_or_default();
            Rows { pixels, luma: [first, second], chroma: [cb, cr] }
        });
        self.isa.convert(plan, frame, rows);
    }

    fn check(&self, frame: &Frame<'_>, planes: &Planes) -> Result<()> {
        let (wide, high) = self.chroma.subsampling();
        let rounded = |side: u32, by: u32| (side as usize).checked_next_multiple_of(by as usize).unwrap_or(usize::MAX);
        let needed = (rounded(frame.width(), wide), rounded(frame.height(), high));
        planes.check(needed, self.chroma, self.bit_depth)
    }
}
