//! Converts the errors of the crate to Python exceptions.

use std::io::ErrorKind;
use std::path::Path;

use kinetograph::Error;
use pyo3::create_exception;
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;

create_exception!(
    kinetograph,
    X264Error,
    PyRuntimeError,
    "libx264 refused its parameters or failed to encode. The message is x264's own."
);
create_exception!(
    kinetograph,
    SegmentError,
    PyValueError,
    "A segment cannot be used: it is missing, damaged, out of order or of another movie."
);
create_exception!(
    kinetograph,
    Mp4Error,
    PyValueError,
    "A stream does not fit into an MP4 file, or a file cannot be recovered."
);

/// Converts an error of the crate to an exception of its kind, with its causes in the message.
pub fn to_python(error: Error) -> PyErr {
    // `Debug` prints the error and its causes on one line.
    let text = format!("{error:?}");
    match error {
        // The keyword has another name than the setter.
        Error::Setting { name: "frame_rate", value, allowed, .. } => {
            PyValueError::new_err(format!("fps is {value}; {allowed}"))
        }
        Error::Setting { name: "quality", value, allowed, .. } if value.starts_with("max_bytes=") => {
            let bytes = value.trim_start_matches("max_bytes=");
            PyValueError::new_err(format!("max_size is {bytes}; {}", allowed.replace("max_bytes", "max_size")))
        }
        Error::Setting { .. }
        | Error::X264Option { .. }
        | Error::FrameSize { .. }
        | Error::FrameData { .. }
        | Error::Planes { .. }
        | Error::Time { .. }
        | Error::Hold { .. }
        | Error::SameFile { .. }
        | Error::TooLarge { .. }
        | Error::NoFrames => PyValueError::new_err(text),
        Error::Segment { .. } => SegmentError::new_err(text),
        Error::X264 { .. } => X264Error::new_err(text),
        Error::Mp4 { .. } => Mp4Error::new_err(text),
        Error::Io { doing, source, .. } => from_io(&doing, source),
        Error::StillRecording { .. } => PyOSError::new_err((EBUSY, text)),
        Error::Output { .. } => PyOSError::new_err((EACCES, text)),
        Error::Draw { source, .. } => match source.downcast::<PyErr>() {
            // Its note names the frame, which may be one that is drawn twice.
            Ok(exception) => *exception,
            Err(_) => PyRuntimeError::new_err(text),
        },
        Error::Unfinished { kept, source, .. } => with_kept_file(to_python(*source), &kept),
        _ => PyRuntimeError::new_err(text),
    }
}

/// The error number of a file that is in use. It is 16 on Linux, macOS and Windows.
const EBUSY: i32 = 16;

/// The error number of a file that may not be replaced. It is 13 on Linux, macOS and Windows.
const EACCES: i32 = 13;

/// Converts an error of the system, or the exception of a Python file object, that occurred in `doing` something.
pub fn from_io(doing: &str, source: std::io::Error) -> PyErr {
    if let Some(number) = source.raw_os_error() {
        // With an error number, Python chooses the subclass, such as FileNotFoundError.
        let reason = source.to_string();
        let reason = reason.split(" (os error").next().unwrap_or_default();
        return PyOSError::new_err((number, format!("{doing}: {reason}")));
    }
    let (text, number) = (format!("{doing}: {source}"), number_of(source.kind()));
    match (source.into_inner().map(|inner| inner.downcast::<PyErr>()), number) {
        // A Python file object has raised it.
        (Some(Ok(exception)), _) => with_note(*exception, &format!("This occurred while {doing}.")),
        (_, Some(number)) => PyOSError::new_err((number, text)),
        (_, None) => PyOSError::new_err(text),
    }
}

/// Returns the error number for errors that the library itself finds. The numbers are those of all systems.
fn number_of(kind: ErrorKind) -> Option<i32> {
    match kind {
        ErrorKind::NotFound => Some(2),
        ErrorKind::PermissionDenied => Some(EACCES),
        ErrorKind::AlreadyExists => Some(17),
        ErrorKind::NotADirectory => Some(20),
        ErrorKind::IsADirectory => Some(21),
        ErrorKind::StorageFull => Some(28),
        ErrorKind::NotSeekable => Some(29),
        ErrorKind::ReadOnlyFilesystem => Some(30),
        _ => None,
    }
}

/// Adds a note that names the unfinished file, which also becomes the attribute `unfinished`.
pub fn with_kept_file(exception: PyErr, kept: &Path) -> PyErr {
    Python::attach(|py| {
        // Exceptions with slots have no attributes, and the note has the path too.
        let _ = exception.value(py).setattr("unfinished", kept);
    });
    let kept = kept.display();
    with_note(
        exception,
        &format!("The frames so far are in {kept}, which plays. kinetograph.recover makes a finished movie of it."),
    )
}

/// Adds a note, which Python prints below the message.
fn with_note(exception: PyErr, note: &str) -> PyErr {
    Python::attach(|py| {
        // An exception that cannot take a note is reported without it.
        let _ = exception.value(py).call_method1("add_note", (note,));
    });
    exception
}
