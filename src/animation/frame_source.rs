//! The user's closure, whichever kind of frames it makes.

use std::marker::PhantomData;

use tiny_skia::{Color, Pixmap};

use super::FrameInfo;
use crate::settings::Settings;
use crate::{Error, Frame, Result};

/// What a closure returns; `?` turns any error into it.
type ClosureResult<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// What makes the frames of an animation.
pub(super) trait FrameSource: Send + Sync {
    /// Makes what one worker needs, on the worker's thread. A canvas starts each frame as a copy of `layer`, or filled
    /// with the background colour.
    fn worker<'w>(&'w self, settings: &Settings, layer: Option<&'w Pixmap>) -> Box<dyn WorkerFrames + 'w>;

    /// Returns whether the frames are drawn on a canvas.
    fn has_canvas(&self) -> bool;
}

/// Makes frames on one worker.
pub(super) trait WorkerFrames {
    /// Makes a frame, and passes it to `convert`.
    fn frame(&mut self, info: FrameInfo, convert: &mut dyn FnMut(Frame<'_>) -> Result<()>) -> Result<()>;
}

/// Frames that are drawn on a canvas.
pub(super) struct DrawnFrames<Scratch, Init, Draw> {
    init: Init,
    draw: Draw,
    /// Each worker makes its own scratch.
    scratch: PhantomData<fn() -> Scratch>,
}

/// A worker's canvas, and the closure's scratch.
struct Canvas<'w, Scratch, Draw> {
    scratch: Scratch,
    draw: &'w Draw,
    pixmap: Pixmap,
    background: Color,
    layer: Option<&'w Pixmap>,
}

impl<Scratch, Init, Draw> DrawnFrames<Scratch, Init, Draw> {
    pub fn new(init: Init, draw: Draw) -> Self {
        Self { init, draw, scratch: PhantomData }
    }
}

impl<Scratch, Init, Draw> FrameSource for DrawnFrames<Scratch, Init, Draw>
where
    Init: Fn() -> Scratch + Send + Sync,
    Draw: Fn(&mut Scratch, &mut Pixmap, FrameInfo) -> ClosureResult<()> + Send + Sync,
{
    fn worker<'w>(&'w self, settings: &Settings, layer: Option<&'w Pixmap>) -> Box<dyn WorkerFrames + 'w> {
        let [red, green, blue] = settings.background;
        Box::new(Canvas {
            scratch: (self.init)(),
            draw: &self.draw,
            // The settings are valid, so the size is.
            pixmap: Pixmap::new(settings.width, settings.height).expect("a valid size"),
            background: Color::from_rgba8(red, green, blue, 255),
            layer,
        })
    }

    fn has_canvas(&self) -> bool {
        true
    }
}

impl<Scratch, Draw> WorkerFrames for Canvas<'_, Scratch, Draw>
where
    Draw: Fn(&mut Scratch, &mut Pixmap, FrameInfo) -> ClosureResult<()>,
{
    fn frame(&mut self, info: FrameInfo, convert: &mut dyn FnMut(Frame<'_>) -> Result<()>) -> Result<()> {
        match self.layer {
            Some(layer) => self.pixmap.data_mut().copy_from_slice(layer.data()),
            None => self.pixmap.fill(self.background),
        }
        (self.draw)(&mut self.scratch, &mut self.pixmap, info).map_err(|source| draw_error(info, source))?;
        convert(Frame::from(&self.pixmap))
    }
}

/// Frames that the closure supplies.
pub(super) struct SuppliedFrames<Supply>(pub Supply);

impl<Picture, Supply> FrameSource for SuppliedFrames<Supply>
where
    for<'p> &'p Picture: Into<Frame<'p>>,
    Supply: Fn(FrameInfo) -> ClosureResult<Picture> + Send + Sync,
{
    fn worker<'w>(&'w self, _: &Settings, _: Option<&'w Pixmap>) -> Box<dyn WorkerFrames + 'w> {
        Box::new(self)
    }

    fn has_canvas(&self) -> bool {
        false
    }
}

impl<Picture, Supply> WorkerFrames for &SuppliedFrames<Supply>
where
    for<'p> &'p Picture: Into<Frame<'p>>,
    Supply: Fn(FrameInfo) -> ClosureResult<Picture>,
{
    fn frame(&mut self, info: FrameInfo, convert: &mut dyn FnMut(Frame<'_>) -> Result<()>) -> Result<()> {
        let picture = (self.0)(info).map_err(|source| draw_error(info, source))?;
        convert((&picture).into())
    }
}

fn draw_error(info: FrameInfo, source: Box<dyn std::error::Error + Send + Sync>) -> Error {
    Error::Draw { frame: info.index(), source }
}
