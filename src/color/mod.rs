//! Pixels to planes: a [`Converter`] turns the colours of a [`Frame`](crate::Frame) into the [`Planes`] that an encoder
//! takes, each sample correctly rounded.

mod converter;
mod formula;
mod plain;

pub use crate::planes::Planes;
pub use converter::Converter;
