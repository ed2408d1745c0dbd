//! `Vector`, `GeneralVector` and `OpaqueVector`: the operations over which the kernels are written. A new instruction set
//! is a type that implements `OpaqueVector`. It may take its general operations from another one.
//!
//! An operation is inlined into the kernel that calls it, and [`Vector::run`] compiles the kernel for the instruction
//! set. So kernels run within `Vector::run` only, and nothing but kernels may call the other operations. Neither may use
//! closures for them, which are not always inlined.
#![allow(unsafe_code)]

use bytemuck::Zeroable;

use super::opaque_weights::OpaqueWeights;

/// An instruction set, with vectors of pixels.
pub(super) trait Vector {
    /// The number of pixels of a vector.
    const PIXELS: usize;
    /// Pixels of four bytes: first, green, third, alpha.
    type Pixels: Copy;

    /// Runs a kernel, compiled for the instruction set.
    ///
    /// # Safety
    /// The CPU must have the instruction set.
    unsafe fn run<K: Kernel>(kernel: K) -> bool;

    /// Loads pixels of `BYTES` bytes each (4, 3 or 1, a grey) from column `start` on. Those without alpha are opaque.
    ///
    /// # Safety
    /// The row must have the columns.
    unsafe fn load<const BYTES: usize>(row: &[u8], start: usize) -> Self::Pixels;

    /// Returns opaque white pixels.
    fn white() -> Self::Pixels;

    /// Returns pixels whose alphas are the bitwise AND of those of `a` and `b`.
    fn and(a: Self::Pixels, b: Self::Pixels) -> Self::Pixels;

    /// Returns whether all pixels are opaque.
    fn opaque(pixels: Self::Pixels) -> bool;
}

/// The operations of the general kernel.
pub(super) trait GeneralVector: Vector {
    /// A signed 32-bit number for each pixel.
    type Numbers: Copy;

    /// Returns the four bytes of pixels.
    fn components(pixels: Self::Pixels) -> [Self::Numbers; 4];

    /// Returns the same number for all pixels.
    fn splat(number: i32) -> Self::Numbers;

    fn add(a: Self::Numbers, b: Self::Numbers) -> Self::Numbers;
    fn sub(a: Self::Numbers, b: Self::Numbers) -> Self::Numbers;
    fn mul(a: Self::Numbers, b: Self::Numbers) -> Self::Numbers;

    /// Returns products below 2²⁴.
    fn mul_small(a: Self::Numbers, b: Self::Numbers) -> Self::Numbers {
        Self::mul(a, b)
    }

    fn min(a: Self::Numbers, b: Self::Numbers) -> Self::Numbers;

    /// Returns the sums of pairs of neighbours.
    fn pair_sums(numbers: [Self::Numbers; 2]) -> Self::Numbers;

    /// Returns the upper halves of the 64-bit floats Σ `numbers · weights` + `constant`.
    fn scale<const N: usize>(numbers: [Self::Numbers; N], weights: [f64; N], constant: f64) -> Self::Numbers;

    /// Stores the lower `BYTES` bytes (1 or 2) of numbers in `row`, from sample `start` on. The lower 16 bits of the
    /// numbers are at most 255 if `BYTES` is 1.
    ///
    /// # Safety
    /// The row must have the samples.
    unsafe fn store<const BYTES: usize>(row: &mut [u8], start: usize, numbers: [Self::Numbers; 2]);
}

/// The operations of the fast kernel. A value has the weights in registers.
pub(super) trait OpaqueVector: Vector {
    /// The operations of the general kernel, which this instruction set runs too.
    type General: GeneralVector;
    /// What chroma needs of the pixels of one row or two.
    type Sums: Copy + Zeroable;
    /// First − green and third − green as words, for as many samples as a vector has pixels.
    type Differences: Copy + Zeroable;
    /// The samples of two vectors, in the form in which `store_samples` or `store_pairs` takes them.
    type Samples: Copy + Zeroable;

    /// # Safety
    /// The CPU must have the instruction set.
    unsafe fn new(weights: &OpaqueWeights) -> Self;

    /// Returns the luma of pixels.
    fn luma(&self, pixels: [Self::Pixels; 2]) -> Self::Samples;

    /// Adds the pixels of another row.
    fn add_pixels(&self, sums: Self::Sums, pixels: Self::Pixels) -> Self::Sums;

    /// Returns the differences of a single row, doubled.
    fn differences(&self, sums: Self::Sums) -> Self::Differences;

    /// Returns the differences, summed over pairs of neighbours.
    fn pair_differences(&self, sums: [Self::Sums; 2]) -> Self::Differences;

    /// Returns the samples of a chroma plane, at most 256.
    fn chroma(&self, differences: [Self::Differences; 2], plane: usize) -> Self::Samples;

    /// Stores samples of pixels in `row`, from sample `start` on. Limits them to 255.
    ///
    /// # Safety
    /// The row must have the samples.
    unsafe fn store_samples(row: &mut [u8], start: usize, samples: [Self::Samples; 2]);

    /// Stores samples of pairs in the rows of Cb and of Cr, from sample `start` on. Limits them to 255.
    ///
    /// # Safety
    /// The rows must have the samples.
    unsafe fn store_pairs(rows: &mut [&mut [u8]; 2], start: usize, planes: [Self::Samples; 2]);
}

/// A kernel with all that it needs to convert rows.
pub(super) trait Kernel {
    /// Converts the rows. Returns whether all pixels are opaque. It must be inlined.
    fn run(self) -> bool;
}

/// Calls intrinsics in an operation.
macro_rules! intrinsics {
    ($($code:tt)*) => {{
        // SAFETY: the CPU has the instruction set, as the caller of `Vector::run` guarantees. Operations are called
        // within it only.
        unsafe { $($code)* }
    }};
}
pub(super) use intrinsics;
