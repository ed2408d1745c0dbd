//! `Planes`: one picture as YUV planes in memory, filled by `color` or by the user, and read by `encoder`.

mod raw;

use bytemuck::{Pod, Zeroable};

use crate::settings::{BitDepth, Chroma};
use crate::{Error, PlanesMismatch, Result};

/// The alignment of planes in bytes and of rows in samples: a cache line, the widest vector register, and a block of
/// the converter.
const ALIGN: usize = 64;

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C, align(64))]
struct Line([u8; ALIGN]);

/// The planes of one picture, luma first. The layouts are I420, I422, I444 and I400, at 8 or 10 bits per sample.
///
/// Rows begin at multiples of 64 samples. Samples of more than 8 bits are `u16` in native byte order. Planes can be
/// reused from frame to frame.
///
/// ```
/// use kinetograph::{BitDepth, Chroma, color::Planes};
/// let planes = Planes::new(640, 360, Chroma::Yuv420, BitDepth::Eight);
/// assert_eq!(planes.count(), 3);
/// assert_eq!(planes.size(1), (320, 180));
/// assert_eq!(planes.row(1, 0).len(), 320);
/// ```
#[derive(Clone)]
pub struct Planes {
    width: usize,
    height: usize,
    chroma: Chroma,
    bit_depth: BitDepth,
    lines: Vec<Line>,
}

impl Planes {
    /// Creates planes for pictures of `width` × `height` luma samples. All samples are 0. Where luma samples share
    /// chroma samples, odd sizes are rounded up.
    ///
    /// # Panics
    /// If memory cannot hold the planes.
    pub fn new(width: u32, height: u32, chroma: Chroma, bit_depth: BitDepth) -> Self {
        let (wide, high) = chroma.subsampling();
        let mut planes = Self {
            width: (width as usize).next_multiple_of(wide as usize),
            height: (height as usize).next_multiple_of(high as usize),
            chroma,
            bit_depth,
            lines: Vec::new(),
        };
        // Planes take less than 16 bytes a pixel, even with the padding of their rows.
        assert!(
            (planes.width + ALIGN)
                .checked_mul(planes.height + 1)
                .is_some_and(|pixels| pixels < isize::MAX as usize / 16),
            "planes of {width}×{height} are too large"
        );
        let bytes: usize = (0..planes.count()).map(|plane| planes.plane_bytes(plane)).sum();
        planes.lines = vec![Line::zeroed(); bytes / ALIGN];
        planes
    }

    /// Returns the width of the luma plane in samples.
    pub fn width(&self) -> u32 {
        self.width as u32
    }

    /// Returns the height of the luma plane in samples.
    pub fn height(&self) -> u32 {
        self.height as u32
    }

    /// Returns the chroma format.
    pub fn chroma(&self) -> Chroma {
        self.chroma
    }

    /// Returns the bits per sample.
    pub fn bit_depth(&self) -> BitDepth {
        self.bit_depth
    }

    /// Returns the number of planes: 3, or 1 without chroma.
    pub fn count(&self) -> usize {
        if self.chroma == Chroma::Gray { 1 } else { 3 }
    }

    /// Returns the width and height of a plane, in samples.
    pub fn size(&self, plane: usize) -> (usize, usize) {
        if plane == 0 {
            return (self.width, self.height);
        }
        let (wide, high) = self.chroma.subsampling();
        (self.width / wide as usize, self.height / high as usize)
    }

    /// Returns the bytes from the start of one row of a plane to the start of the next.
    pub fn stride(&self, plane: usize) -> usize {
        self.size(plane).0.next_multiple_of(ALIGN) * self.bit_depth.bytes()
    }

    /// Returns the bytes of a plane, with the padding at the end of each row.
    pub fn plane(&self, plane: usize) -> &[u8] {
        let range = self.range(plane);
        &bytemuck::cast_slice(&self.lines)[range]
    }

    /// Returns the samples of a row of a plane as bytes, without padding.
    ///
    /// # Panics
    /// If there is no such plane or row.
    pub fn row(&self, plane: usize, y: usize) -> &[u8] {
        let bytes = self.size(plane).0 * self.bit_depth.bytes();
        &self.plane(plane)[y * self.stride(plane)..][..bytes]
    }

    /// Returns the bytes of a plane for writing, with the padding at the end of each row.
    ///
    /// # Panics
    /// If there is no such plane.
    pub fn plane_mut(&mut self, plane: usize) -> &mut [u8] {
        let range = self.range(plane);
        &mut bytemuck::cast_slice_mut(&mut self.lines)[range]
    }

    /// Returns the samples of a row of a plane for writing, as bytes without padding.
    ///
    /// # Panics
    /// If there is no such plane or row.
    pub fn row_mut(&mut self, plane: usize, y: usize) -> &mut [u8] {
        let (bytes, stride) = (self.size(plane).0 * self.bit_depth.bytes(), self.stride(plane));
        &mut self.plane_mut(plane)[y * stride..][..bytes]
    }

    /// Checks that the planes have the size, in luma samples, and the kind that are needed.
    ///
    /// # Errors
    /// [`Error::Planes`] with what differs.
    pub(crate) fn check(&self, size: (usize, usize), chroma: Chroma, bit_depth: BitDepth) -> Result<()> {
        let mismatch = if self.chroma != chroma {
            PlanesMismatch::Chroma { got: self.chroma, needed: chroma }
        } else if self.bit_depth != bit_depth {
            PlanesMismatch::BitDepth { got: self.bit_depth, needed: bit_depth }
        } else if self.size(0) != size {
            PlanesMismatch::Size { got: self.size(0), needed: size }
        } else {
            return Ok(());
        };
        Err(Error::Planes { mismatch })
    }

    /// Checks that no sample has more bits than the bit depth. x264 relies on that.
    ///
    /// # Errors
    /// [`Error::Planes`] with the largest sample.
    pub(crate) fn check_samples(&self) -> Result<()> {
        if self.bit_depth == BitDepth::Eight {
            return Ok(());
        }
        let limit = (1 << self.bit_depth.bits()) - 1;
        let rows = (0..self.count()).flat_map(|plane| (0..self.size(plane).1).map(move |y| self.row(plane, y)));
        let samples = rows.map(bytemuck::cast_slice::<u8, u16>);
        // Bits are faster to collect than the maximum is to find.
        if samples.clone().all(|row| row.iter().fold(0, |bits, sample| bits | sample) <= limit) {
            return Ok(());
        }
        let got = samples.flatten().copied().max().unwrap_or(0);
        Err(Error::Planes { mismatch: PlanesMismatch::Sample { got, limit } })
    }

    /// Copies the samples of planes of the same size and kind.
    pub(crate) fn copy_from(&mut self, other: &Self) {
        self.lines.copy_from_slice(&other.lines);
    }

    /// Returns the bytes of all planes for writing.
    pub(crate) fn planes_mut(&mut self) -> [&mut [u8]; 3] {
        let (first, second) =
            (self.range(0).end, if self.count() == 3 { self.range(1).end } else { self.range(0).end });
        let (y, rest) = bytemuck::cast_slice_mut::<Line, u8>(&mut self.lines).split_at_mut(first);
        let (u, v) = rest.split_at_mut(second - first);
        [y, u, v]
    }

    fn plane_bytes(&self, plane: usize) -> usize {
        self.stride(plane) * self.size(plane).1
    }

    fn range(&self, plane: usize) -> std::ops::Range<usize> {
        let start = (0..plane).map(|before| self.plane_bytes(before)).sum();
        start..start + self.plane_bytes(plane)
    }
}

impl std::fmt::Debug for Planes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { width, height, chroma, bit_depth, .. } = self;
        write!(f, "Planes({width}×{height} {chroma}, {bit_depth} bits)")
    }
}
