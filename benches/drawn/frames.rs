//! The frames of a scene, as a file of planes that encoders read.

use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use kinetograph::color::{Converter, Planes};
use kinetograph::{BitDepth, Chroma, ColorSpace, Frame};
use tiny_skia::{IntSize, Pixmap};

use crate::scenes::{Scene, Source};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Returns the file of a scene's frames in I420, which is drawn where it is missing.
pub fn planes(scene: &Scene, frames: usize, folder: &Path, python: &str) -> Result<PathBuf> {
    let path = crate::file(folder, &format!("{}-{frames}.i420", scene.name))?;
    if path.exists() {
        return Ok(path);
    }
    let unfinished = path.with_extension("unfinished");
    let (width, height) = scene.size;
    let converter = Converter::new(ColorSpace::BT709, Chroma::Yuv420, BitDepth::Eight, [255; 3]);
    let mut planes = Planes::new(width, height, Chroma::Yuv420, BitDepth::Eight);
    let mut output = BufWriter::new(File::create(&unfinished)?);
    draw(scene, frames, python, &mut |canvas| {
        converter.convert(&Frame::from(canvas), &mut planes)?;
        for plane in 0..planes.count() {
            for y in 0..planes.size(plane).1 {
                output.write_all(planes.row(plane, y))?;
            }
        }
        Ok(())
    })?;
    output.flush()?;
    fs::rename(unfinished, &path)?;
    Ok(path)
}

/// Draws the frames one after another.
pub fn draw(scene: &Scene, frames: usize, python: &str, take: &mut dyn FnMut(&Pixmap) -> Result<()>) -> Result<()> {
    let (width, height) = scene.size;
    let mut canvas = Pixmap::new(width, height).expect("a valid size");
    match scene.source {
        Source::Library(draw) => {
            for index in 0..frames {
                draw(&mut canvas, index, frames)?;
                take(&canvas)?;
            }
        }
        Source::Matplotlib => {
            let mut child = Command::new(python)
                .args(["benches/drawn/matplotlib_scenes.py", scene.name])
                .args([width as usize, height as usize, frames].map(|number| number.to_string()))
                .stdout(Stdio::piped())
                .spawn()?;
            let mut pixels = child.stdout.take().expect("a pipe");
            for _ in 0..frames {
                pixels.read_exact(canvas.data_mut())?;
                take(&canvas)?;
            }
            child.wait()?;
        }
    }
    Ok(())
}

/// Writes a frame of a file of planes as a PNG. The colours are those that players show.
pub fn write_png(planes: &Path, size: (u32, u32), index: usize, picture: &Path) -> Result<()> {
    let (width, height) = (size.0 as usize, size.1 as usize);
    let bytes = fs::read(planes)?;
    let frame = &bytes[index * width * height * 3 / 2..][..width * height * 3 / 2];
    let (luma, chroma) = frame.split_at(width * height);
    let (blue, red) = chroma.split_at(width * height / 4);
    let mut rgba = Vec::with_capacity(4 * width * height);
    for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
        let at = y / 2 * (width / 2) + x / 2;
        let level = 1.1644 * (f32::from(luma[y * width + x]) - 16.0);
        let (cb, cr) = (f32::from(blue[at]) - 128.0, f32::from(red[at]) - 128.0);
        let channels = [level + 1.7927 * cr, level - 0.2132 * cb - 0.5329 * cr, level + 2.1124 * cb];
        rgba.extend(channels.map(|channel| channel.round() as u8));
        rgba.push(255);
    }
    let pixmap = Pixmap::from_vec(rgba, IntSize::from_wh(size.0, size.1).expect("a valid size"));
    Ok(pixmap.expect("as many bytes as pixels need").save_png(picture)?)
}
