//! The operations with NEON, which every aarch64 CPU has.
#![allow(unsafe_code)]

use std::arch::aarch64::*;

use super::memory::store;
use super::opaque_weights::OpaqueWeights;
use super::portable::Portable;
use super::vector::{Kernel, OpaqueVector, Vector, intrinsics};

/// The weights.
pub(super) struct Neon {
    /// The weights of the first, green and third byte.
    luma: uint16x4_t,
    scale: float32x2_t,
    constant: float32x4_t,
    /// The low and then the high words of Cb and of Cr.
    chroma: [int16x4_t; 2],
    fraction: int32x4_t,
}

impl Vector for Neon {
    const PIXELS: usize = 16;
    type Pixels = uint8x16x4_t;

    #[inline(never)]
    unsafe fn run<K: Kernel>(kernel: K) -> bool {
        kernel.run()
    }

    #[inline(always)]
    unsafe fn load<const BYTES: usize>(row: &[u8], start: usize) -> uint8x16x4_t {
        debug_assert!((start + 16) * BYTES <= row.len());
        // SAFETY: the caller guarantees that the row has the bytes.
        unsafe {
            let (pixels, alpha) = (row.as_ptr().add(start * BYTES), vdupq_n_u8(255));
            match BYTES {
                4 => vld4q_u8(pixels),
                3 => {
                    let uint8x16x3_t(first, green, third) = vld3q_u8(pixels);
                    uint8x16x4_t(first, green, third, alpha)
                }
                _ => {
                    let grey = vld1q_u8(pixels);
                    uint8x16x4_t(grey, grey, grey, alpha)
                }
            }
        }
    }

    #[inline(always)]
    fn white() -> uint8x16x4_t {
        let byte = intrinsics!(vdupq_n_u8(255));
        uint8x16x4_t(byte, byte, byte, byte)
    }

    #[inline(always)]
    fn and(a: uint8x16x4_t, b: uint8x16x4_t) -> uint8x16x4_t {
        uint8x16x4_t(a.0, a.1, a.2, intrinsics!(vandq_u8(a.3, b.3)))
    }

    #[inline(always)]
    fn opaque(pixels: uint8x16x4_t) -> bool {
        intrinsics!(vminvq_u8(pixels.3) == 255)
    }
}

impl OpaqueVector for Neon {
    type General = Portable;
    /// The first, the green and the third bytes, summed over pairs; and those of the last row.
    type Sums = ([uint16x8_t; 3], [uint8x16_t; 3]);
    /// The bytes of Cb and of Cr already.
    type Differences = [uint8x16_t; 2];
    /// The bytes of each vector.
    type Samples = [uint8x16_t; 2];

    unsafe fn new(weights: &OpaqueWeights) -> Self {
        let [first, third] = weights.luma.outer;
        let [half, other_half] = weights.luma.green;
        let luma = [first as u16, half as u16 + other_half as u16, third as u16, 0];
        intrinsics! {
            Self {
                luma: bytemuck::must_cast(luma),
                scale: vdup_n_f32(weights.luma.scale),
                constant: vdupq_n_f32(weights.luma.constant),
                chroma: weights.chroma.map(|plane| bytemuck::must_cast([plane.low, plane.high])),
                fraction: vdupq_n_s32(weights.fraction),
            }
        }
    }

    #[inline(always)]
    fn luma(&self, [a, b]: [uint8x16x4_t; 2]) -> Self::Samples {
        [bytes(self.luma_of(a)), bytes(self.luma_of(b))]
    }

    #[inline(always)]
    fn add_pixels(&self, (sums, _): Self::Sums, uint8x16x4_t(first, green, third, _): uint8x16x4_t) -> Self::Sums {
        let [a, b, c] = sums;
        let sums = intrinsics!([vpadalq_u8(a, first), vpadalq_u8(b, green), vpadalq_u8(c, third)]);
        (sums, [first, green, third])
    }

    #[inline(always)]
    fn differences(&self, (_, [first, green, third]): Self::Sums) -> Self::Differences {
        let [first, green, third] = [doubled(first), doubled(green), doubled(third)];
        self.planes([[first[0], green[0], third[0]], [first[1], green[1], third[1]]])
    }

    #[inline(always)]
    fn pair_differences(&self, [(a, _), (b, _)]: [Self::Sums; 2]) -> Self::Differences {
        self.planes([a, b])
    }

    #[inline(always)]
    fn chroma(&self, [a, b]: [Self::Differences; 2], plane: usize) -> Self::Samples {
        [a[plane], b[plane]]
    }

    #[inline(always)]
    unsafe fn store_samples(row: &mut [u8], start: usize, samples: [Self::Samples; 2]) {
        // SAFETY: the caller guarantees that the row has the samples.
        unsafe { store(row, start, samples) };
    }

    #[inline(always)]
    unsafe fn store_pairs(rows: &mut [&mut [u8]; 2], start: usize, [cb, cr]: [Self::Samples; 2]) {
        // SAFETY: the caller guarantees that the rows have the samples.
        unsafe { store(rows[0], start, cb) };
        // SAFETY: as above.
        unsafe { store(rows[1], start, cr) };
    }
}

impl Neon {
    #[inline(always)]
    fn luma_of(&self, uint8x16x4_t(first, green, third, _): uint8x16x4_t) -> [uint16x8_t; 2] {
        intrinsics! {
            let low = [vmovl_u8(vget_low_u8(first)), vmovl_u8(vget_low_u8(green)), vmovl_u8(vget_low_u8(third))];
            [self.luma_of_words(low), self.luma_of_words([vmovl_high_u8(first), vmovl_high_u8(green), vmovl_high_u8(third)])]
        }
    }

    #[inline(always)]
    fn luma_of_words(&self, [first, green, third]: [uint16x8_t; 3]) -> uint16x8_t {
        intrinsics! {
            let low = vmull_lane_u16::<0>(vget_low_u16(first), self.luma);
            let low = vmlal_lane_u16::<1>(low, vget_low_u16(green), self.luma);
            let low = vmlal_lane_u16::<2>(low, vget_low_u16(third), self.luma);
            let high = vmull_high_lane_u16::<0>(first, self.luma);
            let high = vmlal_high_lane_u16::<1>(high, green, self.luma);
            let high = vmlal_high_lane_u16::<2>(high, third, self.luma);
            let low = vfmaq_lane_f32::<0>(self.constant, vcvtq_f32_u32(low), self.scale);
            let high = vfmaq_lane_f32::<0>(self.constant, vcvtq_f32_u32(high), self.scale);
            vuzp1q_u16(vreinterpretq_u16_f32(low), vreinterpretq_u16_f32(high))
        }
    }

    /// Returns sixteen samples of Cb and of Cr, from the sums of the first, the green and the third bytes.
    #[inline(always)]
    fn planes(&self, [low, high]: [[uint16x8_t; 3]; 2]) -> [uint8x16_t; 2] {
        let [cb, cr] = self.chroma;
        let (low_cb, high_cb) = (self.chroma_of(low, cb), self.chroma_of(high, cb));
        let (low_cr, high_cr) = (self.chroma_of(low, cr), self.chroma_of(high, cr));
        [bytes([low_cb, high_cb]), bytes([low_cr, high_cr])]
    }

    #[inline(always)]
    fn chroma_of(&self, [first, green, third]: [uint16x8_t; 3], weights: int16x4_t) -> uint16x8_t {
        intrinsics! {
            let first = vreinterpretq_s16_u16(vsubq_u16(first, green));
            let third = vreinterpretq_s16_u16(vsubq_u16(third, green));
            let offset = vdupq_n_u32(128 << 16);
            let low = vmlal_lane_s16::<0>(self.fraction, vget_low_s16(first), weights);
            let low = vreinterpretq_u32_s32(vmlal_lane_s16::<1>(low, vget_low_s16(third), weights));
            let high = vmull_lane_s16::<2>(vget_low_s16(first), weights);
            let high = vreinterpretq_u32_s32(vmlal_lane_s16::<3>(high, vget_low_s16(third), weights));
            let samples = vaddhn_u32(vsraq_n_u32::<16>(high, low), offset);
            let low = vmlal_high_lane_s16::<0>(self.fraction, first, weights);
            let low = vreinterpretq_u32_s32(vmlal_high_lane_s16::<1>(low, third, weights));
            let high = vmull_high_lane_s16::<2>(first, weights);
            let high = vreinterpretq_u32_s32(vmlal_high_lane_s16::<3>(high, third, weights));
            vaddhn_high_u32(samples, vsraq_n_u32::<16>(high, low), offset)
        }
    }
}

/// Returns bytes, doubled, as words.
#[inline(always)]
fn doubled(bytes: uint8x16_t) -> [uint16x8_t; 2] {
    intrinsics!([vshll_n_u8::<1>(vget_low_u8(bytes)), vshll_high_n_u8::<1>(bytes)])
}

/// Returns the bytes of words, limited to 255.
#[inline(always)]
fn bytes([a, b]: [uint16x8_t; 2]) -> uint8x16_t {
    intrinsics!(vqmovn_high_u16(vqmovn_u16(a), b))
}
