//! `FrameSource`: the interface to the user's closure, which draws on a canvas, supplies frames or fills planes.

use std::marker::PhantomData;

use tiny_skia::{Color, Pixmap};

use super::FrameInfo;
use crate::color::Converter;
use crate::planes::Planes;
use crate::settings::Settings;
use crate::{Error, Frame, Result};

/// Makes frames on one worker: makes a frame, in planes.
pub(super) type WorkerFrames<'w> = dyn FnMut(FrameInfo, &mut Planes) -> Result<()> + 'w;

/// The source of the frames of an animation.
pub(super) trait FrameSource: Send + Sync {
    /// Makes what one worker needs, on the worker's thread. A canvas starts each frame as a copy of `layer`, or filled
    /// with the background colour.
    fn worker<'w>(&'w self, settings: &Settings, layer: Option<&'w Pixmap>) -> Box<WorkerFrames<'w>>;

    /// Returns whether the frames are drawn on a canvas.
    fn has_canvas(&self) -> bool;
}

/// Frames that are drawn on a canvas.
pub(super) struct DrawnFrames<Scratch, Init, Draw> {
    init: Init,
    draw: Draw,
    /// Each worker makes its own scratch.
    scratch: PhantomData<fn() -> Scratch>,
}

impl<Scratch, Init, Draw> DrawnFrames<Scratch, Init, Draw> {
    pub fn new(init: Init, draw: Draw) -> Self {
        Self { init, draw, scratch: PhantomData }
    }
}

impl<Scratch, Init, Draw> FrameSource for DrawnFrames<Scratch, Init, Draw>
where
    Init: Fn() -> Scratch + Send + Sync,
    Draw:
        Fn(&mut Scratch, &mut Pixmap, FrameInfo) -> Result<(), Box<dyn std::error::Error + Send + Sync>> + Send + Sync,
{
    fn worker<'w>(&'w self, settings: &Settings, layer: Option<&'w Pixmap>) -> Box<WorkerFrames<'w>> {
        let [red, green, blue] = settings.background;
        let background = Color::from_rgba8(red, green, blue, 255);
        // The settings are valid, so the size is.
        let mut canvas = Pixmap::new(settings.width, settings.height).expect("a valid size");
        let mut scratch = (self.init)();
        let convert = converter(settings);
        Box::new(move |info, planes| {
            match layer {
                Some(layer) => canvas.data_mut().copy_from_slice(layer.data()),
                None => canvas.fill(background),
            }
            (self.draw)(&mut scratch, &mut canvas, info)
                .map_err(|source| Error::Draw { frame: info.index(), source })?;
            convert(info, Frame::from(&canvas), planes)
        })
    }

    fn has_canvas(&self) -> bool {
        true
    }
}

/// Frames that the closure supplies.
pub(super) struct SuppliedFrames<Supply>(pub Supply);

impl<Picture, Supply> FrameSource for SuppliedFrames<Supply>
where
    for<'p> &'p Picture: Into<Frame<'p>>,
    Supply: Fn(FrameInfo) -> Result<Picture, Box<dyn std::error::Error + Send + Sync>> + Send + Sync,
{
    fn worker<'w>(&'w self, settings: &Settings, _: Option<&'w Pixmap>) -> Box<WorkerFrames<'w>> {
        let convert = converter(settings);
        Box::new(move |info, planes| {
            let picture = (self.0)(info).map_err(|source| Error::Draw { frame: info.index(), source })?;
            convert(info, (&picture).into(), planes)
        })
    }

    fn has_canvas(&self) -> bool {
        false
    }
}

/// Planes that the closure fills.
pub(super) struct FilledPlanes<Fill>(pub Fill);

impl<Fill> FrameSource for FilledPlanes<Fill>
where
    Fill: Fn(&mut Planes, FrameInfo) -> Result<(), Box<dyn std::error::Error + Send + Sync>> + Send + Sync,
{
    fn worker<'w>(&'w self, settings: &Settings, _: Option<&'w Pixmap>) -> Box<WorkerFrames<'w>> {
        let (width, height) = settings.coded_size();
        let (size, chroma, bit_depth) = ((width as usize, height as usize), settings.chroma, settings.bit_depth);
        Box::new(move |info, planes| {
            (self.0)(planes, info).map_err(|source| Error::Draw { frame: info.index(), source })?;
            // The closure may have replaced them.
            planes.check(size, chroma, bit_depth)?;
            planes.check_samples()
        })
    }

    fn has_canvas(&self) -> bool {
        false
    }
}

/// Returns what checks the size of a frame and converts it.
fn converter(settings: &Settings) -> impl Fn(FrameInfo, Frame<'_>, &mut Planes) -> Result<()> + use<> {
    let Settings { width, height, color_space, chroma, bit_depth, background, .. } = *settings;
    let converter = Converter::new(color_space, chroma, bit_depth, background);
    move |info, frame, planes| {
        frame.check_size(info.index(), (width, height))?;
        converter.convert(&frame, planes)
    }
}
