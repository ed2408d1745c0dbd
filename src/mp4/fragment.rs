//! Builds the head of a fragment: the `moof` box and the header of its `mdat`.

use mp4::MoofBox;

use super::boxes::{BoxWriter, mdat_header};
use super::samples::Sample;
use crate::{Mp4Error, Result};

/// The sample flags (ISO/IEC 14496-12, 8.8.3.1) of a sample that depends on no other.
const SYNC: u32 = 0x0200_0000;
/// The flags of a sample that depends on others and is not a sync sample.
pub(super) const NOT_SYNC: u32 = 0x0101_0000;

/// The bit of the sample flags that is set for a sample that is not a sync sample.
pub(super) const NON_SYNC_BIT: u32 = 0x0001_0000;

/// The flag of `tfhd` by which data offsets count from the beginning of the `moof` box.
const DEFAULT_BASE_IS_MOOF: u32 = 0x02_0000;
const TFHD_DURATION: u32 = 0x08;
const TFHD_FLAGS: u32 = 0x20;
pub(super) const TRUN_DATA_OFFSET: u32 = 0x001;
pub(super) const TRUN_FIRST_FLAGS: u32 = 0x004;
const TRUN_DURATIONS: u32 = 0x100;
const TRUN_SIZES: u32 = 0x200;
const TRUN_FLAGS: u32 = 0x400;
const TRUN_OFFSETS: u32 = 0x800;

/// The number of bytes of a `trun` box before its data offset: header, version and flags, sample count.
const BEFORE_DATA_OFFSET: u64 = 16;

/// Returns the head of a fragment: its `moof` box and the header of its `mdat`.
///
/// `sequence` counts fragments from 1. `decode_time` is the decoding time of the first sample, in ticks from the
/// beginning of the media.
pub(super) fn head(sequence: u32, decode_time: u64, samples: &[Sample]) -> Result<Vec<u8>> {
    let mut moof = MoofBox::default();
    moof.mfhd.sequence_number = sequence;
    moof.trafs.push(Default::default());
    let traf = &mut moof.trafs[0];
    let tfdt = traf.tfdt.insert(Default::default());
    let trun = traf.trun.insert(Default::default());

    let first = samples.first().copied().unwrap_or(Sample { size: 0, duration: 0, offset: 0, sync: false });
    let others = samples.get(1..).unwrap_or_default();
    traf.tfhd.track_id = 1;
    traf.tfhd.flags = DEFAULT_BASE_IS_MOOF | TFHD_FLAGS;
    traf.tfhd.default_sample_flags = Some(NOT_SYNC);
    tfdt.version = 1;
    tfdt.base_media_decode_time = decode_time;

    trun.flags = TRUN_DATA_OFFSET | TRUN_SIZES;
    trun.data_offset = Some(0); // until the length of the head is known
    trun.sample_count = samples.len() as u32;
    trun.sample_sizes = samples.iter().map(|sample| sample.size).collect();
    if others.iter().all(|sample| sample.duration == first.duration) {
        traf.tfhd.flags |= TFHD_DURATION;
        traf.tfhd.default_sample_duration = Some(first.duration);
    } else {
        trun.flags |= TRUN_DURATIONS;
        trun.sample_durations = samples.iter().map(|sample| sample.duration).collect();
    }
    if samples.iter().any(|sample| sample.offset != 0) {
        trun.flags |= TRUN_OFFSETS;
        trun.sample_cts = samples.iter().map(|sample| sample.offset).collect();
    }
    let flags = |sample: &Sample| if sample.sync { SYNC } else { NOT_SYNC };
    if others.iter().any(|sample| sample.sync) {
        trun.flags |= TRUN_FLAGS;
        trun.sample_flags = samples.iter().map(flags).collect();
    } else if first.sync {
        trun.flags |= TRUN_FIRST_FLAGS;
        trun.first_sample_flags = Some(SYNC);
    }

    let mut data_offset_at = 0;
    let mut out = BoxWriter::default();
    out.boxed(b"moof", |out| {
        out.put(&moof.mfhd);
        // The crate's traf writes its tfhd alone.
        out.boxed(b"traf", |out| {
            out.put(&traf.tfhd);
            out.put(tfdt);
            data_offset_at = (out.len() + BEFORE_DATA_OFFSET) as usize;
            out.put(trun);
        });
    });
    out.bytes(&mdat_header(samples.iter().map(|sample| u64::from(sample.size)).sum()));
    let (mut head, _) = out.into_parts();
    let too_large = |_| Mp4Error::TooLarge {
        what: "the head of a fragment in bytes",
        value: head.len() as u64,
        limit: i32::MAX as u64,
    };
    let data_offset = i32::try_from(head.len()).map_err(too_large)?;
    head[data_offset_at..][..4].copy_from_slice(&data_offset.to_be_bytes());
    Ok(head)
}
