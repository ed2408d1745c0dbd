//! Opaque pixels to planes of 8 bits a sample, by AVX2. The scheme is told in [`limbs`](super::limbs).

use std::arch::x86_64::*;

use super::limbs::{LUMA_SHIFT, Limbs, Weights};
use super::rows::{self, Plan, Rows};
use crate::settings::Chroma;

/// Columns that are converted at a time: four registers of eight pixels.
const COLUMNS: usize = 32;

/// Converts rows.
#[target_feature(enable = "avx2")]
pub(super) fn convert(plan: &Plan<'_>, rows: Rows<'_>) {
    rows::convert(plan, rows, |plan, rows| match (plan.bit_depth, plan.chroma) {
        (8, Chroma::Yuv420) => opaque::<2, 2>(plan.limbs, rows),
        (8, Chroma::Yuv422) => opaque::<2, 1>(plan.limbs, rows),
        (8, Chroma::Yuv444) => opaque::<1, 1>(plan.limbs, rows),
        (8, Chroma::Gray) => opaque::<0, 1>(plan.limbs, rows),
        _ => false,
    });
}

/// Converts pixels as if all were opaque, and says whether they are. `WIDE` and `HIGH` are the pixels that share a
/// chroma sample, across and down; `WIDE` is 0 if there is no chroma.
#[target_feature(enable = "avx2")]
fn opaque<const WIDE: usize, const HIGH: usize>(limbs: &Limbs, rows: &mut Rows<'_>) -> bool {
    let kernel = Kernel::new(limbs);
    let pixels = rows.pixels.map(|row| row.as_chunks::<{ 4 * COLUMNS }>().0);
    let mut luma = rows.luma.each_mut().map(|row| row.as_chunks_mut::<COLUMNS>().0);
    let mut alphas = _mm256_set1_epi32(-1);
    for at in 0..pixels[0].len() {
        let [mut outer, mut inner] = [[_mm256_setzero_si256(); 4]; 2];
        for row in 0..HIGH {
            let pixels: [__m256i; 4] = bytemuck::must_cast(pixels[row][at]);
            // The first and the third byte of each pixel as words, and the second and the fourth.
            let thirteen = pixels.map(|four| _mm256_and_si256(four, _mm256_set1_epi16(0xff)));
            let twenty_four = pixels.map(|four| _mm256_srli_epi16::<8>(four));
            luma[row][at] = kernel.luma(thirteen, twenty_four);
            for i in 0..4 {
                outer[i] = _mm256_add_epi16(outer[i], thirteen[i]);
                inner[i] = _mm256_add_epi16(inner[i], twenty_four[i]);
            }
        }
        alphas = inner.into_iter().fold(alphas, |all, words| _mm256_and_si256(all, words));
        if WIDE == 1 {
            let differences = kernel.differences(outer, inner);
            let planes = kernel.chroma.map(|weights| differences.map(|sums| kernel.chroma::<1>(sums, weights)));
            for (row, samples) in rows.chroma.iter_mut().zip(planes) {
                row.as_chunks_mut::<COLUMNS>().0[at] = pack(samples);
            }
        }
        if WIDE == 2 {
            let [a, b, c, d] = kernel.differences(outer, inner);
            let sums = [pair_sums(a, b), pair_sums(c, d)];
            let [cb, cr] = kernel.chroma.map(|weights| match HIGH {
                1 => sums.map(|sums| kernel.chroma::<2>(sums, weights)),
                _ => sums.map(|sums| kernel.chroma::<4>(sums, weights)),
            });
            let (cb, cr) = pack_pairs(cb, cr);
            rows.chroma[0].as_chunks_mut::<{ COLUMNS / 2 }>().0[at] = cb;
            rows.chroma[1].as_chunks_mut::<{ COLUMNS / 2 }>().0[at] = cr;
        }
    }
    // As many ones as 255 and 2 · 255 have, no smaller number has in the same places.
    let (opaque, fourth) = (_mm256_set1_epi32((255 * HIGH as i32) << 16), _mm256_set1_epi32(!0xffff));
    _mm256_movemask_epi8(_mm256_cmpeq_epi32(_mm256_and_si256(alphas, fourth), opaque)) == -1
}

/// The weights in registers: the high and the low limbs of two words side by side.
struct Kernel {
    luma_outer: [__m256i; 2],
    luma_inner: [__m256i; 2],
    chroma: [[__m256i; 2]; 2],
    chroma_offset: __m256i,
}

impl Kernel {
    #[target_feature(enable = "avx2")]
    fn new(limbs: &Limbs) -> Self {
        let pair = |[low, high]: [i16; 2]| _mm256_set1_epi32(bytemuck::must_cast([low, high]));
        let Weights { high: [h1, h2, h3, h4], low: [l1, l2, l3, l4] } = limbs.luma;
        Self {
            luma_outer: [pair([h1, h3]), pair([l1, l3])],
            luma_inner: [pair([h2, h4]), pair([l2, l4])],
            chroma: limbs.chroma.map(|Weights { high, low }| [pair(high), pair(low)]),
            chroma_offset: _mm256_set1_epi32(limbs.chroma_offset),
        }
    }

    /// The samples of 32 pixels.
    #[target_feature(enable = "avx2")]
    fn luma(&self, outer: [__m256i; 4], inner: [__m256i; 4]) -> [u8; COLUMNS] {
        let sum = |limb: usize, i: usize| {
            _mm256_add_epi32(
                _mm256_madd_epi16(outer[i], self.luma_outer[limb]),
                _mm256_madd_epi16(inner[i], self.luma_inner[limb]),
            )
        };
        pack([0, 1, 2, 3].map(|i| {
            let sum = _mm256_add_epi32(sum(0, i), _mm256_srai_epi32::<16>(sum(1, i)));
            _mm256_srli_epi32::<{ LUMA_SHIFT as i32 }>(sum)
        }))
    }

    /// First − green and third − green of 32 pixels, or of sums of pixels.
    #[target_feature(enable = "avx2")]
    fn differences(&self, outer: [__m256i; 4], inner: [__m256i; 4]) -> [__m256i; 4] {
        let twice = _mm_setr_epi32(0x0100_0100, 0x0504_0504, 0x0908_0908, 0x0d0c_0d0c);
        let twice = _mm256_broadcastsi128_si256(twice);
        [0, 1, 2, 3].map(|i| _mm256_sub_epi16(outer[i], _mm256_shuffle_epi8(inner[i], twice)))
    }

    /// Eight samples of chroma from the differences of `SHARED` pixels each.
    #[target_feature(enable = "avx2")]
    fn chroma<const SHARED: u32>(&self, differences: __m256i, [high, low]: [__m256i; 2]) -> __m256i {
        let high = _mm256_add_epi32(_mm256_madd_epi16(differences, high), self.chroma_offset);
        let sum = _mm256_add_epi32(high, _mm256_srai_epi32::<16>(_mm256_madd_epi16(differences, low)));
        match SHARED {
            1 => _mm256_srai_epi32::<{ LUMA_SHIFT as i32 }>(sum),
            2 => _mm256_srai_epi32::<{ LUMA_SHIFT as i32 + 1 }>(sum),
            _ => _mm256_srai_epi32::<{ LUMA_SHIFT as i32 + 2 }>(sum),
        }
    }
}

/// The sums of neighbours, in the order that [`pack_pairs`] undoes: in each half of a register those of `a`, then
/// those of `b`.
#[target_feature(enable = "avx2")]
fn pair_sums(a: __m256i, b: __m256i) -> __m256i {
    let (a, b) = (_mm256_castsi256_ps(a), _mm256_castsi256_ps(b));
    let even = _mm256_castps_si256(_mm256_shuffle_ps::<0b10_00_10_00>(a, b));
    let odd = _mm256_castps_si256(_mm256_shuffle_ps::<0b11_01_11_01>(a, b));
    _mm256_add_epi16(even, odd)
}

/// Bytes of 32 samples, at most 255 each.
#[target_feature(enable = "avx2")]
fn pack([a, b, c, d]: [__m256i; 4]) -> [u8; COLUMNS] {
    let bytes = _mm256_packus_epi16(_mm256_packus_epi32(a, b), _mm256_packus_epi32(c, d));
    // Packing works on each half of a register by itself.
    bytemuck::must_cast(_mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7)))
}

/// Bytes of 16 samples of each plane, at most 255 each, in the order of the pixels.
#[target_feature(enable = "avx2")]
fn pack_pairs([cb0, cb1]: [__m256i; 2], [cr0, cr1]: [__m256i; 2]) -> ([u8; COLUMNS / 2], [u8; COLUMNS / 2]) {
    let bytes = _mm256_packus_epi16(_mm256_packus_epi32(cb0, cb1), _mm256_packus_epi32(cr0, cr1));
    let (low, high) = (_mm256_castsi256_si128(bytes), _mm256_extracti128_si256::<1>(bytes));
    (bytemuck::must_cast(_mm_unpacklo_epi16(low, high)), bytemuck::must_cast(_mm_unpackhi_epi16(low, high)))
}
