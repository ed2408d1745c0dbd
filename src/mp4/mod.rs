//! Packets become the bytes of a movie. Pure: it writes to any [`Sink`] and never sees the encoder.
//!
//! [`Muxer`] appends to the sink as packets come in, and makes the result a finished movie after the last one. A recording
//! that was cut short is read back by [`scan`], and finished by the same [`Recorded::finish`]. The layouts:
//!
//! ```text
//! crash-safe   recording   ftyp | free | moov | moof mdat | moof mdat | …     a fragmented file at every instant
//!              finished    ftyp | moov | mdat: (remainder of free, moov, fragments)    by one 8-byte write
//! progressive  recording   ftyp | mdat: samples
//!              finished    ftyp | moov | mdat: samples
//! fragmented               ftyp | moov | moof mdat | moof mdat | …
//! Annex B                  NAL units behind start codes, no boxes
//! ```
//!
//! The index of a crash-safe file goes where `free` is, which is sized by the expected number of frames; where it does
//! not fit, the samples are copied to a progressive file.

mod annexb;
mod boxes;
mod fragment;
mod header;
mod index;
mod layout;
mod muxer;
mod read;
mod recorded;
mod samples;
mod scan;
mod tags;

pub(crate) use read::Summary;
pub(crate) use scan::{Scan, scan};

use crate::packet::Packet;
use crate::settings::{ContainerSettings, Layout};
use crate::sink::Sink;
use crate::stream::StreamInfo;
use crate::{Error, Result};
use annexb::AnnexB;
use layout::Mp4Layout;
use muxer::Mp4Muxer;

/// Writes packets in decoding order as a file of any layout.
pub(crate) struct Muxer {
    format: Format,
    /// Bytes for the next write.
    out: Vec<u8>,
    /// Whether the sink has frames that a player can show.
    playable: bool,
}

enum Format {
    Mp4(Box<Mp4Muxer>),
    AnnexB(AnnexB),
}

impl Muxer {
    /// Creates a muxer for a sink without contents.
    ///
    /// # Errors
    /// [`Error::Mp4`] if the stream does not fit.
    pub fn new(container: &ContainerSettings, stream: &StreamInfo, layout: Layout) -> Result<Self> {
        let layout = match layout {
            Layout::CrashSafe => Some(Mp4Layout::CrashSafe),
            Layout::Progressive => Some(Mp4Layout::Progressive),
            Layout::Fragmented => Some(Mp4Layout::Fragmented),
            Layout::AnnexB => None,
        };
        let format = match layout {
            Some(layout) => Format::Mp4(Box::new(Mp4Muxer::new(container, stream, layout)?)),
            None => Format::AnnexB(AnnexB::new(&stream.headers)),
        };
        Ok(Self { format, out: Vec::new(), playable: false })
    }

    /// Writes what precedes the packets.
    pub fn begin(&mut self, sink: &mut impl Sink) -> Result<()> {
        match &mut self.format {
            Format::Mp4(muxer) => muxer.begin(sink),
            Format::AnnexB(_) => Ok(()),
        }
    }

    /// Takes the next packet.
    ///
    /// # Errors
    /// [`Error::Mp4`] for a packet that does not fit or does not follow the one before; what the sink fails with.
    pub fn push(&mut self, packet: &Packet<'_>, sink: &mut impl Sink) -> Result<()> {
        match &mut self.format {
            Format::Mp4(muxer) => muxer.push(packet, &mut self.out)?,
            Format::AnnexB(muxer) => muxer.push(packet, &mut self.out),
        }
        self.write(sink)
    }

    /// Writes the packets that have come to a sink that is left unfinished.
    pub fn interrupt(&mut self, sink: &mut impl Sink) -> Result<()> {
        if let Format::Mp4(muxer) = &mut self.format {
            muxer.interrupt(&mut self.out)?;
        }
        self.write(sink)
    }

    /// Makes the contents of the sink a finished movie. `end` is the tick at which the presentation of the last frame
    /// ends.
    ///
    /// # Errors
    /// [`Error::NoFrames`] without packets; what the sink fails with.
    pub fn finish(&mut self, end: i64, sink: &mut impl Sink) -> Result<()> {
        match &mut self.format {
            Format::Mp4(muxer) => {
                let recorded = muxer.finish(end, &mut self.out)?;
                self.write(sink)?;
                recorded.finish(sink)?;
            }
            Format::AnnexB(_) if !self.playable => return Err(Error::NoFrames),
            Format::AnnexB(_) => {}
        }
        self.playable = true;
        Ok(())
    }

    /// Whether the sink has frames that a player can show.
    pub fn is_playable(&self) -> bool {
        self.playable
    }

    fn write(&mut self, sink: &mut impl Sink) -> Result<()> {
        if self.out.is_empty() {
            return Ok(());
        }
        match &self.format {
            Format::Mp4(muxer) if muxer.layout() == Mp4Layout::Progressive => sink.append(&self.out)?,
            Format::Mp4(_) => {
                append_boxes(&self.out, sink)?;
                self.playable = true;
            }
            Format::AnnexB(_) => {
                sink.append(&self.out)?;
                self.playable = true;
            }
        }
        self.out.clear();
        Ok(())
    }
}

/// Appends boxes that appear at once: should writing end half-way, they are inside an incomplete `free` box, which
/// readers skip, while a cut `moof` keeps some from opening the file.
fn append_boxes(bytes: &[u8], sink: &mut impl Sink) -> Result<()> {
    match u32::try_from(bytes.len()) {
        Ok(size) => {
            let [a, b, c, d] = size.to_be_bytes();
            sink.append_guarded([a, b, c, d, b'f', b'r', b'e', b'e'], bytes)
        }
        Err(_) => sink.append(bytes),
    }
}

#[cfg(test)]
pub(crate) mod tests;
