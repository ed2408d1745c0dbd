//! `Plan`: what is computed in advance, and the choice of the kernel for each row.
#![allow(unsafe_code)]

use std::marker::PhantomData;

use super::formula::Formula;
use super::general::{General, IGNORED, PREMULTIPLIED, STRAIGHT};
use super::general_weights::GeneralWeights;
use super::opaque::Opaque;
use super::opaque_weights::OpaqueWeights;
use super::rows::{Layout, Rows};
use super::vector::{GeneralVector, OpaqueVector, Vector};
use crate::settings::{BitDepth, Chroma, ColorSpace};
use crate::{Frame, PixelFormat};

/// How frames of one order of bytes are converted.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    chroma: Chroma,
    bit_depth: BitDepth,
    /// The weights of the fast kernel, if it supports the planes.
    opaque: Option<OpaqueWeights>,
    /// The weights of the general kernel for each meaning of alpha.
    general: [GeneralWeights; 3],
}

impl Plan {
    /// Creates the plan for pixels whose first byte is red, or blue.
    pub fn new(space: ColorSpace, chroma: Chroma, bit_depth: BitDepth, background: [u8; 3], blue_first: bool) -> Self {
        let formulas = Formula::planes(space, bit_depth);
        let (wide, high) = chroma.subsampling();
        let shared = i64::from(wide * high);
        let opaque = (bit_depth == BitDepth::Eight).then(|| OpaqueWeights::new(&formulas, blue_first, shared));
        let general = |background| GeneralWeights::new(&formulas, blue_first, shared, bit_depth, background);
        Self {
            chroma,
            bit_depth,
            opaque: opaque.flatten(),
            general: [None, Some((background, 1)), Some((background, 255))].map(general),
        }
    }

    /// Converts the rows of a frame with the fast kernel where it can.
    ///
    /// # Safety
    /// The CPU must have the instruction set.
    pub unsafe fn convert<'a, V: OpaqueVector>(&self, frame: &Frame<'_>, rows: impl Iterator<Item = Rows<'a>>) {
        let Some(weights) = &self.opaque else {
            // SAFETY: the caller guarantees what this function demands.
            return unsafe { self.convert_generally::<V, V::General>(frame, rows) };
        };
        // SAFETY: the caller guarantees that the CPU has the instruction set.
        let vector = unsafe { V::new(weights) };
        self.convert_with::<V, V::General>(frame, rows, |rows| match frame.format().bytes_per_pixel() {
            4 => self.opaque::<V, 4>(&vector, rows),
            3 => self.opaque::<V, 3>(&vector, rows),
            _ => self.opaque::<V, 1>(&vector, rows),
        });
    }

    /// Converts the rows of a frame with the general kernel, `G`, in the instruction set `V`.
    ///
    /// # Safety
    /// The CPU must have the instruction sets.
    pub unsafe fn convert_generally<'a, V: Vector, G: GeneralVector>(
        &self,
        frame: &Frame<'_>,
        rows: impl Iterator<Item = Rows<'a>>,
    ) {
        self.convert_with::<V, G>(frame, rows, |rows| match frame.format().bytes_per_pixel() {
            4 => self.general::<V, G, IGNORED, 4>(rows),
            3 => self.general::<V, G, IGNORED, 3>(rows),
            _ => self.general::<V, G, IGNORED, 1>(rows),
        });
    }

    /// Converts the rows of a frame with `opaque`, which returns whether all pixels are opaque. Blends them otherwise.
    #[inline(always)]
    fn convert_with<'a, V: Vector, G: GeneralVector>(
        &self,
        frame: &Frame<'_>,
        rows: impl Iterator<Item = Rows<'a>>,
        opaque: impl Fn(&mut Rows<'_>) -> bool,
    ) {
        let layout = Layout::new(frame, self.chroma, self.bit_depth);
        for rows in rows {
            rows.convert(layout, |rows| {
                // If the first pixel is not opaque, it is not worth trying.
                let try_opaque = frame.format().bytes_per_pixel() != 4 || rows.pixels[0][3] == 255;
                if !(try_opaque && opaque(rows)) {
                    match frame.format() {
                        PixelFormat::Rgba8Premultiplied | PixelFormat::Bgra8Premultiplied => {
                            self.general::<V, G, PREMULTIPLIED, 4>(rows)
                        }
                        _ => self.general::<V, G, STRAIGHT, 4>(rows),
                    };
                }
            });
        }
    }

    fn opaque<V: OpaqueVector, const BYTES: usize>(&self, vector: &V, rows: &mut Rows<'_>) -> bool {
        macro_rules! run {
            ($wide:literal, $high:literal) => {
                // SAFETY: the caller of `convert` guarantees that the CPU has the instruction set.
                unsafe { V::run(Opaque::<V, BYTES, $wide, $high> { vector, rows }) }
            };
        }
        match self.chroma {
            Chroma::Yuv420 => run!(2, 2),
            Chroma::Yuv422 => run!(2, 1),
            Chroma::Yuv444 => run!(1, 1),
            Chroma::Gray => run!(0, 1),
        }
    }

    fn general<V: Vector, G: GeneralVector, const ALPHA: usize, const BYTES: usize>(
        &self,
        rows: &mut Rows<'_>,
    ) -> bool {
        let (weights, vector) = (&self.general[ALPHA], PhantomData);
        macro_rules! run {
            ($sample:literal, $wide:literal, $high:literal) => {
                // SAFETY: the caller of `convert` guarantees that the CPU has the instruction set.
                unsafe { V::run(General::<G, ALPHA, BYTES, $sample, $wide, $high> { weights, rows, vector }) }
            };
        }
        match (self.bit_depth, self.chroma) {
            (BitDepth::Eight, Chroma::Yuv420) => run!(1, 2, 2),
            (BitDepth::Eight, Chroma::Yuv422) => run!(1, 2, 1),
            (BitDepth::Eight, Chroma::Yuv444) => run!(1, 1, 1),
            (BitDepth::Eight, Chroma::Gray) => run!(1, 0, 1),
            (BitDepth::Ten, Chroma::Yuv420) => run!(2, 2, 2),
            (BitDepth::Ten, Chroma::Yuv422) => run!(2, 2, 1),
            (BitDepth::Ten, Chroma::Yuv444) => run!(2, 1, 1),
            (BitDepth::Ten, Chroma::Gray) => run!(2, 0, 1),
        }
    }
}
