//! A scene of 3840×2160 pixels. The sky is a layer that is drawn once, and mountains pass in front of it.
//!
//! `cargo run --release --example large` writes target/gallery/large.mp4.

use std::io::Write;

use kinetograph::{Animation, FrameInfo, Settings};
use tiny_skia::{
    Color, FillRule, GradientStop, LinearGradient, Paint, PathBuilder, Pixmap, Point, RadialGradient, Rect, Shader,
    SpreadMode, Transform,
};

const WIDTH: f32 = 3840.0;
const HEIGHT: f32 = 2160.0;

fn main() -> kinetograph::Result<()> {
    std::fs::create_dir_all("target/gallery").expect("a folder that can be made");
    let animation = Animation::new(Settings::new(3840, 2160).frame_rate(30), 120, |canvas, frame| {
        draw_mountains(canvas, frame);
        Ok(())
    });
    let animation = animation.background(sky()).on_progress(|progress| {
        let _ = write!(std::io::stderr(), "\r{progress}"); // nobody may be reading
    });
    let report = animation.save("target/gallery/large.mp4")?;
    let _ = writeln!(std::io::stdout(), "\n{report}"); // nobody may be reading
    Ok(())
}

/// Makes a paint of a gradient.
fn paint(shader: Option<Shader<'static>>) -> Paint<'static> {
    Paint { shader: shader.expect("a gradient between two points"), ..Paint::default() }
}

fn stops(colors: &[(f32, u32)]) -> Vec<GradientStop> {
    let color = |argb: u32| {
        let [alpha, red, green, blue] = argb.to_be_bytes();
        Color::from_rgba8(red, green, blue, alpha)
    };
    colors.iter().map(|&(at, argb)| GradientStop::new(at, color(argb))).collect()
}

/// Draws an evening sky with a sun.
fn sky() -> Pixmap {
    let mut canvas = Pixmap::new(3840, 2160).expect("a valid size");
    let all = Rect::from_xywh(0.0, 0.0, WIDTH, HEIGHT).expect("a rectangle");
    let (top, bottom) = (Point::from_xy(0.0, 0.0), Point::from_xy(0.0, 1700.0));
    let evening = stops(&[(0.0, 0xFF_1B_26_4F), (0.55, 0xFF_C8_55_53), (1.0, 0xFF_FF_D2_8A)]);
    let shader = LinearGradient::new(top, bottom, evening, SpreadMode::Pad, Transform::identity());
    canvas.fill_rect(all, &paint(shader), Transform::identity(), None);
    let sun = Point::from_xy(2550.0, 960.0);
    let glow = stops(&[
        (0.0, 0xFF_FF_F6_DC),
        (0.1, 0xFF_FF_F0_C8),
        (0.14, 0x80_FF_E0_A0),
        (0.45, 0x28_FF_C8_80),
        (0.75, 0x08_FF_B8_70),
        (1.0, 0x00_FF_B0_60),
    ]);
    let shader = RadialGradient::new(sun, 0.0, sun, 1100.0, glow, SpreadMode::Pad, Transform::identity());
    canvas.fill_rect(all, &paint(shader), Transform::identity(), None);
    canvas
}

/// Draws five mountain ranges. Nearer ranges are darker and faster.
fn draw_mountains(canvas: &mut Pixmap, frame: FrameInfo) {
    for range in 0..5_u8 {
        let near = f32::from(range);
        let travelled = frame.seconds() as f32 * (40.0 + 110.0 * near * near);
        let height = |x: f32| {
            let wave = |length: f32, seed: f32| ((x + travelled) / length + seed * (near + 2.7)).sin();
            let peaks = 1.0 - wave(530.0 + 40.0 * near, 1.0).abs();
            1050.0 + 210.0 * near
                - 210.0 * peaks
                - 70.0 * wave(211.0, 2.0)
                - 26.0 * wave(67.0, 3.0)
                - 9.0 * wave(19.0, 5.0)
        };
        let mut outline = PathBuilder::new();
        outline.move_to(0.0, HEIGHT);
        (0..=960).map(|step| step as f32 * 4.0).for_each(|x| outline.line_to(x, height(x)));
        outline.line_to(WIDTH, HEIGHT);
        let mut slope = Paint::default();
        slope.set_color_rgba8(150 - 32 * range, 84 - 17 * range, 106 - 20 * range, 255);
        let outline = outline.finish().expect("an outline of lines");
        canvas.fill_path(&outline, &slope, FillRule::Winding, Transform::identity(), None);
    }
}
