//! The frames, drawn from a seed.

use std::f32::consts::TAU;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use clap::ValueEnum;
use kinetograph::color::{Converter, Planes};
use kinetograph::{BitDepth, Chroma, ColorSpace, Frame};
use tiny_skia::{Color, FillRule, Paint, PathBuilder, Pixmap, Rect, Stroke, Transform};

use crate::photo;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Scene {
    /// Five curves of 500 points and forty markers over grid lines: most of a frame does not change.
    Plot,
    /// A textured landscape under a moving camera, with objects in front of it and grain: every pixel of a frame
    /// changes.
    Photo,
}

impl Scene {
    pub fn name(self) -> &'static str {
        match self {
            Self::Plot => "plot",
            Self::Photo => "photo",
        }
    }

    /// Writes frames as RGBA, and as the I420 into which the library converts them (BT.709, limited range).
    pub fn write(self, (width, height): (u32, u32), frames: u32, rgba: &Path, i420: &Path) -> io::Result<()> {
        let (mut rgba, mut i420) = (BufWriter::new(File::create(rgba)?), BufWriter::new(File::create(i420)?));
        let converter = Converter::new(ColorSpace::BT709, Chroma::Yuv420, BitDepth::Eight, [255; 3]);
        let mut planes = Planes::new(width, height, Chroma::Yuv420, BitDepth::Eight);
        let mut canvas = Pixmap::new(width, height).expect("a valid size");
        let backdrop = photo::backdrop((width, height));
        for frame in 0..frames {
            let seconds = frame as f32 / 30.0;
            match self {
                Self::Plot => draw_plot(&mut canvas, seconds),
                Self::Photo => photo::draw(&mut canvas, &backdrop, frame),
            }
            rgba.write_all(canvas.data())?;
            converter.convert(&Frame::from(&canvas), &mut planes).map_err(io::Error::other)?;
            for plane in 0..planes.count() {
                for y in 0..planes.size(plane).1 {
                    i420.write_all(planes.row(plane, y))?;
                }
            }
        }
        rgba.flush()?;
        i420.flush()
    }
}

fn draw_plot(canvas: &mut Pixmap, seconds: f32) {
    let (width, height) = (canvas.width() as f32, canvas.height() as f32);
    let axes = Rect::from_xywh(0.1 * width, 0.08 * height, 0.85 * width, 0.82 * height).expect("not empty");
    canvas.fill(Color::WHITE);
    let identity = Transform::identity();

    let mut grid = PathBuilder::new();
    for line in 0..=10 {
        let share = line as f32 / 10.0;
        let (x, y) = (axes.left() + share * axes.width(), axes.top() + share * axes.height());
        grid.move_to(x.round() + 0.5, axes.top());
        grid.line_to(x.round() + 0.5, axes.bottom());
        grid.move_to(axes.left(), y.round() + 0.5);
        grid.line_to(axes.right(), y.round() + 0.5);
    }
    let thin = Stroke { width: 1.0, ..Stroke::default() };
    canvas.stroke_path(&grid.finish().expect("lines"), &paint(210, 210, 210), &thin, identity, None);
    canvas.stroke_path(&PathBuilder::from_rect(axes), &paint(0, 0, 0), &thin, identity, None);

    // matplotlib's first five colours.
    let colors = [(31, 119, 180), (255, 127, 14), (44, 160, 44), (214, 39, 40), (148, 103, 189)];
    let place = |x: f32, y: f32| (axes.left() + x * axes.width(), axes.top() + (0.5 - 0.45 * y) * axes.height());
    for (curve, (red, green, blue)) in colors.into_iter().enumerate() {
        let curve = curve as f32;
        let value = |x: f32| {
            let slow = (TAU * (x * (1.0 + curve) + 0.1 * seconds * (curve - 2.0))).sin();
            slow * (TAU * (0.13 * seconds + 0.2 * curve)).cos()
        };
        let mut path = PathBuilder::new();
        for point in 0..500 {
            let (x, y) = place(point as f32 / 499.0, value(point as f32 / 499.0));
            if point == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
        }
        let stroke = Stroke { width: 1.5, ..Stroke::default() };
        canvas.stroke_path(&path.finish().expect("a curve"), &paint(red, green, blue), &stroke, identity, None);
        for marker in 0..8 {
            let x = (marker as f32 / 8.0 + 0.02 * seconds).fract();
            let (x, y) = place(x, value(x));
            let circle = PathBuilder::from_circle(x, y, 4.0).expect("a circle");
            canvas.fill_path(&circle, &paint(red, green, blue), FillRule::Winding, identity, None);
        }
    }
}

fn paint(red: u8, green: u8, blue: u8) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(red, green, blue, 255);
    paint
}
