//! Registers fonts, and finds the faces for a family and a style.

use std::sync::{Arc, Once, PoisonError, RwLock};

use ab_glyph::{Font, FontRef, GlyphId};
use harfrust::{ShapePlan, Shaper, ShaperData, Tag};
use plotters::style::FontStyle;

use super::LINE_HEIGHT;
use crate::Error;

/// A font: its outlines, and what turns characters into its glyphs.
pub(super) struct Face {
    pub outlines: FontRef<'static>,
    pub units_per_em: f32,
    pub shaper: Shaper<'static>,
    /// The plans of the shaper for the scripts and directions so far.
    pub plans: RwLock<Vec<Arc<ShapePlan>>>,
}

impl Face {
    /// Returns `None` if `bytes` is not a font, or a font of bitmaps.
    fn new(bytes: &'static [u8]) -> Option<Self> {
        let font = harfrust::FontRef::from_index(bytes, 0).ok()?;
        [b"glyf", b"CFF ", b"CFF2"].iter().find_map(|table| font.table_data(Tag::new(table)))?;
        let outlines = FontRef::try_from_slice(bytes).ok()?;
        let units_per_em = outlines.units_per_em()?;
        let data: &'static ShaperData = Box::leak(Box::new(ShaperData::new(&font)));
        Some(Self { outlines, units_per_em, shaper: data.shaper(&font).build(), plans: RwLock::default() })
    }

    pub fn has(&self, character: char) -> bool {
        self.outlines.glyph_id(character) != GlyphId(0)
    }
}

/// The family, style and face of all registered fonts. The newest is the first.
static FACES: RwLock<Vec<(String, &'static str, &'static Face)>> = RwLock::new(Vec::new());

/// Registers a font under a family and a style, for [`PixmapBackend`](crate::PixmapBackend) and for plotters.
///
/// `bytes` is a whole TrueType or OpenType file, or a collection, of which the first font is registered. A later font
/// replaces an earlier one of the same family and style.
///
/// These fonts are embedded:
///
/// | family | font | styles |
/// |---|---|---|
/// | `sans-serif`, `DejaVu Sans` | DejaVu Sans | normal, bold, oblique (also for italic) |
/// | `monospace`, `DejaVu Sans Mono` | DejaVu Sans Mono | normal |
/// | `serif`, `DejaVu Serif` | DejaVu Serif | normal |
///
/// A style that a family lacks is drawn in its normal style, and an unknown family in `sans-serif`.
///
/// # Other scripts
///
/// DejaVu Sans has Latin, Greek, Cyrillic, Arabic, Hebrew and many symbols. A character that the named family lacks is
/// drawn in `sans-serif`, and one that `sans-serif` lacks in any registered font that has it. If several have it, a font
/// of the same style comes first, then the newest. So it is enough to register a font once, under any family:
///
/// ```no_run
/// use plotters_tiny_skia::plotters::style::FontStyle;
///
/// let bytes = std::fs::read("NotoSansSC-Regular.otf")?;
/// plotters_tiny_skia::register_font("Noto Sans SC", FontStyle::Normal, bytes.leak())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A character that no font has is drawn as a box. A warning in the log names it once.
///
/// # Legends
///
/// plotters itself measures legends (`label_font`) and `MultiLineText`. It adds up the advances of the characters in the
/// named family. A character that the family lacks counts as 1 em, so the frame of a legend may be wider than its text.
/// If the family is unknown, plotters refuses it with a `FontError`: register a font under it. A label of a legend has
/// one line.
///
/// # Errors
///
/// Returns [`Error::Font`] if `bytes` is not a font, or a font without outlines.
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
    let face: &'static Face = Box::leak(Box::new(Face::new(bytes).ok_or_else(unreadable)?));
    let bytes = Box::leak(for_measuring(bytes).ok_or_else(unreadable)?.into_boxed_slice());
    for family in families {
        for &style in styles {
            plotters::style::register_font(family, style, bytes).map_err(|_| unreadable())?;
            let mut faces = FACES.write().unwrap_or_else(PoisonError::into_inner);
            let style = style_name(style);
            faces.retain(|known| known.0 != *family || known.1 != style);
            faces.insert(0, (family.to_string(), style, face));
        }
    }
    Ok(())
}

/// Returns the font file with the metrics by which plotters is to measure legends, or `None` if it lacks a table.
///
/// plotters measures with ab_glyph, which scales a font so that the size is its own line height. The default font engine of
/// plotters uses 1.24 ems for every font. The ascender and the descender in the table `hhea` (OpenType 1.9, "hhea") make
/// ab_glyph do the same, so that charts have the same layout as with that engine.
///
/// A character that the font lacks is drawn in another one, which plotters does not know. It is measured as glyph 0, which
/// becomes 1 em wide, as Chinese characters are, and hardly any other is wider.
fn for_measuring(bytes: &[u8]) -> Option<Vec<u8>> {
    let u16_at = |at: usize| Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?));
    // The header of a collection has the offset of its first font in its fourth word.
    let font = if bytes.starts_with(b"ttcf") { u32::from_be_bytes(*bytes.get(12..)?.first_chunk()?) } else { 0 };
    let directory = bytes.get(font as usize..)?;
    let tables = u16::from_be_bytes(*directory.get(4..)?.first_chunk()?).into();
    let offset_of = |tag: &[u8]| {
        let mut records = directory.get(12..)?.chunks_exact(16).take(tables);
        let offset = u32::from_be_bytes(*records.find(|record| &record[..4] == tag)?[8..].first_chunk()?) as usize;
        (offset < bytes.len()).then_some(offset)
    };
    let (head, hhea, hmtx) = (offset_of(b"head")?, offset_of(b"hhea")?, offset_of(b"hmtx")?);
    let units_per_em = u16_at(head + 18)?;
    let ascender = units_per_em as i16;
    let descender = (-(LINE_HEIGHT - 1.0) * f32::from(units_per_em)).round() as i16;
    // If all glyphs share one advance, it stays.
    let has_own_advance = u16_at(hhea + 34)? > 1;
    let mut patched = bytes.to_vec();
    patched.get_mut(hhea + 4..hhea + 6)?.copy_from_slice(&ascender.to_be_bytes());
    patched.get_mut(hhea + 6..hhea + 8)?.copy_from_slice(&descender.to_be_bytes());
    if has_own_advance {
        patched.get_mut(hmtx..hmtx + 2)?.copy_from_slice(&units_per_em.to_be_bytes());
    }
    Some(patched)
}

fn style_name(style: FontStyle) -> &'static str {
    match style {
        FontStyle::Normal => "normal",
        FontStyle::Oblique => "oblique",
        FontStyle::Italic => "italic",
        FontStyle::Bold => "bold",
    }
}

/// Returns all registered faces, in the order in which a character of this family and style looks for one.
pub(super) fn faces(family: &str, style: FontStyle) -> Vec<&'static Face> {
    let style = style_name(style);
    let registered = FACES.read().unwrap_or_else(PoisonError::into_inner);
    let mut faces: Vec<&'static Face> = Vec::with_capacity(registered.len());
    let named = [(family, style), (family, "normal"), ("sans-serif", style), ("sans-serif", "normal")]
        .into_iter()
        .filter_map(|(family, style)| registered.iter().find(|face| face.0 == family && face.1 == style));
    let others = registered.iter().filter(|face| face.1 == style).chain(registered.iter());
    for &(_, _, face) in named.chain(others) {
        if !faces.iter().any(|&known| std::ptr::eq(known, face)) {
            faces.push(face);
        }
    }
    faces
}
