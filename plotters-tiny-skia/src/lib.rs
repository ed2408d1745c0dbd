//! A backend of the [plotters] crate that draws charts on a [tiny_skia] [`Pixmap`](tiny_skia::Pixmap), and heat maps.
//!
//! [`PixmapBackend`] draws every shape anti-aliased and every text in fonts that are embedded in the program, so that a
//! chart looks the same on every machine. It draws over the present contents of the pixmap.
//!
//! ```
//! use plotters_tiny_skia::PixmapBackend;
//! use plotters_tiny_skia::plotters::prelude::*;
//! use plotters_tiny_skia::tiny_skia::Pixmap;
//!
//! let mut canvas = Pixmap::new(320, 240).expect("a valid size");
//! let area = PixmapBackend::new(&mut canvas).into_drawing_area();
//! area.fill(&WHITE)?;
//! let mut chart = ChartBuilder::on(&area)
//!     .caption("A parabola", ("sans-serif", 20))
//!     .set_all_label_area_size(30)
//!     .build_cartesian_2d(-1.0..1.0, 0.0..1.0)?;
//! chart.configure_mesh().draw()?;
//! chart.draw_series(LineSeries::new((-50..=50).map(|x| f64::from(x) / 50.0).map(|x| (x, x * x)), &RED))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`HeatMap`] draws a two-dimensional array in the colours of a [`ColorMap`], with a colour bar beside it.
//! [`register_font`] adds a font to the embedded ones.

mod backend;
mod blend;
mod clip;
mod color_map;
mod corridor;
mod error;
mod heat;
mod smooth;
mod stroke;
mod text;
mod ticks;

pub use backend::PixmapBackend;
pub use color_map::ColorMap;
pub use error::Error;
pub use heat::{Area, ColorBar, HeatMap, HeatMapElement, Origin};
pub use plotters;
pub use text::{register_font, register_fonts};
pub use tiny_skia;

/// The examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
