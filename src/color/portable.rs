//! The operations without intrinsics: loops over arrays, which compilers vectorise for the target's registers.
#![allow(unsafe_code)]

use super::vector::{GeneralVector, Kernel, Vector};

/// The instruction set that the crate is compiled for.
pub(super) struct Portable;

/// The number of pixels of a vector.
const PIXELS: usize = 8;

impl Vector for Portable {
    const PIXELS: usize = PIXELS;
    type Pixels = [u32; PIXELS];

    #[inline(never)]
    unsafe fn run<K: Kernel>(kernel: K) -> bool {
        kernel.run()
    }

    #[inline(always)]
    unsafe fn load<const BYTES: usize>(row: &[u8], start: usize) -> [u32; PIXELS] {
        let (pixels, _) = row[start * BYTES..][..PIXELS * BYTES].as_chunks::<BYTES>();
        each(|i| {
            u32::from_le_bytes(match pixels[i][..] {
                [first, green, third, alpha] => [first, green, third, alpha],
                [first, green, third] => [first, green, third, 255],
                _ => [pixels[i][0], pixels[i][0], pixels[i][0], 255],
            })
        })
    }

    #[inline(always)]
    fn white() -> [u32; PIXELS] {
        [u32::MAX; PIXELS]
    }

    #[inline(always)]
    fn and(a: [u32; PIXELS], b: [u32; PIXELS]) -> [u32; PIXELS] {
        each(|i| a[i] & b[i])
    }

    #[inline(always)]
    fn opaque(pixels: [u32; PIXELS]) -> bool {
        pixels.iter().all(|pixel| pixel >> 24 == 255)
    }
}

impl GeneralVector for Portable {
    type Numbers = [i32; PIXELS];

    #[inline(always)]
    fn components(pixels: [u32; PIXELS]) -> [[i32; PIXELS]; 4] {
        [0, 8, 16, 24].map(|bit| each(|i| (pixels[i] >> bit & 0xff) as i32))
    }

    #[inline(always)]
    fn splat(number: i32) -> [i32; PIXELS] {
        [number; PIXELS]
    }

    #[inline(always)]
    fn add(a: [i32; PIXELS], b: [i32; PIXELS]) -> [i32; PIXELS] {
        each(|i| a[i].wrapping_add(b[i]))
    }

    #[inline(always)]
    fn sub(a: [i32; PIXELS], b: [i32; PIXELS]) -> [i32; PIXELS] {
        each(|i| a[i].wrapping_sub(b[i]))
    }

    #[inline(always)]
    fn mul(a: [i32; PIXELS], b: [i32; PIXELS]) -> [i32; PIXELS] {
        each(|i| a[i].wrapping_mul(b[i]))
    }

    /// Multiplies as floats, because few instruction sets multiply 32-bit numbers.
    #[inline(always)]
    fn mul_small(a: [i32; PIXELS], b: [i32; PIXELS]) -> [i32; PIXELS] {
        // SAFETY: the caller passes numbers whose product is small, so it is an exact float.
        each(|i| unsafe { (a[i] as f32 * b[i] as f32).to_int_unchecked() })
    }

    #[inline(always)]
    fn min(a: [i32; PIXELS], b: [i32; PIXELS]) -> [i32; PIXELS] {
        each(|i| a[i].min(b[i]))
    }

    #[inline(always)]
    fn pair_sums([a, b]: [[i32; PIXELS]; 2]) -> [i32; PIXELS] {
        each(|i| if i < PIXELS / 2 { a[2 * i] + a[2 * i + 1] } else { b[2 * i - PIXELS] + b[2 * i + 1 - PIXELS] })
    }

    #[inline(always)]
    fn scale<const N: usize>(numbers: [[i32; PIXELS]; N], weights: [f64; N], constant: f64) -> [i32; PIXELS] {
        each(|i| {
            let mut sum = f64::from(numbers[0][i]) * weights[0];
            for k in 1..N {
                sum += f64::from(numbers[k][i]) * weights[k];
            }
            ((sum + constant).to_bits() >> 32) as i32
        })
    }

    #[inline(always)]
    unsafe fn store<const BYTES: usize>(row: &mut [u8], start: usize, numbers: [[i32; PIXELS]; 2]) {
        let (samples, _) = row[start * BYTES..][..2 * PIXELS * BYTES].as_chunks_mut::<BYTES>();
        for i in 0..2 * PIXELS {
            let number = numbers[i / PIXELS][i % PIXELS];
            match BYTES {
                1 => samples[i][0] = number as u8,
                _ => samples[i].copy_from_slice(&(number as u16).to_ne_bytes()),
            }
        }
    }
}

#[inline(always)]
fn each<T>(number: impl Fn(usize) -> T) -> [T; PIXELS] {
    std::array::from_fn(number)
}
