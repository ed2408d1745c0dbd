//! Converts pixels to planes: a [`Converter`] turns a [`Frame`](crate::Frame) into the [`Planes`] that an encoder
//! takes. Every sample is correctly rounded. The module knows no encoder and can be used alone.
//!
//! `rows` passes each row, or two rows that share their chroma, to a kernel as whole blocks of four-byte pixels.
//! `pixels` reads the other formats. A kernel (`plain`, `avx2` or `avx512`) converts the pixels as if they were opaque,
//! and reports whether they were. If they were not, or at 10 bits a sample, `blend` converts them in floating point. It
//! passes blocks without translucent pixels back to the kernel, over the background. All weights come from `formula`,
//! which has the formulas of H.273 in whole numbers. `opaque_weights`, `double_fma` and `single_fma` compute the
//! weights of the kernels and explain why they are exact. `blend_weights` computes those of `blend`.

// Kernels walk several arrays side by side, which is easiest to read with an index.
#![allow(clippy::needless_range_loop)]

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod blend;
mod blend_weights;
mod converter;
mod double_fma;
mod formula;
mod isa;
mod opaque_weights;
mod pixels;
mod plain;
#[cfg(target_arch = "x86_64")]
mod registers;
mod rows;
mod single_fma;

pub use crate::planes::Planes;
pub use converter::Converter;
pub use isa::Isa;
