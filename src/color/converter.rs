//! The converter: what is checked, and which way the pixels go.

use super::blend::Blend;
use super::formula::Formula;
use super::isa::Isa;
use super::limbs::Limbs;
use super::pixels::Order;
use super::rows::{Plan, Rows};
use crate::planes::Planes;
use crate::settings::{Chroma, ColorSpace};
use crate::{Error, Frame, Result};

/// Turns frames into planes: matrix, range, chroma sharing and background in one pass, without allocating.
///
/// Every sample is the correctly rounded value of the formula of ITU-T H.273, 8.3, in real numbers, rounded once; a
/// value half-way between two samples goes to the larger one.
/// - Luma is that of the pixel's colour. Chroma is that of the exact mean of the pixels that share the sample. Greys
///   have chroma 128 (512 at 10 bits).
/// - A transparent pixel is the colour over the background, `(colour · alpha + background · (255 − alpha)) / 255`; of a
///   premultiplied one, `colour + background · (255 − alpha) / 255`, in which a colour above its alpha, which is not
///   valid, counts as alpha.
/// - In full range pure blue and red would be 256 (1024 at 10 bits), and are clipped by 1.
///
/// ```
/// use kinetograph::color::{Converter, Planes};
/// use kinetograph::{Chroma, ColorSpace, Frame};
///
/// let converter = Converter::new(ColorSpace::BT709, Chroma::Yuv420, 8, [255; 3]);
/// let mut planes = Planes::new(2, 2, Chroma::Yuv420, 8);
/// // Three red pixels, and one that is transparent and shows the white background.
/// let pixels = [[255u8, 0, 0, 255], [255, 0, 0, 255], [255, 0, 0, 255], [0, 0, 0, 0]];
/// converter.convert(&Frame::rgba8(pixels.as_flattened(), 2, 2), &mut planes)?;
/// assert_eq!(planes.row(0, 1), [63, 235]);
/// assert_eq!((planes.row(1, 0), planes.row(2, 0)), (&[109][..], &[212][..]));
/// # Ok::<(), kinetograph::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Converter {
    chroma: Chroma,
    bit_depth: u8,
    isa: Isa,
    /// For pixels whose first byte is red, and for those whose first byte is blue.
    weights: [(Limbs, Blend); 2],
}

impl Converter {
    /// A converter to planes of `chroma` at `bit_depth` bits a sample, with the red, green and blue of `background`
    /// under transparent pixels.
    ///
    /// # Panics
    /// If `bit_depth` is neither 8 nor 10.
    pub fn new(space: ColorSpace, chroma: Chroma, bit_depth: u8, background: [u8; 3]) -> Self {
        assert!(bit_depth == 8 || bit_depth == 10, "bit depth {bit_depth} is neither 8 nor 10");
        let formulas = Formula::planes(space, bit_depth);
        let (wide, high) = chroma.subsampling();
        let shared = i64::from(wide * high);
        let weights = [false, true].map(|blue_first| {
            // The limbs are for 8 bits, whatever the depth; where it is another, they are not used.
            let limbs = Limbs::new(&Formula::planes(space, 8), blue_first, shared);
            (limbs, Blend::new(&formulas, background, blue_first, shared, bit_depth))
        });
        Self { chroma, bit_depth, isa: Isa::best(), weights }
    }

    /// The same converter with another instruction set, for tests and measurements: the samples are the same.
    #[must_use]
    pub fn with_isa(self, isa: Isa) -> Self {
        Self { isa, ..self }
    }

    /// The instruction set that it uses: the fastest that this machine has, unless set.
    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// Converts a frame.
    ///
    /// The planes have the size of the frame, rounded up to even where chroma samples are shared: the last column or
    /// row of the frame is then repeated.
    ///
    /// # Errors
    /// [`Error::FrameData`] if the frame's buffer or stride is too small for its size, [`Error::Planes`] if the planes
    /// have another size, chroma or bit depth. The planes are then unchanged.
    pub fn convert(&self, frame: &Frame<'_>, planes: &mut Planes) -> Result<()> {
        frame.check()?;
        self.check(frame, planes)?;
        self.convert_rows(frame, planes, 0);
        Ok(())
    }

    /// Converts rows of a picture, from row `first` on, which is even where rows share chroma; so is the number of rows,
    /// unless they are the last ones.
    ///
    /// The frame must have passed its check, and the planes must have room for its rows.
    pub(crate) fn convert_rows(&self, frame: &Frame<'_>, planes: &mut Planes, first: usize) {
        if frame.width() == 0 || frame.height() == 0 {
            return;
        }
        let order = Order::of(frame.format());
        let (limbs, blend) = &self.weights[usize::from(order.blue_first)];
        let plan = Plan { format: frame.format(), order, chroma: self.chroma, bit_depth: self.bit_depth, limbs, blend };
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
        self.isa.convert(&plan, rows);
    }

    fn check(&self, frame: &Frame<'_>, planes: &Planes) -> Result<()> {
        let fault = |what, got, needed| Err(Error::Planes { what, got, needed });
        if planes.chroma() != self.chroma {
            return fault("chroma", planes.chroma().to_string(), self.chroma.to_string());
        }
        if planes.bit_depth() != self.bit_depth {
            return fault("bit depth", planes.bit_depth().to_string(), self.bit_depth.to_string());
        }
        let (wide, high) = self.chroma.subsampling();
        let (width, height) = (u64::from(frame.width()), u64::from(frame.height()));
        let needed = (width.next_multiple_of(wide.into()), height.next_multiple_of(high.into()));
        if (u64::from(planes.width()), u64::from(planes.height())) != needed {
            let got = format!("{}×{}", planes.width(), planes.height());
            return fault("size", got, format!("{}×{}", needed.0, needed.1));
        }
        Ok(())
    }
}
