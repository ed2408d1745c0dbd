//! The frames, drawn from a seed.

use std::f32::consts::TAU;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use clap::ValueEnum;
use kinetograph::color::{Converter, Planes};
use kinetograph::{BitDepth, Chroma, ColorSpace, Frame};
use tiny_skia::{
    Color, FillRule, FilterQuality, Paint, PathBuilder, Pattern, Pixmap, PixmapPaint, PremultipliedColorU8, Rect,
    SpreadMode, Stroke, Transform,
};

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
        let backdrop = backdrop(2 * width, 2 * height);
        for frame in 0..frames {
            let seconds = frame as f32 / 30.0;
            match self {
                Self::Plot => draw_plot(&mut canvas, seconds),
                Self::Photo => draw_photo(&mut canvas, &backdrop, seconds, frame),
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

fn draw_photo(canvas: &mut Pixmap, backdrop: &Pixmap, seconds: f32, frame: u32) {
    let (width, height) = (canvas.width() as f32, canvas.height() as f32);
    let smooth = PixmapPaint { quality: FilterQuality::Bilinear, ..PixmapPaint::default() };
    // The camera pans, turns and zooms. The backdrop is twice as wide and high as the canvas.
    let camera = Transform::from_translate(-width - 0.02 * width * seconds, -height - 0.01 * height * seconds)
        .post_rotate(3.0 * (0.4 * seconds).sin())
        .post_scale(1.0 + 0.01 * seconds.min(20.0), 1.0 + 0.01 * seconds.min(20.0))
        .post_translate(0.5 * width, 0.5 * height);
    canvas.fill(Color::BLACK);
    canvas.draw_pixmap(0, 0, backdrop.as_ref(), &smooth, camera, None);

    for object in 0..4 {
        let phase = object as f32 * 0.25;
        let x = width * (0.5 + 0.4 * (TAU * (0.07 * seconds + phase)).sin());
        let y = height * (0.5 + 0.3 * (TAU * (0.05 * seconds + 2.0 * phase)).cos());
        let texture = Transform::from_translate(-width * phase, -height * phase).post_rotate(40.0 * seconds);
        let shader = Pattern::new(
            backdrop.as_ref(),
            SpreadMode::Reflect,
            FilterQuality::Bilinear,
            1.0,
            texture.post_translate(x, y),
        );
        let circle = PathBuilder::from_circle(x, y, 0.09 * height).expect("a circle");
        let paint = Paint { shader, ..Paint::default() };
        canvas.fill_path(&circle, &paint, FillRule::Winding, Transform::identity(), None);
    }

    let mut random = fastrand::Rng::with_seed(u64::from(frame));
    for pixel in canvas.pixels_mut() {
        // Grain is the sum of two random numbers from 0 to 3, so that its middle values are the most likely.
        let dice = random.u8(..);
        let grain = (dice & 3) + (dice >> 2 & 3);
        let add = |channel: u8| channel.saturating_add(grain).saturating_sub(3);
        *pixel = PremultipliedColorU8::from_rgba(add(pixel.red()), add(pixel.green()), add(pixel.blue()), 255)
            .expect("an opaque colour");
    }
}

/// Draws surfaces with sharp edges, and on them noise of seven octaves, as clouds, rocks and leaves have it.
fn backdrop(width: u32, height: u32) -> Pixmap {
    let mut picture = Pixmap::new(width, height).expect("a valid size");
    picture.fill(Color::from_rgba8(120, 150, 190, 255));
    let mut random = fastrand::Rng::with_seed(1893);
    for _ in 0..300 {
        let mut path = PathBuilder::new();
        let (x, y) = (random.f32() * width as f32, random.f32() * height as f32);
        for corner in 0..4 {
            let mut near = |middle: f32| middle + (random.f32() - 0.5) * 0.25 * height as f32;
            let (x, y) = (near(x), near(y));
            if corner == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
        }
        let surface = paint(random.u8(20..), random.u8(20..), random.u8(20..));
        picture.fill_path(&path.finish().expect("corners"), &surface, FillRule::Winding, Transform::identity(), None);
    }
    for octave in 2..9 {
        let (columns, rows) = (4 << octave, 3 << octave);
        let mut cells = Pixmap::new(columns, rows).expect("a valid size");
        for cell in cells.pixels_mut() {
            let light = random.u8(..);
            let mut channel = || light / 4 * 3 + random.u8(..64);
            *cell = PremultipliedColorU8::from_rgba(channel(), channel(), channel(), 255).expect("an opaque colour");
        }
        let paint = PixmapPaint { quality: FilterQuality::Bicubic, opacity: 0.15, ..PixmapPaint::default() };
        let scale = Transform::from_scale(width as f32 / columns as f32, height as f32 / rows as f32);
        picture.draw_pixmap(0, 0, cells.as_ref(), &paint, scale, None);
    }
    picture
}

fn paint(red: u8, green: u8, blue: u8) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(red, green, blue, 255);
    paint
}
