//! Movies of pictures, which are decoded on every core.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use image::metadata::Orientation;
use image::{DynamicImage, GrayImage, ImageDecoder, ImageFormat, ImageReader, RgbImage, RgbaImage};
use kinetograph::{Animation, Frame, Report};

use super::natural_order;
use super::settings::{Stated, settings};
use crate::arguments::Encode;
use crate::{Result, output};

/// A decoded picture.
enum Picture {
    Rgba(RgbaImage),
    Rgb(RgbImage),
    Gray(GrayImage),
}

impl<'a> From<&'a Picture> for Frame<'a> {
    fn from(picture: &'a Picture) -> Self {
        match picture {
            Picture::Rgba(image) => Frame::rgba8(image.as_raw(), image.width(), image.height()),
            Picture::Rgb(image) => Frame::rgb8(image.as_raw(), image.width(), image.height()),
            Picture::Gray(image) => Frame::gray8(image.as_raw(), image.width(), image.height()),
        }
    }
}

/// Makes a movie of the pictures that the arguments name.
pub fn encode(arguments: &Encode) -> Result<Report> {
    let pictures = list(arguments)?;
    let size = check_sizes(&pictures)?;
    let movie = Animation::from_frames(settings(arguments, &Stated::pixels(size)), pictures.len() as u64, |frame| {
        decode(&pictures[frame.index() as usize])
    });
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
    let read = || -> image::ImageResult<_> {
        let mut decoder = open(path)?;
        let (width, height) = decoder.dimensions();
        Ok(match decoder.orientation()? {
            Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH => (height, width),
            _ => (width, height),
        })
    };
    read().map_err(|error| format!("reading {}: {error}", path.display()))
}

/// Decodes a picture.
fn decode(path: &Path) -> Result<Picture, Box<dyn Error + Send + Sync>> {
    let read = || -> image::ImageResult<_> {
        let mut decoder = open(path)?;
        let orientation = decoder.orientation()?;
        let mut image = DynamicImage::from_decoder(decoder)?;
        image.apply_orientation(orientation);
        Ok(match image {
            DynamicImage::ImageRgba8(image) => Picture::Rgba(image),
            DynamicImage::ImageRgb8(image) => Picture::Rgb(image),
            DynamicImage::ImageLuma8(image) => Picture::Gray(image),
            DynamicImage::ImageLuma16(_) => Picture::Gray(image.into_luma8()),
            other if other.color().has_alpha() => Picture::Rgba(other.into_rgba8()),
            other => Picture::Rgb(other.into_rgb8()),
        })
    };
    read().map_err(|error| format!("decoding {}: {error}", path.display()).into())
}

/// Opens a picture whose format its first bytes say.
fn open(path: &Path) -> image::ImageResult<impl ImageDecoder> {
    ImageReader::open(path)?.with_guessed_format()?.into_decoder()
}
