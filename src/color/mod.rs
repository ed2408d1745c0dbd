//! Converts pixels to planes: a [`Converter`] turns a [`Frame`](crate::Frame) into the [`Planes`] that an encoder
//! takes. Every sample is correctly rounded. The module knows no encoder and can be used alone.
//!
//! There are two kernels, written over the operations of `vector`. An instruction set (`avx2`, `avx512`, `neon` or
//! `portable`) implements these. `opaque` is fast: it converts opaque pixels to 8 bits a sample. `general` converts any
//! pixels, over the background, to any planes. Both begin with exact whole numbers, and scale them to samples;
//! `opaque_weights` and `general_weights` explain why the samples are exact. All weights come from `formula`, which has
//! the formulas of H.273 in whole numbers. `plan` chooses the kernel for each row, and `rows` cuts rows into blocks.

// Kernels walk several arrays side by side, which is easiest to read with an index.
#![allow(clippy::needless_range_loop)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod converter;
mod formula;
mod general;
mod general_weights;
mod isa;
mod memory;
#[cfg(target_arch = "aarch64")]
mod neon;
mod opaque;
mod opaque_weights;
mod plan;
mod portable;
mod rows;
mod vector;

pub use crate::planes::Planes;
pub use converter::Converter;
pub use isa::Isa;
