//! The scenes: drawn pictures of many kinds, and two that look like a camera's. Each is a function of the frame's index.

mod brush;
mod camera;
mod charts;
mod fields;
mod pages;
mod points;

use tiny_skia::Pixmap;

pub type Drawn = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// Draws the frame of an index on a canvas. What is built up is complete at the frame `total`.
pub type Draw = fn(canvas: &mut Pixmap, index: usize, total: usize) -> Drawn;

/// What a scene is for. The halves were chosen before anything was measured on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Half {
    /// Parameters are searched on these.
    Search,
    /// Figures are reported of these.
    Report,
}

pub enum Source {
    Library(Draw),
    /// A scene of `benches/drawn/matplotlib_scenes.py`.
    Matplotlib,
}

pub struct Scene {
    pub name: &'static str,
    pub half: Half,
    /// Whether it is like a camera's picture.
    pub camera: bool,
    pub size: (u32, u32),
    pub source: Source,
}

const HD: (u32, u32) = (1280, 720);
const SQUARE: (u32, u32) = (500, 500);
const FULL_HD: (u32, u32) = (1920, 1080);

const fn scene(half: Half, name: &'static str, size: (u32, u32), draw: Draw) -> Scene {
    Scene { name, half, camera: false, size, source: Source::Library(draw) }
}

const fn camera(half: Half, name: &'static str, draw: Draw) -> Scene {
    Scene { camera: true, ..scene(half, name, HD, draw) }
}

const fn matplotlib(name: &'static str, size: (u32, u32)) -> Scene {
    Scene { name, half: Half::Report, camera: false, size, source: Source::Matplotlib }
}

use Half::{Report, Search};

pub const SCENES: &[Scene] = &[
    scene(Search, "lines", HD, charts::lines),
    scene(Search, "scatter", SQUARE, charts::scatter),
    scene(Search, "surface", HD, charts::surface),
    scene(Search, "heat-blocks", HD, fields::heat_blocks),
    scene(Search, "noise", HD, fields::noise),
    scene(Search, "map", HD, fields::map),
    scene(Search, "text", HD, pages::text),
    scene(Search, "slides", HD, pages::slides),
    scene(Search, "particles", HD, points::particles),
    camera(Search, "landscape", camera::landscape),
    scene(Report, "bars", HD, charts::bars),
    scene(Report, "oscilloscope", SQUARE, charts::oscilloscope),
    scene(Report, "dark", FULL_HD, charts::dark),
    scene(Report, "heat-smooth", HD, fields::heat_smooth),
    scene(Report, "contours", HD, fields::contours),
    scene(Report, "still", FULL_HD, pages::still),
    scene(Report, "graph", HD, points::graph),
    matplotlib("mpl-waves", HD),
    matplotlib("mpl-surface", SQUARE),
    matplotlib("mpl-contours", HD),
    camera(Report, "night", camera::night),
];
