//! `Recorder`: a movie of the crate, and what waits for it without holding the interpreter.

use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use kinetograph::{Error, Report, Settings, Stream};
use pyo3::prelude::*;

use crate::errors::to_python;
use crate::files::{PyWriter, Target};

/// How often a wait looks for signals, such as that of Ctrl-C.
const SIGNALS: Duration = Duration::from_millis(50);

/// How long a movie that is given up waits for its file object.
const PATIENCE: Duration = Duration::from_secs(1);

/// A movie of the crate.
pub enum Recorder {
    File(kinetograph::Movie),
    Memory(kinetograph::Movie<Vec<u8>>),
    Writer(kinetograph::Movie<Stream<PyWriter>>),
}

/// Evaluates an expression for the movie of any recorder.
macro_rules! with_movie {
    ($recorder:expr, $movie:ident => $result:expr) => {
        match $recorder {
            Recorder::File($movie) => $result,
            Recorder::Memory($movie) => $result,
            Recorder::Writer($movie) => $result,
        }
    };
}

pub(crate) use with_movie;

impl Recorder {
    /// Begins the movie.
    pub fn create(target: Target, settings: &Settings) -> kinetograph::Result<Self> {
        Ok(match target {
            Target::File(path) => Self::File(kinetograph::Movie::create(path, settings)?),
            Target::Memory => Self::Memory(kinetograph::Movie::in_memory(settings)?),
            Target::Writer(writer) => Self::Writer(kinetograph::Movie::stream(writer, settings)?),
        })
    }

    /// Waits until a frame can be pushed, and for signals.
    pub fn wait(&mut self, py: Python<'_>) -> PyResult<()> {
        let mut wait = || with_movie!(&mut *self, movie => movie.wait_for_encoder(SIGNALS));
        while !py.detach(&mut wait).map_err(to_python)? {
            py.check_signals()?;
        }
        Ok(())
    }

    /// Finishes the movie. Returns its bytes as well if it is in memory.
    pub fn finish(self, py: Python<'_>) -> PyResult<(Report, Option<Vec<u8>>)> {
        match self {
            Self::File(movie) => py.detach(|| movie.finish()).map(|report| (report, None)),
            Self::Memory(movie) => py.detach(|| movie.finish()).map(|(bytes, report)| (report, Some(bytes))),
            Self::Writer(movie) => {
                let finish = move || movie.finish().map(|(_, report)| (report, None));
                interruptible(py, finish, None)?.unwrap_or(Err(Error::Ended))
            }
        }
        .map_err(to_python)
    }

    /// Keeps the file unfinished, and returns its path if there is something to play.
    pub fn keep(self, py: Python<'_>) -> PyResult<Option<PathBuf>> {
        match self {
            Self::File(movie) => py.detach(|| movie.keep()).map_err(to_python),
            other => interruptible(py, move || drop(other), Some(PATIENCE)).map(|_| None),
        }
    }

    /// Drops the movie. The encoder's thread may need the interpreter to end.
    pub fn give_up(self) {
        let mut recorder = Some(self);
        let dropped = Python::try_attach(|py| py.detach(|| drop(recorder.take())));
        if dropped.is_none() && matches!(recorder, Some(Self::Writer(_))) {
            // The interpreter has ended, and nobody can write to the file any more.
            std::mem::forget(recorder);
        }
    }
}

/// Runs a function that may call Python on another thread, and looks for signals while it waits, at most for `patience`.
///
/// Neither stops the function: it may be in a write that never ends.
///
/// # Errors
/// The exception of a signal.
fn interruptible<T: Send + 'static>(
    py: Python<'_>,
    function: impl FnOnce() -> T + Send + 'static,
    patience: Option<Duration>,
) -> PyResult<Option<T>> {
    let begin = Instant::now();
    let (send, receive) = sync_channel(1);
    // Never locked: a receiver alone cannot be lent to `detach`.
    let mut receive = Mutex::new(receive);
    std::thread::spawn(move || drop(send.send(function())));
    loop {
        let wait = || receive.get_mut().unwrap_or_else(PoisonError::into_inner).recv_timeout(SIGNALS);
        match py.detach(wait) {
            Ok(result) => return Ok(Some(result)),
            Err(RecvTimeoutError::Timeout) => py.check_signals()?,
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
        }
        if patience.is_some_and(|patience| begin.elapsed() > patience) {
            return Ok(None);
        }
    }
}
