//! What the container must know of the sequence parameter set (H.264, 7.3.2.1.1 and Annex E).

use crate::{Error, Result};

/// The facts of a sequence parameter set that the container repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sps {
    /// Width and height of the pictures that a decoder gives, in pixels.
    pub size: (u32, u32),
    /// chroma_format_idc, bit_depth_luma_minus8 and bit_depth_chroma_minus8, where the profile has them.
    pub format: Option<[u8; 3]>,
    /// By how many pictures decoding runs ahead of showing.
    pub reorder: u32,
}

/// The profiles whose parameter sets and `avcC` state chroma format and bit depth.
const WITH_FORMAT: &[u32] = &[100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

impl Sps {
    /// Reads a NAL unit without start code.
    pub fn parse(nal: &[u8]) -> Result<Self> {
        Self::read(&mut Bits::new(nal)).ok_or_else(|| Error::Mp4("the sequence parameter set is cut short".into()))
    }

    fn read(bits: &mut Bits) -> Option<Self> {
        bits.take(8)?;
        let profile = bits.take(8)?;
        bits.take(16)?; // constraints and level
        bits.unsigned()?; // seq_parameter_set_id
        let mut format = None;
        let mut chroma = 1;
        if WITH_FORMAT.contains(&profile) {
            chroma = bits.unsigned()?;
            if chroma == 3 {
                bits.take(1)?; // separate_colour_plane_flag
            }
            format = Some([chroma as u8 & 3, bits.unsigned()? as u8 & 7, bits.unsigned()? as u8 & 7]);
            bits.take(1)?; // qpprime_y_zero_transform_bypass_flag
            if bits.take(1)? == 1 {
                for list in 0..if chroma == 3 { 12 } else { 8 } {
                    if bits.take(1)? == 1 {
                        skip_scaling_list(bits, if list < 6 { 16 } else { 64 })?;
                    }
                }
            }
        }
        bits.unsigned()?; // log2_max_frame_num_minus4
        match bits.unsigned()? {
            0 => drop(bits.unsigned()?), // log2_max_pic_order_cnt_lsb_minus4
            1 => {
                bits.take(1)?;
                bits.unsigned()?;
                bits.unsigned()?;
                for _ in 0..bits.unsigned()?.min(255) {
                    bits.unsigned()?;
                }
            }
            _ => {}
        }
        bits.unsigned()?; // max_num_ref_frames
        bits.take(1)?; // gaps_in_frame_num_value_allowed_flag
        let wide = bits.unsigned()?.checked_add(1)?;
        let high = bits.unsigned()?.checked_add(1)?;
        let fields = 2 - bits.take(1)?; // 2 where pictures may be fields
        if fields == 2 {
            bits.take(1)?; // mb_adaptive_frame_field_flag
        }
        bits.take(1)?; // direct_8x8_inference_flag
        let (step_x, step_y) = match chroma {
            1 => (2, 2),
            2 => (2, 1),
            _ => (1, 1),
        };
        let mut crop = [0; 4];
        if bits.take(1)? == 1 {
            for side in &mut crop {
                *side = bits.unsigned()?;
            }
        }
        let cropped = |blocks: u32, step: u32, a: u32, b: u32| {
            blocks.checked_mul(16)?.checked_sub(a.checked_add(b)?.checked_mul(step)?)
        };
        let size = (
            cropped(wide, step_x, crop[0], crop[1])?,
            cropped(high.checked_mul(fields)?, step_y * fields, crop[2], crop[3])?,
        );
        let reorder = if bits.take(1)? == 1 { reorder(bits)? } else { 0 };
        Some(Self { size, format, reorder })
    }
}

fn skip_scaling_list(bits: &mut Bits, entries: u32) -> Option<()> {
    let (mut last, mut next) = (8i64, 8i64);
    for _ in 0..entries {
        if next != 0 {
            let code = i64::from(bits.unsigned()?);
            let delta = if code % 2 == 1 { (code + 1) / 2 } else { -(code / 2) };
            next = (last + delta) & 255;
        }
        if next != 0 {
            last = next;
        }
    }
    Some(())
}

/// max_num_reorder_frames, near the end of the VUI; 0 where it is not stated.
fn reorder(bits: &mut Bits) -> Option<u32> {
    if bits.take(1)? == 1 && bits.take(8)? == 255 {
        bits.take(32)?; // sample aspect ratio
    }
    if bits.take(1)? == 1 {
        bits.take(1)?; // overscan
    }
    if bits.take(1)? == 1 {
        bits.take(4)?; // video format and range
        if bits.take(1)? == 1 {
            bits.take(24)?; // primaries, transfer, matrix
        }
    }
    if bits.take(1)? == 1 {
        bits.unsigned()?; // chroma location
        bits.unsigned()?;
    }
    if bits.take(1)? == 1 {
        bits.take(32)?; // timing
        bits.take(32)?;
        bits.take(1)?;
    }
    let mut decoder_models = 0;
    for _ in 0..2 {
        if bits.take(1)? == 1 {
            decoder_models += 1;
            let entries = bits.unsigned()?.min(31) + 1;
            bits.take(8)?;
            for _ in 0..entries {
                bits.unsigned()?;
                bits.unsigned()?;
                bits.take(1)?;
            }
            bits.take(20)?;
        }
    }
    if decoder_models > 0 {
        bits.take(1)?; // low_delay_hrd_flag
    }
    bits.take(1)?; // pic_struct_present_flag
    if bits.take(1)? == 0 {
        return Some(0);
    }
    bits.take(1)?; // motion_vectors_over_pic_boundaries_flag
    for _ in 0..4 {
        bits.unsigned()?; // bytes and bits a picture and block, lengths of motion vectors
    }
    bits.unsigned().map(|frames| frames.min(16))
}

/// The bits of a NAL unit, without its emulation prevention bytes.
struct Bits {
    bytes: Vec<u8>,
    at: usize,
}

impl Bits {
    fn new(nal: &[u8]) -> Self {
        let mut bytes: Vec<u8> = Vec::with_capacity(nal.len());
        let mut zeros = 0;
        for &byte in nal {
            if zeros >= 2 && byte == 3 {
                zeros = 0;
                continue;
            }
            zeros = if byte == 0 { zeros + 1 } else { 0 };
            bytes.push(byte);
        }
        Self { bytes, at: 0 }
    }

    /// The next `count` bits, at most 32.
    fn take(&mut self, count: u32) -> Option<u32> {
        let mut value = 0u64;
        for _ in 0..count {
            let byte = *self.bytes.get(self.at / 8)?;
            value = value << 1 | u64::from(byte >> (7 - self.at % 8) & 1);
            self.at += 1;
        }
        Some(value as u32)
    }

    /// An unsigned Exp-Golomb code (9.1).
    fn unsigned(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.take(1)? == 0 {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some(((1u64 << zeros) - 1 + u64::from(self.take(zeros)?)) as u32)
    }
}
