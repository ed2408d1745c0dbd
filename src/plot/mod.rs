//! Charts and heat maps (feature `plotters`).
//!
//! [`PixmapBackend`] lets the [plotters](https://docs.rs/plotters) crate draw on the canvas: anti-aliased, with text in
//! embedded faces, so that a chart looks the same on every machine.

mod backend;
mod blend;
mod clip;
mod color_map;
mod heat;
mod smooth;
mod stroke;
mod text;
mod ticks;

pub use backend::PixmapBackend;
pub use color_map::ColorMap;
pub use heat::{Area, HeatMap};
pub use text::{register_font, register_fonts};
