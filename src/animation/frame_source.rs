//! The user's closures, whatever they make their frames of.

use tiny_skia::{Color, Pixmap};

use super::FrameInfo;
use crate::settings::Settings;
use crate::{Error, Frame, Result};

/// What a closure returns; `?` turns any error into it.
type Made<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Makes a frame and shows it to the last argument, which may refuse it.
pub(super) type Pen<'p> = dyn FnMut(FrameInfo, &mut dyn FnMut(Frame<'_>) -> Result<()>) -> Result<()> + 'p;

/// What frames come from.
pub(super) trait FrameSource: Send + Sync {
    /// Makes what a worker needs, on the thread that calls, and lends what makes frames with it. A canvas shows `layer`
    /// before it is drawn on, or else the background colour.
    fn with_pen(&self, settings: &Settings, layer: Option<&Pixmap>, work: &mut dyn FnMut(&mut Pen<'_>));

    /// Whether it draws on a canvas.
    fn has_canvas(&self) -> bool;
}

/// Frames that are drawn on a canvas.
pub(super) struct DrawnFrames<Init, Draw> {
    pub init: Init,
    pub draw: Draw,
}

impl<State, Init, Draw> FrameSource for DrawnFrames<Init, Draw>
where
    Init: Fn() -> State + Send + Sync,
    Draw: Fn(&mut State, &mut Pixmap, FrameInfo) -> Made<()> + Send + Sync,
{
    fn with_pen(&self, settings: &Settings, layer: Option<&Pixmap>, work: &mut dyn FnMut(&mut Pen<'_>)) {
        let mut state = (self.init)();
        // The settings are valid, so the size is.
        let mut canvas = Pixmap::new(settings.width, settings.height).expect("a valid size");
        let [red, green, blue] = settings.background;
        work(&mut |moment, show| {
            match layer {
                Some(layer) => canvas.data_mut().copy_from_slice(layer.data()),
                None => canvas.fill(Color::from_rgba8(red, green, blue, 255)),
            }
            (self.draw)(&mut state, &mut canvas, moment)
                .map_err(|source| Error::Draw { frame: moment.index(), source })?;
            show(Frame::from(&canvas))
        });
    }

    fn has_canvas(&self) -> bool {
        true
    }
}

/// Frames that the closure gives.
pub(super) struct SuppliedFrames<Give>(pub Give);

impl<Picture, Give> FrameSource for SuppliedFrames<Give>
where
    for<'p> &'p Picture: Into<Frame<'p>>,
    Give: Fn(FrameInfo) -> Made<Picture> + Send + Sync,
{
    fn with_pen(&self, _: &Settings, _: Option<&Pixmap>, work: &mut dyn FnMut(&mut Pen<'_>)) {
        work(&mut |moment, show| {
            let picture = (self.0)(moment).map_err(|source| Error::Draw { frame: moment.index(), source })?;
            show((&picture).into())
        });
    }

    fn has_canvas(&self) -> bool {
        false
    }
}
