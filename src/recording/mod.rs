//! `Recording`: a muxer that writes to a sink. It keeps or removes the unfinished file after an error or a panic.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::mp4::Muxer;
use crate::packet::Packet;
use crate::settings::{ContainerSettings, Layout};
pub(crate) use crate::sink::Sink;
use crate::sink::{FileSink, MemorySink, Stream, check_name};
use crate::stream::StreamInfo;
use crate::{Error, Result};

/// A movie that is being recorded. It takes packets, and writes a file, bytes in memory or a stream.
///
/// A file is written beside its final name, and renamed when it is finished. A recording that is dropped unfinished
/// removes its file. If the thread is panicking, it keeps a playable file. After an error it also keeps a playable
/// file, and the error names it. A file with frames of an earlier run, which was killed, is kept in any case.
pub(crate) struct Recording<S: Sink> {
    /// `None` after an error.
    open: Option<Open<S>>,
}

struct Open<S> {
    muxer: Muxer,
    sink: S,
    layout: Layout,
    /// Whether it is one of several attempts at a movie, of which no file is kept before it is the movie.
    is_attempt: bool,
}

impl Recording<FileSink> {
    /// Records into a file beside `path`.
    ///
    /// # Errors
    /// [`Error::Setting`] if a movie of the layout cannot have that name; as [`FileSink::create`]. No file is left behind.
    pub fn create(path: &Path, container: &ContainerSettings, stream: &StreamInfo) -> Result<Self> {
        check_name(path, container.layout)?;
        Self::begin(container, stream, container.layout, |muxer| {
            let mut sink = FileSink::create(path)?;
            if sink.len() > 0 {
                match muxer.reusable(&mut sink)? {
                    Some(length) => sink.reuse(length)?,
                    None => sink.set_aside()?,
                }
            }
            Ok(sink)
        })
    }
}

impl Recording<MemorySink> {
    /// Records into memory. Memory does not outlive a crash, so the crash-safe layout becomes the progressive one.
    pub fn in_memory(container: &ContainerSettings, stream: &StreamInfo) -> Result<Self> {
        let layout = match container.layout {
            Layout::CrashSafe => Layout::Progressive,
            other => other,
        };
        Self::begin(container, stream, layout, |_| Ok(MemorySink::default()))
    }
}

impl Recording<MemorySink> {
    /// Records into memory what is written to a stream when it is complete.
    ///
    /// # Errors
    /// [`Error::Setting`] if the layout cannot be written without seeking.
    pub fn held(container: &ContainerSettings, stream: &StreamInfo) -> Result<Self> {
        check_stream(container.layout)?;
        Self::in_memory(container, stream)
    }
}

impl<W: Write> Recording<Stream<W>> {
    /// Records into a stream, which is flushed after each fragment.
    ///
    /// # Errors
    /// [`Error::Setting`] if the layout cannot be written without seeking, [`Error::Io`] from the stream.
    pub fn stream(writer: W, container: &ContainerSettings, stream: &StreamInfo) -> Result<Self> {
        check_stream(container.layout)?;
        Self::begin(container, stream, container.layout, |_| Ok(Stream::new(writer)))
    }
}

/// Checks that a layout can be written without seeking.
fn check_stream(layout: Layout) -> Result<()> {
    match layout {
        Layout::Fragmented | Layout::AnnexB => Ok(()),
        _ => Err(Error::setting("layout", layout, "it must be fragmented or annexb for a stream")),
    }
}

impl<S: Sink> Recording<S> {
    fn begin(
        container: &ContainerSettings,
        stream: &StreamInfo,
        layout: Layout,
        create: impl FnOnce(&Muxer) -> Result<S>,
    ) -> Result<Self> {
        // A stream that does not fit is refused before there is a file.
        let mut muxer = Muxer::new(container, stream, layout)?;
        let mut sink = create(&muxer)?;
        muxer.begin(&mut sink)?;
        Ok(Self { open: Some(Open { muxer, sink, layout, is_attempt: false }) })
    }

    /// Begins another attempt at the movie, with another stream, in the place of what is recorded so far.
    ///
    /// After an error or a panic, the file of an attempt is removed, until [`commit`](Self::commit) makes it the movie.
    ///
    /// # Errors
    /// [`Error::Ended`] after an earlier error; any error of the sink.
    pub fn restart(&mut self, container: &ContainerSettings, stream: &StreamInfo) -> Result<()> {
        let Open { mut sink, layout, .. } = self.open.take().ok_or(Error::Ended)?;
        sink.restart()?;
        let begun = Self::begin(container, stream, layout, |_| Ok(sink))?.open.take();
        self.open = begun.map(|open| Open { is_attempt: true, ..open });
        Ok(())
    }

    /// Returns the number of bytes in the sink. Packets of the fragment that is being gathered are not among them.
    pub fn len(&self) -> u64 {
        self.open.as_ref().map_or(0, |open| open.sink.len())
    }

    /// Muxes the next packet in decoding order.
    ///
    /// # Errors
    /// [`Error::Unfinished`] if the packet cannot be written and a playable file is kept, otherwise the reason alone;
    /// [`Error::Ended`] after an earlier error.
    pub fn push(&mut self, packet: &Packet<'_>) -> Result<()> {
        let Open { muxer, sink, .. } = self.open.as_mut().ok_or(Error::Ended)?;
        muxer.push(packet, sink).map_err(|error| unfinished(self.open.take().and_then(Open::keep_file), error))
    }

    /// Makes the recording a finished movie, and returns what is left of the sink and the size of the movie in bytes.
    /// `end` is the tick at which the presentation of the last frame ends.
    ///
    /// # Errors
    /// [`Error::NoFrames`] without packets; as for [`push`](Self::push).
    pub fn finish(mut self, end: i64) -> Result<(S::Output, u64)> {
        self.complete(end)?;
        self.commit()
    }

    /// Makes the recording a finished movie that does not have its final name yet, and returns its size in bytes.
    ///
    /// # Errors
    /// As for [`finish`](Self::finish).
    pub fn complete(&mut self, end: i64) -> Result<u64> {
        let Open { muxer, sink, .. } = self.open.as_mut().ok_or(Error::Ended)?;
        match muxer.finish(end, sink) {
            Ok(()) => Ok(sink.len()),
            Err(error) => Err(unfinished(self.open.take().and_then(Open::keep_file), error)),
        }
    }

    /// Gives a complete movie its final name, and returns what is left of the sink and the size of the movie in bytes.
    ///
    /// # Errors
    /// As for [`push`](Self::push).
    pub fn commit(mut self) -> Result<(S::Output, u64)> {
        let mut open = self.open.take().ok_or(Error::Ended)?;
        open.is_attempt = false;
        match open.sink.commit() {
            Ok(()) => {
                let bytes = open.sink.len();
                Ok((open.sink.into_output(), bytes))
            }
            Err(error) => Err(unfinished(open.keep_file(), error)),
        }
    }

    /// Keeps a playable unfinished file with all packets so far, and returns its path.
    pub fn keep(mut self) -> Option<PathBuf> {
        self.open.take().and_then(Open::keep)
    }

    /// Ends the recording because of an error, which is returned. A playable file is kept with all packets so far.
    pub fn fail(mut self, error: Error) -> Error {
        unfinished(self.open.take().and_then(Open::keep), error)
    }
}

impl<S: Sink> Drop for Recording<S> {
    /// Keeps a playable file during a panic, so that the frames drawn so far are not lost. A stream is not written to
    /// again: its writer may be what panicked, and a second panic would end the process.
    fn drop(&mut self) {
        if S::CAN_KEEP && std::thread::panicking() {
            self.open.take().and_then(Open::keep);
        }
    }
}

impl<S: Sink> Open<S> {
    /// Keeps a playable file with all packets so far, and returns its path.
    fn keep(mut self) -> Option<PathBuf> {
        // Packets that cannot be written are lost; the caller has an error or a panic already.
        let _ = self.muxer.interrupt(&mut self.sink);
        self.keep_file()
    }

    fn keep_file(mut self) -> Option<PathBuf> {
        if self.muxer.is_playable() && !self.is_attempt { self.sink.keep() } else { None }
    }
}

fn unfinished(kept: Option<PathBuf>, error: Error) -> Error {
    match kept {
        Some(kept) => Error::Unfinished { kept, source: Box::new(error) },
        None => error,
    }
}

#[cfg(test)]
mod tests;
