//! Frames pushed one by one become a movie.

use std::io::{Read, Write};
use std::marker::PhantomData;
use std::path::Path;
use std::time::Instant;

use crate::color::Converter;
use crate::encoder::{Encoder, Threading};
use crate::frame::{Frame, PixelFormat, read_bands};
use crate::packet::ParameterSets;
use crate::pipeline::Pipeline;
use crate::planes::Planes;
use crate::recording::{Recording, Written};
use crate::report::Report;
use crate::settings::Settings;
use crate::time::Clock;
use crate::{Error, Result};

/// A movie being made from frames that come one after another.
///
/// The caller draws; [`push`](Self::push) converts the frame and hands it to the encoder, which works on threads of its
/// own behind a queue of three pictures: drawing, converting and encoding overlap, memory stays bounded, and `push`
/// waits when the encoder is slower. What goes wrong over there is the error of the next `push` or
/// [`finish`](Self::finish).
///
/// Until `finish` the film is in a file beside the final name, `NAME.XXXXXX.part`; only a successful `finish` gives it
/// the name, in place of any earlier file. A movie that is dropped unfinished leaves nothing behind, unless the thread
/// is panicking, or encoding or writing has failed: then the unfinished file stays, playable in the crash-safe layout.
/// Dropping waits until the frames pushed are encoded and written.
///
/// `Movie<Vec<u8>>` is a movie in memory, whose `finish` gives the bytes.
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
pub struct Movie<Output = ()> {
    pipeline: Pipeline,
    converter: Converter,
    clock: Clock,
    size: (u32, u32),
    coded_size: (u32, u32),
    /// Frames taken.
    frames: u64,
    /// When the last frame begins and ends, in ticks.
    last: i64,
    next: i64,
    /// The tick that the caller's time of the first frame fell on, once a time was given.
    origin: Option<i64>,
    force_keyframe: bool,
    /// Rows read by [`push_from`](Self::push_from).
    band: Vec<u8>,
    created: Instant,
    output: PhantomData<fn() -> Output>,
}

impl Movie {
    /// Begins a movie that `finish` will leave at `path`.
    ///
    /// # Errors
    /// [`Error::Setting`] or [`Error::X264`] for settings that cannot be used, before a file exists; [`Error::Io`] if
    /// none can be created beside `path`.
    pub fn create(path: impl AsRef<Path>, settings: &Settings) -> Result<Self> {
        Self::begin(settings, |sets| Recording::create(path.as_ref(), settings, sets))
    }

    /// Begins a movie that is written as it is made, without seeking: to a socket, a pipe, standard output.
    ///
    /// A fragment reaches the writer in one `write_all`, followed by a `flush`: at the first keyframe after one second of
    /// film, or whatever [`Settings::fragment_seconds`] says. For a live stream set
    /// [`Settings::keyframe_interval`], which is 250 frames otherwise. In [`Layout::AnnexB`](crate::Layout::AnnexB) it
    /// is each picture. Give the writer bare, without a buffer of its own, unless many small writes are dear.
    ///
    /// The writer is used on the encoder's thread and dropped by `finish`. As long as it blocks, `push` waits, as soon
    /// as the queue and x264 have all they hold; if it panics, the panic goes on in the `push` or `finish` that follows,
    /// and the movie has ended.
    ///
    /// # Errors
    /// As [`create`](Self::create); [`Error::Setting`] for a layout that is not
    /// [`Fragmented`](crate::Layout::Fragmented) or [`AnnexB`](crate::Layout::AnnexB).
    pub fn stream(writer: impl Write + Send + 'static, settings: &Settings) -> Result<Self> {
        Self::begin(settings, |sets| Recording::stream(Box::new(writer), settings, sets))
    }

    /// Writes what is still held back and gives the file its name.
    ///
    /// # Errors
    /// [`Error::NoFrames`] if none was pushed; whatever went wrong in encoding and writing. Then no file of the final
    /// name appears, and an earlier one stays as it was.
    pub fn finish(self) -> Result<Report> {
        self.end().map(|(report, _)| report)
    }
}

impl Movie<Vec<u8>> {
    /// Begins a movie in memory, of any layout.
    ///
    /// # Errors
    /// As [`create`](Movie::create).
    pub fn in_memory(settings: &Settings) -> Result<Self> {
        Self::begin(settings, |sets| Recording::in_memory(settings, sets))
    }

    /// The finished movie's bytes.
    ///
    /// # Errors
    /// [`Error::NoFrames`] if none was pushed; whatever went wrong in encoding.
    pub fn finish(self) -> Result<(Vec<u8>, Report)> {
        self.end().map(|(report, written)| (written.media, report))
    }
}

impl<Output> Movie<Output> {
    fn begin(settings: &Settings, record: impl FnOnce(&ParameterSets) -> Result<Recording>) -> Result<Self> {
        settings.validate()?;
        let created = Instant::now();
        let encoder = Encoder::open(settings, Threading::OwnThreads)?;
        let recording = record(encoder.parameter_sets())?;
        Ok(Self {
            pipeline: Pipeline::start(settings, encoder, recording)?,
            converter: Converter::new(settings.color_space, settings.chroma, settings.bit_depth, settings.background),
            clock: settings.clock(),
            size: (settings.width, settings.height),
            coded_size: settings.coded_size(),
            frames: 0,
            last: 0,
            next: 0,
            origin: None,
            force_keyframe: false,
            band: Vec::new(),
            created,
            output: PhantomData,
        })
    }

    /// Adds a frame, shown for one frame's duration after the one before it.
    ///
    /// The pixels are only read during the call: the same canvas can be drawn on again.
    ///
    /// # Errors
    /// [`Error::FrameSize`] or [`Error::FrameData`] if the frame does not fit the movie: it is not taken, and the movie
    /// goes on. Otherwise what went wrong in encoding or writing the frames before it; then the movie has ended.
    pub fn push<'a>(&mut self, frame: impl Into<Frame<'a>>) -> Result<()> {
        self.take(frame.into(), self.next)
    }

    /// Adds a frame that is shown from `seconds` on, until the next one.
    ///
    /// The movie begins with its first frame: times count from the time given for that one, or from 0 if it was
    /// [pushed](Self::push). With
    /// [`Settings::variable_rate`] a time is rounded to the nearest tick of 1/90,000 s or finer; without, to the nearest
    /// multiple of a frame's duration. The last frame is shown for one frame's duration, or as [`hold`](Self::hold)
    /// says.
    ///
    /// # Errors
    /// [`Error::Time`] if the time is not after that of the frame before, or too far from it: the frame is not taken.
    /// Otherwise as [`push`](Self::push).
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
        let tick = self.clock.tick_at(seconds).ok_or_else(|| self.time_error(seconds, Clock::UNCOUNTABLE.into()))?;
        // Times count from the first frame's, which is 0 unless it was given.
        let origin = self.origin.unwrap_or(if self.frames == 0 { tick } else { 0 });
        let pts = tick - origin;
        if self.frames > 0 && pts <= self.last {
            let last = self.clock.seconds(self.last + origin);
            return Err(
                self.time_error(seconds, format!("it must be later than frame {} at {last} s", self.frames - 1))
            );
        }
        if pts - self.last > Clock::MAX_GAP {
            return Err(self.time_error(seconds, self.too_long()));
        }
        self.take(frame.into(), pts)?;
        self.origin = Some(origin);
        Ok(())
    }

    /// Reads a frame's raw pixels, row after row without gaps, and adds it as [`push`](Self::push) does; `false` at the
    /// end of the input.
    ///
    /// A frame is read and converted a few rows at a time, while they are in the processor's cache, which costs less
    /// than reading all of it before it is pushed. Give the input bare, without a buffer of its own.
    ///
    /// # Errors
    /// [`Error::FrameData`] if the input ends inside a frame, [`Error::Io`] if it cannot be read: the frame is not
    /// taken, and the movie goes on. Otherwise as `push`.
    ///
    /// ```
    /// # use kinetograph::{Movie, PixelFormat, Settings};
    /// // From a file, a pipe, a socket; here, three grey frames from memory.
    /// let mut input = &[128; 3 * 64 * 36][..];
    /// let mut movie = Movie::in_memory(&Settings::new(64, 36).frame_rate(30))?;
    /// while movie.push_from(&mut input, PixelFormat::Gray8)? {}
    /// let (_, report) = movie.finish()?;
    /// assert_eq!(report.frames, 3);
    /// # Ok::<(), kinetograph::Error>(())
    /// ```
    pub fn push_from(&mut self, mut input: impl Read, format: PixelFormat) -> Result<bool> {
        let size = self.size;
        let mut band = std::mem::take(&mut self.band);
        let added = self.add(self.next, |converter, planes| {
            read_bands(&mut input, size, format, &mut band, |rows, first| converter.convert_rows(rows, planes, first))
        });
        self.band = band;
        added
    }

    /// Shows the last frame for so many seconds more, which costs neither encoding nor bytes.
    ///
    /// After a frame that is shown for minutes (87 s at a variable rate of 30) the next one is a keyframe.
    ///
    /// Rounded as the times of [`push_at`](Self::push_at) are.
    ///
    /// # Errors
    /// [`Error::Time`] if there is no frame yet, if the duration is negative or not a number, or if the frame would
    /// be shown too long for what players count in 28 bits.
    pub fn hold(&mut self, seconds: f64) -> Result<()> {
        let ticks = self.clock.tick_at(seconds).ok_or_else(|| self.time_error(seconds, Clock::UNCOUNTABLE.into()))?;
        if self.frames == 0 {
            return Err(self.time_error(seconds, "there is no frame yet to hold".into()));
        }
        if self.next + ticks - self.last > Clock::MAX_GAP {
            return Err(self.time_error(seconds, self.too_long()));
        }
        self.next += ticks;
        Ok(())
    }

    /// Makes the next frame a keyframe, one that players can seek to.
    pub fn force_keyframe(&mut self) {
        self.force_keyframe = true;
    }

    /// Frames pushed so far.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    fn take(&mut self, frame: Frame<'_>, pts: i64) -> Result<()> {
        frame.check()?;
        frame.check_size(self.frames, self.size)?;
        self.add(pts, |converter, planes| converter.convert(&frame, planes).map(|()| true)).map(drop)
    }

    /// Adds the picture that `fill` makes, if it makes one.
    fn add(&mut self, pts: i64, fill: impl FnOnce(&Converter, &mut Planes) -> Result<bool>) -> Result<bool> {
        // Frames that are shown after a long one must not be decoded before it, or the container could not say when.
        let after_long = self.frames > 0 && pts - self.last > Clock::MAX_FRAME;
        let converter = &self.converter;
        let added = self.pipeline.encode(pts, self.force_keyframe || after_long, |planes| fill(converter, planes))?;
        if added {
            self.force_keyframe = false;
            self.frames += 1;
            self.last = pts;
            self.next = pts + i64::from(self.clock.frame);
        }
        Ok(added)
    }

    fn end(self) -> Result<(Report, Written)> {
        if self.frames == 0 {
            return Err(Error::NoFrames);
        }
        let written = self.pipeline.finish(self.next)?;
        let report = Report {
            frames: self.frames,
            seconds: self.clock.seconds(self.next),
            bytes: written.bytes,
            width: self.coded_size.0,
            height: self.coded_size.1,
            elapsed: self.created.elapsed(),
        };
        Ok((report, written))
    }

    fn time_error(&self, seconds: f64, reason: String) -> Error {
        Error::Time { frame: self.frames, seconds, reason }
    }

    fn too_long(&self) -> String {
        format!("a frame can be shown for {} s at most", self.clock.seconds(Clock::MAX_GAP))
    }
}

impl<Output> std::fmt::Debug for Movie<Output> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Movie({}×{}, {} frames)", self.size.0, self.size.1, self.frames)
    }
}
