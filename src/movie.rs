//! `Movie`: frames are pushed one by one, converted on the caller's thread and encoded on another.

mod inputs;
mod outputs;
mod progress;
mod reporter;
mod try_push;

use std::time::{Duration, Instant};

use self::reporter::Reporter;
pub use self::try_push::TryPush;
use crate::color::Converter;
use crate::frame::Frame;
use crate::pipeline::Pipeline;
use crate::progress::INTERVAL;
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
    /// [pushed](Self::push). With [`Settings::variable_rate`](crate::Settings::variable_rate), a time is rounded to the
    /// nearest tick of 1/90,000 s or finer. Otherwise it is rounded to the nearest multiple of a frame's duration. The
    /// last frame is presented for one frame's duration, or for as long as [`hold`](Self::hold) says.
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
