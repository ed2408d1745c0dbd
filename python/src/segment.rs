//! `Segment` and `join`: encoded runs of frames as small objects that can be pickled.

use std::path::PathBuf;

use kinetograph::{ContainerSettings, Error, Layout};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyIterator, PyType};

use crate::errors::to_python;
use crate::files::Target;
use crate::report::Report;
use crate::settings::container;

/// One encoded segment of an animation: a closed run of frames.
#[pyclass(frozen, eq, from_py_object, module = "kinetograph")]
#[derive(Clone, PartialEq)]
pub struct Segment(pub kinetograph::Segment);

#[pymethods]
impl Segment {
    /// int: Which segment of the movie it is, counted from 0.
    #[getter]
    fn index(&self) -> u64 {
        self.0.index()
    }

    /// int: The number of segments of the movie that it belongs to.
    #[getter]
    fn count(&self) -> u64 {
        self.0.count()
    }

    /// int: The number of frames in the segment.
    #[getter]
    fn frames(&self) -> u64 {
        self.0.frames()
    }

    /// Returns the segment as bytes, with a checksum.
    fn to_bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &py.detach(|| self.0.to_bytes()))
    }

    /// Reads a segment from the bytes that `to_bytes` returned.
    #[classmethod]
    fn from_bytes(_class: &Bound<'_, PyType>, py: Python<'_>, data: Vec<u8>) -> PyResult<Self> {
        py.detach(|| kinetograph::Segment::from_bytes(&data)).map(Self).map_err(to_python)
    }

    /// Writes the segment to a file, which appears under its name when it is complete.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        py.detach(|| self.0.save(path)).map_err(to_python)
    }

    /// Reads a segment from a file.
    #[classmethod]
    fn open(_class: &Bound<'_, PyType>, py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        py.detach(|| kinetograph::Segment::open(path)).map(Self).map_err(to_python)
    }

    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, (Bound<'py, PyBytes>,))> {
        Ok((py.get_type::<Self>().getattr("from_bytes")?, (self.to_bytes(py),)))
    }

    fn __repr__(&self) -> String {
        format!("<kinetograph.{:?}>", self.0)
    }
}

/// Joins the segments of a movie, in order.
#[pyfunction]
#[pyo3(signature = (segments, target, **settings))]
pub fn join(
    py: Python<'_>,
    segments: &Bound<'_, PyAny>,
    target: &Bound<'_, PyAny>,
    settings: Option<&Bound<'_, PyDict>>,
) -> PyResult<(Option<Py<PyBytes>>, Report)> {
    let target = Target::of(target)?;
    let mut container = settings.map_or_else(|| Ok(ContainerSettings::new()), container)?;
    if target.is_stream() && !settings.is_some_and(|settings| settings.contains("layout").unwrap_or(false)) {
        container = container.layout(Layout::Fragmented);
    }
    let iterator = segments.try_iter()?.unbind();
    let mut raised = None;
    let joined = py.detach(|| {
        let segments = std::iter::from_fn(|| match Python::attach(|py| next(py, &iterator)) {
            Ok(segment) => segment.map(Ok),
            Err(exception) => {
                raised = Some(exception);
                // Replaced by the exception below.
                Some(Err(Error::Cancelled))
            }
        });
        match target {
            Target::File(path) => kinetograph::join(segments, &container, path).map(|report| (None, report)),
            Target::Memory => {
                kinetograph::join_to_bytes(segments, &container).map(|(bytes, report)| (Some(bytes), report))
            }
            Target::Writer(writer) => {
                kinetograph::join_to_writer(segments, &container, writer).map(|report| (None, report))
            }
        }
    });
    if let Some(exception) = raised {
        return Err(exception);
    }
    let (bytes, report) = joined.map_err(to_python)?;
    Ok((bytes.map(|bytes| PyBytes::new(py, &bytes).unbind()), Report(report)))
}

/// Returns the next segment of an iterator.
fn next(py: Python<'_>, iterator: &Py<PyIterator>) -> PyResult<Option<kinetograph::Segment>> {
    // A join of many segments can be interrupted.
    py.check_signals()?;
    let Some(segment) = iterator.bind(py).clone().next() else { return Ok(None) };
    Ok(Some(segment?.extract::<Segment>()?.0))
}
