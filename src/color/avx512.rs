//! The AVX-512 kernel: converts opaque pixels to planes of 8 bits a sample. [`opaque_weights`](super::opaque_weights)
//! explains the arithmetic of chroma, and [`double_fma`](super::double_fma) that of luma.

use std::arch::asm;
use std::arch::x86_64::*;
use std::hint::black_box;

use super::blend::blend;
use super::double_fma::{DoubleFmaLuma, SAMPLE_BIT};
use super::opaque_weights::OpaqueWeights;
use super::registers::{load, prefetch_pixels, prefetch_samples, store};
use super::rows::{self, Plan, Rows};
use crate::settings::{BitDepth, Chroma};

/// The number of columns of a block: four registers of sixteen pixels.
const COLUMNS: usize = 64;

/// Converts all rows of a frame.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
pub(super) fn convert<'a>(plan: &Plan<'_>, frame: impl Iterator<Item = Rows<'a>>) {
    let kernel = Kernel::new(plan.opaque_weights);
    for rows in frame {
        rows::convert(plan, rows, |plan, rows| blocks(&kernel, plan, rows));
    }
}

/// Converts whole blocks. Blends them if they are not opaque or if this kernel does not support the planes.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
fn blocks(kernel: &Kernel, plan: &Plan<'_>, rows: &mut Rows<'_>) {
    let opaque = |rows: &mut Rows<'_>| match (plan.bit_depth, plan.chroma) {
        (BitDepth::Eight, Chroma::Yuv420) => opaque::<2, 2>(kernel, rows),
        (BitDepth::Eight, Chroma::Yuv422) => opaque::<2, 1>(kernel, rows),
        (BitDepth::Eight, Chroma::Yuv444) => opaque::<1, 1>(kernel, rows),
        (BitDepth::Eight, Chroma::Gray) => opaque::<0, 1>(kernel, rows),
        _ => false,
    };
    if !(rows.begins_opaque() && opaque(rows)) {
        blend(plan, rows, opaque);
    }
}

/// Converts pixels as if all were opaque, and returns whether they are. `WIDE` × `HIGH` pixels share a chroma sample.
/// `WIDE` is 0 if there is no chroma.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
#[allow(unsafe_code)]
#[inline(never)] // so that each instance gets all registers
fn opaque<const WIDE: usize, const HIGH: usize>(kernel: &Kernel, rows: &mut Rows<'_>) -> bool {
    let columns = rows.columns(COLUMNS, WIDE, HIGH);
    // One aligned variable makes the compiler align the whole stack frame, which saves up to a third of the time.
    let mut alphas = black_box(_mm512_set1_epi32(-1));
    for start in rows::starts(columns, COLUMNS) {
        // SAFETY: `Rows::columns` has checked that the rows have `columns`, and `starts` guarantees that each block
        // ends there or before.
        alphas = unsafe { kernel.block::<WIDE, HIGH>(rows, start, alphas) };
    }
    _mm512_cmpge_epu32_mask(alphas, quad([0, 0, 0, -1])) == !0
}

/// The weights in registers.
struct Kernel {
    /// The lower and the upper bytes of the four weights of luma.
    luma: [__m512i; 2],
    scale: [__m512; 3],
    /// The low and the high words of the weights of each chroma plane, and the initial value of their sums.
    chroma: [[__m512i; 2]; 2],
    chroma_begin: __m512i,
    /// Shuffles that move the lower three bytes of each double word up by one byte, and the upper word down. Shifts
    /// would do the same, but fewer ports can execute them. The shuffles are hidden from the compiler, which would turn
    /// them into shifts.
    bytes_up: __m512i,
    word_down: __m512i,
    /// Masks of the lower words of double words, and of the second, the third and the fourth two of eight bytes. They
    /// are hidden from the compiler, which would mask with another instruction.
    lower_words: __mmask64,
    pairs: [__mmask64; 3],
}

impl Kernel {
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
    fn new(opaque: &OpaqueWeights) -> Self {
        let DoubleFmaLuma { weights, scale, scale_low, constant_remainder } = opaque.double_fma;
        let lower = weights.map(|weight| weight as i8);
        let upper = [0, 1, 2, 3].map(|i| ((weights[i] - i16::from(lower[i])) >> 8) as i8);
        let [cb, cr] = opaque.chroma_words;
        Self {
            luma: [quad(lower), quad(upper)],
            scale: [scale, scale_low, constant_remainder].map(|number| _mm512_set1_ps(number)),
            chroma: [[pair(cb.low), pair(cb.high)], [pair(cr.low), pair(cr.high)]],
            chroma_begin: _mm512_set1_epi32(opaque.chroma_fraction as i32),
            bytes_up: black_box(order([0x0201_0080, 0x0605_0480, 0x0a09_0880, 0x0e0d_0c80])),
            word_down: black_box(order([0x8080_0302, 0x8080_0706, 0x8080_0b0a, 0x8080_0f0e])),
            lower_words: black_box(0x3333_3333_3333_3333),
            pairs: black_box([0x0c0c_0c0c_0c0c_0c0c, 0x3030_3030_3030_3030, 0xc0c0_c0c0_c0c0_c0c0]),
        }
    }

    /// Converts the block of columns that begins at `start`. Returns the bitwise AND of `alphas` and all pixels.
    ///
    /// # Safety
    /// The rows must have [`COLUMNS`] from `start` on.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
    #[allow(unsafe_code)]
    unsafe fn block<const WIDE: usize, const HIGH: usize>(
        &self,
        rows: &mut Rows<'_>,
        start: usize,
        mut alphas: __m512i,
    ) -> __m512i {
        // First − green and third − green: as words of each pixel, or as double words of two pixels, summed over the
        // rows.
        let mut differences = [_mm512_setzero_si512(); 4];
        for row in 0..HIGH {
            prefetch_pixels::<{ 4 * COLUMNS }, HIGH>(rows.pixels[row], 4 * start);
            // SAFETY: the caller guarantees that the row has the block.
            let pixels: [__m512i; 4] = unsafe { load(rows.pixels[row], 4 * start) };
            let mut samples = pixels;
            for i in 0..4 {
                samples[i] = self.luma(pixels[i]);
                differences[i] = match WIDE {
                    1 => differences_of_pixels(pixels[i]),
                    _ => add_differences_of_pairs(differences[i], pixels[i]),
                };
            }
            let [a, b, c, d] = pixels;
            alphas = and(and(alphas, a, b), c, d);
            prefetch_samples(rows.luma[row], start);
            // SAFETY: the caller guarantees that the row has the block.
            unsafe { store(rows.luma[row], start, self.pack(samples)) };
        }
        if let Some(start) = start.checked_div(WIDE) {
            rows.chroma.iter().for_each(|row| prefetch_samples(row, start));
        }
        if WIDE == 1 {
            for plane in 0..2 {
                let [a, b, c, d] = differences;
                let sums = [self.chroma(a, b, plane), self.chroma(c, d, plane)];
                // SAFETY: the caller guarantees that the row has the block.
                unsafe { store(rows.chroma[plane], start, chroma_bytes(sums, PIXELS)) };
            }
        } else if WIDE == 2 {
            let [a, b, c, d] = differences;
            // Each quarter of a register has those of the first operand, then those of the second.
            let (ab, cd) = (_mm512_packs_epi32(a, b), _mm512_packs_epi32(c, d));
            let bytes = chroma_bytes([self.chroma(ab, cd, 0), self.chroma(ab, cd, 1)], PAIRS);
            let (cb, cr) = (_mm512_castsi512_si256(bytes), _mm512_extracti64x4_epi64::<1>(bytes));
            // SAFETY: the caller guarantees that the rows have the block.
            unsafe { store(rows.chroma[0], start / 2, cb) };
            // SAFETY: as above.
            unsafe { store(rows.chroma[1], start / 2, cr) };
        }
        alphas
    }

    /// Returns sixteen samples of luma, in the bits from [`SAMPLE_BIT`] on.
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
    fn luma(&self, pixels: __m512i) -> __m512i {
        let [lower, upper] = self.luma;
        let [scale, scale_low, constant_remainder] = self.scale;
        let sum = _mm512_dpbusd_epi32(_mm512_setzero_si512(), pixels, upper);
        let sum = _mm512_dpbusd_epi32(_mm512_shuffle_epi8(sum, self.bytes_up), pixels, lower);
        let integer_luma = _mm512_cvtepi32_ps(sum);
        let sum = _mm512_fmadd_ps(integer_luma, scale, _mm512_fmadd_ps(integer_luma, scale_low, constant_remainder));
        _mm512_castps_si512(sum)
    }

    /// Returns samples of chroma minus 128, as words, from two registers of differences. The samples of `a` and of `b`
    /// are interleaved.
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
    fn chroma(&self, a: __m512i, b: __m512i, plane: usize) -> __m512i {
        let [low, high] = self.chroma[plane];
        let sum = |differences| {
            let carried = _mm512_shuffle_epi8(dot(self.chroma_begin, differences, low), self.word_down);
            dot(carried, differences, high)
        };
        _mm512_mask_shuffle_epi8(sum(b), self.lower_words, sum(a), self.word_down)
    }

    /// Returns the bytes of 64 samples, each in the bits from [`SAMPLE_BIT`] on.
    #[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
    fn pack(&self, [a, b, c, d]: [__m512i; 4]) -> __m512i {
        /// The order of the pixels when each eight bytes have two of each register.
        const PIXELS: [u8; 64] = {
            let mut order = [0; 64];
            let mut pixel = 0;
            while pixel < 64 {
                let (register, pixel_in_it) = (pixel / 16, pixel % 16);
                order[pixel] = (pixel_in_it / 2 * 8 + 2 * register + pixel_in_it % 2) as u8;
                pixel += 1;
            }
            order
        };
        // Where the bits of a sample begin in the lower and in the upper double word.
        let bits = _mm512_set1_epi16(bytemuck::must_cast([SAMPLE_BIT as u8, 32 + SAMPLE_BIT as u8]));
        let [second, third, fourth] = self.pairs;
        let bytes = _mm512_multishift_epi64_epi8(bits, a);
        let bytes = _mm512_mask_multishift_epi64_epi8(bytes, second, bits, b);
        let bytes = _mm512_mask_multishift_epi64_epi8(bytes, third, bits, c);
        let bytes = _mm512_mask_multishift_epi64_epi8(bytes, fourth, bits, d);
        _mm512_permutexvar_epi8(bytemuck::must_cast(PIXELS), bytes)
    }
}

/// Adds to `sum`, in each double word, the products of the two words of `a` and `b`.
#[allow(unsafe_code)]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
fn dot(mut sum: __m512i, a: __m512i, b: __m512i) -> __m512i {
    // The compiler would split the intrinsic into two instructions, to reduce a latency that does not matter here.
    // SAFETY: the instruction is AVX-512 VNNI, which `target_feature` makes every caller guarantee. It touches these
    // registers only.
    unsafe {
        asm!("vpdpwssd {}, {}, {}", inout(zmm_reg) sum, in(zmm_reg) a, in(zmm_reg) b,
            options(pure, nomem, nostack, preserves_flags));
    }
    sum
}

/// Returns two words, repeated over a register.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
fn pair(words: [i16; 2]) -> __m512i {
    _mm512_set1_epi32(bytemuck::must_cast(words))
}

/// Returns four bytes, repeated over a register.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
fn quad(bytes: [i8; 4]) -> __m512i {
    _mm512_set1_epi32(bytemuck::must_cast(bytes))
}

/// Returns the shuffle of four double words, which select bytes within a quarter of a register, for all quarters.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
fn order(bytes: [u32; 4]) -> __m512i {
    _mm512_broadcast_i32x4(bytemuck::must_cast(bytes))
}

/// Returns the bitwise AND of three registers.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
fn and(a: __m512i, b: __m512i, c: __m512i) -> __m512i {
    _mm512_ternarylogic_epi32::<0b1000_0000>(a, b, c)
}

/// Returns first − green and third − green of pixels, doubled, as words.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
fn differences_of_pixels(pixels: __m512i) -> __m512i {
    let bytes = order([0x0102_0100, 0x0506_0504, 0x090a_0908, 0x0d0e_0d0c]);
    _mm512_maddubs_epi16(_mm512_shuffle_epi8(pixels, bytes), quad([2, -2, 2, -2]))
}

/// Adds to `sums` first − green and third − green of two neighbouring pixels, as double words.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
fn add_differences_of_pairs(sums: __m512i, pixels: __m512i) -> __m512i {
    let bytes = order([0x0504_0100, 0x0506_0102, 0x0d0c_0908, 0x0d0e_090a]);
    _mm512_dpbusd_epi32(sums, _mm512_shuffle_epi8(pixels, bytes), quad([1, -1, 1, -1]))
}

/// Returns the bytes of chroma samples, limited to 255, from words that are 128 less, in `order`.
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi,avx512vnni")]
fn chroma_bytes([a, b]: [__m512i; 2], order: [u8; 64]) -> __m512i {
    let bytes = _mm512_xor_si512(_mm512_packs_epi16(a, b), _mm512_set1_epi8(-128));
    _mm512_permutexvar_epi8(bytemuck::must_cast(order), bytes)
}

/// The order of 64 samples of one plane for [`chroma_bytes`].
const PIXELS: [u8; 64] = {
    let mut order = [0; 64];
    let mut pixel = 0;
    while pixel < 64 {
        // Each quarter has four samples of each register, which take every other of eight bytes.
        let (register, pixel_in_it) = (pixel / 16, pixel % 16);
        order[pixel] = (pixel_in_it / 4 * 16 + register / 2 * 8 + pixel_in_it % 4 * 2 + register % 2) as u8;
        pixel += 1;
    }
    order
};

/// The order of 32 samples of each of two planes for [`chroma_bytes`].
const PAIRS: [u8; 64] = {
    let mut order = [0; 64];
    let mut sample = 0;
    while sample < 64 {
        // Each quarter has two samples of each register: those of the first two in even bytes, the others in odd bytes.
        let (plane, register, sample_in_it) = (sample / 32, sample % 32 / 8, sample % 8);
        let eight = sample_in_it / 2 * 16 + plane * 8;
        order[sample] = (eight + register % 2 * 4 + sample_in_it % 2 * 2 + register / 2) as u8;
        sample += 1;
    }
    order
};
