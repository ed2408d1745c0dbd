//! The AVX2 kernel: converts opaque pixels to planes of 8 bits a sample. [`opaque_weights`](super::opaque_weights)
//! explains the arithmetic of chroma, and [`single_fma`](super::single_fma) that of luma.

use std::arch::x86_64::*;
use std::hint::black_box;

use super::blend::blend;
use super::opaque_weights::{LUMA_SHIFT, OpaqueWeights};
use super::registers::{load, prefetch_pixels, prefetch_samples, store};
use super::rows::{self, Plan, Rows};
use super::single_fma::SingleFmaLuma;
use crate::settings::{BitDepth, Chroma};

/// The number of columns of a block: four registers of eight pixels.
const COLUMNS: usize = 32;

/// Converts all rows of a frame.
#[target_feature(enable = "avx2,fma")]
pub(super) fn convert<'a>(plan: &Plan<'_>, frame: impl Iterator<Item = Rows<'a>>) {
    let kernel = plan.opaque_weights.single_fma.map(|luma| Kernel::new(plan.opaque_weights, luma));
    for rows in frame {
        rows::convert(plan, rows, |plan, rows| blocks(kernel.as_ref(), plan, rows));
    }
}

/// Converts whole blocks. Blends them if they are not opaque or if this kernel does not support the planes.
#[target_feature(enable = "avx2,fma")]
fn blocks(kernel: Option<&Kernel>, plan: &Plan<'_>, rows: &mut Rows<'_>) {
    let opaque = |rows: &mut Rows<'_>| match (kernel, plan.bit_depth, plan.chroma) {
        (Some(kernel), BitDepth::Eight, Chroma::Yuv420) => opaque::<2, 2>(kernel, rows),
        (Some(kernel), BitDepth::Eight, Chroma::Yuv422) => opaque::<2, 1>(kernel, rows),
        (Some(kernel), BitDepth::Eight, Chroma::Yuv444) => opaque::<1, 1>(kernel, rows),
        (Some(kernel), BitDepth::Eight, Chroma::Gray) => opaque::<0, 1>(kernel, rows),
        _ => false,
    };
    if !(rows.begins_opaque() && opaque(rows)) {
        blend(plan, rows, opaque);
    }
}

/// Converts pixels as if all were opaque, and returns whether they are. `WIDE` × `HIGH` pixels share a chroma sample.
/// `WIDE` is 0 if there is no chroma.
#[target_feature(enable = "avx2,fma")]
#[allow(unsafe_code)]
#[inline(never)] // so that each instance gets all registers
fn opaque<const WIDE: usize, const HIGH: usize>(kernel: &Kernel, rows: &mut Rows<'_>) -> bool {
    let columns = rows.columns(COLUMNS, WIDE, HIGH);
    // One aligned variable makes the compiler align the whole stack frame, which saves up to a third of the time.
    let mut alphas = black_box(_mm256_set1_epi32(-1));
    for start in rows::starts(columns, COLUMNS) {
        // SAFETY: `Rows::columns` has checked that the rows have `columns`, and `starts` guarantees that each block
        // ends there or before.
        alphas = unsafe { kernel.block::<WIDE, HIGH>(rows, start, alphas) };
    }
    let colors = _mm256_set1_epi32(0xff_ffff);
    _mm256_movemask_epi8(_mm256_cmpeq_epi32(_mm256_or_si256(alphas, colors), _mm256_set1_epi32(-1))) == -1
}

/// The weights in registers: pairs of words, repeated.
struct Kernel {
    luma: [__m256i; 2],
    scale: __m256,
    constant: __m256,
    chroma: [[__m256i; 2]; 2],
    chroma_offset: __m256i,
    /// Selects the second byte of each pixel, twice, as words.
    green_twice: __m256i,
}

impl Kernel {
    #[target_feature(enable = "avx2,fma")]
    fn new(weights: &OpaqueWeights, luma: SingleFmaLuma) -> Self {
        let [cb, cr] = weights.chroma;
        let green_twice = [1, -1, 1, -1, 5, -1, 5, -1, 9, -1, 9, -1, 13, -1, 13, -1i8];
        Self {
            luma: [pair(luma.outer), pair(luma.green)],
            scale: _mm256_set1_ps(luma.scale),
            constant: _mm256_set1_ps(luma.constant),
            chroma: [[pair(cb.high), pair(cb.low)], [pair(cr.high), pair(cr.low)]],
            chroma_offset: _mm256_set1_epi32(weights.chroma_offset),
            // It is hidden from the compiler, which would turn each shuffle into two.
            green_twice: black_box(_mm256_broadcastsi128_si256(bytemuck::must_cast(green_twice))),
        }
    }

    /// Converts the block of columns that begins at `start`. Returns the bitwise AND of `alphas` and all pixels.
    ///
    /// # Safety
    /// The rows must have [`COLUMNS`] from `start` on.
    #[inline]
    #[target_feature(enable = "avx2,fma")]
    #[allow(unsafe_code)]
    unsafe fn block<const WIDE: usize, const HIGH: usize>(
        &self,
        rows: &mut Rows<'_>,
        start: usize,
        mut alphas: __m256i,
    ) -> __m256i {
        let zero = _mm256_setzero_si256();
        let [mut luma, mut chroma] = [[[zero; 2]; 2]; 2];
        let mut pairs = [zero; 2];
        // Half a block is converted at a time, since there are only sixteen registers.
        for half in 0..2 {
            // The first and the third byte of each pixel as words, and the second twice; summed over the rows.
            let [mut outer, mut green] = [[zero; 2]; 2];
            for row in 0..HIGH {
                prefetch_pixels::<{ 2 * COLUMNS }, HIGH>(rows.pixels[row], 4 * start + 64 * half);
                // SAFETY: the caller guarantees that the row has the block.
                let pixels: [__m256i; 2] = unsafe { load(rows.pixels[row], 4 * start + 64 * half) };
                let mut samples = outer;
                for i in 0..2 {
                    let first_third = _mm256_and_si256(pixels[i], _mm256_set1_epi16(0xff));
                    let second = _mm256_shuffle_epi8(pixels[i], self.green_twice);
                    samples[i] = self.luma(first_third, second);
                    outer[i] = _mm256_add_epi16(outer[i], first_third);
                    green[i] = _mm256_add_epi16(green[i], second);
                    alphas = _mm256_and_si256(alphas, pixels[i]);
                }
                luma[row][half] = interleave(samples);
            }
            // First − green and third − green.
            let differences = [_mm256_sub_epi16(outer[0], green[0]), _mm256_sub_epi16(outer[1], green[1])];
            pairs[half] = pair_sums(differences);
            if WIDE == 1 {
                for plane in 0..2 {
                    chroma[plane][half] = self.chroma::<1>(differences, self.chroma[plane]);
                }
            }
        }
        for row in 0..HIGH {
            prefetch_samples(rows.luma[row], start);
            // SAFETY: the caller guarantees that the row has the block.
            unsafe { store(rows.luma[row], start, pack_interleaved(luma[row])) };
        }
        for plane in 0..2 {
            if let Some(start) = start.checked_div(WIDE) {
                prefetch_samples(rows.chroma[plane], start);
            }
            match (WIDE, HIGH) {
                // SAFETY: the caller guarantees that the row has the block.
                (1, _) => unsafe { store(rows.chroma[plane], start, pack(chroma[plane])) },
                (2, 1) => chroma[0][plane] = self.chroma::<2>(pairs, self.chroma[plane]),
                (2, _) => chroma[0][plane] = self.chroma::<4>(pairs, self.chroma[plane]),
                _ => {}
            }
        }
        if WIDE == 2 {
            let [cb, cr] = pack_pairs(chroma[0]);
            // SAFETY: the caller guarantees that the rows have the block.
            unsafe { store(rows.chroma[0], start / 2, cb) };
            // SAFETY: as above.
            unsafe { store(rows.chroma[1], start / 2, cr) };
        }
        alphas
    }

    /// Returns eight samples of luma, each in the lower word of a double word.
    #[target_feature(enable = "avx2,fma")]
    fn luma(&self, outer: __m256i, green: __m256i) -> __m256i {
        let integer_luma =
            _mm256_add_epi32(_mm256_madd_epi16(outer, self.luma[0]), _mm256_madd_epi16(green, self.luma[1]));
        _mm256_castps_si256(_mm256_fmadd_ps(_mm256_cvtepi32_ps(integer_luma), self.scale, self.constant))
    }

    /// Returns sixteen samples of chroma, as words, from the differences of `SHARED` pixels each.
    #[target_feature(enable = "avx2,fma")]
    fn chroma<const SHARED: u32>(&self, differences: [__m256i; 2], [high, low]: [__m256i; 2]) -> __m256i {
        let mut samples = differences;
        for i in 0..2 {
            let high = _mm256_add_epi32(_mm256_madd_epi16(differences[i], high), self.chroma_offset);
            let sum = _mm256_add_epi32(high, _mm256_srai_epi32::<16>(_mm256_madd_epi16(differences[i], low)));
            samples[i] = match SHARED {
                1 => _mm256_srai_epi32::<{ LUMA_SHIFT as i32 }>(sum),
                2 => _mm256_srai_epi32::<{ LUMA_SHIFT as i32 + 1 }>(sum),
                _ => _mm256_srai_epi32::<{ LUMA_SHIFT as i32 + 2 }>(sum),
            };
        }
        _mm256_packus_epi32(samples[0], samples[1])
    }
}

/// Returns two words, repeated over a register.
#[target_feature(enable = "avx2,fma")]
fn pair(words: [i16; 2]) -> __m256i {
    _mm256_set1_epi32(bytemuck::must_cast(words))
}

/// Returns the sums of neighbours, in the order that [`pack_pairs`] expects: in each half of a register those of `a`,
/// then those of `b`.
#[target_feature(enable = "avx2,fma")]
fn pair_sums([a, b]: [__m256i; 2]) -> __m256i {
    let (a, b) = (_mm256_castsi256_ps(a), _mm256_castsi256_ps(b));
    let even = _mm256_castps_si256(_mm256_shuffle_ps::<0b10_00_10_00>(a, b));
    let odd = _mm256_castps_si256(_mm256_shuffle_ps::<0b11_01_11_01>(a, b));
    _mm256_add_epi16(even, odd)
}

/// Returns the lower words of `a` and `b`, interleaved.
#[target_feature(enable = "avx2,fma")]
fn interleave([a, b]: [__m256i; 2]) -> __m256i {
    _mm256_blend_epi16::<0b10101010>(a, _mm256_slli_epi32::<16>(b))
}

/// Returns the bytes of 32 samples, at most 255 each, from words that are [interleaved](interleave).
#[target_feature(enable = "avx2,fma")]
fn pack_interleaved([a, b]: [__m256i; 2]) -> __m256i {
    let runs: [i8; 16] = [0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15];
    let runs = _mm256_broadcastsi128_si256(bytemuck::must_cast(runs));
    in_order(_mm256_shuffle_epi8(_mm256_packus_epi16(a, b), runs))
}

/// Returns the bytes of 32 samples, limited to 255.
#[target_feature(enable = "avx2,fma")]
fn pack([a, b]: [__m256i; 2]) -> __m256i {
    in_order(_mm256_packus_epi16(a, b))
}

/// Restores the order of the pixels: packing to words and to bytes works on each half of a register separately.
#[target_feature(enable = "avx2,fma")]
fn in_order(bytes: __m256i) -> __m256i {
    _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7))
}

/// Returns the bytes of 16 samples of each plane, limited to 255, in the order of the pixels.
#[target_feature(enable = "avx2,fma")]
fn pack_pairs([cb, cr]: [__m256i; 2]) -> [__m128i; 2] {
    let bytes = _mm256_packus_epi16(cb, cr);
    let (low, high) = (_mm256_castsi256_si128(bytes), _mm256_extracti128_si256::<1>(bytes));
    [_mm_unpacklo_epi16(low, high), _mm_unpackhi_epi16(low, high)]
}
