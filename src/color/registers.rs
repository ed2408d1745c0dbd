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
