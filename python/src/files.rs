//! Where a movie goes, and Python file objects as writers and readers.

use std::io::{Read, Write};
use std::path::PathBuf;

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Where a movie goes.
pub enum Target {
    File(PathBuf),
    Memory,
    Writer(PyWriter),
}

impl Target {
    /// Converts a path, a file object that is open for writing bytes, or `None` for memory.
    ///
    /// # Errors
    /// `TypeError` for anything else.
    pub fn of(object: &Bound<'_, PyAny>) -> PyResult<Self> {
        if object.is_none() {
            return Ok(Self::Memory);
        }
        if let Ok(path) = object.extract::<PathBuf>() {
            return Ok(Self::File(path));
        }
        if object.hasattr("write")? {
            return Ok(Self::Writer(PyWriter(object.clone().unbind())));
        }
        let name = object.get_type().name()?;
        Err(PyTypeError::new_err(format!("the target is a path, a file object or None for memory, not {name}")))
    }

    /// Returns whether the movie is written without seeking.
    pub fn is_stream(&self) -> bool {
        matches!(self, Self::Writer(_))
    }

    /// Checks that a file can have its name, for a movie whose file is created with the first frame.
    ///
    /// # Errors
    /// `FileNotFoundError` or another `OSError`.
    pub fn check(&self) -> PyResult<()> {
        let Self::File(path) = self else { return Ok(()) };
        let creating = |error| crate::errors::from_io(&format!("creating {}", path.display()), error);
        if path.is_dir() {
            return Err(creating(std::io::ErrorKind::IsADirectory.into()));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let Some(folder) = folder else { return Ok(()) };
        std::fs::metadata(folder).map(drop).map_err(creating)
    }
}

/// A Python file object that is open for writing bytes.
pub struct PyWriter(Py<PyAny>);

impl Write for PyWriter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Python::attach(|py| {
            let written = self.0.call_method1(py, intern!(py, "write"), (PyBytes::new(py, bytes),))?;
            // Objects that write everything may return nothing.
            if written.is_none(py) {
                return Ok(bytes.len());
            }
            match written.extract::<usize>(py) {
                Ok(count) if count <= bytes.len() => Ok(count),
                _ => Err(PyValueError::new_err("write must return the number of bytes that it has written").into()),
            }
        })
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Python::attach(|py| {
            if self.0.bind(py).hasattr(intern!(py, "flush"))? {
                self.0.call_method0(py, intern!(py, "flush"))?;
            }
            Ok(())
        })
    }
}

/// A Python file object that is open for reading bytes.
pub struct PyReader<'a>(pub &'a Py<PyAny>);

impl Read for PyReader<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        Python::attach(|py| {
            let read = self.0.call_method1(py, intern!(py, "read"), (bytes.len(),))?;
            let read = PyBuffer::<u8>::get(read.bind(py))
                .map_err(|_| PyTypeError::new_err("read must return bytes; open the file in binary mode"))?;
            let count = read.item_count();
            let target = bytes.get_mut(..count);
            let target = target.ok_or_else(|| PyValueError::new_err("read has returned more than it was asked for"))?;
            read.copy_to_slice(py, target)?;
            Ok(count)
        })
    }
}
