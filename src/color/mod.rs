//! Pixels to planes: a [`Converter`] turns the colours of a [`Frame`](crate::Frame) into the [`Planes`] that an encoder
//! takes, each sample correctly rounded. It serves alone, too: it knows no encoder.
//!
//! The way of a row, or of two that share their chroma: `rows` sees to it that the kernels get whole blocks of four-byte
//! pixels, with `pixels` to read the other formats. The kernels, `plain`, `avx2` and `avx512`, take the pixels for
//! opaque and say whether they were; if not, or at 10 bits a sample, `blend` does the work in floating point, but for
//! blocks that only lack their background. Both get their weights from `formula`, which has H.273 in whole numbers; those
//! of the kernels are made in `limbs`, `fused` and `rounding`, which tell why they are exact.

// Kernels walk several arrays side by side, which reads best by index.
#![allow(clippy::needless_range_loop)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod blend;
mod converter;
mod formula;
mod fused;
mod isa;
mod limbs;
mod pixels;
mod plain;
#[cfg(target_arch = "x86_64")]
mod registers;
mod rounding;
mod rows;

pub use crate::planes::Planes;
pub use converter::Converter;
pub use isa::Isa;
