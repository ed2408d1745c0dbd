//! Draws random text in fonts with random damage. The fonts are registered for the whole process.

mod canvas;

use canvas::{draw, white};
use fastrand::Rng;
use plotters::prelude::*;
use plotters_tiny_skia::register_font;

/// Returns text of letters, marks, controls and unassigned characters of all directions.
fn text(rng: &mut Rng) -> String {
    const BLOCKS: [u32; 16] = [
        0x00, 0x41, 0x300, 0x5D0, 0x600, 0x627, 0x900, 0x915, 0xE00, 0x1100, 0x2000, 0x2028, 0x2060, 0x4E00, 0xFE00,
        0x1F600,
    ];
    let characters = (0..rng.usize(..40)).map(|_| BLOCKS[rng.usize(..16)] + rng.u32(..48));
    characters.map(|code| char::from_u32(code).unwrap_or('\n')).collect()
}

#[test]
fn no_text_panics_in_any_font() {
    let mut rng = Rng::with_seed(7);
    let mut canvas = white(300, 60);
    let mut draw_some = |family: &str, rng: &mut Rng| {
        draw(&mut canvas, |area| area.draw(&Text::new(text(rng), (5, 5), (family, 20))).unwrap());
    };
    for _ in 0..500 {
        draw_some("sans-serif", &mut rng);
    }
    let mut registered = 0;
    for _ in 0..30 {
        let mut bytes = dejavu::sans::regular().to_vec();
        let length = bytes.len();
        // The directory of the tables is in the first 400 bytes.
        for _ in 0..rng.usize(..5000) {
            bytes[rng.usize(400..length)] = rng.u8(..);
        }
        for _ in 0..rng.usize(..4) {
            bytes[rng.usize(..400)] = rng.u8(..);
        }
        if register_font("damaged", FontStyle::Normal, bytes.leak()).is_ok() {
            registered += 1;
            for _ in 0..10 {
                draw_some("damaged", &mut rng);
            }
        }
    }
    assert!(registered > 5, "only {registered} fonts were registered");
}
