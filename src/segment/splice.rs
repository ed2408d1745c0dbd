//! `splice`: the loop that checks segments and delivers their packets in order, as one stream.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use super::buffer::PacketBuffer;
use super::{Segment, SegmentHeader};
use crate::{Error, Result, SegmentError};

/// Packets of one segment that follow those of the batch before.
pub(crate) struct Batch {
    pub header: Arc<SegmentHeader>,
    pub packets: PacketBuffer,
    /// Whether these are the segment's last packets.
    pub is_last: bool,
    /// The file that the segment was read from.
    pub path: Option<PathBuf>,
}

impl From<Segment> for Batch {
    fn from(Segment { header, packets, path }: Segment) -> Self {
        Self { header: Arc::new(header), packets, is_last: true, path }
    }
}

/// Delivers the packets of some segments in order.
///
/// `next` waits for the next packets of a segment. They come from workers that encode it, from the folder of an earlier
/// run, or from a file of another machine. Wherever a segment comes from, it is checked here, when its packets are about to
/// be used: that it is of the movie of `movie`, the next in order, and complete.
pub(crate) fn splice(
    movie: &SegmentHeader,
    segments: Range<u64>,
    next: &mut dyn FnMut(u64) -> Result<Batch>,
    deliver: &mut dyn FnMut(PacketBuffer) -> Result<()>,
) -> Result<()> {
    for index in segments {
        let mut frames = 0;
        loop {
            let Batch { header, packets, is_last, path } = next(index)?;
            frames += packets.len();
            let refuse = |problem: SegmentError| Error::Segment { index: Some(index), path, problem };
            header
                .check(movie, index)
                .and_then(|()| if is_last { header.check_frames(frames) } else { Ok(()) })
                .map_err(refuse)?;
            deliver(packets)?;
            if is_last {
                break;
            }
        }
    }
    Ok(())
}
