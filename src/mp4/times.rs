//! `Times`: how many frames a file has, how long they last, and whether they come at a constant rate.

use super::boxes::{children, find};
use super::fields::{Fields, damaged};
use crate::Mp4Error;

/// The times of frames, in ticks, added in decoding order.
#[derive(Clone, Copy, Default)]
pub(super) struct Times {
    pub frames: u64,
    /// The decoding time of the next frame.
    next: i64,
    /// The presentation time and the duration of the frame that is decoded first.
    first: Option<(i64, i64)>,
    /// Whether all presentation times are whole multiples of that duration apart.
    are_multiples: bool,
    /// The earliest and the latest presentation time, and the end of the presentation.
    pub begin: i64,
    latest: i64,
    pub end: i64,
}

impl Times {
    /// Adds a frame that is decoded for `ticks` and presented `offset` ticks after the beginning of that.
    fn add(&mut self, ticks: u32, offset: i64) {
        let (ticks, time) = (i64::from(ticks), self.next.saturating_add(offset));
        let (first, step) = *self.first.get_or_insert((time, ticks));
        if self.frames == 0 {
            (self.are_multiples, self.begin, self.latest, self.end) = (step > 0, time, time, time);
        }
        self.are_multiples = self.are_multiples && time.saturating_sub(first) % step == 0;
        (self.begin, self.latest) = (self.begin.min(time), self.latest.max(time));
        self.end = self.end.max(time.saturating_add(ticks));
        self.next = self.next.saturating_add(ticks);
        self.frames += 1;
    }

    /// Returns the ticks from each frame to the next, or `None` if they are not all the same: different multiples of a
    /// number fill their range only if they are all there.
    pub fn step(&self) -> Option<u32> {
        let (_, step) = self.first.filter(|_| self.are_multiples)?;
        let fills = self.latest.checked_sub(self.begin)? == i64::try_from(self.frames - 1).ok()?.checked_mul(step)?;
        u32::try_from(step).ok().filter(|_| fills)
    }

    /// Adds the frames of the tables of a plain file (ISO/IEC 14496-12, 8.6.1), at most `most`.
    pub fn add_tables(&mut self, stts: &Fields<'_>, ctts: Option<&Fields<'_>>, most: u64) -> Result<(), Mp4Error> {
        let mut offsets = (0, 0i64, 0);
        for entry in 0..stts.u32(4)? as usize {
            let (count, ticks) = (stts.u32(8 + 8 * entry)?, stts.u32(12 + 8 * entry)?);
            if self.frames + u64::from(count) > most {
                return Err(damaged("stts"));
            }
            for _ in 0..count {
                let (left, offset, next) = &mut offsets;
                if let Some(ctts) = ctts.filter(|_| *left == 0) {
                    *left = ctts.u32(8 + 8 * *next)?;
                    *offset = ctts.offset(12 + 8 * *next)?;
                    *next += 1;
                }
                *left = left.saturating_sub(1);
                self.add(ticks, *offset);
            }
        }
        Ok(())
    }

    /// Adds the frames of a track in a `moof` box, at most `most` in all. `usual_ticks` is the duration of frames for which
    /// the box states none.
    pub fn add_fragment(&mut self, moof: &[u8], track: u32, usual_ticks: u32, most: u64) -> Result<(), Mp4Error> {
        let whole = find(moof, &[b"moof"]).ok_or_else(|| damaged("moof"))?;
        for traf in children(moof, whole.body, whole.end).filter(|child| &child.name == b"traf") {
            let traf = &moof[traf.start..traf.end];
            let tfhd = Fields::of(traf, &[b"traf", b"tfhd"]).ok_or_else(|| damaged("tfhd"))?;
            let flags = tfhd.u32(0)?;
            if tfhd.u32(4)? != track {
                continue;
            }
            // The base offset has 8 bytes, the index of the sample description 4.
            let place = 8 + 8 * (flags & 1) as usize + 2 * (flags & 2) as usize;
            let ticks = if flags & 8 != 0 { tfhd.u32(place)? } else { usual_ticks };
            for trun in children(traf, 8, traf.len()).filter(|child| &child.name == b"trun") {
                self.add_run(&Fields { name: "trun", bytes: &traf[trun.body..trun.end] }, ticks, most)?;
            }
        }
        Ok(())
    }

    /// Adds the frames of a `trun` box (ISO/IEC 14496-12, 8.8.8), at most `most` in all.
    fn add_run(&mut self, trun: &Fields<'_>, usual_ticks: u32, most: u64) -> Result<(), Mp4Error> {
        let (flags, count) = (trun.u32(0)?, trun.u32(4)?);
        if self.frames + u64::from(count) > most {
            return Err(damaged("trun"));
        }
        let bytes = |flag: u32| if flags & flag != 0 { 4 } else { 0 };
        let record = bytes(0x100) + bytes(0x200) + bytes(0x400) + bytes(0x800);
        let first = 8 + bytes(0x1) + bytes(0x4);
        for place in (0..count as usize).map(|index| first + index * record) {
            let ticks = if flags & 0x100 != 0 { trun.u32(place)? } else { usual_ticks };
            // The offset is the last field of a record.
            let offset = if flags & 0x800 != 0 { trun.offset(place + record - 4)? } else { 0 };
            self.add(ticks, offset);
        }
        Ok(())
    }
}
