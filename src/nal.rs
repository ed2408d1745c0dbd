//! H.264 NAL units: their types, and the iteration over those of a packet. `encoder` and `mp4` share it.

/// A slice of a picture that is not an IDR picture, a NAL unit type (H.264, Table 7-1).
pub(crate) const SLICE: u8 = 1;
/// A slice of an IDR picture.
pub(crate) const IDR_SLICE: u8 = 5;
/// Supplemental enhancement information (SEI).
pub(crate) const SEI: u8 = 6;
/// Sequence parameter set.
pub(crate) const SPS: u8 = 7;
/// Picture parameter set.
pub(crate) const PPS: u8 = 8;
/// Access unit delimiter.
pub(crate) const DELIMITER: u8 = 9;

/// An SEI payload type (H.264, Annex D.1.1): a message in the encoder's own format, such as x264's version and options.
pub(crate) const USER_DATA_UNREGISTERED: u8 = 5;
/// An SEI payload type that marks a picture at which decoding can begin although it is not an IDR picture, such as
/// x264's keyframes with open GOPs.
pub(crate) const RECOVERY_POINT: u8 = 6;

/// Returns the type of a NAL unit, which is the lower five bits of its first byte (H.264, 7.3.1). Returns 0 if the unit
/// is empty.
pub(crate) fn unit_type(unit: &[u8]) -> u8 {
    unit.first().map_or(0, |byte| byte & 31)
}

/// Returns whether a NAL unit is an SEI whose first message has this payload type.
pub(crate) fn is_sei(unit: &[u8], payload_type: u8) -> bool {
    unit_type(unit) == SEI && unit.get(1) == Some(&payload_type)
}

/// Iterates over the NAL units of a [`Packet`](crate::packet::Packet)'s data, each without the 4 bytes of its length.
pub(crate) fn units(mut data: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = data.split_first_chunk()?;
        let (unit, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        data = rest;
        Some(unit)
    })
}
