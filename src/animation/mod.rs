//! `Animation`: a movie whose frames are a function of their index, drawn and encoded on every core (the public
//! interface).

#[cfg(feature = "indicatif")]
mod bar;
mod encode;
mod frame_info;
mod frame_source;
mod scheduler;
mod workers;

use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread::available_parallelism;

use tiny_skia::Pixmap;

use self::frame_source::{DrawnFrames, FrameSource, SuppliedFrames};
use crate::html::Html;
use crate::progress::{Progress, ProgressAnswer};
use crate::recording::Recording;
use crate::report::Report;
use crate::segment::Segment;
use crate::settings::{Layout, Settings};
use crate::sink::check_name;
use crate::{Error, Frame, Result};

pub use self::frame_info::FrameInfo;

/// The maximum number of workers. Each has an encoder and a canvas.
const MAX_WORKERS: usize = 1024;

/// A movie whose frames are a function of their index, drawn and encoded on every core.
///
/// The closure gets a canvas of the movie's size and a [`FrameInfo`]. Each frame starts with a fresh canvas, which has
/// the settings' [background](Settings::background) colour or the layer that [`background`](Self::background) sets.
/// Frames are drawn in any order and on any thread, so a frame must depend on its index alone. The bytes of the movie
/// are then the same for every number of workers, on every run.
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
/// let (movie, report) = Animation::new(settings, 60, |canvas, frame| {
///     draw(canvas, frame.index(), frame.seconds());
///     Ok(())
/// })
/// .on_progress(|progress| eprint!("\r{progress}"))
/// .into_bytes()?;
/// assert_eq!(report.frames, 60);
/// # assert!(movie.len() > 1000);
/// # Ok::<(), kinetograph::Error>(())
/// ```
///
/// # Segments
///
/// The movie is divided into segments, which are closed runs of frames. A dedicated encoder encodes each of them. Where
/// segments begin depends on the number of frames and on the settings alone: at every
/// [`keyframe_interval`](Settings::keyframe_interval) (250 frames unless set), or at every few intervals if it is
/// short. All segments have about the same length. A remainder of up to 10 frames joins the last one.
///
/// One encoder for the whole movie would begin a group of pictures at the same frames, and the first keyframe of a
/// segment is quantised like one in midstream. The size and the quality of the movie are therefore about those of one
/// encoder. If there are fewer segments left than cores, the other cores draw frames ahead. In a movie of fewer than 8
/// segments, each encoder has several threads: 6 for one segment, 4 for two, 3 for three, 2 for four to seven, unless
/// [`threads`](Settings::threads) is set.
///
/// A [bit rate](crate::Quality::Bitrate), a [buffer](Settings::vbv) and x264's `zones` concern the movie as a whole.
/// Such a movie is one segment with one encoder, which has one thread if a buffer is set. Only drawing then uses all
/// cores.
///
/// # Memory
///
/// Each worker has one canvas (4 bytes a pixel) or one supplied frame. It usually has 1 and at most 5 pictures in
/// planes (1.5 bytes a pixel in 4:2:0 at 8 bits). It has one encoder, or two while one closes; an encoder takes 60 MB
/// for 500×500 pixels at preset medium, and memory in proportion for other sizes. It holds the packets of at most 2
/// segments until it is their turn. The index of the movie takes at most 16 bytes a frame. Only the index grows with
/// the number of frames.
#[must_use = "an animation does nothing until it is saved, written or turned into bytes"]
pub struct Animation<'a> {
    settings: Settings,
    frames: u64,
    source: Box<dyn FrameSource + 'a>,
    layer: Option<Pixmap>,
    workers: usize,
    /// In a mutex, so that an animation is `Sync`.
    on_progress: Mutex<Box<OnProgress<'a>>>,
    folder: Option<PathBuf>,
}

/// A closure that receives the progress and may cancel the movie.
type OnProgress<'a> = dyn FnMut(&Progress) -> ControlFlow<()> + Send + 'a;

impl<'a> Animation<'a> {
    /// Creates an animation of `frames` frames, each drawn by `draw`.
    ///
    /// The closure may return any error, which becomes [`Error::Draw`]. If it panics, the panic continues on the thread
    /// that makes the movie.
    pub fn new<Draw>(settings: Settings, frames: u64, draw: Draw) -> Self
    where
        Draw: Fn(&mut Pixmap, FrameInfo) -> Result<(), Box<dyn std::error::Error + Send + Sync>> + Send + Sync + 'a,
    {
        Self::with_scratch(settings, frames, || (), move |(), canvas, frame| draw(canvas, frame))
    }

    /// Creates an animation whose closure has scratch space on each thread, such as fonts, buffers or a plot.
    ///
    /// `init` is called once on each worker's thread. A worker draws frames in any order, so what one frame leaves in
    /// the scratch space must not be visible in another.
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
    pub fn with_scratch<Scratch, Init, Draw>(settings: Settings, frames: u64, init: Init, draw: Draw) -> Self
    where
        Scratch: 'a,
        Init: Fn() -> Scratch + Send + Sync + 'a,
        Draw: Fn(&mut Scratch, &mut Pixmap, FrameInfo) -> Result<(), Box<dyn std::error::Error + Send + Sync>>
            + Send
            + Sync
            + 'a,
    {
        Self::from_source(settings, frames, Box::new(DrawnFrames::new(init, draw)))
    }

    /// Creates an animation of frames that the closure supplies, such as decoded images, GPU read-backs or arrays.
    ///
    /// The closure returns anything that converts into a [`Frame`]: a [`Pixmap`], an image of the `image` crate, a type
    /// with that conversion, or a `Frame` of pixels that outlive the animation. Nothing is copied. Like a closure that
    /// draws, it is called in any order and on any thread.
    ///
    /// ```
    /// use kinetograph::{Animation, Frame, Settings};
    ///
    /// let levels: Vec<Vec<u8>> = (0..50).map(|level| vec![5 * level; 64 * 36]).collect();
    /// let movie = Animation::from_frames(Settings::new(64, 36), 50, |frame| {
    ///     Ok(Frame::gray8(&levels[frame.index() as usize], 64, 36))
    /// });
    /// let (bytes, _) = movie.into_bytes()?;
    /// # assert!(bytes.len() > 1000);
    /// # Ok::<(), kinetograph::Error>(())
    /// ```
    pub fn from_frames<Picture, Supply>(settings: Settings, frames: u64, supply: Supply) -> Self
    where
        Picture: 'a,
        for<'p> &'p Picture: Into<Frame<'p>>,
        Supply: Fn(FrameInfo) -> Result<Picture, Box<dyn std::error::Error + Send + Sync>> + Send + Sync + 'a,
    {
        Self::from_source(settings, frames, Box::new(SuppliedFrames(supply)))
    }

    fn from_source(settings: Settings, frames: u64, source: Box<dyn FrameSource + 'a>) -> Self {
        Self {
            settings,
            frames,
            source,
            layer: None,
            workers: available_parallelism().map_or(1, usize::from).min(MAX_WORKERS),
            on_progress: Mutex::new(Box::new(|_| ControlFlow::Continue(()))),
            folder: None,
        }
    }

    /// Sets the layer that every canvas begins with. It must have the movie's size.
    ///
    /// An animation of [supplied frames](Self::from_frames) has no canvas and refuses a layer.
    pub fn background(self, layer: Pixmap) -> Self {
        Self { layer: Some(layer), ..self }
    }

    /// Sets the number of threads that draw and encode, 1 to 1024. The default is the number of cores.
    ///
    /// The bytes of the movie are the same for every number.
    pub fn workers(self, count: usize) -> Self {
        Self { workers: count, ..self }
    }

    /// Sets a closure that receives the progress, at most ten times a second and at the end, on the thread that makes
    /// the movie.
    ///
    /// The closure may return [`ControlFlow::Break`] to cancel the movie, which then fails with [`Error::Cancelled`].
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
    pub fn on_progress<Answer: ProgressAnswer>(self, mut closure: impl FnMut(&Progress) -> Answer + Send + 'a) -> Self {
        Self { on_progress: Mutex::new(Box::new(move |progress| closure(progress).answer())), ..self }
    }

    /// Stores each finished segment in a folder until the movie is finished, so that a killed run can be continued.
    ///
    /// [`save`](Self::save) with the same folder encodes only the segments that are missing. It creates the folder if
    /// there is none. When the movie is finished, it removes the segments, and the folder too if nothing else is in it.
    ///
    /// Several runs can share the folder and the work, in several processes or on several machines. Each makes the whole
    /// movie. The last one that finishes removes the segments. The guide on
    /// [long movies](crate::guide::long_movies#one-folder-for-several-runs) says how, and lists the files of the folder.
    ///
    /// Segments of another movie, with other settings or from another version are refused, with an error that names the
    /// difference. Segments record the settings, not the closure. Clear the folder when the closure changes.
    pub fn resume(self, folder: impl Into<PathBuf>) -> Self {
        Self { folder: Some(folder.into()), ..self }
    }

    /// Makes the movie, in a file at `path`.
    ///
    /// The movie is written to a file beside the final name, which is renamed when it is finished. If anything fails,
    /// no file appears under the final name, and an earlier file stays as it was. The extension must suit the layout, as
    /// in [`Movie::create`](crate::Movie::create).
    ///
    /// # Errors
    /// - [`Error::Setting`], [`Error::X264Option`], [`Error::NoFrames`] or [`Error::X264`] if the movie cannot be made,
    ///   before a file exists.
    /// - [`Error::Draw`] for the first error of the closure.
    /// - [`Error::FrameSize`] and [`Error::FrameData`] for a frame or canvas that does not fit.
    /// - [`Error::Cancelled`] if the progress closure cancelled the movie.
    /// - [`Error::Segment`] for segments that [`resume`](Self::resume) refuses.
    /// - [`Error::StillRecording`] if another movie is being made at `path`.
    /// - [`Error::Output`] if there is a file at `path` that must not be replaced.
    /// - [`Error::Io`] if writing fails.
    ///
    /// All workers have stopped when this method returns.
    ///
    /// # Panics
    /// If the closure panics. The panic continues on the caller's thread.
    pub fn save(self, path: impl AsRef<Path>) -> Result<Report> {
        // Before the folder of segments is made.
        check_name(path.as_ref(), self.settings.container.layout)?;
        self.encode(|settings, stream| Recording::create(path.as_ref(), settings, stream)).map(|((), report)| report)
    }

    /// Makes the movie and writes it without seeking, for example to a socket, a pipe or standard output.
    ///
    /// The writer is used on the caller's thread. As in [`Movie::stream`](crate::Movie::stream), each fragment is
    /// passed to it in one `write_all`, followed by a `flush`. Pass `&mut writer` to keep it.
    ///
    /// # Errors
    /// As [`save`](Self::save); [`Error::Setting`] for a layout that is not [`Fragmented`](Layout::Fragmented) or
    /// [`AnnexB`](Layout::AnnexB).
    ///
    /// ```
    /// use kinetograph::{Animation, Layout, Settings};
    ///
    /// let mut bytes = Vec::new();
    /// Animation::new(Settings::new(64, 36).layout(Layout::Fragmented), 50, |_, _| Ok(())).write_to(&mut bytes)?;
    /// assert_eq!(&bytes[4..8], b"ftyp");
    /// # Ok::<(), kinetograph::Error>(())
    /// ```
    pub fn write_to(self, writer: impl Write) -> Result<Report> {
        self.encode(|settings, stream| Recording::stream(writer, settings, stream)).map(|(_, report)| report)
    }

    /// Makes the movie in memory.
    ///
    /// # Errors
    /// As [`save`](Self::save).
    pub fn into_bytes(self) -> Result<(Vec<u8>, Report)> {
        self.encode(Recording::in_memory)
    }

    /// Makes the movie as a `<video>` element for a web page or an Evcxr notebook.
    ///
    /// # Errors
    /// As [`save`](Self::save); [`Error::Setting`] for [`Layout::AnnexB`].
    ///
    /// ```
    /// use kinetograph::{Animation, Settings};
    /// let (video, _) = Animation::new(Settings::new(64, 36), 50, |_, _| Ok(())).into_html()?;
    /// assert!(video.to_string().starts_with("<video"));
    /// # Ok::<(), kinetograph::Error>(())
    /// ```
    pub fn into_html(self) -> Result<(Html, Report)> {
        self.validate()?;
        let layout = self.settings.container.layout;
        if layout == Layout::AnnexB {
            return Err(Error::setting("layout", layout, "browsers do not play a bare H.264 stream"));
        }
        let (bytes, report) = self.into_bytes()?;
        Ok((Html::video(bytes, report.width, report.height), report))
    }

    /// Returns the number of segments of the movie.
    ///
    /// # Errors
    /// [`Error::Setting`] or [`Error::NoFrames`] if the movie cannot be made.
    pub fn segments(&self) -> Result<u64> {
        self.validate().map(|plan| plan.count)
    }

    /// Makes one segment, counted from 0, for [`join`](crate::join) on this machine or another.
    ///
    /// The workers share the drawing. Several processes on one machine should have one worker each.
    ///
    /// # Errors
    /// As [`save`](Self::save); [`Error::Segment`] if there is no such segment.
    ///
    /// ```
    /// use kinetograph::{Animation, ContainerSettings, Settings, join_to_bytes};
    ///
    /// let movie = || Animation::new(Settings::new(64, 36), 600, |_, _| Ok(()));
    /// let segments = (0..movie().segments()?).map(|index| movie().encode_segment(index));
    /// let (joined, _) = join_to_bytes(segments, &ContainerSettings::new())?;
    /// assert_eq!(joined, movie().into_bytes()?.0);
    /// # Ok::<(), kinetograph::Error>(())
    /// ```
    pub fn encode_segment(&self, index: u64) -> Result<Segment> {
        self.encode_one(index)
    }
}

impl std::fmt::Debug for Animation<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Animation({}×{}, {} frames)", self.settings.width, self.settings.height, self.frames)
    }
}
