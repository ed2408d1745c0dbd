//! The fast kernel: converts opaque pixels to planes of 8 bits a sample. [`opaque_weights`](super::opaque_weights)
//! explains the arithmetic.

use bytemuck::Zeroable;

use super::memory::{prefetch_pixels, prefetch_samples};
use super::rows::{Rows, starts};
use super::vector::{Kernel, OpaqueVector};

/// Converts rows as if all pixels were opaque, and returns whether they are.
///
/// A pixel has `BYTES` bytes. `WIDE` × `HIGH` pixels share a chroma sample. `WIDE` is 0 if there is no chroma.
pub(super) struct Opaque<'a, 'b, V, const BYTES: usize, const WIDE: usize, const HIGH: usize> {
    pub vector: &'a V,
    pub rows: &'a mut Rows<'b>,
}

impl<V: OpaqueVector, const BYTES: usize, const WIDE: usize, const HIGH: usize> Kernel
    for Opaque<'_, '_, V, BYTES, WIDE, HIGH>
{
    #[inline(always)]
    #[allow(unsafe_code)]
    fn run(self) -> bool {
        let Self { vector, rows } = self;
        let columns = rows.columns::<BYTES, 1, WIDE, HIGH>(4 * V::PIXELS);
        let mut alphas = V::white();
        for start in starts(columns, 4 * V::PIXELS) {
            let [mut luma, mut chroma] = [[[V::Samples::zeroed(); 2]; 2]; 2];
            let mut pairs = [V::Differences::zeroed(); 2];
            // Half a block is converted at a time, since some instruction sets have only sixteen registers.
            for half in 0..2 {
                let mut sums = [V::Sums::zeroed(); 2];
                let start = start + 2 * half * V::PIXELS;
                for row in 0..HIGH {
                    prefetch_pixels::<HIGH>(rows.pixels[row], start * BYTES, 2 * V::PIXELS * BYTES);
                    // SAFETY: `Rows::columns` has checked that the rows have `columns`, and `starts` guarantees that
                    // each block ends there or before.
                    let pixels = unsafe {
                        [
                            V::load::<BYTES>(rows.pixels[row], start),
                            V::load::<BYTES>(rows.pixels[row], start + V::PIXELS),
                        ]
                    };
                    for i in 0..2 {
                        sums[i] = vector.add_pixels(sums[i], pixels[i]);
                        alphas = V::and(alphas, pixels[i]);
                    }
                    luma[row][half] = vector.luma(pixels);
                }
                pairs[half] = vector.pair_differences(sums);
                if WIDE == 1 {
                    let differences = [vector.differences(sums[0]), vector.differences(sums[1])];
                    for plane in 0..2 {
                        chroma[plane][half] = vector.chroma(differences, plane);
                    }
                }
            }
            for row in 0..HIGH {
                prefetch_samples(rows.luma[row], start);
                // SAFETY: as above.
                unsafe { V::store_samples(rows.luma[row], start, luma[row]) };
            }
            if let Some(start) = start.checked_div(WIDE) {
                rows.chroma.iter().for_each(|row| prefetch_samples(row, start));
            }
            if WIDE == 1 {
                for plane in 0..2 {
                    // SAFETY: as above.
                    unsafe { V::store_samples(rows.chroma[plane], start, chroma[plane]) };
                }
            } else if WIDE == 2 {
                let planes = [vector.chroma(pairs, 0), vector.chroma(pairs, 1)];
                // SAFETY: as above.
                unsafe { V::store_pairs(&mut rows.chroma, start / 2, planes) };
            }
        }
        V::opaque(alphas)
    }
}
