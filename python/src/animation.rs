//! The engine of `Animation`: frames that Python objects draw, encoded on the workers of the crate.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use kinetograph::{Animation, Frame, FrameInfo, PixelFormat, Settings};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::buffer::{Drawer, Pixels};
use crate::errors::to_python;
use crate::files::Target;
use crate::report::{Progress, Report};
use crate::segment::Segment;
use crate::settings::{Size, settings};

/// The drawers that are not in use. There are as many as workers, so a worker always finds one.
type Drawers = Mutex<Vec<Drawer>>;

fn drawers(objects: Vec<Bound<'_, PyAny>>) -> PyResult<Drawers> {
    Ok(Mutex::new(objects.into_iter().map(Drawer::of).collect::<PyResult<_>>()?))
}

/// A frame that a drawer has drawn. The drawer can draw the next one when this one is dropped.
struct Drawn<'a> {
    /// `None` while the frame is dropped.
    drawer: Option<Drawer>,
    /// Height, width and channels.
    shape: (u32, u32, u32),
    drawers: &'a Drawers,
}

impl<'a> Drawn<'a> {
    fn draw(drawers: &'a Drawers, info: FrameInfo) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        let drawer = drawers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut drawer = drawer.ok_or("there are more workers than drawers")?;
        let shape = drawer.draw(info.index());
        // Made before an error returns, so that the drawer goes back in any case.
        let drawn = Self { drawer: Some(drawer), shape: *shape.as_ref().unwrap_or(&(0, 0, 0)), drawers };
        shape?;
        Ok(drawn)
    }
}

impl<'a> From<&'a Drawn<'_>> for Frame<'a> {
    fn from(drawn: &'a Drawn<'_>) -> Self {
        let (height, width, channels) = drawn.shape;
        let format = match channels {
            1 => PixelFormat::Gray8,
            3 => PixelFormat::Rgb8,
            _ => PixelFormat::Rgba8,
        };
        let pixels = drawn.drawer.as_ref().map_or(&[][..], Drawer::pixels);
        let size = (width as usize).saturating_mul(height as usize).saturating_mul(format.bytes_per_pixel());
        // The buffer is that of the largest frame. A frame that has no room in it is refused for its size.
        Frame::new(pixels.get(..size).unwrap_or(pixels), width, height, format)
    }
}

impl Drop for Drawn<'_> {
    fn drop(&mut self) {
        self.drawers.lock().unwrap_or_else(PoisonError::into_inner).extend(self.drawer.take());
    }
}

fn animation(settings: Settings, frames: u64, drawers: &Drawers) -> Animation<'_> {
    let workers = drawers.lock().unwrap_or_else(PoisonError::into_inner).len();
    Animation::from_frames(settings, frames, |info| Drawn::draw(drawers, info)).workers(workers)
}

/// Makes a movie of frames that `drawers` draw, one on each worker. Calls `report` with the progress, and `cancel` if it
/// raises an exception or a signal arrives. Returns the bytes of a movie in memory, and the report.
#[pyfunction]
#[pyo3(signature = (size, frames, settings, target, drawers, report, cancel, resume))]
#[expect(clippy::too_many_arguments, reason = "the package calls it in one place")]
pub fn encode(
    py: Python<'_>,
    size: Size,
    frames: u64,
    settings: &Bound<'_, PyDict>,
    target: &Bound<'_, PyAny>,
    drawers: Vec<Bound<'_, PyAny>>,
    report: Option<Py<PyAny>>,
    cancel: Py<PyAny>,
    resume: Option<PathBuf>,
) -> PyResult<(Option<Py<PyBytes>>, Report)> {
    let target = Target::of(target)?;
    let settings = self::settings(size, settings)?;
    let drawers = self::drawers(drawers)?;
    let mut raised = None;
    let on_progress = |progress: &kinetograph::Progress| {
        let answer = Python::attach(|py| {
            py.check_signals()?;
            let Some(report) = &report else { return Ok(()) };
            report.call1(py, (Progress(progress.clone()),)).map(drop)
        });
        let Err(exception) = answer else { return ControlFlow::Continue(()) };
        raised = Some(exception);
        // Whatever stops it, the workers must not wait for their frames.
        let _ = Python::attach(|py| cancel.call0(py));
        ControlFlow::Break(())
    };
    let mut animation = animation(settings, frames, &drawers).on_progress(on_progress);
    if let Some(folder) = resume {
        animation = animation.resume(folder);
    }
    let encoded = py.detach(|| match target {
        Target::File(path) => animation.save(path).map(|report| (None, report)),
        Target::Memory => animation.into_bytes().map(|(bytes, report)| (Some(bytes), report)),
        Target::Writer(writer) => animation.write_to(writer).map(|report| (None, report)),
    });
    if let Some(exception) = raised {
        return Err(exception);
    }
    let (bytes, report) = encoded.map_err(to_python)?;
    Ok((bytes.map(|bytes| PyBytes::new(py, &bytes).unbind()), Report(report)))
}

/// Makes one segment, counted from 0, of frames that `drawer` draws.
#[pyfunction]
pub fn encode_segment(
    py: Python<'_>,
    size: Size,
    frames: u64,
    settings: &Bound<'_, PyDict>,
    index: u64,
    drawer: Bound<'_, PyAny>,
) -> PyResult<Segment> {
    let settings = self::settings(size, settings)?;
    let drawers = drawers(vec![drawer])?;
    let mut raised = None;
    let on_progress = |_: &kinetograph::Progress| match Python::attach(|py| py.check_signals()) {
        Ok(()) => ControlFlow::Continue(()),
        Err(exception) => {
            raised = Some(exception);
            ControlFlow::Break(())
        }
    };
    let animation = animation(settings, frames, &drawers).on_progress(on_progress);
    let encoded = py.detach(|| animation.encode_segment(index));
    drop(animation);
    match raised {
        Some(exception) => Err(exception),
        None => encoded.map(Segment).map_err(to_python),
    }
}

/// Returns the number of segments of a movie.
#[pyfunction]
pub fn segment_count(size: Size, frames: u64, settings: &Bound<'_, PyDict>) -> PyResult<u64> {
    let settings = self::settings(size, settings)?;
    Animation::new(settings, frames, |_, _| Ok(())).segments().map_err(to_python)
}

/// Copies a frame to the beginning of a memoryview, row after row without gaps, and returns its shape: (height, width,
/// channels). Copies nothing if it has not the size (width, height).
#[pyfunction]
#[pyo3(signature = (frame, target, size=None))]
pub fn copy_frame(
    frame: &Bound<'_, PyAny>,
    target: &Bound<'_, PyAny>,
    size: Option<Size>,
) -> PyResult<(u32, u32, usize)> {
    let pixels = Pixels::of(frame, None)?;
    // The library refuses a frame of another size, with its index.
    if size.is_none_or(|Size(width, height)| (width, height) == (pixels.width, pixels.height)) {
        pixels.copy_to(target)?;
    }
    Ok((pixels.height, pixels.width, pixels.format.bytes_per_pixel()))
}
