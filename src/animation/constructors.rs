//! The constructors of `Animation`.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};
use std::thread::available_parallelism;

use tiny_skia::Pixmap;

use super::encode::{MAX_FRAMES, MAX_WORKERS};
use super::frame_source::{DrawnFrames, FilledPlanes, FrameSource, SuppliedFrames};
use super::states::{IntoState, StateQueue, States};
use super::{Animation, FrameInfo};
use crate::Frame;
use crate::planes::Planes;
use crate::settings::Settings;

/// The number of states in memory for each worker: one is drawn, and one waits.
const STATES_PER_WORKER: usize = 2;

impl<'a> Animation<'a> {
    /// Creates an animation of `frames` frames, each drawn by `draw`.
    ///
    /// The closure may return any error, which becomes [`Error::Draw`](crate::Error::Draw). If it panics, the panic
    /// continues on the thread that makes the movie.
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

    /// Creates an animation of `frames` pictures in YUV, such as those of a Y4M file.
    ///
    /// The closure fills the planes, which have the movie's [coded size](Settings::coded_size), its chroma and its bit
    /// depth, and still hold an earlier picture. Nothing is converted.
    ///
    /// ```
    /// use kinetograph::{Animation, Settings};
    ///
    /// let (movie, _) = Animation::from_planes(Settings::new(64, 36), 50, |planes, frame| {
    ///     planes.plane_mut(0).fill(16 + 4 * frame.index() as u8);
    ///     [1, 2].map(|chroma| planes.plane_mut(chroma).fill(128));
    ///     Ok(())
    /// })
    /// .into_bytes()?;
    /// # assert!(movie.len() > 1000);
    /// # Ok::<(), kinetograph::Error>(())
    /// ```
    pub fn from_planes<Fill>(settings: Settings, frames: u64, fill: Fill) -> Self
    where
        Fill: Fn(&mut Planes, FrameInfo) -> Result<(), Box<dyn std::error::Error + Send + Sync>> + Send + Sync + 'a,
    {
        Self::from_source(settings, frames, Box::new(FilledPlanes(fill)))
    }

    /// Creates an animation of states that follow from one another, such as those of a simulation.
    ///
    /// `states` is an iterator. It is advanced on one thread at a time, in order, and each state is drawn by `draw` on
    /// whichever thread is free. The movie has as many frames as the iterator has items. The number need not be known.
    ///
    /// ```
    /// use kinetograph::{Animation, Settings};
    /// use tiny_skia::{Color, Paint, Rect, Transform};
    ///
    /// // A ball that bounces: its height and its speed.
    /// let fall = |(height, speed): &(f32, f32)| {
    ///     Some(if *height > 0.0 { (height + speed / 30.0, speed - 9.8 / 30.0) } else { (0.01, 0.9 * speed.abs()) })
    /// };
    /// let heights = std::iter::successors(Some((2.0, 0.0)), fall).take(300);
    /// Animation::from_states(Settings::new(64, 180), heights, |canvas, (height, _), _frame| {
    ///     let ball = Rect::from_xywh(24.0, 160.0 - 60.0 * height, 16.0, 16.0).ok_or("the ball is lost")?;
    ///     canvas.fill_rect(ball, &Paint::default(), Transform::identity(), None);
    ///     Ok(())
    /// })
    /// .into_bytes()?;
    /// # Ok::<(), kinetograph::Error>(())
    /// ```
    ///
    /// # Errors and panics of the iterator
    ///
    /// An item may be a result, whose error ends the movie with [`Error::State`](crate::Error::State). The closure then
    /// names the type of the state, `|canvas, state: &State, frame|`, because a result could be a state as well. A panic
    /// in the iterator continues on the thread that makes the movie.
    ///
    /// ```
    /// use kinetograph::{Animation, Error, Settings};
    ///
    /// let steps = [Ok(1.5), Ok(70.2), Err("the simulation diverges")];
    /// let movie = Animation::from_states(Settings::new(64, 36), steps, |canvas, state: &f64, _| {
    /// #   let _ = (canvas, state);
    ///     Ok(())
    /// });
    /// assert!(matches!(movie.into_bytes(), Err(Error::State { frame: 2, .. })));
    /// ```
    ///
    /// If the iterator has no item, the movie fails with [`Error::NoFrames`](crate::Error::NoFrames). One that never
    /// ends makes a movie that can be [cancelled](Self::on_progress). A cancelled movie waits for the iterator to
    /// return.
    ///
    /// # Segments
    ///
    /// States come in order, so segments are encoded one after another, each with an encoder of 6 threads unless
    /// [`threads`](Settings::threads) is set. Segments begin at every whole
    /// [`keyframe_interval`](Settings::keyframe_interval), or at every few intervals if it is short. A remainder of up
    /// to 10 frames joins the last one. The bytes of the encoded frames therefore depend on the states and the settings
    /// alone. They do not depend on the number of workers, nor on whether the iterator knows how many items it has. They
    /// usually differ from those of the same frames in [`new`](Self::new).
    ///
    /// [`expected_frames`](Settings::expected_frames), or else the upper bound of the iterator's
    /// [size hint](Iterator::size_hint), serves progress, [`FrameInfo::count`] and the space that the file reserves for
    /// its index. A wrong number does no harm: at worst, finishing copies the movie once.
    ///
    /// [`resume`](Self::resume) stores segments as they are finished, except the last one. The next run computes the
    /// states of all frames, and draws those of the segments that are missing. It fails with
    /// [`Error::Segment`](crate::Error::Segment) if there are too few states for a stored segment. There is no
    /// [`encode_segment`](Self::encode_segment).
    ///
    /// # Memory
    ///
    /// At most 2 states for each worker are in memory, or as many as
    /// [`states_per_worker`](Self::states_per_worker) says, besides what the iterator holds itself. Up to 12 pictures in
    /// planes, or 2 for each worker, are drawn ahead of the encoder.
    pub fn from_states<State, Iter, Draw>(settings: Settings, states: Iter, draw: Draw) -> Self
    where
        State: Send + 'a,
        Iter: IntoIterator<Item: IntoState<State>, IntoIter: Send + 'a>,
        Draw: Fn(&mut Pixmap, &State, FrameInfo) -> Result<(), Box<dyn std::error::Error + Send + Sync>>
            + Send
            + Sync
            + 'a,
    {
        let draw = move |(): &mut (), canvas: &mut Pixmap, state: &State, frame: FrameInfo| draw(canvas, state, frame);
        Self::from_states_with_scratch(settings, states, || (), draw)
    }

    /// Creates an animation of states as [`from_states`](Self::from_states) does, whose closure has scratch space on
    /// each thread as in [`with_scratch`](Self::with_scratch).
    ///
    /// ```
    /// use kinetograph::{Animation, Settings};
    /// use tiny_skia::{PathBuilder, Paint, Stroke, Transform};
    ///
    /// let walk = std::iter::successors(Some(90.0), |y: &f32| Some(y + (1.7 * y).sin())).take(100);
    /// let paint = Paint::default;
    /// Animation::from_states_with_scratch(Settings::new(320, 180), walk, paint, |paint, canvas, y, frame| {
    ///     let mut line = PathBuilder::new();
    ///     line.move_to(frame.index() as f32, 90.0);
    ///     line.line_to(frame.index() as f32, *y);
    ///     let line = line.finish().ok_or("a line needs two points")?;
    ///     canvas.stroke_path(&line, paint, &Stroke::default(), Transform::identity(), None);
    ///     Ok(())
    /// })
    /// .into_bytes()?;
    /// # Ok::<(), kinetograph::Error>(())
    /// ```
    pub fn from_states_with_scratch<State, Iter, Scratch, Init, Draw>(
        settings: Settings,
        states: Iter,
        init: Init,
        draw: Draw,
    ) -> Self
    where
        State: Send + 'a,
        Iter: IntoIterator<Item: IntoState<State>, IntoIter: Send + 'a>,
        Scratch: 'a,
        Init: Fn() -> Scratch + Send + Sync + 'a,
        Draw: Fn(&mut Scratch, &mut Pixmap, &State, FrameInfo) -> Result<(), Box<dyn std::error::Error + Send + Sync>>
            + Send
            + Sync
            + 'a,
    {
        let queue = Arc::new(StateQueue::new(states.into_iter()));
        let waiting = Arc::clone(&queue);
        let draw = move |scratch: &mut Scratch, canvas: &mut Pixmap, frame: FrameInfo| {
            draw(scratch, canvas, &waiting.take(frame.index()), frame)
        };
        Self::from_queue(settings, queue, Box::new(DrawnFrames::new(init, draw)))
    }

    /// Creates an animation of states that are frames: each converts into a [`Frame`].
    ///
    /// Items can be of any type with that conversion, such as a [`Pixmap`], an image of the `image` crate, or the state
    /// of a simulation on a grid. They are converted and encoded as those of [`from_states`](Self::from_states). If
    /// items are results, name the type of the state: `from_frame_states::<State, _>`.
    ///
    /// ```
    /// use kinetograph::{Animation, Frame, Settings};
    ///
    /// /// A grid of grey levels.
    /// struct Grid([u8; 64 * 36]);
    ///
    /// impl<'a> From<&'a Grid> for Frame<'a> {
    ///     fn from(grid: &'a Grid) -> Self {
    ///         Frame::gray8(&grid.0, 64, 36)
    ///     }
    /// }
    ///
    /// let grids = (0..50).map(|level| Grid([5 * level; 64 * 36]));
    /// let (bytes, _) = Animation::from_frame_states(Settings::new(64, 36), grids).into_bytes()?;
    /// # assert!(bytes.len() > 1000);
    /// # Ok::<(), kinetograph::Error>(())
    /// ```
    pub fn from_frame_states<State, Iter>(settings: Settings, states: Iter) -> Self
    where
        State: Send + 'a,
        for<'s> &'s State: Into<Frame<'s>>,
        Iter: IntoIterator<Item: IntoState<State>, IntoIter: Send + 'a>,
    {
        let queue = Arc::new(StateQueue::new(states.into_iter()));
        let waiting = Arc::clone(&queue);
        let supply = move |frame: FrameInfo| Ok(waiting.take(frame.index()));
        Self::from_queue(settings, queue, Box::new(SuppliedFrames(supply)))
    }

    fn from_queue(settings: Settings, states: Arc<dyn States + 'a>, source: Box<dyn FrameSource + 'a>) -> Self {
        let expected = states.expected().filter(|frames| *frames <= MAX_FRAMES).unwrap_or(0);
        Self { states: Some(states), ..Self::from_source(settings, expected, source) }
    }

    fn from_source(settings: Settings, frames: u64, source: Box<dyn FrameSource + 'a>) -> Self {
        Self {
            settings,
            frames,
            source,
            states: None,
            states_per_worker: STATES_PER_WORKER,
            segment_frames: None,
            layer: None,
            workers: available_parallelism().map_or(1, usize::from).min(MAX_WORKERS),
            on_progress: Mutex::new(Box::new(|_| ControlFlow::Continue(()))),
            folder: None,
        }
    }
}
