//! Opaque pixels to planes of 8 bits a sample, by AVX2. The scheme is told in [`limbs`](super::limbs) for chroma,
//! and in [`rounding`](super::rounding) for luma.

use std::arch::x86_64::*;
use std::hint::black_box;

use super::blend::blend;
use super::limbs::{LUMA_SHIFT, Limbs};
use super::registers::{load, prefetch_pixels, prefetch_samples, store};
use super::rounding::Rounding;
use super::rows::{self, Plan, Rows};
use crate::settings::Chroma;

/// Columns that are converted at a time: four registers of eight pixels.
const COLUMNS: usize = 32;

/// Converts all rows of a frame.
#[target_feature(enable = "avx2,fma")]
pub(super) fn convert<'a>(plan: &Plan<'_>, frame: impl Iterator<Item = Rows<'a>>) {
    let kernel = plan.limbs.rounding.map(|luma| Kernel::new(plan.limbs, luma));
    for rows in frame {
        rows::convert(plan, rows, |plan, rows| blocks(kernel.as_ref(), plan, rows));
    }
}

/// Converts whole blocks.
#[target_feature(enable = "avx2,fma")]
fn blocks(kernel: Option<&Kernel>, plan: &Plan<'_>, rows: &mut Rows<'_>) {
    let opaque = |rows: &mut Rows<'_>| match (kernel, plan.bit_depth, plan.chroma) {
        (Some(kernel), 8, Chroma::Yuv420) => opaque::<2, 2>(kernel, rows),
        (Some(kernel), 8, Chroma::Yuv422) => opaque::<2, 1>(kernel, rows),
        (Some(kernel), 8, Chroma::Yuv444) => opaque::<1, 1>(kernel, rows),
        (Some(kernel), 8, Chroma::Gray) => opaque::<0, 1>(kernel, rows),
        _ => false,
    };
    if !(rows.begin_opaque() && opaque(rows)) {
        blend(plan, rows, opaque);
    }
}

/// Converts pixels as if all were opaque, and says whether they are. `WIDE` and `HIGH` are the pixels that share a
/// chroma sample, across and down; `WIDE` is 0 if there is no chroma.
#[target_feature(enable = "avx2,fma")]
#[allow(unsafe_code)]
#[inline(never)] // with registers of its own
fn opaque<const WIDE: usize, const HIGH: usize>(kernel: &Kernel, rows: &mut Rows<'_>) -> bool {
    let columns = rows.columns(COLUMNS, WIDE, HIGH);
    // Something aligned on the stack makes the compiler align all that it puts there, at a gain of up to a third.
    let mut alphas = black_box(_mm256_set1_epi32(-1));
    // The last block begins before the one before ends, if it must: some columns are converted twice then.
    for start in rows::starts(columns, COLUMNS) {
        // SAFETY: the rows have `columns`, as `Rows::columns` has checked, and each block ends there or before.
        alphas = unsafe { kernel.block::<WIDE, HIGH>(rows, start, alphas) };
    }
    let colors = _mm256_set1_epi32(0xff_ffff);
    _mm256_movemask_epi8(_mm256_cmpeq_epi32(_mm256_or_si256(alphas, colors), _mm256_set1_epi32(-1))) == -1
}

/// The weights in registers: those of two words side by side.
struct Kernel {
    luma: [__m256i; 2],
    scale: __m256,
    constant: __m256,
    chroma: [[__m256i; 2]; 2],
    chroma_offset: __m256i,
    /// The second byte of each pixel, as two words.
    green_twice: __m256i,
}

impl Kernel {
    #[target_feature(enable = "avx2,fma")]
    fn new(limbs: &Limbs, luma: Rounding) -> Self {
        let [cb, cr] = limbs.chroma;
        let green_twice = [1, -1, 1, -1, 5, -1, 5, -1, 9, -1, 9, -1, 13, -1, 13, -1i8];
        Self {
            luma: [pair(luma.outer), pair(luma.green)],
            scale: _mm256_set1_ps(luma.scale),
            constant: _mm256_set1_ps(luma.constant),
            chroma: [[pair(cb.high), pair(cb.low)], [pair(cr.high), pair(cr.low)]],
            chroma_offset: _mm256_set1_epi32(limbs.chroma_offset),
            // Hidden from the compiler, which would make two shuffles of each.
            green_twice: black_box(_mm256_broadcastsi128_si256(bytemuck::must_cast(green_twice))),
        }
    }

    /// Converts the block of columns that begins at `start`. Gives `alphas` and the pixels of the block, anded.
    ///
    /// # Safety
    /// The rows have [`COLUMNS`] from `start` on.
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
        // Half a block at a time, because there are only sixteen registers.
        for half in 0..2 {
            // The first and the third byte of each pixel as words, and twice the second; summed over the rows.
            let [mut outer, mut green] = [[zero; 2]; 2];
            for row in 0..HIGH {
                prefetch_pixels::<{ 2 * COLUMNS }, HIGH>(rows.pixels[row], 4 * start + 64 * half);
                // SAFETY: the row has the block, as the caller promises.
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
                luma[row][half] = by_turns(samples);
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
            // SAFETY: the row has the block, as the caller promises.
            unsafe { store(rows.luma[row], start, pack_by_turns(luma[row])) };
        }
        for plane in 0..2 {
            if let Some(start) = start.checked_div(WIDE) {
                prefetch_samples(rows.chroma[plane], start);
            }
            match (WIDE, HIGH) {
                // SAFETY: the row has the block, as the caller promises.
                (1, _) => unsafe { store(rows.chroma[plane], start, pack(chroma[plane])) },
                (2, 1) => chroma[0][plane] = self.chroma::<2>(pairs, self.chroma[plane]),
                (2, _) => chroma[0][plane] = self.chroma::<4>(pairs, self.chroma[plane]),
                _ => {}
            }
        }
        if WIDE == 2 {
            let [cb, cr] = pack_pairs(chroma[0]);
            // SAFETY: the rows have the block, as the caller promises.
            unsafe { store(rows.chroma[0], start / 2, cb) };
            // SAFETY: as before.
            unsafe { store(rows.chroma[1], start / 2, cr) };
        }
        alphas
    }

    /// Eight samples of luma, each in the lower word of two.
    #[target_feature(enable = "avx2,fma")]
    fn luma(&self, outer: __m256i, green: __m256i) -> __m256i {
        let brightness =
            _mm256_add_epi32(_mm256_madd_epi16(outer, self.luma[0]), _mm256_madd_epi16(green, self.luma[1]));
        _mm256_castps_si256(_mm256_fmadd_ps(_mm256_cvtepi32_ps(brightness), self.scale, self.constant))
    }

    /// Sixteen samples of chroma, as words, from the differences of `SHARED` pixels each.
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

/// Two words, side by side all over a register.
#[target_feature(enable = "avx2,fma")]
fn pair(words: [i16; 2]) -> __m256i {
    _mm256_set1_epi32(bytemuck::must_cast(words))
}

/// The sums of neighbours, in the order that [`pack_pairs`] undoes: in each half of a register those of `a`, then
/// those of `b`.
#[target_feature(enable = "avx2,fma")]
fn pair_sums([a, b]: [__m256i; 2]) -> __m256i {
    let (a, b) = (_mm256_castsi256_ps(a), _mm256_castsi256_ps(b));
    let even = _mm256_castps_si256(_mm256_shuffle_ps::<0b10_00_10_00>(a, b));
    let odd = _mm256_castps_si256(_mm256_shuffle_ps::<0b11_01_11_01>(a, b));
    _mm256_add_epi16(even, odd)
}

/// The lower words of `a` and `b` by turns.
#[target_feature(enable = "avx2,fma")]
fn by_turns([a, b]: [__m256i; 2]) -> __m256i {
    _mm256_blend_epi16::<0b10101010>(a, _mm256_slli_epi32::<16>(b))
}

/// Bytes of 32 samples of up to 255, which lie in the words [`by_turns`].
#[target_feature(enable = "avx2,fma")]
fn pack_by_turns([a, b]: [__m256i; 2]) -> __m256i {
    let runs: [i8; 16] = [0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15];
    let runs = _mm256_broadcastsi128_si256(bytemuck::must_cast(runs));
    in_order(_mm256_shuffle_epi8(_mm256_packus_epi16(a, b), runs))
}

/// Bytes of 32 samples, of which those above 255 become 255.
#[target_feature(enable = "avx2,fma")]
fn pack([a, b]: [__m256i; 2]) -> __m256i {
    in_order(_mm256_packus_epi16(a, b))
}

/// Undoes that packing, here and of the words before, works on each half of a register by itself.
#[target_feature(enable = "avx2,fma")]
fn in_order(bytes: __m256i) -> __m256i {
    _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7))
}

/// Bytes of 16 samples of each plane, of which those above 255 become 255, in the order of the pixels.
#[target_feature(enable = "avx2,fma")]
fn pack_pairs([cb, cr]: [__m256i; 2]) -> [__m128i; 2] {
    let bytes = _mm256_packus_epi16(cb, cr);
    let (low, high) = (_mm256_castsi256_si128(bytes), _mm256_extracti128_si256::<1>(bytes));
    [_mm_unpacklo_epi16(low, high), _mm_unpackhi_epi16(low, high)]
}
