//! Opaque pixels to planes of 8 bits a sample, by AVX-512. The scheme is told in [`limbs`](super::limbs).

use std::arch::x86_64::*;

use super::limbs::{LUMA_SHIFT, Limbs, Weights};
use super::rows::{self, Plan, Rows};
use crate::settings::Chroma;

/// Columns that are converted at a time: four registers of sixteen pixels.
const COLUMNS: usize = 64;

/// Converts rows.
#[target_feature(enable = "avx512bw,avx512vnni")]
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
#[target_feature(enable = "avx512bw,avx512vnni")]
fn opaque<const WIDE: usize, const HIGH: usize>(limbs: &Limbs, rows: &mut Rows<'_>) -> bool {
    let kernel = Kernel::new(limbs);
    let pixels = rows.pixels.map(|row| row.as_chunks::<{ 4 * COLUMNS }>().0);
    let mut luma = rows.luma.each_mut().map(|row| row.as_chunks_mut::<COLUMNS>().0);
    let mut alphas = _mm512_set1_epi32(-1);
    for at in 0..pixels[0].len() {
        let [mut outer, mut inner] = [[_mm512_setzero_si512(); 4]; 2];
        for row in 0..HIGH {
            let pixels: [__m512i; 4] = bytemuck::must_cast(pixels[row][at]);
            // The first and the third byte of each pixel as words, and the second and the fourth.
            let thirteen = pixels.map(|four| _mm512_and_si512(four, _mm512_set1_epi16(0xff)));
            let twenty_four = pixels.map(|four| _mm512_srli_epi16::<8>(four));
            luma[row][at] = kernel.luma(thirteen, twenty_four);
            for i in 0..4 {
                outer[i] = _mm512_add_epi16(outer[i], thirteen[i]);
                inner[i] = _mm512_add_epi16(inner[i], twenty_four[i]);
            }
        }
        alphas = inner.into_iter().fold(alphas, |all, words| _mm512_and_si512(all, words));
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
            let [cb, cr] = pack_pairs(cb, cr);
            rows.chroma[0].as_chunks_mut::<{ COLUMNS / 2 }>().0[at] = cb;
            rows.chroma[1].as_chunks_mut::<{ COLUMNS / 2 }>().0[at] = cr;
        }
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
}

impl Kernel {
    #[target_feature(enable = "avx512bw,avx512vnni")]
    fn new(limbs: &Limbs) -> Self {
        let pair = |[low, high]: [i16; 2]| _mm512_set1_epi32(bytemuck::must_cast([low, high]));
        let Weights { high: [h1, h2, h3, h4], low: [l1, l2, l3, l4] } = limbs.luma;
        Self {
            luma_outer: [pair([h1, h3]), pair([l1, l3])],
            luma_inner: [pair([h2, h4]), pair([l2, l4])],
            chroma: limbs.chroma.map(|Weights { high, low }| [pair(high), pair(low)]),
            chroma_offset: _mm512_set1_epi32(limbs.chroma_offset),
        }
    }

    /// The samples of 64 pixels.
    #[target_feature(enable = "avx512bw,avx512vnni")]
    fn luma(&self, outer: [__m512i; 4], inner: [__m512i; 4]) -> [u8; COLUMNS] {
        pack([0, 1, 2, 3].map(|i| {
            let low = _mm512_madd_epi16(outer[i], self.luma_outer[1]);
            let low = _mm512_dpwssd_epi32(low, inner[i], self.luma_inner[1]);
            let sum = _mm512_dpwssd_epi32(_mm512_srai_epi32::<16>(low), outer[i], self.luma_outer[0]);
            _mm512_srli_epi32::<LUMA_SHIFT>(_mm512_dpwssd_epi32(sum, inner[i], self.luma_inner[0]))
        }))
    }

    /// First − green and third − green of 64 pixels, or of sums of pixels.
    #[target_feature(enable = "avx512bw,avx512vnni")]
    fn differences(&self, outer: [__m512i; 4], inner: [__m512i; 4]) -> [__m512i; 4] {
        let twice = _mm512_set4_epi32(0x0d0c_0d0c, 0x0908_0908, 0x0504_0504, 0x0100_0100);
        [0, 1, 2, 3].map(|i| _mm512_sub_epi16(outer[i], _mm512_shuffle_epi8(inner[i], twice)))
    }

    /// Sixteen samples of chroma from the differences of `SHARED` pixels each.
    #[target_feature(enable = "avx512bw,avx512vnni")]
    fn chroma<const SHARED: u32>(&self, differences: __m512i, [high, low]: [__m512i; 2]) -> __m512i {
        let high = _mm512_dpwssd_epi32(self.chroma_offset, differences, high);
        let sum = _mm512_add_epi32(high, _mm512_srai_epi32::<16>(_mm512_madd_epi16(differences, low)));
        match SHARED {
            1 => _mm512_srai_epi32::<LUMA_SHIFT>(sum),
            2 => _mm512_srai_epi32::<{ LUMA_SHIFT + 1 }>(sum),
            _ => _mm512_srai_epi32::<{ LUMA_SHIFT + 2 }>(sum),
        }
    }
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
fn pack([a, b, c, d]: [__m512i; 4]) -> [u8; COLUMNS] {
    let bytes = _mm512_packus_epi16(_mm512_packus_epi32(a, b), _mm512_packus_epi32(c, d));
    // Packing works on each quarter of a register by itself.
    let order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    bytemuck::must_cast(_mm512_permutexvar_epi32(order, bytes))
}

/// Bytes of 32 samples of each plane, at most 255 each, in the order of the pixels.
#[target_feature(enable = "avx512bw,avx512vnni")]
fn pack_pairs([cb0, cb1]: [__m512i; 2], [cr0, cr1]: [__m512i; 2]) -> [[u8; COLUMNS / 2]; 2] {
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
    bytemuck::must_cast(_mm512_permutexvar_epi16(bytemuck::must_cast(ORDER), bytes))
}
