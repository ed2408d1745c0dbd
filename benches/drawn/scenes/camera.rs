//! Pictures like those of a camera: texture or soft light, motion of the whole picture, grain.

use std::sync::LazyLock;

use tiny_skia::Pixmap;

use super::Drawn;
use super::brush::{disc, fill, seconds};

#[path = "../../peers/src/photo.rs"]
mod photo;

static BACKDROP: LazyLock<Pixmap> = LazyLock::new(|| photo::backdrop((1280, 720)));

/// A textured landscape under a camera that pans, turns and zooms.
pub fn landscape(canvas: &mut Pixmap, index: usize, _: usize) -> Drawn {
    photo::draw(canvas, &BACKDROP, index as u32);
    Ok(())
}

/// Lights out of focus, which move past each other in the dark, in a hand that shakes.
pub fn night(canvas: &mut Pixmap, index: usize, _: usize) -> Drawn {
    let now = seconds(index) as f32;
    fill(canvas, [24, 22, 30]);
    let (shake_x, shake_y) = (4.0 * (5.1 * now).sin() + 2.0 * (11.3 * now).sin(), 3.0 * (6.7 * now).cos());
    let mut random = fastrand::Rng::with_seed(17);
    for _ in 0..70 {
        let (radius, depth) = (20.0 + 60.0 * random.f32(), 0.5 + random.f32());
        let x = (1480.0 * random.f32() + 60.0 * depth * now) % 1480.0 - 100.0 + shake_x;
        let y = 720.0 * random.f32() + shake_y;
        let color = [[255, 190, 90], [255, 90, 60], [120, 170, 255], [250, 240, 220]][random.usize(..4)];
        // The edge of a light is soft over a fifth of its radius.
        for ring in 0..6 {
            disc(canvas, (x, y), radius * (1.0 - 0.04 * ring as f32), color, 0.07);
        }
    }
    photo::grain(canvas, index as u32);
    Ok(())
}
