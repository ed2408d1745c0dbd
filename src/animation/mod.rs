//! A frame function becomes a movie, on every core.

#[cfg(feature = "indicatif")]
mod bar;
mod frame_source;

mod encode;
mod frame_info;

mod scheduler;
mod workers;

use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

use tiny_skia::Pixmap;

use crate::html::Html;
use crate::packet::ParameterSets;
use crate::progress::{Progress, ProgressAnswer};
use crate::recording::Recording;
use crate::report::Report;
use crate::settings::{Layout, Settings};
use crate::{Error, Frame, Result};
use frame_source::{DrawnFrames, FrameSource, SuppliedFrames};

/// The most workers: each has an encoder and a canvas.
const MOST_WORKERS: usize = 1024;

pub use self::frame_info::FrameInfo;
pub use crate::segment::Segment;

/// A movie whose frames are a function of their index, drawn and encoded on every core.
///
/// The closure gets a canvas of the movie's size and a [`FrameInfo`]. The canvas is always fresh: in the settings'
/// [background](Settings::background), or as [`background`](Self::background) says. Frames are drawn in any order and
/// on any thread, so a frame should depend on its index alone; then the movie's bytes are the same for every number of
/// workers, on every run.
///
/// ```
/// use kinetograph::{Animation, Preset, Quality, Settings};
/// use tiny_skia::{Color, Pixmap};
///
/// fn draw(canvas: &mut Pixmap, index: u64, seconds: f64) {
///     canvas.fill(Color::from_rgba8(index as u8, (100.0 * seconds) as u8, 128, 255));
/// }
///
/// let settings = Settings::new(64, 36).frame_rate(30).quality(Quality::Crf(20.0)).preset(Preset::Slow);
/// let movie = Animation::new(settings, 60, |canvas, frame| {
///     draw(canvas, frame.index(), frame.seconds());
///     Ok(())
/// })
/// .on_progress(|progress| eprint!("\r{progress}"))
/// .into_bytes()?;
/// # assert!(movie.len() > 1000);
/// # Ok::<(), kinetograph::Error>(())
/// ```
///
/// # SegmentPlan
///
/// The movie is divided into parts, closed groups of pictures that are each drawn, converted and encoded in one go, by
/// an encoder of their own. Where they begin depends on the number of frames and on the settings alone: every
/// [`keyframe_interval`](Settings::keyframe_interval) (250 frames unless set), or every few if it is short, all parts
/// about as long; the last takes a rest of up to 10 frames. There one encoder would begin a new group of pictures too,
/// and parts have keyframes as fine, so the movie is about as large and as good as one encoder's. A machine with more
/// cores than there are parts left uses the others to draw frames ahead. Movies of fewer than 8 parts have encoders of
/// several threads each: 6 for one part, 4 for two, 3 for three, 2 up to seven, unless [`threads`](Settings::threads)
/// says otherwise.
///
/// A [bit rate](crate::Quality::Bitrate), a [buffer](Settings::vbv) and x264's `zones` are about the movie as a whole:
/// it is then one part, encoded by one encoder (with a buffer, on one thread), and only drawing is spread over the
/// cores.
///
/// # Memory
///
/// For each worker: one canvas (4 bytes a pixel) or one frame given; at most 5 pictures in planes (1.5 bytes a pixel in
/// 4:2:0 at 8 bits), usually 1; one encoder, and for a moment where its parts end another (60 MB for 500×500 pixels at
/// preset medium, in proportion to the pixels); and the encoded pictures of 2 parts at most, held until it is their
/// turn. Besides, the movie's index, at most 16 bytes a frame. None of it but the index grows with the number of frames.
pub struct Animation<'a> {
    settings: Settings,
    frames: u64,
    source: Box<dyn FrameSource + 'a>,
    layer: Option<Pixmap>,
    workers: usize,
    on_progress: Box<Tell<'a>>,
    folder: Option<PathBuf>,
}

/// A closure that is told of the progress.
type Tell<'a> = dyn FnMut(&Progress) -> ControlFlow<()> + Send + 'a;

impl<'a> Animation<'a> {
    /// A movie of so many frames, each drawn by `draw`.
    ///
    /// The closure may return any error, which becomes [`Error::Draw`](crate::Error::Draw). If it panics, the panic
    /// goes on in the thread that makes the movie.
    pub fn new<Draw>(settings: Settings, frames: u64, draw: Draw) -> Self
    where
        Draw: Fn(&mut Pixmap, FrameInfo) -> Result<(), Box<dyn std::error::Error + Send + Sync>> + Send + Sync + 'a,
    {
        Self::with_scratch(settings, frames, || (), move |(), canvas, moment| draw(canvas, moment))
    }

    /// The same for a closure that needs something of its own on each thread: fonts, buffers, a plot to be filled
    /// again.
    ///
    /// `init` is called once on each worker's thread. What a frame leaves in the state is seen by whatever frame that
    /// worker happens to draw next: it should be of use, but not be visible.
    ///
    /// ```
    /// use kinetograph::{Animation, Settings};
    /// use tiny_skia::{Paint, PathBuilder, Stroke, Transform};
    ///
    /// let points = || Vec::with_capacity(500);
    /// Animation::with_scratch(Settings::new(320, 180), 50, points, |points, canvas, frame| {
    ///     points.clear();
    ///     points.extend((0..320).map(|x| (x as f32, 90.0 + 80.0 * (0.05 * x as f32 + frame.seconds() as f32).sin())));
    ///     let mut curve = PathBuilder::new();
    ///     curve.move_to(points[0].0, points[0].1);
    ///     points.iter().for_each(|(x, y)| curve.line_to(*x, *y));
    ///     let curve = curve.finish().ok_or("a curve needs points")?;
    ///     canvas.stroke_path(&curve, &Paint::default(), &Stroke::default(), Transform::identity(), None);
    ///     Ok(())
    /// })
    /// .into_bytes()?;
    /// # Ok::<(), kinetograph::Error>(())
    /// ```
    pub fn with_scratch<State, Init, Draw>(settings: Settings, frames: u64, init: Init, draw: Draw) -> Self
    where
        Init: Fn() -> State + Send + Sync + 'a,
        Draw: Fn(&mut State, &mut Pixmap, FrameInfo) -> Result<(), Box<dyn std::error::Error + Send + Sync>>
            + Send
            + Sync
            + 'a,
    {
        Self::by(settings, frames, Box::new(DrawnFrames { init, draw }))
    }

    /// A movie of so many frames that are there, or come from elsewhere: decoded pictures, read-backs, arrays.
    ///
    /// The closure gives what a [`Frame`] can be made of: a [`Pixmap`], an image of the `image` crate, a type of yours
    /// that has the conversion, or a `Frame` of pixels that outlive the animation. Nothing is copied. As the others, it
    /// is called in any order and on any thread.
    ///
    /// ```
    /// use kinetograph::{Animation, Frame, Settings};
    ///
    /// let levels: Vec<Vec<u8>> = (0..50).map(|level| vec![5 * level; 64 * 36]).collect();
    /// let movie = Animation::from_frames(Settings::new(64, 36), 50, |frame| {
    ///     Ok(Frame::gray8(&levels[frame.index() as usize], 64, 36))
    /// });
    /// assert!(movie.into_bytes()?.len() > 1000);
    /// # Ok::<(), kinetograph::Error>(())
    /// ```
    pub fn from_frames<Picture, Give>(settings: Settings, frames: u64, give: Give) -> Self
    where
        Picture: 'a,
        for<'p> &'p Picture: Into<Frame<'p>>,
        Give: Fn(FrameInfo) -> Result<Picture, Box<dyn std::error::Error + Send + Sync>> + Send + Sync + 'a,
    {
        Self::by(settings, frames, Box::new(SuppliedFrames(give)))
    }

    fn by(settings: Settings, frames: u64, source: Box<dyn FrameSource + 'a>) -> Self {
        Self {
            settings,
            frames,
            source,
            layer: None,
            workers: available_parallelism().map_or(1, usize::from).min(MOST_WORKERS),
            on_progress: Box::new(|_| ControlFlow::Continue(())),
            folder: None,
        }
    }

    /// Sets what is on the canvas before a frame is drawn: a layer that is drawn once, of the movie's size. Refused
    /// where frames are [given](Self::from_frames).
    #[must_use]
    pub fn background(self, layer: Pixmap) -> Self {
        Self { layer: Some(layer), ..self }
    }

    /// Sets how many threads draw and encode, 1 to 1024; as many as the machine has cores unless set. The bytes are the
    /// same for every number.
    #[must_use]
    pub fn workers(self, count: usize) -> Self {
        Self { workers: count, ..self }
    }

    /// Has a closure told of the progress: on the thread that makes the movie, at most ten times a second, and at the
    /// end. It may cancel the movie by returning [`ControlFlow::Break`]: then that is an
    /// [`Error::Cancelled`](crate::Error::Cancelled).
    ///
    /// ```
    /// use std::ops::ControlFlow;
    /// use kinetograph::{Animation, Error, Settings};
    ///
    /// let movie = Animation::new(Settings::new(64, 36), 1_000_000, |_, _| Ok(())).on_progress(|progress| {
    ///     if progress.elapsed.as_secs_f64() > 0.2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    /// });
    /// assert!(matches!(movie.into_bytes(), Err(Error::Cancelled)));
    /// ```
    #[must_use]
    pub fn on_progress<Answer: ProgressAnswer>(self, mut closure: impl FnMut(&Progress) -> Answer + Send + 'a) -> Self {
        Self { on_progress: Box::new(move |progress| closure(progress).answer()), ..self }
    }

    /// Keeps each finished part in a folder until the movie is finished, so that a run that was killed goes on where it
    /// was: `save` with the same folder draws only the parts that are missing.
    ///
    /// The folder is made if need be; it is cleared, and removed if nothing else is in it, when the movie is finished.
    /// SegmentPlan of another movie, made with other settings or another version, are refused by name. What was drawn they do
    /// not know: clear the folder when the closure has changed.
    #[must_use]
    pub fn resume(self, folder: impl Into<PathBuf>) -> Self {
        Self { folder: Some(folder.into()), ..self }
    }

    /// Makes the movie, in a file at `path`.
    ///
    /// Until it is finished the film is in a file beside the final name. Whatever goes wrong, no file of the final name
    /// appears, and an earlier one stays as it was.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting), [`Error::NoFrames`](crate::Error::NoFrames) or
    /// [`Error::X264`](crate::Error::X264) for what cannot be made, before a file exists;
    /// [`Error::Draw`](crate::Error::Draw) for the first error of the closure;
    /// [`Error::FrameSize`](crate::Error::FrameSize) and [`Error::FrameData`](crate::Error::FrameData) for a frame or
    /// canvas that does not fit; [`Error::Cancelled`](crate::Error::Cancelled); [`Error::Segment`](crate::Error::Segment) for what
    /// [`resume`](Self::resume) refuses; [`Error::Io`](crate::Error::Io) if writing fails. All workers stop first.
    ///
    /// # Panics
    /// If the closure panics, with its panic.
    pub fn save(self, path: impl AsRef<Path>) -> Result<Report> {
        self.film(|settings, sets| Recording::create(path.as_ref(), settings, sets)).map(|(report, _)| report)
    }

    /// Makes the movie while it is written, without seeking: to a socket, a pipe, standard output.
    ///
    /// As [`Movie::stream`](crate::Movie::stream) does it.
    ///
    /// # Errors
    /// As [`save`](Self::save); [`Error::Setting`](crate::Error::Setting) for a layout that is not
    /// [`Fragmented`](crate::Layout::Fragmented) or [`AnnexB`](crate::Layout::AnnexB).
    pub fn write_to(self, writer: impl Write + Send + 'static) -> Result<Report> {
        self.film(|settings, sets| Recording::stream(Box::new(writer), settings, sets)).map(|(report, _)| report)
    }

    /// Makes the movie in memory.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn into_bytes(self) -> Result<Vec<u8>> {
        self.film(Recording::in_memory).map(|(_, written)| written.media)
    }

    /// Makes the movie as a `<video>` element for a web page, which an Evcxr notebook shows.
    ///
    /// # Errors
    /// As [`save`](Self::save); [`Error::Setting`](crate::Error::Setting) for [`Layout::AnnexB`].
    ///
    /// ```
    /// use kinetograph::{Animation, Settings};
    /// let video = Animation::new(Settings::new(64, 36), 50, |_, _| Ok(())).into_html()?;
    /// assert!(video.to_string().starts_with("<video"));
    /// # Ok::<(), kinetograph::Error>(())
    /// ```
    pub fn into_html(self) -> Result<Html> {
        self.validate()?;
        let layout = self.settings.container.layout;
        if layout == Layout::AnnexB {
            return Err(Error::setting("layout", layout, "browsers play no bare stream"));
        }
        let (width, height) = self.settings.coded_size();
        self.into_bytes().map(|movie| Html::video(movie, width, height))
    }

    /// How many parts the movie has.
    ///
    /// # Errors
    /// [`Error::Setting`](crate::Error::Setting) or [`Error::NoFrames`](crate::Error::NoFrames) if it cannot be made.
    pub fn segments(&self) -> Result<u64> {
        self.validate().map(|parts| parts.count())
    }

    /// Makes one part, counted from 0, on this machine or another, to be [joined](Self::join) later. The workers share
    /// the drawing; several processes share a machine best with one worker each.
    ///
    /// # Errors
    /// As [`save`](Self::save); [`Error::Segment`](crate::Error::Segment) if there is no such part.
    ///
    /// ```
    /// use kinetograph::{Animation, Settings};
    /// let movie = || Animation::new(Settings::new(64, 36), 600, |_, _| Ok(()));
    /// let pieces = (0..movie().segments()?).map(|part| movie().encode_segment(part));
    /// assert_eq!(movie().join_to_bytes(pieces)?, movie().into_bytes()?);
    /// # Ok::<(), kinetograph::Error>(())
    /// ```
    pub fn encode_segment(&mut self, part: u64) -> Result<Segment> {
        self.make_part(part)
    }

    /// Joins the pieces of all parts, in order, to the movie that [`save`](Self::save) would make, byte for byte.
    /// Nothing is drawn; one piece at a time is in memory.
    ///
    /// # Errors
    /// Those of the pieces; [`Error::Segment`](crate::Error::Segment) for a piece that is missing, in the wrong place, or
    /// of another movie; otherwise as `save`.
    ///
    /// ```no_run
    /// use kinetograph::{Animation, Segment, Settings};
    /// let movie = Animation::new(Settings::new(64, 36), 600, |_, _| Ok(()));
    /// let pieces = (0..movie.segments()?).map(|part| Segment::open(format!("{part}.piece")));
    /// movie.join(pieces, "joined.mp4")?;
    /// # Ok::<(), kinetograph::Error>(())
    /// ```
    pub fn join(self, pieces: impl IntoIterator<Item = Result<Segment>>, path: impl AsRef<Path>) -> Result<Report> {
        let record = |settings: &Settings, sets: &ParameterSets| Recording::create(path.as_ref(), settings, sets);
        self.splice(pieces, record).map(|(report, _)| report)
    }

    /// Joins pieces as [`join`](Self::join) does, in memory.
    ///
    /// # Errors
    /// As `join`.
    pub fn join_to_bytes(self, pieces: impl IntoIterator<Item = Result<Segment>>) -> Result<Vec<u8>> {
        self.splice(pieces, Recording::in_memory).map(|(_, written)| written.media)
    }
}

impl std::fmt::Debug for Animation<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Animation({}×{}, {} frames)", self.settings.width, self.settings.height, self.frames)
    }
}
