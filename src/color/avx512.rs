//! The operations with AVX-512 F, BW, VBMI and VNNI.
#![allow(unsafe_code)]

use std::arch::asm;
use std::arch::x86_64::*;
use std::hint::black_box;

use super::avx2::Avx2;
use super::memory::{load, store};
use super::opaque_weights::OpaqueWeights;
use super::vector::{Kernel, OpaqueVector, Vector, intrinsics};

/// The weights in registers: pairs of words, repeated.
pub(super) struct Avx512 {
    luma: [__m512i; 2],
    scale: __m512,
    constant: __m512,
    /// The low and the high words of each plane.
    chroma: [[__m512i; 2]; 2],
    fraction: __m512i,
    /// Shuffles that select the second byte of each pixel, twice, as words, and move words down and up. They are hidden
    /// from the compiler, which would choose other instructions, for which there are fewer ports.
    green_twice: __m512i,
    word_down: __m512i,
    word_up: __m512i,
    /// Masks of the lower and of the upper words of double words.
    lower_words: __mmask64,
    upper_words: __mmask64,
}

impl Vector for Avx512 {
    const PIXELS: usize = 16;
    type Pixels = __m512i;

    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
    #[inline(never)] // so that each kernel gets all registers
    unsafe fn run<K: Kernel>(kernel: K) -> bool {
        // One aligned variable makes the compiler align the whole stack frame, which saves up to a third of the time.
        black_box(_mm512_setzero_si512());
        kernel.run()
    }

    #[inline(always)]
    unsafe fn load<const BYTES: usize>(row: &[u8], start: usize) -> __m512i {
        // SAFETY: the caller guarantees that the row has the bytes. The CPU has the instruction set (see `intrinsics`).
        let bytes = unsafe {
            match BYTES {
                4 => return load(row, 4 * start),
                3 => _mm512_maskz_loadu_epi8((1 << 48) - 1, row.as_ptr().add(3 * start).cast()),
                _ => _mm512_castsi128_si512(load(row, start)),
            }
        };
        const COLORS: __mmask64 = 0x7777_7777_7777_7777;
        let order = bytemuck::must_cast(const { order_of_pixels(BYTES) });
        intrinsics!(_mm512_mask_permutexvar_epi8(Self::white(), COLORS, order, bytes))
    }

    #[inline(always)]
    fn white() -> __m512i {
        intrinsics!(_mm512_set1_epi32(-1))
    }

    #[inline(always)]
    fn and(a: __m512i, b: __m512i) -> __m512i {
        intrinsics!(_mm512_and_si512(a, b))
    }

    #[inline(always)]
    fn opaque(pixels: __m512i) -> bool {
        intrinsics!(_mm512_cmpge_epu32_mask(pixels, _mm512_set1_epi32(0xff << 24)) == !0)
    }
}

impl OpaqueVector for Avx512 {
    type General = Avx2;
    /// First − green and third − green as double words, of pairs of neighbours; and the pixels of the last row.
    type Sums = [__m512i; 2];
    type Differences = __m512i;
    /// Those of the first vector in the lower words of double words, those of the second in the upper words.
    type Samples = __m512i;

    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
    unsafe fn new(weights: &OpaqueWeights) -> Self {
        let pair = |words: [i16; 2]| _mm512_set1_epi32(bytemuck::must_cast(words));
        Self {
            luma: [pair(weights.luma.outer), pair(weights.luma.green)],
            scale: _mm512_set1_ps(weights.luma.scale),
            constant: _mm512_set1_ps(weights.luma.constant),
            chroma: weights.chroma.map(|plane| [pair(plane.low), pair(plane.high)]),
            fraction: _mm512_set1_epi32(weights.fraction),
            green_twice: black_box(quarters([0x8001_8001, 0x8005_8005, 0x8009_8009, 0x800d_800d])),
            word_down: black_box(quarters([0x8080_0302, 0x8080_0706, 0x8080_0b0a, 0x8080_0f0e])),
            word_up: black_box(quarters([0x0100_8080, 0x0504_8080, 0x0908_8080, 0x0d0c_8080])),
            lower_words: black_box(0x3333_3333_3333_3333),
            upper_words: black_box(0xcccc_cccc_cccc_cccc),
        }
    }

    #[inline(always)]
    fn luma(&self, pixels: [__m512i; 2]) -> __m512i {
        let [a, b] = [self.luma_of(pixels[0]), self.luma_of(pixels[1])];
        intrinsics!(_mm512_mask_shuffle_epi8(a, self.upper_words, b, self.word_up))
    }

    #[inline(always)]
    fn add_pixels(&self, [sums, _]: [__m512i; 2], pixels: __m512i) -> [__m512i; 2] {
        intrinsics! {
            let order = quarters([0x0504_0100, 0x0506_0102, 0x0d0c_0908, 0x0d0e_090a]);
            let signs = _mm512_set1_epi32(bytemuck::must_cast([1, -1, 1, -1i8]));
            [_mm512_dpbusd_epi32(sums, _mm512_shuffle_epi8(pixels, order), signs), pixels]
        }
    }

    #[inline(always)]
    fn differences(&self, [_, pixels]: [__m512i; 2]) -> __m512i {
        intrinsics! {
            let order = quarters([0x0102_0100, 0x0506_0504, 0x090a_0908, 0x0d0e_0d0c]);
            let signs = _mm512_set1_epi32(bytemuck::must_cast([2, -2, 2, -2i8]));
            _mm512_maddubs_epi16(_mm512_shuffle_epi8(pixels, order), signs)
        }
    }

    /// In each quarter of the register those of the first vector, then those of the second.
    #[inline(always)]
    fn pair_differences(&self, [[a, _], [b, _]]: [[__m512i; 2]; 2]) -> __m512i {
        intrinsics!(_mm512_packs_epi32(a, b))
    }

    #[inline(always)]
    fn chroma(&self, [a, b]: [__m512i; 2], plane: usize) -> __m512i {
        let [a, b] = [self.chroma_of(a, plane), self.chroma_of(b, plane)];
        intrinsics! {
            let words = _mm512_mask_shuffle_epi8(b, self.lower_words, a, self.word_down);
            _mm512_add_epi16(words, _mm512_set1_epi16(128))
        }
    }

    #[inline(always)]
    unsafe fn store_samples(row: &mut [u8], start: usize, [a, b]: [__m512i; 2]) {
        let order = bytemuck::must_cast(const { order_of_words() });
        let bytes = intrinsics!(_mm512_permutexvar_epi8(order, _mm512_packus_epi16(a, b)));
        // SAFETY: the caller guarantees that the row has the samples.
        unsafe { store(row, start, bytes) };
    }

    #[inline(always)]
    unsafe fn store_pairs(rows: &mut [&mut [u8]; 2], start: usize, [cb, cr]: [__m512i; 2]) {
        let order = bytemuck::must_cast(const { order_of_pairs() });
        let [cb, cr] = intrinsics! {
            let bytes = _mm512_permutexvar_epi8(order, _mm512_packus_epi16(cb, cr));
            [_mm512_castsi512_si256(bytes), _mm512_extracti64x4_epi64::<1>(bytes)]
        };
        // SAFETY: the caller guarantees that the rows have the samples.
        unsafe { store(rows[0], start, cb) };
        // SAFETY: as above.
        unsafe { store(rows[1], start, cr) };
    }
}

impl Avx512 {
    /// Returns the samples of luma in the lower words.
    #[inline(always)]
    fn luma_of(&self, pixels: __m512i) -> __m512i {
        intrinsics! {
            let outer = _mm512_and_si512(pixels, _mm512_set1_epi16(0xff));
            let green = _mm512_shuffle_epi8(pixels, self.green_twice);
            let integer_luma = dot(_mm512_madd_epi16(outer, self.luma[0]), green, self.luma[1]);
            let sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(integer_luma), self.scale, self.constant);
            _mm512_castps_si512(sum)
        }
    }

    /// Returns the samples of chroma minus 128 in the upper words.
    #[inline(always)]
    fn chroma_of(&self, differences: __m512i, plane: usize) -> __m512i {
        let [low, high] = self.chroma[plane];
        intrinsics! {
            let carried = _mm512_shuffle_epi8(dot(self.fraction, differences, low), self.word_down);
            dot(carried, differences, high)
        }
    }
}

/// Adds to `sum`, in each double word, the products of the two words of `a` and `b`.
#[target_feature(enable = "avx512f,avx512vnni")]
#[inline]
fn dot(mut sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
    // The compiler would split the intrinsic into two instructions, to reduce a latency that does not matter here.
    // SAFETY: the instruction is AVX-512 VNNI, which every caller has. It touches these registers only.
    unsafe {
        asm!("vpdpwssd {}, {}, {}", inout(zmm_reg) sum, in(zmm_reg) a, in(zmm_reg) b,
            options(pure, nomem, nostack, preserves_flags));
    }
    sum
}

/// Returns the shuffle of four double words, which select bytes within a quarter of a register, for all quarters.
#[inline(always)]
fn quarters(bytes: [u32; 4]) -> __m512i {
    intrinsics!(_mm512_broadcast_i32x4(bytemuck::must_cast(bytes)))
}

/// The order of the bytes of 16 pixels of one or three bytes in those of four.
const fn order_of_pixels(bytes: usize) -> [u8; 64] {
    let mut order = [0; 64];
    let mut at = 0;
    while at < 64 {
        let (pixel, byte) = (at / 4, at % 4);
        order[at] = (pixel * bytes + if bytes == 1 { 0 } else { byte }) as u8;
        at += 1;
    }
    order
}

/// The order of 64 samples for [`Avx512::store_samples`]: each quarter has four samples of each vector, which take every
/// other of eight bytes.
const fn order_of_words() -> [u8; 64] {
    let mut order = [0; 64];
    let mut sample = 0;
    while sample < 64 {
        let (vector, at) = (sample / 16, sample % 16);
        order[sample] = (at / 4 * 16 + vector / 2 * 8 + at % 4 * 2 + vector % 2) as u8;
        sample += 1;
    }
    order
}

/// The order of 32 samples of each of two planes for [`Avx512::store_pairs`]: each quarter has two samples of each
/// vector, those of the first two in even bytes, the others in odd bytes.
const fn order_of_pairs() -> [u8; 64] {
    let mut order = [0; 64];
    let mut sample = 0;
    while sample < 64 {
        let (plane, vector, at) = (sample / 32, sample % 32 / 8, sample % 8);
        order[sample] = (at / 2 * 16 + plane * 8 + vector % 2 * 4 + at % 2 * 2 + vector / 2) as u8;
        sample += 1;
    }
    order
}
