//! Movies of files of frames that are read more than once, to find the rate factor of a size.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::sync::{Mutex, PoisonError};

use kinetograph::{Animation, Report};

use super::pixels::{self, Pixels};
use super::settings::{Stated, settings};
use super::y4m::{self, Head};
use super::{Input, pictures};
use crate::Result;
use crate::arguments::Encode;

/// What can be passed from a worker.
type Worker<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A file, of which workers read frames in any order.
struct Frames(Mutex<File>);

impl Frames {
    /// Opens the file of an input again.
    fn open(input: &Input<'_>) -> Result<(Self, u64)> {
        let Some(length) = input.length else {
            return Err(format!(
                "{} can be read only once, and --max-size reads the frames more than once; save them in a file, or use \
                 --crf or --bitrate",
                input.name()
            )
            .into());
        };
        let file = File::open(input.path).map_err(|error| format!("reading {}: {error}", input.name()))?;
        Ok((Self(Mutex::new(file)), length))
    }

    /// Reads from an offset.
    fn read<T>(&self, at: u64, read: impl FnOnce(&mut File) -> Worker<T>) -> Worker<T> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(at))?;
        read(&mut file)
    }
}

/// Makes a movie of raw frames of this size.
pub fn raw(arguments: &Encode, input: Input<'_>, size: (u32, u32)) -> Result<Report> {
    let (file, length) = Frames::open(&input)?;
    let format = arguments.raw.format;
    let settings = settings(arguments, &Stated::pixels(size));
    settings.validate()?;
    let bytes = u64::from(size.0) * u64::from(size.1) * format.bytes_per_pixel() as u64;
    let frames = length / bytes;
    if frames == 0 || !length.is_multiple_of(bytes) {
        return Err(format!("{}: it has {length} bytes, and frames have {bytes}", input.name()).into());
    }
    let movie = Animation::from_frames(settings, frames, |frame| {
        let mut pixels = Pixels { bytes: pixels::memory(bytes as usize), size, format };
        file.read(frame.index() * bytes, |file| Ok(file.read_exact(&mut pixels.bytes)?))?;
        Ok(pixels)
    });
    pictures::make(movie, arguments)
}

/// Makes a movie of a Y4M.
pub fn y4m(arguments: &Encode, input: Input<'_>) -> Result<Report> {
    let (file, length) = Frames::open(&input)?;
    let name = input.name();
    let failed = |error: &dyn std::fmt::Display| format!("{name}: {error}");
    let mut reader = BufReader::new(File::open(input.path).map_err(|error| failed(&error))?);
    let head = Head::read(&mut reader).and_then(|head| head.check(arguments).map(|()| head));
    let head = head.map_err(|error| failed(&error))?;
    let settings = settings(arguments, &head.stated);
    settings.validate()?;
    let pictures = starts(&mut reader, &head, length).map_err(|error| failed(&error))?;
    let movie = Animation::from_planes(settings, pictures.len() as u64, |planes, frame| {
        file.read(pictures[frame.index() as usize], |file| match planes.read(file, head.stated.size)? {
            true => Ok(()),
            false => Err("the file has become shorter".into()),
        })
    });
    pictures::make(movie, arguments)
}

/// Finds where the samples of each picture begin.
fn starts(reader: &mut BufReader<File>, head: &Head, length: u64) -> Result<Vec<u64>> {
    let mut starts = Vec::new();
    while y4m::next_frame(reader)? {
        let start = reader.stream_position()?;
        if start + head.picture_bytes() > length {
            return Err(format!("it ends before the samples of frame {}", starts.len()).into());
        }
        starts.push(start);
        reader.seek_relative(head.picture_bytes() as i64)?;
    }
    if starts.is_empty() { Err("it has no frames".into()) } else { Ok(starts) }
}
