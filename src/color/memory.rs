//! Unchecked loads and stores of registers, and prefetches. Checking each access would cost the kernels a tenth of their
//! speed.
#![allow(unsafe_code)]

#[cfg(target_arch = "x86_64")]
use bytemuck::AnyBitPattern;
use bytemuck::NoUninit;

/// Loads registers from `row`, from byte `start` on.
///
/// # Safety
/// `row` must have `size_of::<V>()` bytes from `start` on.
#[cfg(target_arch = "x86_64")] // NEON's instructions load several registers at once
#[inline(always)]
pub(super) unsafe fn load<V: AnyBitPattern>(row: &[u8], start: usize) -> V {
    debug_assert!(start + size_of::<V>() <= row.len());
    // SAFETY: the caller guarantees that the bytes are in the row. `AnyBitPattern` guarantees that they are a valid
    // value, and the read may be unaligned.
    unsafe { row.as_ptr().add(start).cast::<V>().read_unaligned() }
}

/// Stores a register in `row`, from byte `start` on.
///
/// # Safety
/// `row` must have `size_of::<V>()` bytes from `start` on.
#[inline(always)]
pub(super) unsafe fn store<V: NoUninit>(row: &mut [u8], start: usize, register: V) {
    debug_assert!(start + size_of::<V>() <= row.len());
    // SAFETY: the caller guarantees that the bytes are in the row, which is borrowed exclusively. `NoUninit` guarantees
    // that every byte written is initialised, and the write may be unaligned.
    unsafe { row.as_mut_ptr().add(start).cast::<V>().write_unaligned(register) }
}

/// Prefetches the same `bytes` `HIGH` rows further, if rows follow each other without gaps. Hardware prefetchers look
/// ahead too little, and not beyond a page. For frames that are not in a cache, this saves a fifth of the time.
#[inline(always)]
pub(super) fn prefetch_pixels<const HIGH: usize>(row: &[u8], start: usize, bytes: usize) {
    for line in 0..bytes.div_ceil(LINE) {
        prefetch(row, start + HIGH * row.len() + line * LINE);
    }
}

/// Prefetches the lines of the samples after those at `start`. A store to a part of a line waits until the line is in
/// the cache. This saves a tenth of the time.
#[inline(always)]
pub(super) fn prefetch_samples(row: &[u8], start: usize) {
    prefetch(row, start + 256);
}

/// The number of bytes of a cache line.
const LINE: usize = 64;

/// Prefetches the cache line at `start`, which may be beyond the row.
#[inline(always)]
fn prefetch(row: &[u8], start: usize) {
    let address = row.as_ptr().wrapping_add(start);
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 CPU has the instruction. It is a hint that may name any address: it neither reads nor
    // faults.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(address.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = address;
}
