//! Opaque pixels to planes of 8 bits a sample, by AVX-512. The scheme is told in [`limbs`](super::limbs).

use std::arch::asm;
use std::arch::x86_64::*;
use std::hint::black_box;

use super::blend::blend;
use super::limbs::{LUMA_BYTE_SHIFT, LUMA_SHIFT, Limbs};
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
    _mm512_cmpge_epu32_mask(alphas, quad([0, 0, 0, -1])) == !0
}

/// The weights in registers.
struct Kernel {
    /// The limbs of four bytes, the lowest first.
    luma: [__m512i; 4],
    /// The high and the low limbs of two words side by side.
    chroma: [[__m512i; 2]; 2],
    chroma_offset: __m512i,
}

impl Kernel {
    #[target_feature(enable = "avx512bw,avx512vnni")]
    fn new(limbs: &Limbs) -> Self {
        let [l0, l1, l2, l3] = limbs.luma_bytes;
        let [cb, cr] = limbs.chroma;
        Self {
            luma: [quad(l0), quad(l1), quad(l2), quad(l3)],
            chroma: [[pair(cb.high), pair(cb.low)], [pair(cr.high), pair(cr.low)]],
            chroma_offset: _mm512_set1_epi32(limbs.chroma_offset),
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
        // First − green and third − green: as words of each pixel, or as double words of two, summed over the rows.
        let mut differences = [_mm512_setzero_si512(); 4];
        for row in 0..HIGH {
            prefetch_pixels::<{ 4 * COLUMNS }>(rows.pixels[row], 4 * start);
            // SAFETY: the row has the block, as the caller promises.
            let pixels: [__m512i; 4] = unsafe { load(rows.pixels[row], 4 * start) };
            let mut samples = pixels;
            for i in 0..4 {
                samples[i] = self.luma(pixels[i]);
                alphas = _mm512_and_si512(alphas, pixels[i]);
                differences[i] = match WIDE {
                    1 => differences_of_pixels(pixels[i]),
                    _ => add_differences_of_pairs(differences[i], pixels[i]),
                };
            }
            prefetch_samples(rows.luma[row], start);
            // SAFETY: the row has the block, as the caller promises.
            unsafe { store(rows.luma[row], start, pack::<LUMA_BYTE_SHIFT>(samples)) };
        }
        if let Some(start) = start.checked_div(WIDE) {
            rows.chroma.iter().for_each(|row| prefetch_samples(row, start));
        }
        if WIDE == 1 {
            for plane in 0..2 {
                let mut samples = differences;
                for i in 0..4 {
                    samples[i] = self.chroma::<1>(differences[i], self.chroma[plane]);
                }
                // SAFETY: the row has the block, as the caller promises.
                unsafe { store(rows.chroma[plane], start, pack::<0>(samples)) };
            }
        } else if WIDE == 2 {
            let [a, b, c, d] = differences;
            // In each quarter of a register those of the first, then those of the second: `pack_pairs` undoes it.
            let sums = [_mm512_packs_epi32(a, b), _mm512_packs_epi32(c, d)];
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

    /// Sixteen samples of luma, with a fraction of [`LUMA_BYTE_SHIFT`] bits.
    #[target_feature(enable = "avx512bw,avx512vnni")]
    fn luma(&self, pixels: __m512i) -> __m512i {
        let mut sum = _mm512_dpbusd_epi32(_mm512_setzero_si512(), pixels, self.luma[0]);
        for limb in &self.luma[1..] {
            sum = _mm512_dpbusd_epi32(_mm512_srai_epi32::<8>(sum), pixels, *limb);
        }
        sum
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

/// Four bytes, side by side all over a register.
#[target_feature(enable = "avx512bw,avx512vnni")]
fn quad(bytes: [i8; 4]) -> __m512i {
    _mm512_set1_epi32(bytemuck::must_cast(bytes))
}

/// First − green and third − green of pixels, as words.
#[target_feature(enable = "avx512bw,avx512vnni")]
fn differences_of_pixels(pixels: __m512i) -> __m512i {
    let order = _mm512_set4_epi32(0x0d0e_0d0c, 0x090a_0908, 0x0506_0504, 0x0102_0100);
    _mm512_maddubs_epi16(_mm512_shuffle_epi8(pixels, order), quad([1, -1, 1, -1]))
}

/// `sums` and first − green and third − green of neighbouring pixels, added, as double words.
#[target_feature(enable = "avx512bw,avx512vnni")]
fn add_differences_of_pairs(sums: __m512i, pixels: __m512i) -> __m512i {
    let order = _mm512_set4_epi32(0x0d0e_090a, 0x0d0c_0908, 0x0506_0102, 0x0504_0100);
    _mm512_dpbusd_epi32(sums, _mm512_shuffle_epi8(pixels, order), quad([1, -1, 1, -1]))
}

/// Bytes of 64 samples with a fraction of `SHIFT` bits, at most 255 each.
#[target_feature(enable = "avx512bw,avx512vnni")]
fn pack<const SHIFT: u32>([a, b, c, d]: [__m512i; 4]) -> __m512i {
    let (ab, cd) = (_mm512_packus_epi32(a, b), _mm512_packus_epi32(c, d));
    let bytes = _mm512_packus_epi16(_mm512_srli_epi16::<SHIFT>(ab), _mm512_srli_epi16::<SHIFT>(cd));
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
