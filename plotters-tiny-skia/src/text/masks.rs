//! Makes the masks of glyphs, and keeps them.

use std::{cell::RefCell, collections::HashMap, rc::Rc};

use ab_glyph::{Font, Glyph, GlyphId, PxScale, point};

use super::fonts::Face;
use crate::blend::Mask;

/// The number of positions of a glyph within a pixel, horizontally and vertically.
pub(super) const SUBPIXELS: f32 = 4.0;

/// The number of bytes of masks that a thread keeps before it drops them all. A chart has about a hundred masks of 15
/// kB together.
const MAX_KEPT: usize = 16 << 20;

/// The size of the largest mask that is kept, in bytes. Larger masks, those of text above about 400 pixels, are made
/// for each use.
const MAX_MASK: usize = 64 << 10;

/// What determines a mask: the address of its face, the glyph, the bits of its scale, and its position within a pixel.
type MaskKey = (usize, GlyphId, u32, (u8, u8));

thread_local! {
    static MASKS: RefCell<Masks> = RefCell::default();
}

/// The masks that a thread keeps.
#[derive(Default)]
struct Masks {
    map: HashMap<MaskKey, Rc<Mask>>,
    bytes: usize,
}

impl Masks {
    fn keep(&mut self, key: MaskKey, mask: &Rc<Mask>) {
        // The entry itself is larger than the coverage of a small glyph.
        let bytes = mask.coverage.len() + size_of::<(MaskKey, Mask)>();
        if bytes > MAX_MASK {
            return;
        }
        if self.bytes + bytes > MAX_KEPT {
            *self = Self::default();
        }
        self.bytes += bytes;
        self.map.insert(key, mask.clone());
    }
}

/// Returns the mask of a glyph, or `None` if the glyph has no outline. `em` is in pixels. `subpixel` is the position of
/// the origin of the glyph within a pixel, right and down, in steps of 1 / [`SUBPIXELS`].
pub(super) fn mask(face: &'static Face, glyph: GlyphId, em: f32, subpixel: (u8, u8)) -> Option<Rc<Mask>> {
    let key: MaskKey = (std::ptr::from_ref(face).addr(), glyph, em.to_bits(), subpixel);
    MASKS.with_borrow_mut(|masks| {
        if let Some(mask) = masks.map.get(&key) {
            return Some(mask.clone());
        }
        // ab_glyph scales a font so that the scale is the height of its lines.
        let scale = PxScale::from(em * face.outlines.height_unscaled() / face.units_per_em);
        let position = point(f32::from(subpixel.0) / SUBPIXELS, f32::from(subpixel.1) / SUBPIXELS);
        let outline = face.outlines.outline_glyph(Glyph { id: glyph, scale, position })?;
        let bounds = outline.px_bounds();
        let width = bounds.width() as usize;
        let mut coverage = vec![0; width * bounds.height() as usize];
        outline.draw(|x, y, covered| {
            if let Some(pixel) = coverage.get_mut(y as usize * width + x as usize) {
                *pixel = (covered * 255.0).round() as u8;
            }
        });
        let mask = Rc::new(Mask { left: bounds.min.x as i32, top: bounds.min.y as i32, width, coverage });
        masks.keep(key, &mask);
        Some(mask)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{Text, register_fonts};
    use plotters::style::{FontFamily, FontStyle};

    /// Returns the bytes of all masks that this thread keeps, and of the largest.
    fn kept() -> (usize, usize) {
        MASKS.with_borrow(|masks| {
            let sizes = masks.map.values().map(|mask| mask.coverage.len());
            (sizes.clone().sum(), sizes.max().unwrap_or(0))
        })
    }

    #[test]
    fn text_of_many_sizes_keeps_a_limited_number_of_masks() {
        register_fonts();
        let draw = |size: u16| {
            let text = Text::new("Hamburg", FontFamily::SansSerif, FontStyle::Normal, f64::from(size)).unwrap();
            let mut drawn = 0;
            text.lines().for_each(|line| line.draw(|_, _, _| drawn += 1));
            assert_eq!(drawn, 7, "at {size}");
        };
        let mut most = 0;
        for size in 20..500 {
            draw(size);
            let (all, largest) = kept();
            assert!(all <= MAX_KEPT && largest <= MAX_MASK, "{all} bytes, {largest} of one, at {size}");
            most = most.max(all);
        }
        assert!(most > MAX_KEPT / 2, "only {most} bytes were kept");
        // A mask that is too large to keep does not displace the others.
        let before = kept();
        draw(1500);
        assert_eq!(kept(), before);
    }
}
