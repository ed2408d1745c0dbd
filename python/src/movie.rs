//! `Movie`: arrays pushed one by one become a movie.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use kinetograph::{Error, Layout, PixelFormat, Settings};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::sync::MutexExt;
use pyo3::types::{PyBytes, PyDict};

use crate::buffer::Pixels;
use crate::errors::{to_python, with_kept_file};
use crate::files::{PyReader, Target};
use crate::recorder::{Recorder, with_movie};
use crate::report::Report;
use crate::settings::{Size, seconds, settings_of_movie};

/// A movie that is made of frames that come one after another.
///
/// The movie grows in a file beside its final name, ``NAME.part``, which plays. Only `finish`, or the end of a ``with``
/// block, gives it the name. After an exception in the block the file stays unfinished, and a note of the exception
/// names it; `recover` makes a finished movie of it.
///
/// Parameters
/// ----------
/// target : path or file object, optional
///     Where the movie goes: a path, a file that is open for writing bytes and that is written without seeking, or None
///     for memory; see `getvalue`.
/// size : tuple of int, optional
///     Width and height in pixels, each 1 to 16384. By default, those of the first frame, with which the file is then
///     created.
/// pixel_format : {"rgba", "rgba-premultiplied", "bgra", "bgra-premultiplied", "rgb", "gray"}, optional
///     The components of a pixel. By default, frames of 1, 3 and 4 channels are grey, RGB and RGBA.
/// **settings
///     The settings of the movie, such as ``fps=30, crf=20``; see `Settings`.
///
/// Raises
/// ------
/// TypeError, ValueError
///     If there is no such setting, or its value cannot be used.
/// OSError
///     If the file cannot be created.
/// X264Error
///     If x264 refuses the settings.
///
/// Examples
/// --------
/// >>> with kinetograph.Movie("grey.mp4", fps=30, crf=20) as movie:
/// ...     for level in range(0, 256, 4):
/// ...         movie.push(numpy.full((360, 640), level, numpy.uint8))
/// ...     movie.hold(0.5)
/// >>> movie.report.seconds
/// 2.6333333333333333
#[pyclass(frozen, module = "kinetograph")]
pub struct Movie {
    target: Py<PyAny>,
    settings: Py<PyDict>,
    size: Option<Size>,
    pixel_format: Option<PixelFormat>,
    state: Mutex<State>,
}

struct State {
    phase: Phase,
    /// Frames pushed.
    frames: u64,
    /// Of a finished movie.
    report: Option<Report>,
    /// Of a finished movie in memory.
    bytes: Option<Py<PyBytes>>,
}

enum Phase {
    /// Waits for the first frame, which has the size.
    New(Target),
    Recording(Box<Recorder>),
    Ended,
}

#[pymethods]
impl Movie {
    #[new]
    #[pyo3(signature = (target=None, *, size=None, pixel_format=None, **settings))]
    fn new(
        py: Python<'_>,
        target: Option<Bound<'_, PyAny>>,
        size: Option<Size>,
        pixel_format: Option<&str>,
        settings: Option<Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let target = target.unwrap_or_else(|| py.None().into_bound(py));
        let settings = settings.unwrap_or_else(|| PyDict::new(py));
        let goal = Target::of(&target)?;
        if goal.is_stream() && !settings.contains("layout")? {
            settings.set_item("layout", Layout::Fragmented.name())?;
        }
        let movie = Self {
            target: target.unbind(),
            size,
            pixel_format: parse_format(pixel_format)?,
            state: Mutex::new(State { phase: Phase::New(goal), frames: 0, report: None, bytes: None }),
            settings: settings.unbind(),
        };
        match size {
            Some(size) => movie.create(py, &mut movie.lock(py), size)?,
            // Settings that no size can save are refused now, and others with the first frame.
            None => {
                movie.settings(py, Size(16, 16))?.validate().map_err(to_python)?;
                if let Phase::New(target) = &movie.lock(py).phase {
                    target.check()?;
                }
            }
        }
        Ok(movie)
    }

    /// Add a frame, presented for one frame's duration after the frame before it.
    ///
    /// The pixels are read during the call only, so the same array can be drawn on again. No other thread should write to
    /// them meanwhile: the frame could be half of one picture and half of another.
    ///
    /// Parameters
    /// ----------
    /// frame : array of uint8
    ///     Shape (height, width), (height, width, 1), (height, width, 3) or (height, width, 4), of any strides, with
    ///     straight alpha; an object with a buffer or one that NumPy converts. Transparent pixels show the background.
    /// pixel_format : str, optional
    ///     That of this frame, if it differs from that of the movie.
    ///
    /// Raises
    /// ------
    /// TypeError
    ///     If the components are not uint8. The message has the conversion.
    /// ValueError
    ///     If the frame has another size than the movie. The movie continues without it.
    /// OSError, X264Error
    ///     If the frames before could not be encoded or written. The movie has ended.
    #[pyo3(signature = (frame, *, pixel_format=None))]
    fn push(&self, frame: &Bound<'_, PyAny>, pixel_format: Option<&str>) -> PyResult<()> {
        self.add(frame, pixel_format, None)
    }

    /// Add a frame that is presented from a time on, until the next one.
    ///
    /// The movie begins with its first frame, whose time is the origin of all others. With ``variable_rate=True`` a time
    /// is rounded to 1/90,000 s or finer, otherwise to a multiple of a frame's duration.
    ///
    /// Parameters
    /// ----------
    /// frame : array of uint8
    ///     As for `push`.
    /// time : float or datetime.timedelta
    ///     The time in seconds.
    /// pixel_format : str, optional
    ///     As for `push`.
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     If the time is not after that of the frame before, or too far from it. Otherwise as `push`.
    #[pyo3(signature = (frame, time, *, pixel_format=None))]
    fn push_at(&self, frame: &Bound<'_, PyAny>, time: &Bound<'_, PyAny>, pixel_format: Option<&str>) -> PyResult<()> {
        self.add(frame, pixel_format, Some(seconds(time)?))
    }

    /// Read the raw pixels of a frame, row after row without gaps, and add it.
    ///
    /// Parameters
    /// ----------
    /// file : file object
    ///     Open for reading bytes.
    /// pixel_format : str, optional
    ///     The components of a pixel. The default is that of the movie, or ``"rgba"``.
    ///
    /// Returns
    /// -------
    /// bool
    ///     False at the end of the file.
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     If the movie has no size yet, or the file ends inside a frame.
    /// OSError
    ///     If the file cannot be read.
    #[pyo3(signature = (file, pixel_format=None))]
    fn push_from(&self, py: Python<'_>, file: Py<PyAny>, pixel_format: Option<&str>) -> PyResult<bool> {
        let format = parse_format(pixel_format)?.or(self.pixel_format).unwrap_or(PixelFormat::Rgba8);
        let Some(size) = self.size else {
            return Err(pyo3::exceptions::PyValueError::new_err("push_from needs the size of the frames; pass size="));
        };
        let mut state = self.lock(py);
        let recorder = self.recorder(py, &mut state, size)?;
        recorder.wait(py)?;
        let added = py.detach(|| with_movie!(recorder, movie => movie.push_from(PyReader(&file), format)));
        let added = added.map_err(to_python)?;
        state.frames += u64::from(added);
        Ok(added)
    }

    /// Present the last frame for longer, without encoding or storing it again.
    ///
    /// Parameters
    /// ----------
    /// duration : float or datetime.timedelta
    ///     The additional time in seconds.
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     If there is no frame yet, or the duration is negative or too long.
    fn hold(&self, py: Python<'_>, duration: &Bound<'_, PyAny>) -> PyResult<()> {
        let duration = seconds(duration)?;
        match &mut self.lock(py).phase {
            Phase::Recording(recorder) => {
                with_movie!(&mut **recorder, movie => movie.hold(duration)).map_err(to_python)
            }
            Phase::New(_) => Err(to_python(Error::NoFrames)),
            Phase::Ended => Err(ended()),
        }
    }

    /// Make the next frame a keyframe, which players can seek to.
    fn force_keyframe(&self, py: Python<'_>) {
        // The first frame is one anyway.
        if let Phase::Recording(recorder) = &mut self.lock(py).phase {
            with_movie!(&mut **recorder, movie => movie.force_keyframe());
        }
    }

    /// Encode and write the remaining frames, and give the file its name.
    ///
    /// The end of a ``with`` block calls this. A second call returns the same report.
    ///
    /// Returns
    /// -------
    /// Report
    ///     Facts about the movie.
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     If no frame was pushed.
    /// OSError, X264Error
    ///     If encoding or writing fails. No file appears under the name then.
    fn finish(&self, py: Python<'_>) -> PyResult<Report> {
        let mut state = self.lock(py);
        if let Some(report) = &state.report {
            return Ok(report.clone());
        }
        let recorder = match std::mem::replace(&mut state.phase, Phase::Ended) {
            Phase::New(_) => return Err(to_python(Error::NoFrames)),
            Phase::Ended => return Err(ended()),
            Phase::Recording(recorder) => *recorder,
        };
        let (report, bytes) = recorder.finish(py)?;
        state.bytes = bytes.map(|bytes| PyBytes::new(py, &bytes).unbind());
        Ok(state.report.insert(Report(report)).clone())
    }

    /// Encode and write the remaining frames, and keep the file unfinished.
    ///
    /// An exception in a ``with`` block calls this.
    ///
    /// Returns
    /// -------
    /// pathlib.Path or None
    ///     The unfinished file, which plays; None if there is nothing to play.
    fn keep(&self, py: Python<'_>) -> PyResult<Option<PathBuf>> {
        let phase = std::mem::replace(&mut self.lock(py).phase, Phase::Ended);
        let Phase::Recording(recorder) = phase else { return Ok(None) };
        recorder.keep(py)
    }

    /// Return the bytes of a finished movie that was made in memory.
    ///
    /// Returns
    /// -------
    /// bytes
    ///     The movie.
    ///
    /// Raises
    /// ------
    /// RuntimeError
    ///     If the movie is not finished, or is not in memory.
    fn getvalue(&self, py: Python<'_>) -> PyResult<Py<PyBytes>> {
        let state = self.lock(py);
        let bytes = state.bytes.as_ref().map(|bytes| bytes.clone_ref(py));
        bytes.ok_or_else(|| PyRuntimeError::new_err("only a finished movie in memory has a value: Movie(None, …)"))
    }

    /// int: Frames pushed so far.
    #[getter]
    fn frames(&self, py: Python<'_>) -> u64 {
        self.lock(py).frames
    }

    /// Report or None: Facts about the finished movie; None before it is finished.
    #[getter]
    fn report(&self, py: Python<'_>) -> Option<Report> {
        self.lock(py).report.clone()
    }

    fn __enter__(this: Py<Self>) -> Py<Self> {
        this
    }

    fn __exit__(
        &self,
        py: Python<'_>,
        exception_type: &Bound<'_, PyAny>,
        exception: &Bound<'_, PyAny>,
        _traceback: &Bound<'_, PyAny>,
    ) -> PyResult<bool> {
        if exception_type.is_none() {
            if !matches!(self.lock(py).phase, Phase::Ended) {
                self.finish(py)?;
            }
        } else if let Some(kept) = self.keep(py)? {
            with_kept_file(PyErr::from_value(exception.clone()), &kept);
        }
        Ok(false)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let target = self.target.bind(py);
        let target = if target.is_none() { "in memory".into() } else { target.repr()?.to_string_lossy().into_owned() };
        let frames = self.lock(py).frames;
        Ok(format!("<kinetograph.Movie {target}, {frames} frame{}>", if frames == 1 { "" } else { "s" }))
    }
}

impl Movie {
    fn lock(&self, py: Python<'_>) -> MutexGuard<'_, State> {
        self.state.lock_py_attached(py).unwrap_or_else(PoisonError::into_inner)
    }

    fn settings(&self, py: Python<'_>, size: Size) -> PyResult<Settings> {
        settings_of_movie(size, self.settings.bind(py))
    }

    /// Begins the movie, unless it has begun.
    fn create(&self, py: Python<'_>, state: &mut State, size: Size) -> PyResult<()> {
        if let Phase::New(_) = state.phase {
            let settings = self.settings(py, size)?;
            settings.validate().map_err(to_python)?;
            if let Phase::New(target) = std::mem::replace(&mut state.phase, Phase::Ended) {
                let recorder = py.detach(|| Recorder::create(target, &settings)).map_err(to_python)?;
                state.phase = Phase::Recording(Box::new(recorder));
            }
        }
        Ok(())
    }

    fn recorder<'s>(&self, py: Python<'_>, state: &'s mut State, size: Size) -> PyResult<&'s mut Recorder> {
        self.create(py, state, size)?;
        match &mut state.phase {
            Phase::Recording(recorder) => Ok(recorder),
            _ => Err(ended()),
        }
    }

    fn add(&self, frame: &Bound<'_, PyAny>, pixel_format: Option<&str>, seconds: Option<f64>) -> PyResult<()> {
        let py = frame.py();
        let pixels = Pixels::of(frame, parse_format(pixel_format)?.or(self.pixel_format))?;
        let mut state = self.lock(py);
        let recorder = self.recorder(py, &mut state, Size(pixels.width, pixels.height))?;
        recorder.wait(py)?;
        // There are free planes now, so this converts without waiting for anything.
        let frame = pixels.frame(py);
        let added = with_movie!(recorder, movie => match seconds {
            Some(seconds) => movie.push_at(frame, seconds),
            None => movie.push(frame),
        });
        added.map_err(to_python)?;
        state.frames += 1;
        Ok(())
    }
}

impl Drop for Movie {
    /// Gives up a movie that was not finished.
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Phase::Recording(recorder) = std::mem::replace(&mut state.phase, Phase::Ended) {
            recorder.give_up();
        }
    }
}

fn parse_format(name: Option<&str>) -> PyResult<Option<PixelFormat>> {
    name.map(|name| name.parse().map_err(to_python)).transpose()
}

fn ended() -> PyErr {
    PyRuntimeError::new_err("the movie has ended: it was finished or kept, or an error ended it")
}
