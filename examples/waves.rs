//! Five sine curves, forty markers that ride on them, grid lines and a frame: a plot as a function of the frame's index.
//!
//! `waves [--size WxH] [--frames N] [--fps RATE] [--preset P] [--crf X] [--workers N] OUTPUT`
//!
//! The work can be shared by several processes, and survives them: each `waves --resume FOLDER --share I/N` makes every
//! Nth part from the Ith on into the folder, and `waves --resume FOLDER OUTPUT` makes the parts that are missing, and the
//! movie.

use std::f32::consts::TAU;
use std::path::PathBuf;

use clap::Parser;
use kinetograph::{Animation, FrameRate, Moment, Preset, Quality, Settings};
use tiny_skia::{Color, FillRule, Paint, PathBuilder, Pixmap, Rect, Stroke, Transform};

/// Films five sine curves with forty markers.
#[derive(Parser)]
struct Arguments {
    /// Width and height in pixels
    #[arg(long, default_value = "640x480", value_parser = size)]
    size: (u32, u32),
    /// How many frames
    #[arg(long, default_value_t = 300)]
    frames: u64,
    /// Frames a second: 30, 30000/1001 or 29.97
    #[arg(long, default_value = "30")]
    fps: FrameRate,
    /// x264's preset, ultrafast to placebo
    #[arg(long, default_value_t = Preset::Medium)]
    preset: Preset,
    /// Constant rate factor, 0 to 51
    #[arg(long, default_value_t = 23.0)]
    crf: f32,
    /// Threads that draw and encode [default: one for each core]
    #[arg(long)]
    workers: Option<usize>,
    /// Where finished parts are kept until the movie is finished
    #[arg(long, value_name = "FOLDER")]
    resume: Option<PathBuf>,
    /// Make every Nth part from the Ith on into the folder, and no movie
    #[arg(long, value_name = "I/N", value_parser = share, requires = "resume", conflicts_with = "output")]
    share: Option<(u64, u64)>,
    /// The movie
    #[arg(required_unless_present = "share")]
    output: Option<PathBuf>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments = Arguments::parse();
    let (width, height) = arguments.size;
    let settings = Settings::new(width, height)
        .frame_rate(arguments.fps)
        .preset(arguments.preset)
        .quality(Quality::Crf(arguments.crf));
    settings.validate()?;
    let mut movie = Animation::new(settings, arguments.frames, |canvas, frame| {
        draw(canvas, frame);
        Ok(())
    })
    .background(backdrop(width, height))
    .on_progress(|progress| eprint!("\r{progress}"));
    if let Some(workers) = arguments.workers {
        movie = movie.workers(workers);
    }
    if let (Some(folder), Some((first, step))) = (&arguments.resume, arguments.share) {
        std::fs::create_dir_all(folder)?;
        for part in (first - 1..movie.parts()?).step_by(step as usize) {
            movie.encode_part(part)?.save(folder.join(format!("{part:06}.piece")))?;
            eprintln!();
        }
    }
    if let Some(output) = arguments.output {
        if let Some(folder) = arguments.resume {
            movie = movie.resume(folder);
        }
        let report = movie.save(output)?;
        eprintln!("\n{report}");
    }
    Ok(())
}

const COLORS: [[u8; 3]; 5] = [[31, 119, 180], [255, 127, 14], [44, 160, 44], [214, 39, 40], [148, 103, 189]];
const POINTS: usize = 500;
const MARKERS: usize = 40;

/// Where the curves are, the same share of every canvas.
fn axes(canvas: &Pixmap) -> Rect {
    let (width, height) = (canvas.width() as f32, canvas.height() as f32);
    Rect::from_ltrb(0.08 * width, 0.06 * height, 0.97 * width, 0.92 * height).expect("a canvas has a size")
}

/// What does not move: grid lines and a frame, on white.
fn backdrop(width: u32, height: u32) -> Pixmap {
    let mut canvas = Pixmap::new(width, height).expect("a valid size");
    canvas.fill(Color::WHITE);
    let axes = axes(&canvas);
    let mut grid = PathBuilder::new();
    for line in 1..10 {
        let share = line as f32 / 10.0;
        let (x, y) = (axes.left() + share * axes.width(), axes.top() + share * axes.height());
        grid.move_to(x, axes.top());
        grid.line_to(x, axes.bottom());
        grid.move_to(axes.left(), y);
        grid.line_to(axes.right(), y);
    }
    stroke(&mut canvas, grid, [204; 3], 1.0);
    let mut frame = PathBuilder::new();
    frame.push_rect(axes);
    stroke(&mut canvas, frame, [0; 3], 1.0);
    canvas
}

/// The curves run to the left, each at its own speed; the markers run along them to the right.
fn draw(canvas: &mut Pixmap, frame: Moment) {
    let axes = axes(canvas);
    let turn = TAU * frame.index() as f32 / 120.0;
    let place = |wave: usize, x: f32| {
        let wave = wave as f32;
        let y = 0.5 - (0.42 - 0.06 * wave) * (TAU * (1.0 + 0.5 * wave) * x + turn * (1.0 + 0.25 * wave)).sin();
        (axes.left() + x * axes.width(), axes.top() + y * axes.height())
    };
    for (wave, color) in COLORS.into_iter().enumerate() {
        let mut curve = PathBuilder::with_capacity(POINTS, POINTS);
        for point in 0..POINTS {
            let (x, y) = place(wave, point as f32 / (POINTS - 1) as f32);
            if point == 0 { curve.move_to(x, y) } else { curve.line_to(x, y) }
        }
        stroke(canvas, curve, color, 1.5);
    }
    for (wave, color) in COLORS.into_iter().enumerate() {
        let mut circles = PathBuilder::new();
        for marker in (wave..MARKERS).step_by(COLORS.len()) {
            let (x, y) = place(wave, (marker as f32 / MARKERS as f32 + frame.index() as f32 / 300.0).fract());
            circles.push_circle(x, y, 4.0);
        }
        if let Some(circles) = circles.finish() {
            canvas.fill_path(&circles, &paint(color), FillRule::Winding, Transform::identity(), None);
        }
    }
}

fn stroke(canvas: &mut Pixmap, line: PathBuilder, color: [u8; 3], width: f32) {
    if let Some(path) = line.finish() {
        let stroke = Stroke { width, ..Stroke::default() };
        canvas.stroke_path(&path, &paint(color), &stroke, Transform::identity(), None);
    }
}

fn paint([red, green, blue]: [u8; 3]) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color_rgba8(red, green, blue, 255);
    paint
}

fn size(text: &str) -> Result<(u32, u32), String> {
    let sides = text.split_once('x').and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    sides.ok_or_else(|| "write it as 640x480".into())
}

fn share(text: &str) -> Result<(u64, u64), String> {
    let share = text.split_once('/').and_then(|(first, step)| Some((first.parse().ok()?, step.parse().ok()?)));
    share.filter(|(first, step)| (1..=*step).contains(first)).ok_or_else(|| "write it as 1/3, 2/3 or 3/3".into())
}
