//! Movies of inputs whose frames come one after another: raw frames and Y4M.

use std::io::{self, BufReader, Read};

use kinetograph::{Movie, PixelFormat, Report, Settings};

use super::Input;
use super::settings::{Stated, settings};
use super::y4m::{self, Head};
use crate::arguments::Encode;
use crate::{Result, output};

/// The bytes that are read ahead of a picture's planes, for the line before them.
const BUFFER: usize = 1 << 16;

/// An input of frames.
trait Source {
    /// Adds the next frame to a movie. Returns `false` at the end of the input.
    fn push<Output>(&mut self, movie: &mut Movie<Output>) -> Result<bool>;
}

struct RawFrames<R> {
    reader: R,
    format: PixelFormat,
}

impl<R: Read> Source for RawFrames<R> {
    fn push<Output>(&mut self, movie: &mut Movie<Output>) -> Result<bool> {
        Ok(movie.push_from(&mut self.reader, self.format)?)
    }
}

struct Y4mFrames<R>(BufReader<R>);

impl<R: Read> Source for Y4mFrames<R> {
    fn push<Output>(&mut self, movie: &mut Movie<Output>) -> Result<bool> {
        if !y4m::next_frame(&mut self.0)? {
            return Ok(false);
        }
        match movie.push_planes_from(&mut self.0)? {
            true => Ok(true),
            false => Err("it ends before the samples of a frame".into()),
        }
    }
}

/// Makes a movie of raw frames of this size.
pub fn raw(arguments: &Encode, input: Input<'_>, size: (u32, u32)) -> Result<Report> {
    let format = arguments.raw.format;
    let settings = settings(arguments, &Stated::pixels(size));
    settings.validate()?;
    let frame = u64::from(size.0) * u64::from(size.1) * format.bytes_per_pixel() as u64;
    let frames = input.length.map(|bytes| bytes / frame);
    make(arguments, &input.name(), RawFrames { reader: input.reader, format }, settings, frames)
}

/// Makes a movie of a Y4M.
pub fn y4m(arguments: &Encode, input: Input<'_>) -> Result<Report> {
    let (name, length) = (input.name(), input.length);
    let mut reader = BufReader::with_capacity(BUFFER, input.reader);
    let head = Head::read(&mut reader).and_then(|head| head.check(arguments).map(|()| head));
    let head = head.map_err(|error| format!("{name}: {error}"))?;
    let settings = settings(arguments, &head.stated);
    settings.validate()?;
    let frames = length.map(|bytes| bytes.saturating_sub(head.bytes) / head.frame_bytes());
    make(arguments, &name, Y4mFrames(reader), settings, frames)
}

/// Makes a movie in the file or the stream that the arguments name.
fn make(
    arguments: &Encode,
    name: &str,
    source: impl Source,
    settings: Settings,
    frames: Option<u64>,
) -> Result<Report> {
    let settings = settings.expected_frames(frames);
    if output::is_dash(&arguments.output) {
        let movie = Movie::stream(io::stdout(), &settings)?;
        push_all(movie, name, source, |movie| movie.finish().map(|(_, report)| report))
    } else {
        let movie = Movie::create(&arguments.output, &settings)?;
        push_all(movie, name, source, |movie| movie.finish())
    }
}

/// Pushes all frames of the input, with a progress bar, and finishes the movie.
fn push_all<Output>(
    movie: Movie<Output>,
    name: &str,
    mut source: impl Source,
    finish: impl FnOnce(Movie<Output>) -> kinetograph::Result<Report>,
) -> Result<Report> {
    // It is hidden unless standard error is a terminal.
    let mut movie = movie.progress_bar();
    let end = loop {
        match source.push(&mut movie) {
            Ok(true) => {}
            end => break end,
        }
    };
    let pushed = movie.frames();
    match (end, finish(movie)) {
        // If the input ends inside a frame, the frames before it are kept.
        (Err(error), Ok(report)) => {
            Err(format!("{name}, frame {pushed}: {}; the movie ends before it: {report}", output::one_line(&*error))
                .into())
        }
        (Err(error), Err(_)) => Err(error),
        (Ok(_), Err(kinetograph::Error::NoFrames)) => Err(format!("{name} has no frames").into()),
        (Ok(_), finished) => Ok(finished?),
    }
}
