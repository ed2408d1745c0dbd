//! Tests what happens with characters that no font has. A process has one log, so this test has its own process.

mod canvas;

use std::sync::Mutex;

use canvas::{draw, rgb, white};
use plotters::prelude::*;
use plotters_tiny_skia::{PixmapBackend, register_font};
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

    // plotters measures legends without that font.
    let mut canvas = white(400, 80);
    let area = PixmapBackend::new(&mut canvas).into_drawing_area();
    let mut chart = ChartBuilder::on(&area).build_cartesian_2d(0..1, 0..1).unwrap();
    chart.draw_series(LineSeries::new([(0, 0)], TRANSPARENT)).unwrap().label("中文图表的图例说明");
    let mut legend = chart.configure_series_labels();
    legend.background_style(RED.filled()).label_font(("sans-serif", 24)).draw().unwrap();
    drop((chart, area));
    let columns = |is: fn([u8; 3]) -> bool| {
        let at = || (0..400).filter(|&x| (0..80).any(|y| is(rgb(&canvas, x, y))));
        (at().min().unwrap(), at().max().unwrap())
    };
    let (text, frame) = (columns(|[red, _, _]| red < 80), columns(|pixel| pixel != [255; 3]));
    assert!(text.0 > frame.0 + 20 && text.1 + 5 < frame.1, "the text is in {text:?} of {frame:?}");
    assert!(frame.1 - text.1 < 15, "the text is in {text:?} of {frame:?}");
}
