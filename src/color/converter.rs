//! The converter: what is checked, and which way the pixels go.

use super::formula::Formula;
use super::plain::Plain;
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
    background: [u8; 3],
    formulas: [Formula; 3],
}

impl Converter {
    /// A converter to planes of `chroma` at `bit_depth` bits a sample, with the red, green and blue of `background`
    /// under transparent pixels.
    ///
    /// # Panics
    /// If `bit_depth` is neither 8 nor 10.
    pub fn new(space: ColorSpace, chroma: Chroma, bit_depth: u8, background: [u8; 3]) -> Self {
        assert!(bit_depth == 8 || bit_depth == 10, "bit depth {bit_depth} is neither 8 nor 10");
        Self { chroma, bit_depth, background, formulas: Formula::planes(space, bit_depth) }
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
        let (wide, high) = self.chroma.subsampling();
        let plain = Plain {
            formulas: &self.formulas,
            background: self.background,
            subsampling: (wide as usize, high as usize),
        };
        for plane in 0..planes.count() {
            let ((width, height), stride) = (planes.size(plane), planes.stride(plane));
            let bytes = &mut *planes.planes_mut()[plane];
            for y in 0..height {
                let row = &mut bytes[y * stride..][..stride];
                for x in 0..width {
                    let sample = plain.sample(frame, plane, x, y);
                    match self.bit_depth {
                        8 => row[x] = sample as u8,
                        _ => row[2 * x..][..2].copy_from_slice(&sample.to_ne_bytes()),
                    }
                }
            }
        }
        Ok(())
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
