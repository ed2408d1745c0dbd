//! Two galaxies pass each other: a simulation that pushes a frame after every two steps.
//!
//! `cargo run --release --example particles` writes target/gallery/particles.mp4.

use std::io::Write;

use kinetograph::{Movie, Settings};
use tiny_skia::{BlendMode, Color, Paint, Pixmap, Rect, Transform};

/// Position in pixels, and velocity in pixels per step.
#[derive(Clone, Copy)]
struct Body {
    at: (f32, f32),
    speed: (f32, f32),
}

fn main() -> kinetograph::Result<()> {
    std::fs::create_dir_all("target/gallery").expect("a folder that can be made");
    let mut movie = Movie::create("target/gallery/particles.mp4", &Settings::new(1280, 720).frame_rate(30))?;
    let mut canvas = Pixmap::new(1280, 720).expect("a valid size");
    canvas.fill(Color::BLACK);
    let mut suns = [Body { at: (400.0, 300.0), speed: (1.0, 0.35) }, Body { at: (880.0, 420.0), speed: (-1.0, -0.35) }];
    let mut random = fastrand::Rng::with_seed(7);
    let mut stars: Vec<Body> = (0..9_000).map(|index| orbit(suns[index % 2], &mut random)).collect();
    for _ in 0..240 {
        for _ in 0..2 {
            let before = suns;
            stars.iter_mut().for_each(|star| fall(star, &suns));
            fall(&mut suns[0], &before[1..]);
            fall(&mut suns[1], &before[..1]);
        }
        draw(&mut canvas, &stars);
        movie.push(&canvas)?;
    }
    let report = movie.finish()?;
    let _ = writeln!(std::io::stdout(), "{report}"); // nobody may be reading
    Ok(())
}

/// Makes a star that circles a sun.
fn orbit(sun: Body, random: &mut fastrand::Rng) -> Body {
    let (radius, (sin, cos)) =
        (25.0 + 160.0 * random.f32() * random.f32(), (random.f32() * std::f32::consts::TAU).sin_cos());
    let speed = (900.0 / radius).sqrt();
    Body {
        at: (sun.at.0 + radius * cos, sun.at.1 + radius * sin),
        speed: (sun.speed.0 - speed * sin, sun.speed.1 + speed * cos),
    }
}

/// Moves a body by one step in the gravity of some suns.
fn fall(body: &mut Body, suns: &[Body]) {
    for sun in suns {
        let (dx, dy) = (sun.at.0 - body.at.0, sun.at.1 - body.at.1);
        let pull = 900.0 / (dx * dx + dy * dy + 150.0).powf(1.5);
        body.speed = (body.speed.0 + pull * dx, body.speed.1 + pull * dy);
    }
    body.at = (body.at.0 + body.speed.0, body.at.1 + body.speed.1);
}

/// Fades the previous frame and adds the stars. Faster stars are bluer.
fn draw(canvas: &mut Pixmap, stars: &[Body]) {
    let sky = Rect::from_xywh(0.0, 0.0, 1280.0, 720.0).expect("a rectangle");
    let mut paint = Paint::default();
    paint.set_color_rgba8(0, 0, 0, 80);
    canvas.fill_rect(sky, &paint, Transform::identity(), None);
    paint.blend_mode = BlendMode::Plus;
    for star in stars {
        let heat = (star.speed.0.hypot(star.speed.1) * 32.0).min(255.0) as u8;
        paint.set_color_rgba8(255 - heat / 2, 120 + heat / 4, 60 + heat / 4 * 3, 200);
        if let Some(dot) = Rect::from_xywh(star.at.0, star.at.1, 1.8, 1.8) {
            canvas.fill_rect(dot, &paint, Transform::identity(), None);
        }
    }
}
