//! Registers from rows and to rows, unchecked: a check for each would cost the kernels a tenth of their speed.
#![allow(unsafe_code)]

use bytemuck::{AnyBitPattern, NoUninit};

/// Registers from `row`, from byte `start` on.
///
/// # Safety
/// `row` has as many bytes from `start` on.
#[inline(always)]
pub(super) unsafe fn load<V: AnyBitPattern>(row: &[u8], start: usize) -> V {
    debug_assert!(start + size_of::<V>() <= row.len());
    // SAFETY: the bytes are in the row, as the caller promises; any bytes are a value of this type, anywhere.
    unsafe { row.as_ptr().add(start).cast::<V>().read_unaligned() }
}

/// A register to `row`, from byte `start` on.
///
/// # Safety
/// `row` has as many bytes from `start` on.
#[inline(always)]
pub(super) unsafe fn store<V: NoUninit>(row: &mut [u8], start: usize, register: V) {
    debug_assert!(start + size_of::<V>() <= row.len());
    // SAFETY: the bytes are in the row, as the caller promises; the register has no byte that is not initialised.
    unsafe { row.as_mut_ptr().add(start).cast::<V>().write_unaligned(register) }
}

/// Asks for the same block of the rows that come next, `HIGH` rows further where rows follow each other without gaps.
/// The machine by itself looks ahead too little, and not beyond a page: where frames come from memory, it saves a fifth.
#[inline(always)]
pub(super) fn prefetch_pixels<const BYTES: usize, const HIGH: usize>(row: &[u8], start: usize) {
    for line in 0..BYTES / LINE {
        prefetch(row, start + HIGH * row.len() + line * LINE);
    }
}

/// Asks for the places of the samples that come after those at `start`. A line must have come before a part of it can be
/// stored; if it comes from beyond the caches, everything waits for it. Asked for in time, it saves a tenth.
#[inline(always)]
pub(super) fn prefetch_samples(row: &[u8], start: usize) {
    prefetch(row, start + 256);
}

/// Bytes that come at a time.
const LINE: usize = 64;

/// Asks for the line at `start`, which may lie beyond the row.
#[inline(always)]
fn prefetch(row: &[u8], start: usize) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    let address = row.as_ptr().wrapping_add(start);
    // SAFETY: every x86-64 has the instruction, and it is a hint at any address: nothing is read.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) }
}
