//! Pixels to planes: a [`Converter`] turns the colours of a [`Frame`](crate::Frame) into the [`Planes`] that an encoder
//! takes, each sample correctly rounded.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod blend;
mod converter;
mod formula;
mod isa;
mod limbs;
mod pixels;
mod plain;
mod rows;

pub use crate::planes::Planes;
pub use converter::Converter;
pub use isa::Isa;
