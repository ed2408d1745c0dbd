//! Opaque pixels to planes of 8 bits a sample, by AVX-512. The scheme is told in [`limbs`](super::limbs).

use std::arch::asm;
use std::arch::x86_64::*;
use std::hint::black_box;

use super::blend::blend;
use super::limbs::{LUMA_SHIFT, Limbs, Weights};
use super::registers::{load, prefetch_pixels, prefetch_samples, store};
use super::rows::{self, Plan, Rows};
use crate::settings::Chroma;

/// Columns that are converted at a time: four registers of sixteen pixels.
const COLUMNS: usize = 64;

/// Converts all rows of a frame.
#[target_feature(enable = "avx512bw,avx512vnni")]
pub(super) fn convert<'a>(plan: &Plan<'_>, frame: impl Iterator<Item = Rows<'a>>) {
    let kernel = Kernel::new(plan.limbs);
    for rows in frame {
        rows::convert(plan, rows, |plan, rows| blocks(&kernel, plan, rows));
    }
}

/// Converts whole blocks.
#[target_feature(enable = "avx512bw,avx512vnni")]
fn blocks(kernel: &Kernel, plan: &Plan<'_>, rows: &mut Rows<'_>) {
    let done = match (plan.bit_depth, plan.chroma) {
        (8, Chroma::Yuv420) => opaque::<2, 2>(kernel, rows),
        (8, Chroma::Yuv422) => opaque::<2, 1>(kernel, rows),
        (8, Chroma::Yuv444) => opaque::<1, 1>(kernel, rows),
        (8, Chroma::Gray) => opaque::<0, 1>(kernel, rows),
        _ => false,
    };
    if !done {
        blend(plan, rows);
    }
}

/// Converts pixels as if all were opaque, and says whether they are. `WIDE` and `HIGH` are the pixels that share a
/// chroma sample, across and down; `WIDE` is 0 if there is no chroma.
#[target_feature(enable = "avx512bw,avx512vnni")]
#[allow(unsafe_code)]
#[inline(never)] // with registers of its own
fn opaque<const WIDE: usize, const HIGH: usize>(kernel: &Kernel, rows: &mut Rows<'_>) -> bool {
    let columns = rows.columns(COLUMNS, WIDE, HIGH);
    // Something aligned on the stack makes the compiler align all that it puts there, at a gain of up to a third.
    let mut alphas = black_box(_mm512_set1_epi32(-1));
    // The last block begins before the one before ends, if it must: some columns are converted twice then.
    for start in rows::starts(columns, COLUMNS) {
        // SAFETY: the rows have `columns`, as `Rows::columns` has checked, and each block ends there or before.
        alphas = unsafe { kernel.block::<WIDE, HIGH>(rows, start, alphas) };
    }
    // As many ones as 255 and 2 · 255 have, no smaller number has in the same places.
    let (opaque, fourth) = (_mm512_set1_epi32((255 * HIGH as i32) << 16), _mm512_set1_epi32(!0xffff));
    _mm512_cmpeq_epi32_mask(_mm512_and_si512(alphas, fourth), opaque) == !0
}

/// The weights in registers: the high and the low limbs of two words side by side.
struct Kernel {
    luma_outer: [__m512i; 2],
    luma_inner: [__m512i; 2],
    chroma: [[__m512i; 2]; 2],
    chroma_offset: __m512i,
    /// The first word of each double word, for both of them.
    green_twice: __m512i,
}

impl Kernel {
    #[target_feature(enable = "avx512bw,avx512vnni")]
    fn new(limbs: &Limbs) -> Self {
        let Weights { high: [h1, h2, h3, h4], low: [l1, l2, l3, l4] } = limbs.luma;
        let [cb, cr] = limbs.chroma;
        Self {
            luma_outer: [pair([h1, h3]), pair([l1, l3])],
            luma_inner: [pair([h2, h4]), pair([l2, l4])],
            chroma: [[pair(cb.high), pair(cb.low)], [pair(cr.high), pair(cr.low)]],
            chroma_offset: _mm512_set1_epi32(limbs.chroma_offset),
            // Hidden from the compiler, which would make two shuffles of each.
            green_twice: black_box(_mm512_set4_epi32(0x0d0c_0d0c, 0x0908_0908, 0x0504_0504, 0x0100_0100)),
        }
    }

    /// Converts the block of columns that begins at `start`. Gives `alphas` and the alphas of the block, anded.
    ///
    /// # Safety
    /// The rows have [`COLUMNS`] from `start` on.
    #[inline]
    #[target_feature(enable = "avx512bw,avx512vnni")]
    #[allow(unsafe_code)]
    unsafe fn block<const WIDE: usize, const HIGH: usize>(
        &self,
        rows: &mut Rows<'_>,
        start: usize,
        mut alphas: __m512i,
    ) -> __m512i {
        // The first and the third byte of each pixel as words, and the second and the fourth; summed over the rows.
        let mut outer = [_mm512_setzero_si512(); 4];
        let mut inner = outer;
        for row in 0..HIGH {
            prefetch_pixels::<{ 4 * COLUMNS }>(rows.pixels[row], 4 * start);
            // SAFETY: the row has the block, as the caller promises.
            let pixels: [__m512i; 4] = unsafe { load(rows.pixels[row], 4 * start) };
            let mut samples = outer;
            for i in 0..4 {
                let first_third = _mm512_and_si512(pixels[i], _mm512_set1_epi16(0xff));
                let second_fourth = _mm512_srli_epi16::<8>(pixels[i]);
                samples[i] = self.luma(first_third, second_fourth);
                outer[i] = _mm512_add_epi16(outer[i], first_third);
                inner[i] = _mm512_add_epi16(inner[i], second_fourth);
            }
            prefetch_samples(rows.luma[row], start);
            // SAFETY: the row has the block, as the caller promises.
            unsafe { store(rows.luma[row], start, pack(samples)) };
        }
        if let Some(start) = start.checked_div(WIDE) {
            rows.chroma.iter().for_each(|row| prefetch_samples(row, start));
        }
        let mut differences = outer;
        for i in 0..4 {
            alphas = _mm512_and_si512(alphas, inner[i]);
            differences[i] = self.differences(outer[i], inner[i]);
        }
        let [a, b, c, d] = differences;
        if WIDE == 1 {
            for plane in 0..2 {
                let mut samples = differences;
                for i in 0..4 {
                    samples[i] = self.chroma::<1>(differences[i], self.chroma[plane]);
                }
                // SAFETY: the row has the block, as the caller promises.
                unsafe { store(rows.chroma[plane], start, pack(samples)) };
            }
        } else if WIDE == 2 {
            let sums = [pair_sums(a, b), pair_sums(c, d)];
            let mut samples = [sums; 2];
            for plane in 0..2 {
                for i in 0..2 {
                    samples[plane][i] = match HIGH {
                        1 => self.chroma::<2>(sums[i], self.chroma[plane]),
                        _ => self.chroma::<4>(sums[i], self.chroma[plane]),
                    };
                }
            }
            let [cb, cr] = pack_pairs(samples);
            // SAFETY: the rows have the block, as the caller promises.
            unsafe { store(rows.chroma[0], start / 2, cb) };
            // SAFETY: as before.
            unsafe { store(rows.chroma[1], start / 2, cr) };
        }
        alphas
    }

    /// Sixteen samples of luma.
    #[target_feature(enable = "avx512bw,avx512vnni")]
    fn luma(&self, outer: __m512i, inner: __m512i) -> __m512i {
        let [outer_high, outer_low] = self.luma_outer;
        let [inner_high, inner_low] = self.luma_inner;
        let low = dot(_mm512_madd_epi16(outer, outer_low), inner, inner_low);
        let sum = dot(_mm512_srai_epi32::<16>(low), outer, outer_high);
        _mm512_srli_epi32::<LUMA_SHIFT>(dot(sum, inner, inner_high))
    }

    /// First − green and third − green of pixels, or of sums of pixels.
    #[target_feature(enable = "avx512bw,avx512vnni")]
    fn differences(&self, outer: __m512i, inner: __m512i) -> __m512i {
        _mm512_sub_epi16(outer, _mm512_shuffle_epi8(inner, self.green_twice))
    }

    /// Sixteen samples of chroma from the differences of `SHARED` pixels each.
    #[target_feature(enable = "avx512bw,avx512vnni")]
    fn chroma<const SHARED: u32>(&self, differences: __m512i, [high, low]: [__m512i; 2]) -> __m512i {
        let high = dot(self.chroma_offset, differences, high);
        let sum = _mm512_add_epi32(high, _mm512_srai_epi32::<16>(_mm512_madd_epi16(differences, low)));
        match SHARED {
            1 => _mm512_srai_epi32::<LUMA_SHIFT>(sum),
            2 => _mm512_srai_epi32::<{ LUMA_SHIFT + 1 }>(sum),
            _ => _mm512_srai_epi32::<{ LUMA_SHIFT + 2 }>(sum),
        }
    }
}

/// `sum` and the products of the words of `a` and `b`, those of each double word added.
#[allow(unsafe_code)]
#[target_feature(enable = "avx512bw,avx512vnni")]
fn dot(mut sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
    // The compiler makes two instructions of the intrinsic, for a latency that does not matter here.
    // SAFETY: the instruction is AVX-512 VNNI, which callers of this function have; it touches these registers only.
    unsafe {
        asm!("vpdpwssd {}, {}, {}", inout(zmm_reg) sum, in(zmm_reg) a, in(zmm_reg) b,
            options(pure, nomem, nostack, preserves_flags));
    }
    sum
}

/// Two words, side by side all over a register.
#[target_feature(enable = "avx512bw,avx512vnni")]
fn pair(words: [i16; 2]) -> __m512i {
    _mm512_set1_epi32(bytemuck::must_cast(words))
}

/// The sums of neighbours, in the order that [`pack_pairs`] undoes: in each quarter of a register those of `a`, then
/// those of `b`.
#[target_feature(enable = "avx512bw,avx512vnni")]
fn pair_sums(a: __m512i, b: __m512i) -> __m512i {
    let (a, b) = (_mm512_castsi512_ps(a), _mm512_castsi512_ps(b));
    let even = _mm512_castps_si512(_mm512_shuffle_ps::<0b10_00_10_00>(a, b));
    let odd = _mm512_castps_si512(_mm512_shuffle_ps::<0b11_01_11_01>(a, b));
    _mm512_add_epi16(even, odd)
}

/// Bytes of 64 samples, at most 255 each.
#[target_feature(enable = "avx512bw,avx512vnni")]
fn pack([a, b, c, d]: [__m512i; 4]) -> __m512i {
    let bytes = _mm512_packus_epi16(_mm512_packus_epi32(a, b), _mm512_packus_epi32(c, d));
    // Packing works on each quarter of a register by itself.
    let order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    _mm512_permutexvar_epi32(order, bytes)
}

/// Bytes of 32 samples of each plane, at most 255 each, in the order of the pixels.
#[target_feature(enable = "avx512bw,avx512vnni")]
fn pack_pairs([[cb0, cb1], [cr0, cr1]]: [[__m512i; 2]; 2]) -> [__m256i; 2] {
    /// The pairs of samples of each plane, as they lie after packing.
    const ORDER: [u16; 32] = {
        let mut order = [0; 32];
        let mut pair = 0;
        while pair < 16 {
            order[pair] = (pair % 4 * 8 + pair / 4) as u16;
            order[16 + pair] = order[pair] + 4;
            pair += 1;
        }
        order
    };
    let bytes = _mm512_packus_epi16(_mm512_packus_epi32(cb0, cb1), _mm512_packus_epi32(cr0, cr1));
    let bytes = _mm512_permutexvar_epi16(bytemuck::must_cast(ORDER), bytes);
    [_mm512_castsi512_si256(bytes), _mm512_extracti64x4_epi64::<1>(bytes)]
}
