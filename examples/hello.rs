//! The smallest movie: `cargo run --example hello` writes hello.mp4.

use kinetograph::{Movie, Settings};
use tiny_skia::{Color, Pixmap};

fn main() -> kinetograph::Result<()> {
    let mut movie = Movie::create("hello.mp4", &Settings::new(640, 360).frame_rate(30))?;
    let mut canvas = Pixmap::new(640, 360).expect("a valid size");
    for i in 0..90u8 {
        canvas.fill(Color::from_rgba8(2 * i, 80, 160, 255));
        movie.push(&canvas)?;
    }
    let report = movie.finish()?;
    println!("{report}"); // 90 frames, 3.000 s, 9.1 kB, … frames/s
    Ok(())
}
