//! Movies of pictures, which are decoded on every core.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder, ImageFormat, ImageReader};
use kinetograph::{Animation, PixelFormat, Report};

use super::natural_order;
use super::pixels::{self, Pixels};
use super::settings::{Stated, settings};
use crate::arguments::Encode;
use crate::{Result, output};

/// Makes a movie of the pictures that the arguments name.
pub fn encode(arguments: &Encode) -> Result<Report> {
    let pictures = list(arguments)?;
    let size = check_sizes(&pictures)?;
    let movie = Animation::from_frames(settings(arguments, &Stated::pixels(size)), pictures.len() as u64, |frame| {
        Ok(decode(&pictures[frame.index() as usize])?)
    });
    make(movie, arguments)
}

/// Makes a movie in the file or the stream that the arguments name, with a progress bar.
pub fn make(movie: Animation<'_>, arguments: &Encode) -> Result<Report> {
    let movie = movie.progress_bar();
    let report = match output::is_dash(&arguments.output) {
        true => movie.write_to(std::io::stdout()),
        false => movie.save(&arguments.output),
    };
    Ok(report?)
}

/// Returns the paths of all pictures in the order in which they are shown.
fn list(arguments: &Encode) -> Result<Vec<PathBuf>> {
    let mut pictures = Vec::new();
    for path in &arguments.input {
        if path.is_dir() {
            let before = pictures.len();
            let entries = fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
            let entries = entries.map_err(|error| format!("reading the folder {}: {error}", path.display()))?;
            let files = entries.into_iter().map(|entry| entry.path());
            pictures
                .extend(files.filter(|file| ImageFormat::from_path(file).is_ok_and(|format| format.reading_enabled())));
            if pictures.len() == before {
                return Err(format!("the folder {} has no pictures", path.display()).into());
            }
            pictures[before..].sort_by(|one, other| natural_order(one, other));
        } else {
            pictures.push(path.clone());
        }
    }
    if !arguments.as_given {
        pictures.sort_by(|one, other| natural_order(one, other));
    }
    output::refuse_same(pictures.iter().map(|path| &**path), &arguments.output)?;
    Ok(pictures)
}

/// Returns the size that all pictures have, from their heads.
fn check_sizes(pictures: &[PathBuf]) -> Result<(u32, u32)> {
    let [first, others @ ..] = pictures else { return Err("there are no pictures".into()) };
    let size = head(first)?;
    let check = |path: &PathBuf| match head(path) {
        Ok(other) if other == size => Ok(()),
        Ok(other) => Err(format!(
            "{} is {}×{} pixels; {} is {}×{}, and all pictures must have one size",
            path.display(),
            other.0,
            other.1,
            first.display(),
            size.0,
            size.1
        )),
        Err(error) => Err(error),
    };
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let parts = others.chunks(others.len().div_ceil(workers).max(1));
    thread::scope(|scope| {
        let workers: Vec<_> = parts.map(|part| scope.spawn(move || part.iter().try_for_each(check))).collect();
        // In order, so that the first picture that does not fit is named.
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })?;
    Ok(size)
}

/// Reads the size of a picture as it is shown.
fn head(path: &Path) -> Result<(u32, u32), String> {
    let mut decoder = open(path)?;
    let (width, height) = decoder.dimensions();
    match decoder.orientation().map_err(|error| unreadable(path, error))? {
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH => {
            Ok((height, width))
        }
        _ => Ok((width, height)),
    }
}

/// Decodes a picture.
fn decode(path: &Path) -> Result<Pixels, String> {
    let mut decoder = open(path)?;
    let orientation = decoder.orientation().map_err(|error| unreadable(path, error))?;
    let format = match decoder.color_type() {
        ColorType::Rgba8 => Some(PixelFormat::Rgba8),
        ColorType::Rgb8 => Some(PixelFormat::Rgb8),
        ColorType::L8 => Some(PixelFormat::Gray8),
        _ => None,
    };
    if let Some(format) = format.filter(|_| orientation == Orientation::NoTransforms) {
        let (size, mut bytes) = (decoder.dimensions(), pixels::memory(decoder.total_bytes() as usize));
        decoder.read_image(&mut bytes).map_err(|error| unreadable(path, error))?;
        return Ok(Pixels { bytes, size, format });
    }
    let mut image = DynamicImage::from_decoder(decoder).map_err(|error| unreadable(path, error))?;
    image.apply_orientation(orientation);
    let size = (image.width(), image.height());
    let (bytes, format) = match image.color() {
        color if color.has_alpha() => (image.into_rgba8().into_raw(), PixelFormat::Rgba8),
        color if color.has_color() => (image.into_rgb8().into_raw(), PixelFormat::Rgb8),
        _ => (image.into_luma8().into_raw(), PixelFormat::Gray8),
    };
    Ok(Pixels { bytes, size, format })
}

/// Opens a picture, whose format its first bytes say.
fn open(path: &Path) -> Result<impl ImageDecoder, String> {
    let reader = ImageReader::open(path).and_then(ImageReader::with_guessed_format);
    let reader = reader.map_err(|error| unreadable(path, error))?;
    if reader.format().is_none() {
        return Err(format!("{} is neither a picture nor a Y4M; raw frames need --size", path.display()));
    }
    reader.into_decoder().map_err(|error| unreadable(path, error))
}

fn unreadable(path: &Path, error: impl std::fmt::Display) -> String {
    format!("reading {}: {error}", path.display())
}
