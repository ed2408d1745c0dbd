//! The general kernel: converts any pixels to any planes. [`general_weights`](super::general_weights) explains the
//! arithmetic.

use std::marker::PhantomData;

use super::general_weights::GeneralWeights;
use super::memory::prefetch_pixels;
use super::rows::{Rows, starts};
use super::vector::{GeneralVector, Kernel};

/// The meaning of alpha: every pixel counts as opaque.
pub(super) const IGNORED: usize = 0;
/// The meaning of alpha: colours are not multiplied by it.
pub(super) const STRAIGHT: usize = 1;
/// The meaning of alpha: colours are multiplied by it.
pub(super) const PREMULTIPLIED: usize = 2;

/// Converts rows. If `ALPHA` is [`IGNORED`], converts them as if all pixels were opaque, and returns whether they are.
///
/// A pixel has `BYTES` bytes, a sample `SAMPLE`. `WIDE` × `HIGH` pixels share a chroma sample. `WIDE` is 0 if there is
/// no chroma.
pub(super) struct General<
    'a,
    'b,
    V,
    const ALPHA: usize,
    const BYTES: usize,
    const SAMPLE: usize,
    const WIDE: usize,
    const HIGH: usize,
> {
    pub weights: &'a GeneralWeights,
    pub rows: &'a mut Rows<'b>,
    pub vector: PhantomData<V>,
}

impl<
    V: GeneralVector,
    const ALPHA: usize,
    const BYTES: usize,
    const SAMPLE: usize,
    const WIDE: usize,
    const HIGH: usize,
> Kernel for General<'_, '_, V, ALPHA, BYTES, SAMPLE, WIDE, HIGH>
{
    #[inline(always)]
    #[allow(unsafe_code)]
    fn run(self) -> bool {
        let Self { weights, rows, .. } = self;
        let weights = *weights;
        let columns = rows.columns::<BYTES, SAMPLE, WIDE, HIGH>(4 * V::PIXELS);
        let mut alphas = V::white();
        for start in starts(columns, 4 * V::PIXELS) {
            // First − green, third − green and alpha, summed over the rows, and then over pairs.
            let mut sums = [[V::splat(0); 3]; 4];
            for row in 0..HIGH {
                for half in 0..2 {
                    let start = start + 2 * half * V::PIXELS;
                    prefetch_pixels::<HIGH>(rows.pixels[row], start * BYTES, 2 * V::PIXELS * BYTES);
                    let mut samples = [V::splat(0); 2];
                    for i in 0..2 {
                        // SAFETY: `Rows::columns` has checked that the rows have `columns`, and `starts` guarantees
                        // that each block ends there or before.
                        let pixels = unsafe { V::load::<BYTES>(rows.pixels[row], start + i * V::PIXELS) };
                        if ALPHA == IGNORED {
                            alphas = V::and(alphas, pixels);
                        }
                        let mut components = V::components(pixels);
                        let alpha = components[3];
                        for color in 0..3 {
                            match ALPHA {
                                STRAIGHT => components[color] = V::mul(components[color], alpha),
                                // A colour above its alpha is not valid, and counts as alpha.
                                PREMULTIPLIED => components[color] = V::min(components[color], alpha),
                                _ => {}
                            }
                        }
                        samples[i] = luma::<V, ALPHA>(&weights, components);
                        let [first, green, third, alpha] = components;
                        let terms = [V::sub(first, green), V::sub(third, green), alpha];
                        for term in 0..3 {
                            sums[2 * half + i][term] = V::add(sums[2 * half + i][term], terms[term]);
                        }
                    }
                    // SAFETY: as above.
                    unsafe { V::store::<SAMPLE>(rows.luma[row], start, samples) };
                }
            }
            if WIDE == 2 {
                for i in 0..3 {
                    sums[0][i] = V::pair_sums([sums[0][i], sums[1][i]]);
                    sums[1][i] = V::pair_sums([sums[2][i], sums[3][i]]);
                }
            }
            for plane in 0..2 {
                for half in 0..2usize.checked_div(WIDE).unwrap_or(0) {
                    let [a, b] = [sums[2 * half], sums[2 * half + 1]];
                    let samples = [chroma::<V, ALPHA>(&weights, plane, a), chroma::<V, ALPHA>(&weights, plane, b)];
                    // SAFETY: as above.
                    unsafe { V::store::<SAMPLE>(rows.chroma[plane], start / WIDE + 2 * half * V::PIXELS, samples) };
                }
            }
        }
        V::opaque(alphas)
    }
}

#[inline(always)]
fn luma<V: GeneralVector, const ALPHA: usize>(weights: &GeneralWeights, components: [V::Numbers; 4]) -> V::Numbers {
    let [first, green, third, alpha] = components;
    let [first_weight, green_weight, third_weight] = weights.luma.map(i32::from);
    let mul = if ALPHA == STRAIGHT { V::mul } else { V::mul_small };
    let outer = V::add(mul(first, V::splat(first_weight)), mul(third, V::splat(third_weight)));
    let mut luma = V::add(outer, mul(green, V::splat(green_weight)));
    if ALPHA == PREMULTIPLIED {
        luma = V::mul(luma, V::splat(255));
    }
    if ALPHA != IGNORED {
        luma = V::add(luma, V::mul(alpha, V::splat(weights.luma_alpha)));
    }
    V::scale([luma], [weights.luma_scale], weights.luma_constant)
}

#[inline(always)]
fn chroma<V: GeneralVector, const ALPHA: usize>(
    weights: &GeneralWeights,
    plane: usize,
    [first, third, alpha]: [V::Numbers; 3],
) -> V::Numbers {
    let [first_weight, third_weight, alpha_weight] = weights.chroma[plane];
    let constant = weights.chroma_constants[plane];
    let samples = if ALPHA != IGNORED {
        V::scale([first, third, alpha], [first_weight, third_weight, alpha_weight], constant)
    } else {
        V::scale([first, third], [first_weight, third_weight], constant)
    };
    V::min(samples, V::splat(weights.top))
}
