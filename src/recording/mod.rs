//! A muxer joined to what takes its bytes.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::mp4::{AnnexB, Mp4Layout, Muxer};
use crate::packet::{Packet, ParameterSets};
use crate::settings::{Layout, Settings};
use crate::sink::{Memory, UnfinishedFile};
use crate::{Error, Result};

/// A movie that is being recorded: packets in; a file, bytes in memory or a stream out.
///
/// A file is written beside its final name, which it gets when it is finished. Dropped unfinished, it is removed, unless
/// the thread is panicking: a playable file is then kept. After an error it is kept, too, and the error says where.
pub(crate) struct Recording {
    /// `None` after an error.
    parts: Option<Parts>,
}

struct Parts {
    muxer: AnyMuxer,
    sink: Sink,
    /// What the muxer has made and the sink has not got.
    out: Vec<u8>,
    /// Whether the sink has frames that a player can show.
    playable: bool,
}

impl Sink {
    /// Adds bytes at the end.
    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        match self {
            Self::File(file) => file.append(bytes),
            Self::Memory(memory) => {
                memory.append(bytes);
                Ok(())
            }
            Self::Stream { writer, bytes: count } => {
                writer.write_all(bytes).and_then(|()| writer.flush()).map_err(Error::io("writing to the stream"))?;
                *count += bytes.len() as u64;
                Ok(())
            }
        }
    }
}

/// What a recording has come to.
#[derive(Debug)]
pub(crate) struct Written {
    /// Size of the movie in bytes.
    pub bytes: u64,
    /// The movie itself, if it was recorded in memory; else empty.
    pub media: Vec<u8>,
}

enum AnyMuxer {
    Mp4(Box<Muxer>),
    AnnexB(AnnexB),
}

enum Sink {
    File(UnfinishedFile),
    Memory(Memory),
    Stream { writer: Box<dyn Write + Send>, bytes: u64 },
}

impl Recording {
    /// Records into a file beside `path`.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be created; nothing is left behind.
    pub fn create(path: &Path, settings: &Settings, sets: &ParameterSets) -> Result<Self> {
        Self::begin(settings, sets, settings.container.layout, || UnfinishedFile::create(path).map(Sink::File))
    }

    /// Records into memory. Nothing there outlives a crash, so that a crash-safe layout gives a progressive movie.
    pub fn in_memory(settings: &Settings, sets: &ParameterSets) -> Result<Self> {
        let layout = if settings.container.layout == Layout::CrashSafe {
            Layout::Progressive
        } else {
            settings.container.layout
        };
        Self::begin(settings, sets, layout, || Ok(Sink::Memory(Memory::default())))
    }

    /// Records into a stream, which is flushed after each fragment.
    ///
    /// # Errors
    /// [`Error::Setting`] if the layout cannot be written without seeking, [`Error::Io`] from the stream.
    pub fn stream(writer: Box<dyn Write + Send>, settings: &Settings, sets: &ParameterSets) -> Result<Self> {
        if !matches!(settings.container.layout, Layout::Fragmented | Layout::AnnexB) {
            return Err(Error::setting(
                "layout",
                settings.container.layout,
                "it must be fragmented or annexb for a stream",
            ));
        }
        Self::begin(settings, sets, settings.container.layout, || Ok(Sink::Stream { writer, bytes: 0 }))
    }

    fn begin(
        settings: &Settings,
        sets: &ParameterSets,
        layout: Layout,
        open: impl FnOnce() -> Result<Sink>,
    ) -> Result<Self> {
        let form = match layout {
            Layout::CrashSafe => Some(Mp4Layout::CrashSafe),
            Layout::Progressive => Some(Mp4Layout::Progressive),
            Layout::Fragmented => Some(Mp4Layout::Fragmented),
            Layout::AnnexB => None,
        };
        let mut muxer = match form {
            Some(form) => AnyMuxer::Mp4(Box::new(Muxer::new(settings, sets, form)?)),
            None => AnyMuxer::AnnexB(AnnexB::new(sets)),
        };
        let mut sink = open()?;
        if let AnyMuxer::Mp4(muxer) = &mut muxer {
            muxer.begin(settings, &mut |bytes| sink.append(bytes))?;
        }
        Ok(Self { parts: Some(Parts { muxer, sink, out: Vec::new(), playable: false }) })
    }

    /// Takes the next packet in decoding order.
    ///
    /// # Errors
    /// [`Error::Unfinished`] if it cannot be written and a playable file is kept. Every later call fails.
    pub fn push(&mut self, packet: &Packet<'_>) -> Result<()> {
        let parts = self.parts.as_mut().ok_or_else(gone)?;
        match parts.push(packet) {
            Ok(()) => Ok(()),
            Err(error) => Err(self.parts.take().map_or_else(gone, |parts| parts.abandon(error))),
        }
    }

    /// Makes the recording a finished movie. `end` is the tick at which the last frame's showing ends.
    ///
    /// # Errors
    /// [`Error::NoFrames`] without packets; as for [`push`](Self::push).
    pub fn finish(mut self, end: i64) -> Result<Written> {
        let mut parts = self.parts.take().ok_or_else(gone)?;
        parts.finish(end).map_err(|error| parts.abandon(error))
    }

    /// Leaves an unfinished file where it is, with everything that has come, if that is playable: for a caller that
    /// panics.
    pub fn keep(mut self) {
        self.parts.take().and_then(Parts::keep);
    }

    /// Ends the recording by an error of another's, or by its own, which is passed on: what has come is kept.
    pub fn fail(mut self, error: Error) -> Error {
        unfinished(self.parts.take().and_then(Parts::keep), error)
    }
}

impl Drop for Recording {
    /// A panic must not cost what has been drawn so far. If it is that of a stream's writer, that would only panic again,
    /// which ends the process.
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Some(parts) = self.parts.take_if(|parts| matches!(parts.sink, Sink::File(_)))
        {
            parts.keep();
        }
    }
}

impl Parts {
    fn push(&mut self, packet: &Packet<'_>) -> Result<()> {
        match &mut self.muxer {
            AnyMuxer::Mp4(muxer) => muxer.push(packet, &mut self.out)?,
            AnyMuxer::AnnexB(muxer) => muxer.push(packet, &mut self.out),
        }
        self.flush_frames()
    }

    fn finish(&mut self, end: i64) -> Result<Written> {
        let finished = match &mut self.muxer {
            AnyMuxer::Mp4(muxer) => Some(muxer.finish(end, &mut self.out)?),
            AnyMuxer::AnnexB(_) if !self.playable => return Err(Error::NoFrames),
            AnyMuxer::AnnexB(_) => None,
        };
        self.flush_frames()?;
        match &mut self.sink {
            Sink::File(file) => {
                if let Some(finished) = finished {
                    file.complete(&finished)?;
                }
                // Complete, whatever becomes of its name.
                self.playable = true;
                Ok(Written { bytes: file.finish()?, media: Vec::new() })
            }
            Sink::Memory(memory) => {
                if let Some(finished) = finished {
                    memory.complete(&finished)?;
                }
                let media = std::mem::take(&mut memory.0);
                Ok(Written { bytes: media.len() as u64, media })
            }
            Sink::Stream { bytes, .. } => Ok(Written { bytes: *bytes, media: Vec::new() }),
        }
    }

    /// Gives the sink what the muxer has made of frames.
    fn flush_frames(&mut self) -> Result<()> {
        let frames = !self.out.is_empty();
        let plays_unfinished = match (&self.muxer, &mut self.sink) {
            (AnyMuxer::Mp4(muxer), _) if muxer.form() == Mp4Layout::Progressive => false,
            (AnyMuxer::Mp4(_), Sink::File(file)) if frames => {
                file.append_boxes(&self.out)?;
                self.out.clear();
                true
            }
            _ => true,
        };
        self.sink.append(&self.out)?;
        self.out.clear();
        self.playable |= frames && plays_unfinished;
        Ok(())
    }

    /// What an error becomes: it keeps what is playable.
    fn abandon(self, error: Error) -> Error {
        unfinished(self.keep_file(), error)
    }

    /// Keeps a playable file with everything that has come, and tells where.
    fn keep(mut self) -> Option<PathBuf> {
        let complete = match &mut self.muxer {
            AnyMuxer::Mp4(muxer) => muxer.interrupt(&mut self.out),
            AnyMuxer::AnnexB(_) => Ok(()),
        };
        // What cannot be written is lost; there is nobody to tell.
        let _ = complete.and_then(|()| self.flush_frames());
        self.keep_file()
    }

    fn keep_file(self) -> Option<PathBuf> {
        match self.sink {
            Sink::File(mut file) if self.playable => Some(file.keep()),
            _ => None,
        }
    }
}

fn unfinished(kept: Option<PathBuf>, error: Error) -> Error {
    match kept {
        Some(kept) => Error::Unfinished { kept, source: Box::new(error) },
        None => error,
    }
}

fn gone() -> Error {
    Error::io("writing")(std::io::Error::other("an earlier write has failed"))
}

#[cfg(test)]
mod tests;
