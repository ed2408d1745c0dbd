//! Reads raw planes from a reader.

use std::io::Read;

use super::Planes;
use crate::frame::fill;
use crate::settings::BitDepth;
use crate::{Error, PlanesMismatch, Result};

impl Planes {
    /// Reads the samples of a picture of `width` × `height` luma samples: plane after plane, row after row, without gaps,
    /// 16-bit samples in little-endian order. Where the planes are larger, the last column or row is repeated. Returns
    /// `false` at the end of the input.
    ///
    /// # Errors
    /// [`Error::Planes`] if the input ends inside the picture or a sample has too many bits, [`Error::Io`] if it cannot
    /// be read.
    pub fn read(&mut self, mut input: impl Read, (width, height): (u32, u32)) -> Result<bool> {
        let sample = self.bit_depth.bytes();
        let (width, height) = (width as usize, height as usize);
        let sizes = [(width, height), self.size(1), self.size(2)];
        let sizes = &sizes[..self.count()];
        let needed = sizes.iter().map(|(columns, rows)| columns * rows * sample).sum();
        let mut got = 0;
        for (plane, (columns, rows)) in sizes.iter().copied().enumerate() {
            let (row, stride) = (columns * sample, self.stride(plane));
            let bytes = self.plane_mut(plane);
            let count = fill(&mut input, &mut bytes[..rows * row]).map_err(Error::io("reading planes"))?;
            got += count;
            if got == 0 {
                return Ok(false);
            }
            if count < rows * row {
                return Err(Error::Planes { mismatch: PlanesMismatch::Input { got, needed } });
            }
            // From without gaps to rows at their places, the last one first.
            if row < stride {
                (1..rows).rev().for_each(|y| bytes.copy_within(y * row..(y + 1) * row, y * stride));
            }
        }
        if self.bit_depth == BitDepth::Ten && cfg!(target_endian = "big") {
            bytemuck::cast_slice_mut::<_, u16>(&mut self.lines).iter_mut().for_each(|sample| *sample = sample.to_be());
        }
        self.repeat_last(width, height);
        self.check_samples()?;
        Ok(true)
    }

    /// Repeats the last column and row of luma where the plane is larger than `width` × `height`.
    fn repeat_last(&mut self, width: usize, height: usize) {
        let (sample, stride) = (self.bit_depth.bytes(), self.stride(0));
        let (columns, rows) = self.size(0);
        let luma = self.plane_mut(0);
        if width < columns {
            luma.chunks_exact_mut(stride)
                .for_each(|row| row.copy_within((width - 1) * sample..width * sample, width * sample));
        }
        if height < rows {
            luma.copy_within((height - 1) * stride..height * stride, height * stride);
        }
    }
}
