//! Compares text with the same text that pango-view sets in the same fonts.

mod canvas;

use std::{fs, path::Path, path::PathBuf, process::Command};

use canvas::{draw, gray_darkness, white};
use plotters::prelude::*;
use plotters_backend::DrawingBackend;
use plotters_tiny_skia::{PixmapBackend, register_font};
use tiny_skia::Pixmap;

/// Pixels per em.
const EM: f64 = 40.0;

/// The height of a line in ems.
const LINE: f64 = 1.24;

const NOTO: &str = "/usr/share/fonts/truetype/noto/";

/// What pango-view makes of a text.
struct Judged {
    picture: Pixmap,
    width: f64,
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("pango").join(name)
}

/// Sets a text with pango-view in the first of the fonts, with the others to fall back on.
fn pango(name: &str, text: &str, fonts: &[(&str, PathBuf)]) -> Judged {
    let folder = folder(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("fonts")).unwrap();
    for (_, file) in fonts {
        fs::copy(file, folder.join("fonts").join(file.file_name().unwrap())).unwrap();
    }
    let config = format!(
        "<fontconfig><dir>{0}/fonts</dir><cachedir>{0}/cache</cachedir></fontconfig>",
        folder.to_str().unwrap()
    );
    fs::write(folder.join("fonts.conf"), config).unwrap();
    // The height of a line of DejaVu Sans is 2384 of 2048 units.
    let spacing = LINE / (2384.0 / 2048.0);
    let run = Command::new("pango-view")
        .env("FONTCONFIG_FILE", folder.join("fonts.conf"))
        .args(["--no-display", "--pixels", "--hinting=none", "--hint-metrics=off", "--subpixel-positions"])
        .args(["--antialias=gray", "--margin=20", &format!("--line-spacing={spacing}")])
        .arg(format!("--font={} {EM}", fonts[0].0))
        .arg(format!("--serialize-to={}", folder.join("layout.json").display()))
        .arg(format!("--output={}", folder.join("pango.png").display()))
        .arg(format!("--text={text}"))
        .output()
        .expect("pango-view, from pango1.0-tools");
    assert!(run.status.success(), "{run:?}");
    let layout = fs::read_to_string(folder.join("layout.json")).unwrap();
    let layout = &layout[layout.find("\"output\"").unwrap()..];
    let field = |name: &str| -> f64 {
        let (_, after) = layout.split_once(&format!("\"{name}\" : ")).unwrap();
        after.split(',').next().unwrap().parse().unwrap()
    };
    assert_eq!(field("unknown-glyphs"), 0.0, "{name}: pango lacks a font");
    Judged { picture: Pixmap::load_png(folder.join("pango.png")).unwrap(), width: field("width") / 1024.0 }
}

/// The darkness of the pixels of a rectangle that holds all that is drawn.
struct Drawn {
    width: usize,
    height: usize,
    darkness: Vec<f64>,
}

impl Drawn {
    fn new(canvas: &Pixmap) -> Self {
        let all = gray_darkness(canvas);
        let width = canvas.width() as usize;
        let drawn = || (0..all.len()).filter(|&at| all[at] > 20).map(|at| (at % width, at / width));
        let (left, right) = (drawn().map(|at| at.0).min().unwrap(), drawn().map(|at| at.0).max().unwrap());
        let (top, bottom) = (drawn().map(|at| at.1).min().unwrap(), drawn().map(|at| at.1).max().unwrap());
        let darkness = (top..=bottom).flat_map(|y| (left..=right).map(move |x| y * width + x));
        let darkness = darkness.map(|at| f64::from(all[at])).collect();
        Self { width: right + 1 - left, height: bottom + 1 - top, darkness }
    }

    fn at(&self, x: i32, y: i32) -> f64 {
        let inside = (0..self.width as i32).contains(&x) && (0..self.height as i32).contains(&y);
        if inside { self.darkness[y as usize * self.width + x as usize] } else { 0.0 }
    }

    /// Returns the cosine of the angle between two pictures as vectors, for the best shift by up to two pixels: 1 if they
    /// are the same.
    fn similarity(&self, other: &Self) -> f64 {
        let norm = |drawn: &Self| drawn.darkness.iter().map(|d| d * d).sum::<f64>().sqrt();
        let product = |dx: i32, dy: i32| {
            let pixels = (0..self.height as i32).flat_map(|y| (0..self.width as i32).map(move |x| (x, y)));
            pixels.map(|(x, y)| self.at(x, y) * other.at(x + dx, y + dy)).sum::<f64>()
        };
        let shifts = (-2..=2).flat_map(|dx| (-2..=2).map(move |dy| (dx, dy)));
        shifts.map(|(dx, dy)| product(dx, dy)).fold(0.0, f64::max) / (norm(self) * norm(other))
    }
}

#[test]
fn text_of_all_scripts_is_as_pango_sets_it() {
    let dejavu = Path::new(env!("CARGO_TARGET_TMPDIR")).join("DejaVuSans.ttf");
    fs::write(&dejavu, dejavu::sans::regular()).unwrap();
    let noto = |file: &str| Path::new(NOTO).join(file);
    let sans = ("DejaVu Sans", dejavu);
    let arabic = ("Noto Sans Arabic", noto("NotoSansArabic-Regular.ttf"));
    let hebrew = ("Noto Sans Hebrew", noto("NotoSansHebrew-Regular.ttf"));
    let hindi = ("Noto Sans Devanagari", noto("NotoSansDevanagari-Regular.ttf"));
    let thai = ("Noto Sans Thai", noto("NotoSansThai-Regular.ttf"));
    let chinese = ("WenQuanYi Micro Hei", PathBuf::from("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc"));
    for (family, file) in [&arabic, &hebrew, &hindi, &thai, &chinese] {
        register_font(family, FontStyle::Normal, fs::read(file).unwrap().leak()).unwrap();
    }
    for (name, text, fonts) in [
        ("latin", "Type AVA, office: Ünïçø̂de 0123", vec![&sans]),
        ("arabic", "السَّلامُ عليكم", vec![&arabic]),
        ("arabic_in_dejavu", "درجة الحرارة ٢٠ (2024)", vec![&sans]),
        ("hebrew", "שָׁלוֹם עוֹלָם", vec![&hebrew]),
        ("hebrew_in_dejavu", "מהירות [m/s] של 3.5", vec![&sans]),
        ("chinese", "中文图表：温度与时间", vec![&chinese]),
        ("hindi", "हिन्दी में क्षत्रिय, कर्म और स्त्री", vec![&hindi]),
        ("thai", "ภาษาไทย น้ำ ที่นี่ ปู่กู้", vec![&thai]),
        ("mixed", "Größe مساحة 中文 图 हिन्दी में ไทย ที่ שלום 7", vec![&sans, &hindi, &thai, &chinese]),
        ("right_to_left", "גודל Größe 12 中文 %", vec![&sans, &chinese]),
        ("two_lines", "first line, AV\nand a second", vec![&sans]),
    ] {
        let fonts: Vec<_> = fonts.into_iter().cloned().collect();
        let judged = pango(name, text, &fonts);
        let style = TextStyle::from((fonts[0].0, EM * LINE));
        let mut canvas = white(1200, 200);
        let (width, _) = PixmapBackend::new(&mut canvas).estimate_text_size(text, &style).unwrap();
        draw(&mut canvas, |area| area.draw(&Text::new(text, (40, 40), style)).unwrap());
        canvas.save_png(folder(name).join("ours.png")).unwrap();
        // Widths are whole pixels in plotters.
        assert_eq!(f64::from(width), judged.width.floor(), "the width of {name}");
        let (ours, theirs) = (Drawn::new(&canvas), Drawn::new(&judged.picture));
        let off = (ours.width.abs_diff(theirs.width), ours.height.abs_diff(theirs.height));
        assert!(off.0 <= 2 && off.1 <= 1, "what is drawn of {name} is larger or smaller by {off:?} pixels");
        // Glyphs are placed to a quarter of a pixel here, and by pango in units of its own. A wrong or missing mark costs
        // 0.03, and a word in the wrong order 0.5.
        let similarity = ours.similarity(&theirs);
        assert!(similarity > 0.97, "{name} looks different: {similarity:.4}, see {}", folder(name).display());
    }
}
