//! Where movies begin and end: in a file, in memory or in a stream.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::Movie;
use super::reporter::Reporter;
use crate::color::Converter;
use crate::encoder::{Encoder, Threading};
use crate::pipeline::Pipeline;
use crate::progress::INTERVAL;
use crate::recording::Recording;
use crate::report::Report;
use crate::settings::{ContainerSettings, Settings};
use crate::sink::{Sink, Stream};
use crate::stream::StreamInfo;
use crate::{Error, Result};

impl Movie {
    /// Begins a movie in a file, which [`finish`](Self::finish) leaves at `path`.
    ///
    /// The extension is `.mp4` or `.m4v`, or `.264` or `.h264` in the layout [`AnnexB`](crate::Layout::AnnexB). One that
    /// names another format, such as `.gif` or `.mov`, is refused.
    ///
    /// # Errors
    /// - [`Error::Setting`], [`Error::X264Option`] or [`Error::X264`] for settings or a path that cannot be used, before a
    ///   file exists.
    /// - [`Error::StillRecording`] if another movie is being made at `path`.
    /// - [`Error::Output`] if there is a file at `path` that must not be replaced.
    /// - [`Error::Io`] if no file can be created beside `path`.
    pub fn create(path: impl AsRef<Path>, settings: &Settings) -> Result<Self> {
        Self::begin(settings, |settings, stream| Recording::create(path.as_ref(), settings, stream))
    }

    /// Encodes and writes the remaining frames, and renames the file to its final name.
    ///
    /// # Errors
    /// [`Error::NoFrames`] if no frame was pushed; any error of encoding or writing. On an error, no file appears under
    /// the final name, and an earlier file stays as it was.
    pub fn finish(self) -> Result<Report> {
        self.end().map(|((), report)| report)
    }

    /// Encodes and writes the remaining frames, and keeps the file unfinished. Returns its path.
    ///
    /// A program calls this in place of [`finish`](Self::finish) if the frames that follow cannot be made. The file is
    /// playable, and [`recover`](crate::recover) makes a finished movie of it. No file appears under the final name. If
    /// there is nothing to play, because the movie has no frames or has a layout that is not playable before it is
    /// finished, the file is removed and the result is `None`.
    ///
    /// # Errors
    /// Any error of encoding or writing.
    ///
    /// ```
    /// use kinetograph::{Frame, Movie, Settings};
    ///
    /// # let folder = tempfile::tempdir().expect("a folder");
    /// # let path = folder.path().join("movie.mp4");
    /// let mut movie = Movie::create(&path, &Settings::new(64, 36))?;
    /// movie.push(Frame::gray8(&[128; 64 * 36], 64, 36))?;
    /// let unfinished = movie.keep()?.expect("a playable file");
    /// assert!(unfinished.exists() && !path.exists());
    /// # Ok::<(), kinetograph::Error>(())
    /// ```
    pub fn keep(self) -> Result<Option<PathBuf>> {
        if self.frames == 0 { Ok(None) } else { self.pipeline.keep() }
    }
}

impl<W: Write + Send + 'static> Movie<Stream<W>> {
    /// Begins a movie that is written without seeking, for example to a socket, a pipe or standard output.
    ///
    /// Each fragment is passed to the writer in one `write_all`, followed by a `flush`. It ends at the first keyframe
    /// after one second, or after [`Settings::fragment_seconds`]. A live stream needs a short
    /// [`Settings::keyframe_interval`], which is 250 frames unless set. In [`Layout::AnnexB`](crate::Layout::AnnexB)
    /// each picture is written at once. Pass the writer without a `BufWriter`, unless many small writes are expensive.
    ///
    /// The writer is used on the encoder's thread, and [`finish`](Self::finish) returns it. A blocked writer blocks
    /// `push` once the queue is full. If the writer panics, the panic continues in the next `push` or `finish`, and the
    /// movie has ended.
    ///
    /// # Errors
    /// As [`create`](Movie::create); [`Error::Setting`] for a layout that is not
    /// [`Fragmented`](crate::Layout::Fragmented) or [`AnnexB`](crate::Layout::AnnexB).
    ///
    /// ```
    /// use kinetograph::{Frame, Layout, Movie, Settings};
    ///
    /// let mut movie = Movie::stream(Vec::new(), &Settings::new(64, 36).layout(Layout::Fragmented))?;
    /// movie.push(Frame::gray8(&[128; 64 * 36], 64, 36))?;
    /// let (bytes, report) = movie.finish()?;
    /// assert_eq!(bytes.len() as u64, report.bytes);
    /// # Ok::<(), kinetograph::Error>(())
    /// ```
    pub fn stream(writer: W, settings: &Settings) -> Result<Self> {
        Self::begin(settings, |settings, stream| Recording::stream(writer, settings, stream))
    }

    /// Encodes and writes the remaining frames, and returns the writer.
    ///
    /// # Errors
    /// [`Error::NoFrames`] if no frame was pushed; any error of encoding or writing.
    pub fn finish(self) -> Result<(W, Report)> {
        self.end().map(|(stream, report)| (stream.writer, report))
    }
}

impl Movie<Vec<u8>> {
    /// Begins a movie in memory, of any layout.
    ///
    /// # Errors
    /// As [`create`](Movie::create).
    pub fn in_memory(settings: &Settings) -> Result<Self> {
        Self::begin(settings, Recording::in_memory)
    }

    /// Encodes and writes the remaining frames, and returns the bytes of the movie.
    ///
    /// # Errors
    /// [`Error::NoFrames`] if no frame was pushed; any error of encoding.
    pub fn finish(self) -> Result<(Vec<u8>, Report)> {
        self.end()
    }
}

impl<Output: Send + 'static> Movie<Output> {
    fn begin<S: Sink<Output = Output> + Send + 'static>(
        settings: &Settings,
        record: impl FnOnce(&ContainerSettings, &StreamInfo) -> Result<Recording<S>>,
    ) -> Result<Self> {
        settings.validate()?;
        let created = Instant::now();
        let encoder = Encoder::open(settings, Threading::OwnThreads)?;
        let recording = record(&settings.container, encoder.stream_info())?;
        let codec = encoder.stream_info().headers.codec_string();
        Ok(Self {
            pipeline: Pipeline::start(settings, encoder, recording)?,
            converter: Converter::new(settings.color_space, settings.chroma, settings.bit_depth, settings.background),
            clock: settings.clock(),
            size: (settings.width, settings.height),
            coded_size: settings.coded_size(),
            codec,
            frames: 0,
            last: 0,
            next: 0,
            origin: None,
            force_keyframe: false,
            band: Vec::new(),
            reporter: Reporter::new(settings, created),
            created,
        })
    }
}

impl<Output> Movie<Output> {
    fn end(self) -> Result<(Output, Report)> {
        let Self { pipeline, mut reporter, clock, frames, next, created, coded_size: (width, height), .. } = self;
        if frames == 0 {
            return Err(Error::NoFrames);
        }
        reporter.end();
        let (output, bytes) = pipeline.finish(next, INTERVAL, |pipeline| reporter.report(frames, pipeline))?;
        let (seconds, elapsed) = (clock.seconds(next), created.elapsed());
        let report = Report { frames, seconds, bytes, width, height, elapsed, rate_factor: None };
        reporter.report_end(frames, bytes);
        Ok((output, report))
    }
}
