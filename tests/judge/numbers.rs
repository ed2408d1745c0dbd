//! Frames that show their index, and movies read back as the indices that ffmpeg sees.

#![allow(dead_code)] // each test program uses some of them

use std::path::Path;

use kinetograph::{FrameInfo, Preset, Settings};
use tiny_skia::{Color, Paint, Pixmap, Rect, Transform};

type Drawn = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// Side of the square that stands for one bit, in pixels.
const CELL: u32 = 16;
/// Side of the picture, in pixels.
pub const SIDE: u32 = 4 * CELL;

pub fn settings() -> Settings {
    Settings::new(SIDE, SIDE).frame_rate(30).preset(Preset::Ultrafast)
}

/// Settings with B-frames, scene cuts and a lookahead.
pub fn thorough() -> Settings {
    settings().preset(Preset::Medium)
}

/// Draws the frame's index as 16 black or white squares.
pub fn number(canvas: &mut Pixmap, frame: FrameInfo) -> Drawn {
    for bit in (0..16).filter(|bit| frame.index() >> bit & 1 == 1) {
        let (x, y) = ((bit % 4 * CELL) as f32, (bit / 4 * CELL) as f32);
        let square = Rect::from_xywh(x, y, CELL as f32, CELL as f32).ok_or("no square")?;
        canvas.fill_rect(square, &Paint::default(), Transform::identity(), None);
    }
    Ok(())
}

/// Returns the pictures that [`number`] draws of the first `count` frames.
pub fn pictures(count: u64) -> Vec<Pixmap> {
    let picture = |index| {
        let mut canvas = Pixmap::new(SIDE, SIDE).unwrap();
        canvas.fill(Color::WHITE);
        number(&mut canvas, FrameInfo::new(index, count, 30)).unwrap();
        canvas
    };
    (0..count).map(picture).collect()
}

/// Returns the indices that the frames of a movie show, in the order in which ffmpeg decodes them.
pub fn numbers(movie: &Path) -> Vec<u64> {
    let pictures = super::judge::decode(movie);
    let number = |picture: &[u8]| {
        let dark = |bit: &u32| picture[((bit / 4 * CELL + CELL / 2) * SIDE + bit % 4 * CELL + CELL / 2) as usize] < 128;
        (0..16).filter(dark).map(|bit| 1 << bit).sum()
    };
    // A luma plane, and two chroma planes of a quarter of its size.
    pictures.chunks((SIDE * SIDE * 3 / 2) as usize).map(number).collect()
}
