//! `Animation`: a movie whose frames are a function of their index or of states, drawn and encoded on every core (the
//! public interface).

#[cfg(feature = "indicatif")]
mod bar;
mod constructors;
mod encode;
mod frame_info;
mod frame_source;
mod lock;
mod packets;
mod sample;
mod scheduler;
mod search;
mod stage;
mod states;
mod tries;
mod workers;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tiny_skia::Pixmap;

use self::frame_source::FrameSource;
use self::states::States;
use crate::html::Html;
use crate::progress::{OnProgress, Progress, ProgressAnswer};
use crate::recording::Recording;
use crate::report::Report;
use crate::segment::Segment;
use crate::settings::{Layout, Quality, Settings};
use crate::sink::check_name;
use crate::{Error, Result};

pub use self::frame_info::FrameInfo;

/// A movie whose frames are a function of their index, drawn and encoded on every core.
///
/// Frames that follow from one another, such as those of a simulation, are made by
/// [`from_states`](Self::from_states). So is a movie of frames that a program would otherwise draw on several threads and
/// push in order. Its segments and its memory are described there.
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
    /// The number of frames. That of states is expected, or 0 if it is not known.
    frames: u64,
    source: Box<dyn FrameSource + 'a>,
    /// The states that the source draws, if it does.
    states: Option<Arc<dyn States + 'a>>,
    states_per_worker: usize,
    segment_frames: Option<u64>,
    layer: Option<Pixmap>,
    workers: usize,
    /// In a mutex, so that an animation is `Sync`.
    on_progress: Mutex<Box<OnProgress<'a>>>,
    folder: Option<PathBuf>,
}

impl<'a> Animation<'a> {
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

    /// Sets how many [states](Self::from_states) may be in memory for each worker, 1 to 1,000,000. The default is 2: one
    /// that is drawn, and one that waits.
    ///
    /// More states help if some take much longer to compute than others. One is enough if they are large. The bytes of
    /// the movie are the same for every number. Other animations have no states and ignore it.
    pub fn states_per_worker(self, count: usize) -> Self {
        Self { states_per_worker: count, ..self }
    }

    /// Sets the maximum number of frames of a segment, 10 to 100,000, or `None` for the usual length, which is the
    /// default. Segments get shorter than usual, never longer.
    ///
    /// Short segments spread a short movie over many cores or machines, if drawing is expensive. Each begins with a
    /// keyframe, so the file grows: most if little moves, where a keyframe is most of the file. BENCHMARKS.md has
    /// figures. The bytes of the movie depend on this number. A movie that is one segment because of its bit rate, its
    /// buffer or `zones` stays one.
    pub fn segment_frames(self, frames: impl Into<Option<u64>>) -> Self {
        Self { segment_frames: frames.into(), ..self }
    }

    /// Sets a closure that receives the progress, at most ten times a second and at the end, on the thread that makes
    /// the movie.
    ///
    /// The closure may return [`ControlFlow::Break`](std::ops::ControlFlow::Break) to cancel the movie, which then fails with [`Error::Cancelled`].
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
    /// An animation of [states](Self::from_states) computes all of them in each run. It uses the segments that the folder
    /// has at the beginning, and shares no work with runs at the same time.
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
    /// - [`Error::Draw`] for the first error of the closure, [`Error::State`] for an error of the iterator over states.
    /// - [`Error::FrameSize`] and [`Error::FrameData`] for a frame or canvas that does not fit.
    /// - [`Error::Cancelled`] if the progress closure cancelled the movie.
    /// - [`Error::TooLarge`] if no movie has as few bytes as [`Quality::MaxBytes`] asks for.
    /// - [`Error::Segment`] for segments that [`resume`](Self::resume) refuses.
    /// - [`Error::StillRecording`] if another movie is being made at `path`.
    /// - [`Error::Output`] if there is a file at `path` that must not be replaced.
    /// - [`Error::Io`] if writing fails.
    ///
    /// All workers have stopped when this method returns.
    ///
    /// # Panics
    /// If the closure or the iterator over states panics. The panic continues on the caller's thread.
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
    /// With [`Quality::MaxBytes`], the movie is held in memory until it fits, and then written at once.
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
    pub fn write_to(self, mut writer: impl Write) -> Result<Report> {
        if let Quality::MaxBytes(_) = self.settings.quality {
            let (bytes, report) = self.encode(Recording::held)?;
            let written = writer.write_all(&bytes).and_then(|()| writer.flush());
            return written.map(|()| report).map_err(Error::io("writing to the stream"));
        }
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
    /// [`Error::Setting`] or [`Error::NoFrames`] if the movie cannot be made; [`Error::Setting`] for an animation of
    /// [states](Self::from_states), whose segments cannot be made alone.
    pub fn segments(&self) -> Result<u64> {
        self.validate_segments("segments", "unknown").map(|plan| plan.count)
    }

    /// Makes one segment, counted from 0, for [`join`](crate::join) on this machine or another.
    ///
    /// The workers share the drawing. Several processes on one machine should have one worker each.
    ///
    /// # Errors
    /// As [`save`](Self::save); [`Error::Segment`] if there is no such segment; [`Error::Setting`] for an animation of
    /// [states](Self::from_states), whose segments cannot be made alone.
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
