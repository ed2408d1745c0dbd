//! The operations with AVX2 and FMA.
#![allow(unsafe_code)]

use std::arch::x86_64::*;
use std::hint::black_box;

use super::memory::{load, store};
use super::opaque_weights::OpaqueWeights;
use super::vector::{GeneralVector, Kernel, OpaqueVector, Vector, intrinsics};

/// The weights: pairs of words, repeated.
pub(super) struct Avx2 {
    luma: [__m256i; 2],
    scale: __m256,
    constant: __m256,
    /// The low and the high words of Cb and of Cr.
    chroma: [[__m256i; 2]; 2],
    fraction: __m256i,
    /// The shuffle that selects the second byte of each pixel, twice, as words.
    green_twice: __m256i,
}

/// Implements operations on two operands, each with one intrinsic.
macro_rules! binary {
    ($($name:ident: $intrinsic:ident;)*) => {$(
        #[inline(always)]
        fn $name(a: __m256i, b: __m256i) -> __m256i {
            intrinsics!($intrinsic(a, b))
        }
    )*};
}

impl Vector for Avx2 {
    const PIXELS: usize = 8;
    type Pixels = __m256i;

    #[target_feature(enable = "avx2,fma")]
    #[inline(never)] // so that each kernel gets all registers
    unsafe fn run<K: Kernel>(kernel: K) -> bool {
        // One aligned variable makes the compiler align the whole stack frame, which saves up to a third of the time.
        black_box(_mm256_setzero_si256());
        kernel.run()
    }

    #[inline(always)]
    unsafe fn load<const BYTES: usize>(row: &[u8], start: usize) -> __m256i {
        // SAFETY: the caller guarantees that the row has the bytes. The CPU has the instruction set (see `intrinsics`).
        let halves: [__m128i; 2] = unsafe {
            match BYTES {
                4 => return load(row, 4 * start),
                3 => [load(row, 3 * start), load(row, 3 * start + 8)],
                _ => [_mm_cvtsi64_si128(load(row, start)); 2],
            }
        };
        let order = bytemuck::must_cast(const { order_of_pixels(BYTES) });
        intrinsics! {
            let colors = _mm256_shuffle_epi8(_mm256_set_m128i(halves[1], halves[0]), order);
            _mm256_or_si256(colors, Self::splat(0xff << 24))
        }
    }

    #[inline(always)]
    fn white() -> __m256i {
        Self::splat(-1)
    }

    #[inline(always)]
    fn opaque(pixels: __m256i) -> bool {
        intrinsics! {
            let alphas = _mm256_or_si256(pixels, _mm256_set1_epi32(0xff_ffff));
            _mm256_movemask_epi8(_mm256_cmpeq_epi32(alphas, Self::white())) == -1
        }
    }

    binary! { and: _mm256_and_si256; }
}

impl GeneralVector for Avx2 {
    type Numbers = __m256i;

    #[inline(always)]
    fn components(pixels: __m256i) -> [__m256i; 4] {
        let byte = Self::splat(0xff);
        intrinsics! {
            let (second, third) = (_mm256_srli_epi32::<8>(pixels), _mm256_srli_epi32::<16>(pixels));
            let [first, second, third] = [Self::and(pixels, byte), Self::and(second, byte), Self::and(third, byte)];
            [first, second, third, _mm256_srli_epi32::<24>(pixels)]
        }
    }

    #[inline(always)]
    fn splat(number: i32) -> __m256i {
        intrinsics!(_mm256_set1_epi32(number))
    }

    binary! {
        add: _mm256_add_epi32;
        sub: _mm256_sub_epi32;
        mul: _mm256_mullo_epi32;
        min: _mm256_min_epi32;
    }

    #[inline(always)]
    fn pair_sums([a, b]: [__m256i; 2]) -> __m256i {
        intrinsics!(_mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_hadd_epi32(a, b)))
    }

    #[inline(always)]
    fn scale<const N: usize>(numbers: [__m256i; N], weights: [f64; N], constant: f64) -> __m256i {
        intrinsics! {
            let mut sums = [_mm256_setzero_pd(); 2];
            for i in 0..N {
                let halves = [_mm256_castsi256_si128(numbers[i]), _mm256_extracti128_si256::<1>(numbers[i])];
                for half in 0..2 {
                    let (number, weight) = (_mm256_cvtepi32_pd(halves[half]), _mm256_set1_pd(weights[i]));
                    sums[half] = match i {
                        0 => _mm256_mul_pd(number, weight),
                        _ => _mm256_fmadd_pd(number, weight, sums[half]),
                    };
                }
            }
            let constant = _mm256_set1_pd(constant);
            let low = _mm256_castpd_ps(_mm256_add_pd(sums[0], constant));
            let high = _mm256_castpd_ps(_mm256_add_pd(sums[1], constant));
            let upper_halves = _mm256_castps_si256(_mm256_shuffle_ps::<0b11_01_11_01>(low, high));
            _mm256_permute4x64_epi64::<0b11_01_10_00>(upper_halves)
        }
    }

    #[inline(always)]
    unsafe fn store<const BYTES: usize>(row: &mut [u8], start: usize, [a, b]: [__m256i; 2]) {
        let word = Self::splat(0xffff);
        let (words, bytes) = intrinsics! {
            let words = _mm256_packus_epi32(Self::and(a, word), Self::and(b, word));
            let words = _mm256_permute4x64_epi64::<0b11_01_10_00>(words);
            (words, _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256::<1>(words)))
        };
        // SAFETY: the caller guarantees that the row has the samples.
        unsafe { if BYTES == 1 { store(row, start, bytes) } else { store(row, 2 * start, words) } }
    }
}

impl OpaqueVector for Avx2 {
    type General = Self;
    /// The first and the third byte of each pixel as words, and the second twice.
    type Sums = [__m256i; 2];
    type Differences = __m256i;
    /// Those of the first vector in the lower words of double words, those of the second in the upper words.
    type Samples = __m256i;

    #[target_feature(enable = "avx2,fma")]
    unsafe fn new(weights: &OpaqueWeights) -> Self {
        let pair = |words: [i16; 2]| _mm256_set1_epi32(bytemuck::must_cast(words));
        let green_twice = [1, -1, 1, -1, 5, -1, 5, -1, 9, -1, 9, -1, 13, -1, 13, -1i8];
        Self {
            luma: [pair(weights.luma.outer), pair(weights.luma.green)],
            scale: _mm256_set1_ps(weights.luma.scale),
            constant: _mm256_set1_ps(weights.luma.constant),
            chroma: weights.chroma.map(|plane| [pair(plane.low), pair(plane.high)]),
            fraction: _mm256_set1_epi32(weights.fraction),
            // It is hidden from the compiler, which would turn each shuffle into two.
            green_twice: black_box(_mm256_broadcastsi128_si256(bytemuck::must_cast(green_twice))),
        }
    }

    #[inline(always)]
    fn luma(&self, [a, b]: [__m256i; 2]) -> __m256i {
        let (a, b) = (self.luma_of(a), self.luma_of(b));
        intrinsics!(_mm256_blend_epi16::<0b10101010>(a, _mm256_slli_epi32::<16>(b)))
    }

    #[inline(always)]
    fn add_pixels(&self, [outer, green]: [__m256i; 2], pixels: __m256i) -> [__m256i; 2] {
        let words = self.words(pixels);
        intrinsics!([_mm256_add_epi16(outer, words[0]), _mm256_add_epi16(green, words[1])])
    }

    #[inline(always)]
    fn differences(&self, [outer, green]: [__m256i; 2]) -> __m256i {
        intrinsics!(_mm256_slli_epi16::<1>(_mm256_sub_epi16(outer, green)))
    }

    /// In each half of the register those of the first vector, then those of the second.
    #[inline(always)]
    fn pair_differences(&self, [a, b]: [[__m256i; 2]; 2]) -> __m256i {
        intrinsics! {
            let a = _mm256_castsi256_ps(_mm256_sub_epi16(a[0], a[1]));
            let b = _mm256_castsi256_ps(_mm256_sub_epi16(b[0], b[1]));
            let even = _mm256_castps_si256(_mm256_shuffle_ps::<0b10_00_10_00>(a, b));
            let odd = _mm256_castps_si256(_mm256_shuffle_ps::<0b11_01_11_01>(a, b));
            _mm256_add_epi16(even, odd)
        }
    }

    #[inline(always)]
    fn chroma(&self, [a, b]: [__m256i; 2], plane: usize) -> __m256i {
        let (a, b) = (self.chroma_of(a, plane), self.chroma_of(b, plane));
        intrinsics! {
            let words = _mm256_blend_epi16::<0b10101010>(_mm256_srli_epi32::<16>(a), b);
            _mm256_add_epi16(words, _mm256_set1_epi16(128))
        }
    }

    #[inline(always)]
    unsafe fn store_samples(row: &mut [u8], start: usize, [a, b]: [__m256i; 2]) {
        // Packing works on each half of a register separately.
        let order = intrinsics!(_mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
        let bytes = intrinsics!(_mm256_permutevar8x32_epi32(pack(a, b), order));
        // SAFETY: the caller guarantees that the row has the samples.
        unsafe { store(row, start, bytes) };
    }

    #[inline(always)]
    unsafe fn store_pairs(rows: &mut [&mut [u8]; 2], start: usize, [cb, cr]: [__m256i; 2]) {
        let [cb, cr] = intrinsics! {
            let bytes = pack(cb, cr);
            // Each half has every other two samples of Cb, then those of Cr.
            let (even, odd) = (_mm256_castsi256_si128(bytes), _mm256_extracti128_si256::<1>(bytes));
            [_mm_unpacklo_epi16(even, odd), _mm_unpackhi_epi16(even, odd)]
        };
        // SAFETY: the caller guarantees that the rows have the samples.
        unsafe { store(rows[0], start, cb) };
        // SAFETY: as above.
        unsafe { store(rows[1], start, cr) };
    }
}

impl Avx2 {
    #[inline(always)]
    fn words(&self, pixels: __m256i) -> [__m256i; 2] {
        intrinsics!([_mm256_and_si256(pixels, _mm256_set1_epi16(0xff)), _mm256_shuffle_epi8(pixels, self.green_twice)])
    }

    /// Returns the luma of eight pixels, in the lower words of double words.
    #[inline(always)]
    fn luma_of(&self, pixels: __m256i) -> __m256i {
        let [outer, green] = self.words(pixels);
        intrinsics! {
            let (outer, green) = (_mm256_madd_epi16(outer, self.luma[0]), _mm256_madd_epi16(green, self.luma[1]));
            let integer_luma = _mm256_cvtepi32_ps(_mm256_add_epi32(outer, green));
            _mm256_castps_si256(_mm256_fmadd_ps(integer_luma, self.scale, self.constant))
        }
    }

    /// Returns eight samples of chroma minus 128, in the upper words of double words.
    #[inline(always)]
    fn chroma_of(&self, differences: __m256i, plane: usize) -> __m256i {
        let [low, high] = self.chroma[plane];
        intrinsics! {
            let low = _mm256_add_epi32(_mm256_madd_epi16(differences, low), self.fraction);
            _mm256_add_epi32(_mm256_madd_epi16(differences, high), _mm256_srli_epi32::<16>(low))
        }
    }
}

/// Returns the bytes of words, limited to 255, in runs of four that are in order.
#[inline(always)]
fn pack(a: __m256i, b: __m256i) -> __m256i {
    let order: [i8; 16] = [0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15];
    intrinsics! {
        let order = _mm256_broadcastsi128_si256(bytemuck::must_cast(order));
        _mm256_shuffle_epi8(_mm256_packus_epi16(a, b), order)
    }
}

/// The order of the bytes of eight pixels of one or three bytes in those of four, for halves of a register: the row from
/// its first byte on, and a row of three bytes a pixel from its eighth byte on.
const fn order_of_pixels(bytes: usize) -> [u8; 32] {
    let mut order = [0; 32];
    let mut at = 0;
    while at < 32 {
        let (pixel, byte) = (at / 4, at % 4);
        order[at] = match bytes {
            _ if byte == 3 => 0x80,
            3 => 3 * pixel + byte - pixel / 4 * 8,
            _ => pixel,
        } as u8;
        at += 1;
    }
    order
}
