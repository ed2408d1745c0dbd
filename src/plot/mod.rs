//! Charts and heat maps (feature `plotters`).
//!
//! [`PixmapBackend`] lets the [plotters](https://docs.rs/plotters) crate draw on the canvas: anti-aliased, with text in
//! embedded faces, so that a chart looks the same on every machine.

mod backend;
mod blend;
mod clip;
mod string;
mod text;

pub use backend::PixmapBackend;
pub use text::register_font;
