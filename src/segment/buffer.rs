//! `PacketBuffer`: packets copied from an encoder, which wait for the muxer.

use crate::packet::Packet;

/// Encoded packets in decoding order, copied from their encoder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct PacketBuffer {
    /// The data of all packets, one after another.
    pub data: Vec<u8>,
    pub entries: Vec<PacketEntry>,
}

/// One packet of a [`PacketBuffer`]: the fields of [`Packet`], with the length of its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PacketEntry {
    pub bytes: u32,
    pub pts: i64,
    pub dts: i64,
    pub sync: bool,
}

impl PacketBuffer {
    /// Returns the number of packets.
    pub fn len(&self) -> u64 {
        self.entries.len() as u64
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn clear(&mut self) {
        self.data.clear();
        self.entries.clear();
    }

    pub fn append(&mut self, other: &Self) {
        self.data.extend_from_slice(&other.data);
        self.entries.extend_from_slice(&other.entries);
    }

    pub fn push(&mut self, packet: &Packet<'_>) {
        let Packet { data, pts, dts, sync } = *packet;
        self.data.extend_from_slice(data);
        self.entries.push(PacketEntry { bytes: data.len() as u32, pts, dts, sync });
    }

    pub fn packets(&self) -> impl Iterator<Item = Packet<'_>> {
        let mut remaining = &*self.data;
        self.entries.iter().map(move |&PacketEntry { bytes, pts, dts, sync }| {
            let (data, after) = remaining.split_at(bytes as usize);
            remaining = after;
            Packet { data, pts, dts, sync }
        })
    }
}
