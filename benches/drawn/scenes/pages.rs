//! Pages of text: one that scrolls, slides that fade, one that hardly changes.

use std::f32::consts::PI;

use tiny_skia::{Pixmap, PixmapPaint, Transform};

use super::Drawn;
use super::brush::{COLORS, disc, fill, line, polygon, seconds, write};

const WORDS: [&str; 24] = [
    "frame", "let", "encoder", "return", "match", "plane", "the", "of", "segment", "match", "while", "sample", "index",
    "and", "border", "for", "packet", "if", "else", "buffer", "struct", "width", "fn", "height",
];

/// Returns a sentence of words, the same for each number.
fn sentence(number: u64, words: usize) -> String {
    let mut random = fastrand::Rng::with_seed(number);
    let words: Vec<&str> = (0..words).map(|_| WORDS[random.usize(..WORDS.len())]).collect();
    words.join(" ")
}

/// A listing that scrolls by three pixels a frame, with numbers of lines and coloured words.
pub fn text(canvas: &mut Pixmap, index: usize, _: usize) -> Drawn {
    fill(canvas, [255; 3]);
    let (line_height, scrolled) = (26, 3 * index as i32);
    for row in scrolled / line_height..=(scrolled + 720) / line_height {
        let y = row * line_height - scrolled;
        write(canvas, &format!("{row:4}"), (20, y), "monospace", 18.0, [160; 3])?;
        let indent = [0, 1, 2, 2, 1, 1][row as usize % 6];
        let color = [[30; 3], COLORS[0], COLORS[3], [30; 3]][row as usize % 4];
        let words = 4 + (row as usize * 7) % 8;
        write(canvas, &sentence(row as u64, words), (90 + 40 * indent, y), "monospace", 18.0, color)?;
    }
    polygon(canvas, [(0.0, 0.0), (1280.0, 0.0), (1280.0, 44.0), (0.0, 44.0)], [40, 60, 90]);
    write(canvas, "listing.rs", (20, 10), "sans-serif", 22.0, [255; 3])
}

fn slide(canvas: &mut Pixmap, number: usize) -> Drawn {
    let grounds = [[255, 255, 255], [24, 36, 60], [250, 246, 235]];
    let (ground, ink) = (grounds[number % 3], if number % 3 == 1 { [235; 3] } else { [30; 3] });
    fill(canvas, ground);
    write(canvas, &format!("{}. {}", number + 1, sentence(number as u64, 3)), (80, 60), "sans-serif", 48.0, ink)?;
    line(canvas, [(80.0, 130.0), (1200.0, 130.0)], 3.0, COLORS[number % 8], 1.0);
    for bullet in 0..5 {
        let y = 180 + 80 * bullet;
        disc(canvas, (100.0, y as f32 + 15.0), 6.0, COLORS[number % 8], 1.0);
        write(canvas, &sentence((number * 5 + bullet as usize) as u64, 6), (130, y), "sans-serif", 28.0, ink)?;
    }
    for bar in 0..4 {
        let (x, top) = (900.0 + 70.0 * bar as f32, 560.0 - 60.0 * ((number + bar) % 5) as f32);
        polygon(canvas, [(x, top), (x + 50.0, top), (x + 50.0, 620.0), (x, 620.0)], COLORS[bar % 8]);
    }
    Ok(())
}

/// Slides of 40 frames, each of which fades into the next within 12.
pub fn slides(canvas: &mut Pixmap, index: usize, _: usize) -> Drawn {
    let (number, within) = (index / 40, index % 40);
    slide(canvas, number)?;
    if within >= 28 {
        let mut next = canvas.clone();
        slide(&mut next, number + 1)?;
        let paint = PixmapPaint { opacity: (within - 27) as f32 / 13.0, ..PixmapPaint::default() };
        canvas.draw_pixmap(0, 0, next.as_ref(), &paint, Transform::identity(), None);
    }
    Ok(())
}

/// A page of text and a gauge; a needle turns, and a number counts.
pub fn still(canvas: &mut Pixmap, index: usize, _: usize) -> Drawn {
    fill(canvas, [252, 252, 250]);
    write(canvas, "Control room: overview", (80, 60), "sans-serif", 44.0, [20; 3])?;
    for row in 0..26 {
        let color = if row % 5 == 0 { COLORS[3] } else { [60; 3] };
        write(canvas, &sentence(row + 100, 11), (80, 150 + 34 * row as i32), "sans-serif", 20.0, color)?;
    }
    let (middle, angle) = ((1500.0, 420.0), 0.4 * seconds(index) as f32);
    disc(canvas, middle, 250.0, [220, 228, 236], 1.0);
    disc(canvas, middle, 236.0, [250; 3], 1.0);
    let place = |angle: f32, radius: f32| (middle.0 + radius * angle.sin(), middle.1 - radius * angle.cos());
    for tick in 0..60 {
        let (angle, from) = (tick as f32 * 0.1047, if tick % 5 == 0 { 200.0 } else { 218.0 });
        line(canvas, [place(angle, from), place(angle, 230.0)], 2.0, [80; 3], 1.0);
    }
    line(canvas, [place(angle + PI, 40.0), place(angle, 190.0)], 4.0, COLORS[3], 1.0);
    write(canvas, &format!("{:05.1} kPa", 101.3 + (index / 10) as f64 / 10.0), (1420, 720), "monospace", 36.0, [20; 3])
}
