//! Any pixels over the background, to any planes, in 64-bit floating point: what is taken where no faster way is.
//!
//! A float carries 53 bits. The largest sum needs 10 before the binary point, and the real value keeps 2⁻³⁴ or more away
//! from the boundary between two samples, so the error of some 2⁻⁴¹ cannot move it across. See [`Formula::constant`].
//!
//! Written as short loops over blocks, which compilers vectorise for whatever they compile for.

use super::formula::Formula;
use super::pixels::{Block, COLUMNS, block};
use super::rows::{Plan, Rows, starts};

/// What one step of an 8-bit component counts in a composite colour: it is in 255ths, so that it is a whole number.
const UNIT: i64 = 255;

/// A component each of the pixels of a block, in [`UNIT`]s.
type Component = [i32; COLUMNS];

/// The weights of all planes, and the background.
#[derive(Clone, Copy, Debug)]
pub(super) struct Blend {
    planes: [Weights; 3],
    /// The largest sample value.
    top: u32,
    /// First, green and third component.
    background: [i32; 3],
}

#[derive(Clone, Copy, Debug)]
struct Weights {
    /// Of the first, green and third component.
    components: [f64; 3],
    constant: f64,
}

impl Blend {
    /// Weights for `shared` pixels to a chroma sample.
    pub fn new(formulas: &[Formula; 3], [r, g, b]: [u8; 3], blue_first: bool, shared: i64, bit_depth: u8) -> Self {
        let background = if blue_first { [b, g, r] } else { [r, g, b] };
        let weights = |formula: &Formula, shared| {
            let [r, g, b] = formula.weights(UNIT * shared);
            // The samples are rounded to the nearest, which brings the half.
            let constant = formula.constant(UNIT * shared) - 0.5;
            Weights { components: if blue_first { [b, g, r] } else { [r, g, b] }, constant }
        };
        let [y, cb, cr] = formulas;
        Self {
            planes: [weights(y, 1), weights(cb, shared), weights(cr, shared)],
            top: (1 << bit_depth) - 1,
            background: background.map(i32::from),
        }
    }
}

/// Converts rows of 64 columns or more. Blocks without translucent pixels, which are most where a picture is drawn on a
/// transparent canvas, go to `opaque`, if it takes them.
#[inline(always)]
pub(super) fn blend(plan: &Plan<'_>, rows: &mut Rows<'_>, opaque: impl Fn(&mut Rows<'_>) -> bool) {
    for start in starts(rows.pixels[0].len() / 4, COLUMNS) {
        let solid = |pixels: &[u8]| match pixels {
            [] => Some([0; 4 * COLUMNS]),
            pixels => solid(plan, block(pixels, start)),
        };
        if let (8, Some(top), Some(bottom)) = (plan.bit_depth, solid(rows.pixels[0]), solid(rows.pixels[1])) {
            let bottom = &bottom[..if rows.pixels[1].is_empty() { 0 } else { bottom.len() }];
            if opaque(&mut rows.part(plan, [&top, bottom], start, COLUMNS)) {
                continue;
            }
        }
        match plan.bit_depth {
            8 => blend_block::<u8>(plan, rows, start),
            _ => blend_block::<u16>(plan, rows, start),
        }
    }
}

/// The block with the background in place of transparent pixels, unless some are translucent.
#[inline(always)]
fn solid(plan: &Plan<'_>, block: &Block) -> Option<Block> {
    let [first, green, third] = plan.blend.background.map(|component| component as u8);
    let background = u32::from_le_bytes([first, green, third, 255]);
    let (pixels, mut solid) = (block.as_chunks::<4>().0, [0; 4 * COLUMNS]);
    let mut translucent = 0;
    for (pixel, place) in pixels.iter().zip(solid.as_chunks_mut::<4>().0) {
        let pixel = u32::from_le_bytes(*pixel);
        let alpha = pixel >> 24;
        // 0 and 255 become 0 and 1.
        translucent |= (alpha + 1) & 0xfe;
        *place = (if alpha == 0 { background } else { pixel }).to_le_bytes();
    }
    (translucent == 0).then_some(solid)
}

#[inline(always)]
fn blend_block<S: Sample>(plan: &Plan<'_>, rows: &mut Rows<'_>, start: usize) {
    let wide = plan.chroma.subsampling().0 as usize;
    let [y, cb, cr] = plan.blend.planes;
    let mut sums = [[0; COLUMNS]; 3];
    for (pixels, luma) in rows.pixels.iter().zip(&mut rows.luma).filter(|(pixels, _)| !pixels.is_empty()) {
        let colors = composite(plan, block(pixels, start));
        y.apply(plan.blend.top, &colors, &mut samples::<S>(luma)[start..][..COLUMNS]);
        for (sum, color) in sums.iter_mut().zip(&colors) {
            for i in 0..COLUMNS {
                sum[i] += color[i];
            }
        }
    }
    if wide == 2 {
        for sum in &mut sums {
            let pairs = *sum;
            for i in 0..COLUMNS / 2 {
                sum[i] = pairs[2 * i] + pairs[2 * i + 1];
            }
        }
    }
    for (weights, row) in [cb, cr].iter().zip(&mut rows.chroma).filter(|(_, row)| !row.is_empty()) {
        weights.apply(plan.blend.top, &sums, &mut samples::<S>(row)[start / wide..][..COLUMNS / wide]);
    }
}

/// The samples of a row of a plane. (One that is empty need not be aligned.)
fn samples<S: Sample>(row: &mut [u8]) -> &mut [S] {
    if row.is_empty() { &mut [] } else { bytemuck::cast_slice_mut(row) }
}

/// The colours of a block over the background.
#[inline(always)]
fn composite(plan: &Plan<'_>, block: &Block) -> [Component; 3] {
    let (pixels, mut colors) = (block.as_chunks::<4>().0, [[0; COLUMNS]; 3]);
    for (component, color) in colors.iter_mut().enumerate() {
        let behind = plan.blend.background[component];
        for (pixel, color) in pixels.iter().zip(color) {
            let (front, alpha) = (i32::from(pixel[component]), i32::from(pixel[3]));
            // A premultiplied colour cannot exceed its alpha; one that does is taken for fully bright.
            let front = if plan.order.premultiplied { front.min(alpha) * UNIT as i32 } else { front * alpha };
            *color = front + behind * (UNIT as i32 - alpha);
        }
    }
    colors
}

impl Weights {
    /// The samples of colours.
    #[inline(always)]
    fn apply<S: Sample>(&self, top: u32, colors: &[Component; 3], samples: &mut [S]) {
        /// At this size the last bit of a float is one: adding it rounds to a whole number, which is then in the low
        /// bits.
        const WHOLE: f64 = (1u64 << 52) as f64;
        for i in 0..samples.len().min(COLUMNS) {
            let mut value = self.constant;
            for part in 0..3 {
                value += f64::from(colors[part][i]) * self.components[part];
            }
            samples[i] = S::new(((value + WHOLE).to_bits() as u32).min(top));
        }
    }
}

/// A sample of a plane.
trait Sample: bytemuck::Pod {
    fn new(value: u32) -> Self;
}

impl Sample for u8 {
    fn new(value: u32) -> Self {
        value as u8
    }
}

impl Sample for u16 {
    fn new(value: u32) -> Self {
        value as u16
    }
}
