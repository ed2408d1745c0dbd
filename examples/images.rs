//! Makes a movie of a folder of PNGs. Each image is held for two seconds and then fades into the next one.
//!
//! `cargo run --release --features image --example images [FOLDER]` writes target/gallery/images.mp4. The images must
//! have the same size. Without a folder, the example draws some images first.

use std::io::Write;
use std::path::{Path, PathBuf};

use image::{Rgb, RgbImage};
use kinetograph::{Movie, Settings};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    std::fs::create_dir_all("target/gallery")?;
    let folder = match std::env::args_os().nth(1) {
        Some(folder) => PathBuf::from(folder),
        None => draw_some("target/gallery/julia".as_ref())?,
    };
    let mut paths = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "png"));
    paths.sort();

    let (first, others) = paths.split_first().ok_or("the folder has no PNGs")?;
    let mut shown = open(first)?;
    let settings = Settings::new(shown.width(), shown.height()).frame_rate(30);
    let mut movie = Movie::create("target/gallery/images.mp4", &settings)?;
    movie.push(&shown)?;
    movie.hold(2.0)?;
    for path in others {
        let next = open(path)?;
        if next.dimensions() != shown.dimensions() {
            return Err(format!("{} does not have the size of the first picture", path.display()).into());
        }
        for step in 1..=15 {
            movie.push(&fade(&shown, &next, step, 15))?;
        }
        movie.hold(2.0)?;
        shown = next;
    }
    let report = movie.finish()?;
    let _ = writeln!(std::io::stdout(), "{report}"); // nobody may be reading
    Ok(())
}

fn open(path: &Path) -> Result<RgbImage, String> {
    image::open(path).map(|picture| picture.to_rgb8()).map_err(|error| format!("{}: {error}", path.display()))
}

/// Mixes two images of the same size. `step` of `steps` parts come from the second.
fn fade(from: &RgbImage, to: &RgbImage, step: u32, steps: u32) -> RgbImage {
    RgbImage::from_fn(from.width(), from.height(), |x, y| {
        let (from, to) = (from.get_pixel(x, y), to.get_pixel(x, y));
        let mix = |channel: usize| u32::from(from[channel]) * (steps - step) + u32::from(to[channel]) * step;
        Rgb([0, 1, 2].map(|channel| (mix(channel) / steps) as u8))
    })
}

/// Saves five Julia sets as PNGs.
fn draw_some(folder: &Path) -> Result<PathBuf, Box<dyn std::error::Error>> {
    std::fs::create_dir_all(folder)?;
    for (number, (a, b)) in
        [(-0.8, 0.156), (-0.4, 0.6), (0.285, 0.01), (-0.7269, 0.1889), (-0.835, -0.2321)].into_iter().enumerate()
    {
        let picture = RgbImage::from_fn(960, 540, |x, y| {
            let (mut re, mut im, mut steps) = ((f64::from(x) - 480.0) / 300.0, (f64::from(y) - 270.0) / 300.0, 0.0);
            while re * re + im * im < 256.0 && steps < 300.0 {
                (re, im, steps) = (re * re - im * im + a, 2.0 * re * im + b, steps + 1.0);
            }
            // The distance of the last step makes the number of steps continuous.
            let depth = if steps < 300.0 { steps - (re.hypot(im).ln() / 2.8).log2() } else { 0.0 };
            Rgb([0.0, 0.6, 1.2].map(|shift| (255.0 * (0.5 - 0.5 * (depth * 0.09 + shift).cos())) as u8))
        });
        picture.save(folder.join(format!("{number}.png")))?;
    }
    Ok(folder.to_path_buf())
}
