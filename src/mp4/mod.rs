//! `Muxer`: turns packets into the bytes of a movie, in one of four layouts. It writes to any [`Sink`] and knows no
//! encoder.
//!
//! [`Muxer`] appends to the sink as packets come in, and finishes the movie after the last one. [`scan`] reads back a
//! recording that was cut short, and the same [`Recorded::finish`] finishes it. The layouts are:
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
//! The index of a crash-safe file is written where `free` is, whose size depends on the expected number of frames. If
//! the index does not fit there, the samples are copied to a progressive file.

mod annexb;
mod beginning;
mod boxes;
mod duration;
mod fields;
mod file_box;
mod first_sample;
mod fragment;
mod fragments;
mod header;
mod index;
mod info;
mod layout;
mod left_out;
mod mend;
mod muxer;
mod picture;
mod plain;
mod read;
mod recorded;
mod samples;
mod scan;
mod tags;
mod times;

pub(crate) use fragments::ReadBack;
pub use info::MovieInfo;
pub use left_out::LeftOut;
pub(crate) use read::Summary;
pub(crate) use scan::{Scan, scan};

use crate::packet::Packet;
use crate::settings::{ContainerSettings, Layout};
use crate::sink::{ReadAt, Sink};
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
    /// Creates a muxer for an empty sink.
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

    /// Returns how many bytes at the beginning of a file, which a killed run has left, may be those of this movie: all
    /// complete fragments, or none. Returns `None` if the file is of another movie. The index that a killed run has
    /// begun to write into the reserve is removed.
    ///
    /// # Errors
    /// Any error of the file.
    pub fn reusable(&self, file: &mut (impl Sink + ReadAt)) -> Result<Option<u64>> {
        match &self.format {
            Format::Mp4(muxer) => muxer.beginning().reusable(file),
            Format::AnnexB(_) => Ok(Some(ReadAt::len(file))),
        }
    }

    /// Muxes the next packet.
    ///
    /// # Errors
    /// [`Error::Mp4`] for a packet that does not fit or does not follow the one before; any error of the sink.
    pub fn push(&mut self, packet: &Packet<'_>, sink: &mut impl Sink) -> Result<()> {
        match &mut self.format {
            Format::Mp4(muxer) => muxer.push(packet, &mut self.out)?,
            Format::AnnexB(muxer) => muxer.push(packet, &mut self.out),
        }
        self.write(sink)
    }

    /// Writes all packets so far to a sink that is left unfinished.
    pub fn interrupt(&mut self, sink: &mut impl Sink) -> Result<()> {
        if let Format::Mp4(muxer) = &mut self.format {
            muxer.interrupt(&mut self.out)?;
        }
        self.write(sink)
    }

    /// Finishes the movie in the sink. `end` is the tick at which the presentation of the last frame ends.
    ///
    /// # Errors
    /// [`Error::NoFrames`] without packets; any error of the sink.
    pub fn finish(&mut self, end: i64, sink: &mut impl Sink) -> Result<()> {
        match &mut self.format {
            Format::Mp4(muxer) => {
                let recorded = muxer.finish(end, &mut self.out)?;
                self.write(sink)?;
                sink.end_recording()?;
                recorded.finish(sink)?;
            }
            Format::AnnexB(_) if !self.playable => return Err(Error::NoFrames),
            Format::AnnexB(_) => sink.end_recording()?,
        }
        self.playable = true;
        Ok(())
    }

    /// Returns whether the sink has frames that a player can show.
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

/// Appends boxes so that they appear at once. If writing stops half-way, they are inside an incomplete `free` box,
/// which readers skip. An incomplete `moof` box would keep some readers from opening the file.
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
