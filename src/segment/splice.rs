//! `splice`: the loop that checks segments and delivers their packets in order, as one stream.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::buffer::PacketBuffer;
use super::identity::check_frames;
use super::{Segment, SegmentHeader};
use crate::{Error, Result, SegmentError};

/// Packets of one segment that follow those of the batch before.
pub(crate) struct Batch {
    pub header: Arc<SegmentHeader>,
    pub packets: PacketBuffer,
    /// The number of frames that the segment must have, if these are its last packets.
    pub frames: Option<u64>,
    /// The file that the segment was read from.
    pub path: Option<PathBuf>,
}

impl From<Segment> for Batch {
    fn from(Segment { header, packets, path }: Segment) -> Self {
        Self { frames: Some(header.plan.len(header.index)), header: Arc::new(header), packets, path }
    }
}

/// Delivers the packets of some segments in order.
///
/// `next` waits for the next packets of a segment, and returns `None` if the movie has ended before it. They come from workers that encode it, from the folder of an earlier
/// run, or from a file of another machine. Wherever a segment comes from, it is checked here, when its packets are about to
/// be used: that it is of the movie of `movie`, the next in order, and complete.
pub(crate) fn splice(
    movie: &SegmentHeader,
    segments: Range<u64>,
    next: &mut dyn FnMut(u64) -> Result<Option<Batch>>,
    deliver: &mut dyn FnMut(PacketBuffer) -> Result<()>,
) -> Result<()> {
    for index in segments {
        let mut found = 0;
        loop {
            let Some(Batch { header, packets, frames, path }) = next(index)? else { return Ok(()) };
            found += packets.len();
            let refuse = |problem: SegmentError| Error::Segment { index: Some(index), path, problem };
            header
                .check(movie, index)
                .and_then(|()| frames.map_or(Ok(()), |expected| check_frames(found, expected)))
                .map_err(refuse)?;
            deliver(packets)?;
            if frames.is_some() {
                break;
            }
        }
    }
    Ok(())
}
