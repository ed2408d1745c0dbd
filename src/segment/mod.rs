//! `Segment`: a closed run of frames with a dedicated encoder, the unit of parallel, resumable and distributed work.

mod buffer;
mod encoder;
mod file;
mod folder;
mod format;
mod identity;
mod plan;
mod run;
mod splice;

use std::path::PathBuf;

use crate::stream::StreamInfo;

pub(crate) use buffer::PacketBuffer;
pub(crate) use encoder::SegmentEncoder;
pub(crate) use folder::{Claim, SegmentFolder};
pub(crate) use plan::SegmentPlan;
pub(crate) use splice::{Batch, splice};

/// One encoded segment of an [`Animation`](crate::Animation): a closed run of frames.
///
/// [`Animation::encode_segment`](crate::Animation::encode_segment) makes it, on any machine, and [`join`](crate::join)
/// makes a movie of all segments. A segment records which segment of which movie it is: the number of frames, the
/// settings that shape the stream, and the versions of this crate and of x264. It does not record what was drawn.
///
/// ```
/// use kinetograph::{Animation, Segment, Settings};
///
/// let animation = Animation::new(Settings::new(64, 36), 600, |_, _| Ok(()));
/// let segment = animation.encode_segment(1)?;
/// assert_eq!((segment.index(), segment.frames()), (1, 200));
/// assert_eq!(Segment::from_bytes(&segment.to_bytes())?, segment);
/// # Ok::<(), kinetograph::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Segment {
    pub(crate) header: SegmentHeader,
    pub(crate) packets: PacketBuffer,
    /// The file that it was read from, for error messages.
    pub(crate) path: Option<PathBuf>,
}

/// The facts that a segment records. Those of one movie differ only in their index.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SegmentHeader {
    /// The index of the segment, counted from 0.
    pub index: u64,
    pub plan: SegmentPlan,
    /// The settings and versions, as lines `name: value`.
    pub identity: String,
    pub stream: StreamInfo,
}

impl Segment {
    /// Returns which segment of the movie it is, counted from 0.
    pub fn index(&self) -> u64 {
        self.header.index
    }

    /// Returns the number of segments of the movie that it belongs to. For one that
    /// [`Animation::resume`](crate::Animation::resume) stored of an animation of states, the number is not known, and
    /// this returns 2^32, or 1 for a movie that cannot be divided.
    pub fn count(&self) -> u64 {
        self.header.plan.count
    }

    /// Returns the number of frames in the segment.
    pub fn frames(&self) -> u64 {
        self.packets.len()
    }
}

impl std::fmt::Debug for Segment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Segment({}, {} frames, {} bytes)", self.index(), self.frames(), self.packets.data.len())
    }
}
