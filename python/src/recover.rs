//! `recover`: makes a finished movie of an unfinished file.

use std::path::PathBuf;

use pyo3::prelude::*;

use crate::errors::to_python;
use crate::report::Recovered;

/// Make a finished movie of an unfinished file.
///
/// Parameters
/// ----------
/// source : path
///     A file that a crash or an exception has left, such as ``movie.mp4.part``. It stays as it is.
/// target : path, optional
///     Where the movie goes. By default, `source` itself becomes the movie, without a copy.
///
/// Returns
/// -------
/// Recovered
///     Facts about the movie, and about what could not be recovered.
///
/// Raises
/// ------
/// OSError
///     If a file cannot be read or written, or is still being recorded.
/// Mp4Error
///     If the file is not such a recording, or is damaged.
#[pyfunction]
#[pyo3(signature = (source, target=None))]
pub fn recover(py: Python<'_>, source: PathBuf, target: Option<PathBuf>) -> PyResult<Recovered> {
    let recovered = py.detach(|| match target {
        Some(target) => kinetograph::recover(source, target),
        None => kinetograph::recover_in_place(source),
    });
    recovered.map(Recovered).map_err(to_python)
}
