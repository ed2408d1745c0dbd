//! `AnnexB`: writes the H.264 byte stream (Annex B) without a container, as the x264 program does.

use crate::nal;
use crate::packet::Packet;
use crate::stream::StreamHeaders;

/// Turns packets into a byte stream.
pub(super) struct AnnexB {
    headers: StreamHeaders,
}

impl AnnexB {
    pub fn new(headers: &StreamHeaders) -> Self {
        Self { headers: headers.clone() }
    }

    /// Adds a packet to `out`, with the parameter sets before every picture at which decoding can begin, and x264's SEI
    /// before the first picture.
    pub fn push(&mut self, packet: &Packet<'_>, out: &mut Vec<u8>) {
        let sei = std::mem::take(&mut self.headers.version_sei);
        let mut units = nal::units(packet.data).peekable();
        let delimiter = units.next_if(|unit| nal::unit_type(unit) == nal::DELIMITER);
        let is_entry = packet.sync || nal::units(packet.data).any(|unit| nal::is_sei(unit, nal::RECOVERY_POINT));
        let sets = [&*self.headers.sps, &*self.headers.pps].into_iter().filter(|_| is_entry);
        let sei_once = (!sei.is_empty()).then_some(&*sei);
        let units = delimiter.into_iter().chain(sets).chain(sei_once).chain(units);
        for (index, unit) in units.enumerate() {
            // B.1.2: zero_byte before parameter sets and the first NAL unit of an access unit.
            let long = index == 0 || [nal::SPS, nal::PPS].contains(&nal::unit_type(unit));
            out.extend_from_slice(if long { &[0, 0, 0, 1] } else { &[0, 0, 1] });
            out.extend_from_slice(unit);
        }
    }
}
