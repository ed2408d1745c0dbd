//! `Movie`: frames are pushed one by one, converted on the caller's thread and encoded on another.

mod progress;
mod reporter;
mod try_push;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use self::reporter::Reporter;
pub use self::try_push::TryPush;
use crate::color::Converter;
use crate::encoder::{Encoder, Threading};
use crate::frame::{Frame, PixelFormat, read_bands};
use crate::pipeline::Pipeline;
use crate::planes::Planes;
use crate::progress::INTERVAL;
use crate::recording::Recording;
use crate::report::Report;
use crate::settings::{ContainerSettings, Settings};
use crate::sink::{Sink, Stream};
use crate::stream::StreamInfo;
use crate::time::Clock;
use crate::{Error, Result, TimeError};

/// A movie that is made of frames that come one after another.
///
/// The caller draws a frame. [`push`](Self::push) converts it and passes it to the encoder, which works on other
/// threads behind a queue of three pictures. Drawing, converting and encoding therefore overlap, memory use is bounded,
/// and `push` waits if the encoder is slower. Encoder errors surface on the next `push` or on [`finish`](Self::finish).
///
/// The movie grows in a file beside the final name, `NAME.part`. Only a successful `finish` gives it the final name, in
/// place of any earlier file. A movie that is dropped unfinished removes its file, unless the file has frames of an
/// earlier run that was killed. If the thread is panicking, or if encoding or writing failed, the unfinished file
/// stays; in the crash-safe layout it is playable. Dropping waits until the frames that were pushed are encoded and
/// written. [`guide::long_movies`](crate::guide::long_movies) lists the files and says what to do with them after a
/// crash.
///
/// The type parameter says where the movie goes: `Movie` writes to a file, `Movie<Vec<u8>>` to memory, and
/// `Movie<Stream<W>>` to a writer.
///
/// ```
/// use kinetograph::{Movie, Settings};
/// use tiny_skia::{Color, Pixmap};
///
/// let mut movie = Movie::in_memory(&Settings::new(64, 36).frame_rate(30))?;
/// let mut canvas = Pixmap::new(64, 36).expect("a valid size");
/// for i in 0..30u8 {
///     canvas.fill(Color::from_rgba8(8 * i, 80, 160, 255));
///     movie.push(&canvas)?;
/// }
/// movie.hold(0.5)?; // the last frame stays for half a second more
/// let (bytes, report) = movie.finish()?;
/// assert_eq!((report.frames, report.seconds), (30, 1.5));
/// assert_eq!(report.bytes, bytes.len() as u64);
/// # Ok::<(), kinetograph::Error>(())
/// ```
#[must_use = "a movie that is dropped without `finish` is removed"]
pub struct Movie<Output = ()> {
    pipeline: Pipeline<Output>,
    converter: Converter,
    clock: Clock,
    size: (u32, u32),
    coded_size: (u32, u32),
    codec: String,
    /// Frames pushed.
    frames: u64,
    /// The presentation times of the last frame and, unless the caller gives another, of the next one, in ticks.
    last: i64,
    next: i64,
    /// The tick of the time that the caller gave for the first frame, if it gave one.
    origin: Option<i64>,
    force_keyframe: bool,
    /// The buffer of [`push_from`](Self::push_from).
    band: Vec<u8>,
    created: Instant,
    reporter: Reporter,
}

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
    /// Adds a frame, presented for one frame's duration after the frame before it.
    ///
    /// The pixels are read during the call only, so the same canvas can be drawn on again.
    ///
    /// # Errors
    /// [`Error::FrameSize`] or [`Error::FrameData`] if the frame does not fit the movie. The frame is not added, and
    /// the movie continues. Any other error is one of encoding or writing the frames before it, and ends the movie.
    pub fn push<'a>(&mut self, frame: impl Into<Frame<'a>>) -> Result<()> {
        self.add(frame.into(), self.next)
    }

    /// Adds a frame that is presented from `seconds` on, until the next one.
    ///
    /// The movie begins with its first frame. Times count from the time of that frame, or from 0 if it was
    /// [pushed](Self::push). With [`Settings::variable_rate`], a time is rounded to the nearest tick of 1/90,000 s or
    /// finer. Otherwise it is rounded to the nearest multiple of a frame's duration. The last frame is presented for
    /// one frame's duration, or for as long as [`hold`](Self::hold) says.
    ///
    /// # Errors
    /// [`Error::Time`] if the time is not after that of the frame before, or too far from it. The frame is not added,
    /// and the movie continues. Otherwise as [`push`](Self::push).
    ///
    /// ```
    /// # use kinetograph::{Frame, Movie, Settings};
    /// let mut movie = Movie::in_memory(&Settings::new(16, 16).frame_rate(25).variable_rate(true))?;
    /// let grey = |level: u8| [level; 256];
    /// for (level, seconds) in [(0, 10.0), (100, 10.25), (200, 11.0)] {
    ///     movie.push_at(Frame::gray8(&grey(level), 16, 16), seconds)?;
    /// }
    /// let (_, report) = movie.finish()?;
    /// assert_eq!(report.seconds, 1.04);
    /// # Ok::<(), kinetograph::Error>(())
    /// ```
    pub fn push_at<'a>(&mut self, frame: impl Into<Frame<'a>>, seconds: f64) -> Result<()> {
        let tick = self.clock.tick_at(seconds).ok_or_else(|| self.time_error(seconds, TimeError::NotCountable))?;
        // Times count from that of the first frame, which is 0 unless the caller gave one.
        let origin = self.origin.unwrap_or(if self.frames == 0 { tick } else { 0 });
        let pts = tick - origin;
        if self.frames > 0 && pts <= self.last {
            let previous_seconds = self.clock.seconds(self.last + origin);
            return Err(self.time_error(seconds, TimeError::NotAfter { previous_seconds }));
        }
        if pts - self.last > Clock::MAX_GAP {
            return Err(self.time_error(seconds, self.too_long()));
        }
        self.add(frame.into(), pts)?;
        self.origin = Some(origin);
        Ok(())
    }

    /// Reads the raw pixels of a frame, row after row without gaps, and adds it as [`push`](Self::push) does. Returns
    /// `false` at the end of the input.
    ///
    /// A frame is read and converted a few rows at a time, while they are in the processor's cache. This is faster than
    /// reading the whole frame and pushing it. Pass the input without a `BufReader`.
    ///
    /// # Errors
    /// [`Error::FrameData`] if the input ends inside a frame, [`Error::Io`] if it cannot be read. The frame is not
    /// added, and the movie continues. Otherwise as [`push`](Self::push).
    ///
    /// ```
    /// # use kinetograph::{Movie, PixelFormat, Settings};
    /// // The input can be a file, a pipe or a socket. Here it is three grey frames in memory.
    /// let mut input = &[128; 3 * 64 * 36][..];
    /// let mut movie = Movie::in_memory(&Settings::new(64, 36).frame_rate(30))?;
    /// while movie.push_from(&mut input, PixelFormat::Gray8)? {}
    /// let (_, report) = movie.finish()?;
    /// assert_eq!(report.frames, 3);
    /// # Ok::<(), kinetograph::Error>(())
    /// ```
    pub fn push_from(&mut self, input: impl Read, format: PixelFormat) -> Result<bool> {
        self.wait_for_planes()?;
        let planes = self.pipeline.free_planes()?;
        let convert = |rows: &Frame<'_>, first| self.converter.convert_rows(rows, planes, first);
        let is_read = read_bands(input, self.size, format, &mut self.band, convert)?;
        if is_read {
            self.submit(self.next)?;
        }
        Ok(is_read)
    }

    /// Adds a picture that is in planes already, such as one of a camera or a decoder, presented for one frame's duration
    /// after the frame before it. Its samples are encoded as they are.
    ///
    /// The settings say what the samples mean: [`color_space`](Settings::color_space) and, for 4:2:0,
    /// [`chroma_location`](Settings::chroma_location). The planes must have the movie's size, rounded up to even where
    /// the chroma format needs it, and its chroma format and bit depth.
    ///
    /// # Errors
    /// [`Error::Planes`] if the planes do not fit, or if a sample has more than 10 bits. They are not added, and the
    /// movie continues. Otherwise as [`push`](Self::push).
    ///
    /// ```
    /// use kinetograph::color::Planes;
    /// use kinetograph::{BitDepth, Chroma, ChromaLocation, ColorSpace, Movie, Settings};
    ///
    /// let settings = Settings::new(64, 36).color_space(ColorSpace::BT601).chroma_location(ChromaLocation::Left);
    /// let mut movie = Movie::in_memory(&settings)?;
    /// let mut planes = Planes::new(64, 36, Chroma::Yuv420, BitDepth::Eight);
    /// for y in 0..36 {
    ///     planes.row_mut(0, y).fill(7 * y as u8);
    /// }
    /// planes.plane_mut(1).fill(128);
    /// planes.plane_mut(2).fill(128);
    /// movie.push_planes(&planes)?;
    /// let (_, report) = movie.finish()?;
    /// assert_eq!(report.frames, 1);
    /// # Ok::<(), kinetograph::Error>(())
    /// ```
    pub fn push_planes(&mut self, planes: &Planes) -> Result<()> {
        self.wait_for_planes()?;
        let free = self.pipeline.free_planes()?;
        planes.check(free.size(0), free.chroma(), free.bit_depth())?;
        planes.check_samples()?;
        free.copy_from(planes);
        self.submit(self.next)
    }

    /// Reads a picture in planes, and adds it as [`push_planes`](Self::push_planes) does. Returns `false` at the end of
    /// the input.
    ///
    /// The planes follow one another, and so do their rows, without gaps, as in Y4M and in raw YUV files. Samples of more
    /// than 8 bits are 16-bit numbers in little-endian order. An odd width or height is that of the luma plane; the chroma
    /// planes are rounded up. The planes are read straight into the memory that x264 copies them from.
    ///
    /// # Errors
    /// [`Error::Planes`] if the input ends inside a picture or a sample has more than 10 bits, [`Error::Io`] if it cannot
    /// be read. The picture is not added, and the movie continues. Otherwise as [`push`](Self::push).
    pub fn push_planes_from(&mut self, input: impl Read) -> Result<bool> {
        self.wait_for_planes()?;
        let is_read = self.pipeline.free_planes()?.read(input, self.size)?;
        if is_read {
            self.submit(self.next)?;
        }
        Ok(is_read)
    }

    /// Presents the last frame for `seconds` longer, without encoding or storing it again.
    ///
    /// The duration is rounded like the times of [`push_at`](Self::push_at). After a frame that is presented for very
    /// long (more than 87 s at a variable rate of 30), the next one is a keyframe.
    ///
    /// # Errors
    /// [`Error::Hold`] if there is no frame yet, if the duration is negative or not a number, or if the frame would be
    /// presented for longer than players can count in 28 bits.
    pub fn hold(&mut self, seconds: f64) -> Result<()> {
        let refused = |reason| Error::Hold { seconds, reason };
        let ticks = self.clock.tick_at(seconds).ok_or(refused(TimeError::NotCountable))?;
        if self.frames == 0 {
            return Err(refused(TimeError::NoFrame));
        }
        if self.next + ticks - self.last > Clock::MAX_GAP {
            return Err(refused(self.too_long()));
        }
        self.next += ticks;
        Ok(())
    }

    /// Waits at most `timeout` until the next frame can be pushed without waiting for the encoder. Returns whether it
    /// can.
    ///
    /// A program calls this before [`push`](Self::push) if it must react to something else while the encoder is slower
    /// than the frames, for example to a signal.
    ///
    /// # Errors
    /// Any error of encoding or writing the frames before. It ends the movie.
    ///
    /// ```
    /// use std::time::Duration;
    /// use kinetograph::{Frame, Movie, Settings};
    ///
    /// let mut movie = Movie::in_memory(&Settings::new(64, 36))?;
    /// while !movie.wait_for_encoder(Duration::from_millis(50))? {
    ///     // Here the program can give up.
    /// }
    /// movie.push(Frame::gray8(&[128; 64 * 36], 64, 36))?;
    /// # Ok::<(), kinetograph::Error>(())
    /// ```
    pub fn wait_for_encoder(&mut self, timeout: Duration) -> Result<bool> {
        self.pipeline.wait(timeout)
    }

    /// Makes the next frame a keyframe, which players can seek to.
    pub fn force_keyframe(&mut self) {
        self.force_keyframe = true;
    }

    /// Returns the codec string of the stream (RFC 6381), which Media Source Extensions and playlists ask for, such as
    /// `avc1.640028`.
    ///
    /// ```
    /// # use kinetograph::{Movie, Settings};
    /// let movie = Movie::in_memory(&Settings::new(1280, 720).frame_rate(30))?;
    /// assert_eq!(format!("video/mp4; codecs=\"{}\"", movie.codec()), "video/mp4; codecs=\"avc1.64001f\"");
    /// # Ok::<(), kinetograph::Error>(())
    /// ```
    pub fn codec(&self) -> &str {
        &self.codec
    }

    /// Returns the number of frames pushed so far.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    fn add(&mut self, frame: Frame<'_>, pts: i64) -> Result<()> {
        frame.check_size(self.frames, self.size)?;
        self.wait_for_planes()?;
        self.converter.convert(&frame, self.pipeline.free_planes()?)?;
        self.submit(pts)
    }

    /// Submits the planes that were filled last, to be presented at `pts`.
    fn submit(&mut self, pts: i64) -> Result<()> {
        // Frames that follow a long one must not be decoded before it, or the container could not state their times.
        let follows_long = self.frames > 0 && pts - self.last > Clock::MAX_FRAME;
        self.pipeline.submit(pts, self.force_keyframe || follows_long)?;
        self.force_keyframe = false;
        self.frames += 1;
        self.last = pts;
        self.next = pts + i64::from(self.clock.frame);
        self.report()
    }

    /// Reports progress until there are planes to fill, if anybody listens.
    fn wait_for_planes(&mut self) -> Result<()> {
        while self.reporter.has_closure() && !self.pipeline.wait(INTERVAL)? {
            self.report()?;
        }
        Ok(())
    }

    fn report(&mut self) -> Result<()> {
        self.reporter.report(self.frames, &self.pipeline).inspect_err(|_| self.pipeline.cancel())
    }

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

    fn time_error(&self, seconds: f64, reason: TimeError) -> Error {
        Error::Time { frame: self.frames, seconds, reason }
    }

    fn too_long(&self) -> TimeError {
        TimeError::TooLong { max_seconds: self.clock.seconds(Clock::MAX_GAP) }
    }
}

impl<Output> std::fmt::Debug for Movie<Output> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Movie({}×{}, {} frames)", self.size.0, self.size.1, self.frames)
    }
}
