//! Tests what happens with characters that no font has. A process has one log, so this test has its own process.

mod canvas;

use std::sync::Mutex;

use canvas::{draw, white};
use plotters::prelude::*;
use plotters_tiny_skia::register_font;
use tiny_skia::Pixmap;

/// Keeps the warnings of this crate.
struct Warnings(Mutex<Vec<String>>);

impl log::Log for Warnings {
    fn enabled(&self, _: &log::Metadata) -> bool {
        true
    }

    fn log(&self, record: &log::Record) {
        if record.level() == log::Level::Warn {
            self.0.lock().unwrap().push(record.args().to_string());
        }
    }

    fn flush(&self) {}
}

static WARNINGS: Warnings = Warnings(Mutex::new(Vec::new()));

fn picture(text: &str, size: u32) -> Pixmap {
    let mut canvas = white(160, 40);
    draw(&mut canvas, |area| area.draw(&Text::new(text, (5, 5), ("sans-serif", size))).unwrap());
    canvas
}

fn warnings() -> Vec<String> {
    std::mem::take(&mut WARNINGS.0.lock().unwrap())
}

#[test]
fn each_missing_character_is_reported_once_until_a_font_has_it() {
    log::set_logger(&WARNINGS).unwrap();
    log::set_max_level(log::LevelFilter::Warn);
    // DejaVu Sans has all of these, or nothing is to be drawn for them.
    picture("Aé Ж π שלום سلام → e\u{301} \u{200D}\u{FE0F}\t", 24);
    assert_eq!(warnings(), [""; 0]);

    let boxes = picture("A中文中\u{FE0F} b", 24);
    let expected = |character: char| {
        let code = u32::from(character);
        format!("no registered font has the character '{character}' (U+{code:04X}); a box is drawn in its place")
    };
    assert_eq!(warnings(), [expected('中'), expected('文')]);
    picture("中文", 30);
    assert_eq!(warnings(), [""; 0]);
    picture("文字", 24);
    assert_eq!(warnings(), [expected('字')]);

    // A font that has them, in a collection, under a family that no text names.
    let collection = std::fs::read("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc").expect("fonts-wqy-microhei");
    register_font("WenQuanYi Micro Hei", FontStyle::Normal, collection.leak()).unwrap();
    assert!(boxes != picture("A中文中\u{FE0F} b", 24));
    picture("图", 24);
    assert_eq!(warnings(), [""; 0]);
}
