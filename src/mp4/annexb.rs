//! The bare byte stream (H.264, Annex B), as the x264 program writes it.

use crate::packet::{Packet, ParameterSets};

const SEI: u8 = 6;
const SPS: u8 = 7;
const PPS: u8 = 8;
const ACCESS_UNIT_DELIMITER: u8 = 9;

/// Packets to a byte stream.
pub(crate) struct AnnexB {
    sets: ParameterSets,
}

impl AnnexB {
    pub fn new(sets: &ParameterSets) -> Self {
        Self { sets: sets.clone() }
    }

    /// Adds a packet to `out`: parameter sets in front of every picture that decoding can begin at, the encoder's SEI
    /// once.
    pub fn push(&mut self, packet: &Packet<'_>, out: &mut Vec<u8>) {
        let sei = std::mem::take(&mut self.sets.sei);
        let mut units = nal_units(packet.data).peekable();
        let delimiter = units.next_if(|unit| nal_type(unit) == ACCESS_UNIT_DELIMITER);
        let begins = packet.sync || nal_units(packet.data).any(is_recovery_point);
        let sets = [&*self.sets.sps, &*self.sets.pps].into_iter().filter(|_| begins);
        let sei_once = (!sei.is_empty()).then_some(&*sei);
        let units = delimiter.into_iter().chain(sets).chain(sei_once).chain(units);
        for (index, unit) in units.enumerate() {
            // B.1.2: zero_byte in front of parameter sets and the first NAL unit of an access unit.
            let long = index == 0 || [SPS, PPS].contains(&nal_type(unit));
            out.extend_from_slice(if long { &[0, 0, 0, 1] } else { &[0, 0, 1] });
            out.extend_from_slice(unit);
        }
    }
}

/// Adds an access unit to `out` as a sample, `sei` in front of it unless empty, behind an access unit delimiter.
pub(super) fn write_sample(data: &[u8], sei: &[u8], out: &mut Vec<u8>) {
    if sei.is_empty() {
        return out.extend_from_slice(data);
    }
    let delimiter = nal_units(data).next().filter(|unit| nal_type(unit) == ACCESS_UNIT_DELIMITER);
    let (before, after) = data.split_at(delimiter.map_or(0, |unit| 4 + unit.len()));
    out.extend_from_slice(before);
    out.extend_from_slice(&(sei.len() as u32).to_be_bytes());
    out.extend_from_slice(sei);
    out.extend_from_slice(after);
}

/// The NAL units of an access unit, each without the 4 bytes of its length.
fn nal_units(mut data: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = data.split_first_chunk()?;
        let (unit, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        data = rest;
        Some(unit)
    })
}

fn nal_type(unit: &[u8]) -> u8 {
    unit.first().map_or(0, |byte| byte & 31)
}

/// Whether a unit is the SEI (payload type 6) of a picture at which decoding can begin without being an IDR picture:
/// x264's keyframes with open GOPs.
fn is_recovery_point(unit: &[u8]) -> bool {
    nal_type(unit) == SEI && unit.get(1) == Some(&6)
}
