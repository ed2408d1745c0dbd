//! The extension module `kinetograph._kinetograph`, a thin layer over the public interface of the crate.
//!
//! The library waits, converts and encodes without the interpreter lock. Python code, such as the functions that draw
//! frames and the files that movies are written to, is called with it.

mod animation;
mod buffer;
mod errors;
mod files;
mod movie;
mod recorder;
mod recover;
mod report;
mod segment;
mod settings;

use pyo3::prelude::*;
use pyo3::types::PyCFunction;

/// The extension module. The package `kinetograph` exports what is public.
#[pymodule]
mod _kinetograph {
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::animation::{copy_frame, encode, encode_segment, segment_count};
    #[pymodule_export]
    use super::errors::{Mp4Error, SegmentError, X264Error};
    #[pymodule_export]
    use super::movie::Movie;
    #[pymodule_export]
    use super::recover::recover;
    #[pymodule_export]
    use super::report::{Progress, Recovered, Report, video_element};
    #[pymodule_export]
    use super::segment::{Segment, join};
    #[pymodule_export]
    use super::settings::check_settings;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        super::log_to_python(module.py())
    }
}

/// Sends what the library logs to the module `logging`, under names such as `kinetograph.x264`.
fn log_to_python(py: Python<'_>) -> PyResult<()> {
    // x264's messages about single frames are at the level trace. They would need the interpreter lock for each frame.
    let logger = pyo3_log::Logger::new(py, pyo3_log::Caching::Loggers)?.filter(log::LevelFilter::Debug);
    // An error means that another interpreter of this process has installed one.
    let _ = logger.install();
    // A thread that logs after the interpreter has ended would wait for it for ever.
    let stop = PyCFunction::new_closure(py, None, None, |_, _| log::set_max_level(log::LevelFilter::Off))?;
    py.import("atexit")?.call_method1("register", (stop,))?;
    Ok(())
}
