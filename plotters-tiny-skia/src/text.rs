//! Fonts and text: registers fonts, lays out lines, and makes and keeps the masks of glyphs.

use std::{
    cell::RefCell,
    collections::HashMap,
    rc::Rc,
    sync::{Once, PoisonError, RwLock},
};

use ab_glyph::{Font, FontRef, Glyph, GlyphId, PxScale, ScaleFont, point};
use plotters::style::{FontFamily, FontStyle};

use crate::Error;
use crate::blend::Mask;

/// The height of a line in ems. In plotters, the size of a text is the height of a line.
const LINE_HEIGHT: f32 = 1.24;

/// Ems from the top of a text to its baseline, as in the bitmap backend of plotters with its default font engine.
const BASELINE: f32 = 0.76;

/// The largest size of a text in pixels. Larger text is drawn at this size.
const MAX_SIZE: f64 = 2000.0;

/// The number of horizontal positions of a glyph within a pixel.
const SUBPIXELS: f32 = 4.0;

/// The number of bytes of masks that a thread keeps before it drops them all. A chart has about a hundred masks of 15
/// kB together.
const MAX_KEPT: usize = 16 << 20;

/// The size of the largest mask that is kept, in bytes. Larger masks, those of text above about 400 pixels, are made
/// for each use.
const MAX_MASK: usize = 64 << 10;

type Face = &'static FontRef<'static>;

/// The family, style and face of all registered fonts. The newest is the first.
static FACES: RwLock<Vec<(String, &'static str, Face)>> = RwLock::new(Vec::new());

/// What determines a mask: the address of its face, the glyph, the bits of its scale, and its position within a pixel.
type MaskKey = (usize, GlyphId, u32, u8);

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

/// Registers a font under a family and a style, for [`PixmapBackend`](crate::PixmapBackend) and for plotters.
///
/// `bytes` is a whole TrueType or OpenType file. A later font replaces an earlier one of the same family and style.
///
/// These fonts are embedded:
///
/// | family | font | styles |
/// |---|---|---|
/// | `sans-serif`, `DejaVu Sans` | DejaVu Sans | normal, bold, oblique (also for italic) |
/// | `monospace`, `DejaVu Sans Mono` | DejaVu Sans Mono | normal |
/// | `serif`, `DejaVu Serif` | DejaVu Serif | normal |
///
/// A style that a family lacks is drawn in its normal style, and an unknown family in `sans-serif`. plotters itself
/// measures legends (`label_font`) and `MultiLineText`, and does not substitute fonts: it refuses an unknown family
/// there with a `FontError`. Register a font under that family.
///
/// # Errors
///
/// Returns [`Error::Font`] if `bytes` is not a font.
pub fn register_font(family: &str, style: FontStyle, bytes: &'static [u8]) -> Result<(), Error> {
    register_fonts();
    register(&[family], &[style], bytes)
}

/// Registers the embedded fonts with plotters. Further calls do nothing.
///
/// [`PixmapBackend`](crate::PixmapBackend) calls this function. Call it yourself if you create a font before the first
/// backend. A font of plotters looks up its file when it is created. If it finds none, it cannot be measured, and a
/// legend that uses it fails.
///
/// ```
/// use plotters_tiny_skia::plotters::style::IntoFont;
///
/// plotters_tiny_skia::register_fonts();
/// let font = ("sans-serif", 20).into_font();
/// assert!(font.layout_box("a legend").is_ok());
/// ```
pub fn register_fonts() {
    use FontStyle::{Bold, Italic, Normal, Oblique};
    use dejavu::{sans, sans_mono, serif};

    const SANS: &[&str] = &["sans-serif", "DejaVu Sans"];
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for (families, styles, bytes) in [
            (SANS, &[Normal][..], sans::regular()),
            (SANS, &[Bold], sans::bold()),
            (SANS, &[Oblique, Italic], sans::oblique()),
            (&["monospace", "DejaVu Sans Mono"], &[Normal], sans_mono::regular()),
            (&["serif", "DejaVu Serif"], &[Normal], serif::regular()),
        ] {
            // This cannot fail: these are files of the dejavu crate, and a test draws with each of them.
            let _ = register(families, styles, bytes);
        }
    });
}

fn register(families: &[&str], styles: &[FontStyle], bytes: &'static [u8]) -> Result<(), Error> {
    let unreadable = || Error::Font { family: families.join(", ") };
    let face = FontRef::try_from_slice(bytes).map_err(|_| unreadable())?;
    let face: Face = Box::leak(Box::new(face));
    let bytes = Box::leak(with_line_height(bytes).ok_or_else(unreadable)?.into_boxed_slice());
    for family in families {
        for &style in styles {
            plotters::style::register_font(family, style, bytes).map_err(|_| unreadable())?;
            let mut faces = FACES.write().unwrap_or_else(PoisonError::into_inner);
            faces.insert(0, (family.to_string(), style_name(style), face));
        }
    }
    Ok(())
}

/// Returns the font file with the height of its lines set to [`LINE_HEIGHT`] ems.
///
/// plotters measures legends with ab_glyph, which scales a font so that the size is its own line height. The default
/// font engine of plotters uses 1.24 ems for every font. The ascender and the descender in the table `hhea` (OpenType
/// 1.9, "hhea") make ab_glyph do the same, so that charts have the same layout as with that engine.
fn with_line_height(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = bytes.to_vec();
    let tables = usize::from(u16::from_be_bytes(bytes.get(4..6)?.try_into().ok()?));
    let offset_of = |tag: &[u8]| {
        let record = bytes.get(12..)?.chunks_exact(16).take(tables).find(|record| &record[..4] == tag)?;
        Some(u32::from_be_bytes(record[8..12].try_into().ok()?) as usize)
    };
    let (head, hhea) = (offset_of(b"head")?, offset_of(b"hhea")?);
    let units_per_em = f32::from(u16::from_be_bytes(bytes.get(head + 18..head + 20)?.try_into().ok()?));
    let ascender = units_per_em;
    let descender = -(LINE_HEIGHT - 1.0) * units_per_em;
    bytes.get_mut(hhea + 4..hhea + 6)?.copy_from_slice(&(ascender.round() as i16).to_be_bytes());
    bytes.get_mut(hhea + 6..hhea + 8)?.copy_from_slice(&(descender.round() as i16).to_be_bytes());
    Some(bytes)
}

fn style_name(style: FontStyle) -> &'static str {
    match style {
        FontStyle::Normal => "normal",
        FontStyle::Oblique => "oblique",
        FontStyle::Italic => "italic",
        FontStyle::Bold => "bold",
    }
}

fn find_face(family: &str, style: FontStyle) -> Option<Face> {
    let faces = FACES.read().unwrap_or_else(PoisonError::into_inner);
    let find = |family: &str, style| faces.iter().find(|face| face.0 == family && face.1 == style).map(|face| face.2);
    [family, "sans-serif"].iter().find_map(|family| find(family, style_name(style)).or_else(|| find(family, "normal")))
}

/// A line of text in a font and a size.
pub(crate) struct Line {
    face: Face,
    scale: PxScale,
    em: f32,
    /// Glyphs and the positions of their origins, in pixels from the start of the line.
    glyphs: Vec<(GlyphId, f32)>,
    width: f32,
}

impl Line {
    /// Lays out a line. Returns `None` if the size is not above 0.
    pub fn new(text: &str, family: FontFamily, style: FontStyle, size: f64) -> Option<Self> {
        if size.is_nan() || size <= 0.0 {
            return None;
        }
        let face = find_face(family.as_str(), style)?;
        let em = size.min(MAX_SIZE) as f32 / LINE_HEIGHT;
        let scale = PxScale::from(em * face.height_unscaled() / face.units_per_em()?);
        let scaled = face.as_scaled(scale);
        let (mut glyphs, mut x, mut before) = (Vec::with_capacity(text.len()), 0.0, None);
        for glyph in text.chars().map(|character| face.glyph_id(character)) {
            x += before.map_or(0.0, |before| scaled.kern(before, glyph));
            glyphs.push((glyph, x));
            x += scaled.h_advance(glyph);
            before = Some(glyph);
        }
        Some(Self { face, scale, em, glyphs, width: x })
    }

    /// Returns width and height in whole pixels, rounded as plotters rounds them.
    pub fn size(&self) -> (i32, i32) {
        (self.width as i32, self.em as i32)
    }

    /// Passes the mask of each glyph to `draw`, with the column and row of the glyph's origin from the upper left
    /// corner of the line.
    pub fn draw(&self, mut draw: impl FnMut(&Mask, i32, i32)) {
        let baseline = (self.em * BASELINE).round() as i32;
        for &(glyph, x) in &self.glyphs {
            let steps = (x * SUBPIXELS).round();
            let subpixel = steps.rem_euclid(SUBPIXELS) as u8;
            if let Some(mask) = self.mask(glyph, subpixel) {
                draw(&mask, (steps / SUBPIXELS).floor() as i32, baseline);
            }
        }
    }

    fn mask(&self, glyph: GlyphId, subpixel: u8) -> Option<Rc<Mask>> {
        let key: MaskKey = (std::ptr::from_ref(self.face).addr(), glyph, self.scale.x.to_bits(), subpixel);
        MASKS.with_borrow_mut(|masks| {
            if let Some(mask) = masks.map.get(&key) {
                return Some(mask.clone());
            }
            let position = point(f32::from(subpixel) / SUBPIXELS, 0.0);
            let outline = self.face.outline_glyph(Glyph { id: glyph, scale: self.scale, position })?;
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
}

#[cfg(test)]
mod tests {
    use super::*;

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
            let line = Line::new("Hamburg", FontFamily::SansSerif, FontStyle::Normal, f64::from(size)).unwrap();
            let mut drawn = 0;
            line.draw(|_, _, _| drawn += 1);
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
