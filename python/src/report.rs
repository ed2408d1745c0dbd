//! The facts about movies: `Report`, `Recovered` and `Progress`, and the element of a web page.

use std::time::Duration;

use kinetograph::Phase;
use pyo3::prelude::*;

/// Facts about a finished movie. It prints as ``90 frames, 3.000 s, 9.1 kB, 612 frames/s``.
#[pyclass(frozen, eq, module = "kinetograph")]
#[derive(Clone, PartialEq)]
pub struct Report(pub kinetograph::Report);

#[pymethods]
impl Report {
    /// int: Frames in the movie.
    #[getter]
    fn frames(&self) -> u64 {
        self.0.frames
    }

    /// float: Duration in seconds.
    #[getter]
    fn seconds(&self) -> f64 {
        self.0.seconds
    }

    /// int: Size of the finished file in bytes.
    #[getter]
    fn bytes(&self) -> u64 {
        self.0.bytes
    }

    /// int: Width of the coded pictures in pixels, rounded up to even where the chroma format needs it.
    #[getter]
    fn width(&self) -> u32 {
        self.0.width
    }

    /// int: Height of the coded pictures in pixels, rounded up to even where the chroma format needs it.
    #[getter]
    fn height(&self) -> u32 {
        self.0.height
    }

    /// datetime.timedelta: The time from the creation of the movie to its end.
    #[getter]
    fn elapsed(&self) -> Duration {
        self.0.elapsed
    }

    /// float or None: The rate factor that was found for ``max_size``; None for other movies. ``crf`` with this value
    /// makes the same bytes.
    #[getter]
    fn rate_factor(&self) -> Option<f64> {
        // As it prints. The nearest double of a single-precision number such as 27.4 would print as 27.399999618….
        self.0.rate_factor.and_then(|factor| factor.to_string().parse().ok())
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("Report({})", self.0)
    }
}

/// Facts about the movie that `recover` made of an unfinished file.
#[pyclass(frozen, eq, module = "kinetograph")]
#[derive(Clone, PartialEq)]
pub struct Recovered(pub kinetograph::Recovered);

#[pymethods]
impl Recovered {
    /// int: Frames in the movie.
    #[getter]
    fn frames(&self) -> u64 {
        self.0.frames
    }

    /// float: Duration in seconds.
    #[getter]
    fn seconds(&self) -> f64 {
        self.0.seconds
    }

    /// int: Size of the movie in bytes.
    #[getter]
    fn bytes(&self) -> u64 {
        self.0.bytes
    }

    /// int: Bytes of an incomplete fragment at the end that the movie does not have.
    #[getter]
    fn lost_bytes(&self) -> u64 {
        self.0.lost_bytes
    }

    /// int: Further frames that may show damage, because they depend on frames that are missing.
    #[getter]
    fn impaired_frames(&self) -> u64 {
        self.0.impaired_frames
    }

    /// list of str: Damaged parts that the movie does not have, in order.
    #[getter]
    fn left_out(&self) -> Vec<String> {
        self.0.left_out.iter().map(ToString::to_string).collect()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("Recovered({})", self.0)
    }
}

/// The progress of an animation. It prints as one line of constant width.
#[pyclass(frozen, eq, module = "kinetograph")]
#[derive(Clone, PartialEq)]
pub struct Progress(pub kinetograph::Progress);

#[pymethods]
impl Progress {
    /// Progress of an animation whose segments are distributed: `encoded` frames are in finished segments.
    #[new]
    #[pyo3(signature = (frames, *, kept, encoded, written, elapsed, finished))]
    fn new(frames: u64, kept: u64, encoded: u64, written: u64, elapsed: Duration, finished: bool) -> Self {
        let mut progress = kinetograph::Progress::new(frames, kept);
        (progress.drawn, progress.encoded, progress.written) = (encoded, encoded, written);
        progress.elapsed = elapsed;
        if finished {
            progress.phase = Phase::Finished;
            (progress.fraction, progress.remaining) = (Some(1.0), Some(Duration::ZERO));
        } else {
            let left = frames.saturating_sub(encoded) as f64;
            let fraction = 1.0 - left / frames.saturating_sub(kept).max(1) as f64;
            // The movie is not finished when all segments are there.
            progress.fraction = Some(fraction.min(0.99));
            progress.remaining = Duration::try_from_secs_f64(left / progress.frames_per_second()).ok();
        }
        Self(progress)
    }

    /// int: Frames in the movie.
    #[getter]
    fn frames(&self) -> u64 {
        self.0.frames
    }

    /// str: ``"encoding"``, ``"finishing"`` (the index is written) or ``"finished"``.
    #[getter]
    fn phase(&self) -> String {
        self.0.phase.to_string()
    }

    /// int: Frames drawn.
    #[getter]
    fn drawn(&self) -> u64 {
        self.0.drawn
    }

    /// int: Frames encoded. x264 holds back up to about a hundred frames.
    #[getter]
    fn encoded(&self) -> u64 {
        self.0.encoded
    }

    /// int: Frames written. Segments are written in order, so this number grows in steps.
    #[getter]
    fn written(&self) -> u64 {
        self.0.written
    }

    /// int: Bytes of video written, without the container.
    #[getter]
    fn bytes(&self) -> u64 {
        self.0.bytes
    }

    /// datetime.timedelta: The time since the start.
    #[getter]
    fn elapsed(&self) -> Duration {
        self.0.elapsed
    }

    /// int: Frames of segments that an earlier run completed. The other numbers include them.
    #[getter]
    fn kept(&self) -> u64 {
        self.0.kept
    }

    /// bool: Whether the movie is finished and has its final name.
    #[getter]
    fn finished(&self) -> bool {
        self.0.phase == Phase::Finished
    }

    /// float or None: The fraction of the work that is done, 0 to 1: an estimate from the time that drawing and encoding
    /// have taken so far. None if the number of frames is not known.
    #[getter]
    fn fraction(&self) -> Option<f64> {
        self.0.fraction
    }

    /// float: Frames encoded per second, averaged since the start.
    #[getter]
    fn frames_per_second(&self) -> f64 {
        self.0.frames_per_second()
    }

    /// datetime.timedelta or None: An estimate of the remaining time; None while there is nothing to base it on.
    #[getter]
    fn remaining(&self) -> Option<Duration> {
        self.0.remaining
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }

    fn __repr__(&self) -> String {
        format!("Progress({})", self.0)
    }
}

/// Returns a ``<video>`` element that contains the bytes of a movie.
#[pyfunction]
pub fn video_element(movie: Vec<u8>, width: u32, height: u32) -> String {
    kinetograph::Html::video(movie, width, height).to_string()
}
