//! Shapes a line: puts its characters in visual order, finds faces for them, and makes glyphs of them.

use std::{
    collections::BTreeSet,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use harfrust::{Direction, GlyphBuffer, Script, ShapeOptions, ShapePlan, ShapePlanKey, Tag, UnicodeBuffer};
use unicode_bidi::ParagraphBidiInfo;
use unicode_script::UnicodeScript;

use super::fonts::Face;

/// A line as glyphs, from left to right. Lengths are in ems.
pub(super) struct ShapedLine {
    pub glyphs: Vec<PlacedGlyph>,
    pub width: f32,
}

/// A glyph and its origin, right of the start of the line and above its baseline, in ems.
pub(super) struct PlacedGlyph {
    pub face: &'static Face,
    pub id: u16,
    pub x: f32,
    pub y: f32,
}

/// Shapes a line. The first of the faces is the preferred one, and must exist.
pub(super) fn shape(line: &str, faces: &[&'static Face]) -> ShapedLine {
    let mut shaping =
        Shaping { line, faces, shaped: ShapedLine { glyphs: Vec::with_capacity(line.len()), width: 0.0 } };
    // unicode-bidi panics on an empty line.
    if line.is_empty() {
        return shaping.shaped;
    }
    let scripts = script_runs(line);
    let bidi = ParagraphBidiInfo::new(line, None);
    let (levels, runs) = bidi.visual_runs(0..line.len());
    for run in runs {
        let direction = if levels[run.start].is_rtl() { Direction::RightToLeft } else { Direction::LeftToRight };
        let parts = scripts.iter().filter_map(|(text, script)| {
            let text = text.start.max(run.start)..text.end.min(run.end);
            (!text.is_empty()).then_some(Run { text, script: *script, direction })
        });
        if direction == Direction::RightToLeft {
            parts.rev().for_each(|part| shaping.add(part, faces));
        } else {
            parts.for_each(|part| shaping.add(part, faces));
        }
    }
    shaping.shaped
}

/// Splits a line where the script changes. Characters of no script of their own, such as digits, spaces and marks, have
/// the script of the text before them, and at the start of the line of the text after them.
fn script_runs(line: &str) -> Vec<(Range<usize>, Option<Script>)> {
    let mut runs: Vec<(Range<usize>, Option<Script>)> = vec![(0..line.len(), None)];
    for (at, character) in line.char_indices() {
        let script = character.script();
        if matches!(
            script,
            unicode_script::Script::Common | unicode_script::Script::Inherited | unicode_script::Script::Unknown
        ) {
            continue;
        }
        let tag = script.short_name().parse::<Tag>().ok().and_then(Script::from_iso15924_tag);
        match runs.last_mut() {
            Some((_, last)) if last.is_none() || *last == tag => *last = tag,
            Some((text, _)) => {
                text.end = at;
                runs.push((at..line.len(), tag));
            }
            None => {}
        }
    }
    runs
}

/// A part of a line in one script and direction.
#[derive(Clone)]
struct Run {
    /// Bytes of the line.
    text: Range<usize>,
    script: Option<Script>,
    direction: Direction,
}

/// Glyphs that belong together, with the characters that they stand for.
struct Cluster {
    text: Range<usize>,
    glyphs: Range<usize>,
    missing: bool,
}

/// A line on its way.
struct Shaping<'a> {
    line: &'a str,
    faces: &'a [&'static Face],
    shaped: ShapedLine,
}

impl Shaping<'_> {
    /// Adds the glyphs of a run, in the first of the faces. What that face lacks is looked for in the faces after it.
    ///
    /// A face lacks characters if shaping with it gives no glyph for them. So an accent that a face has as part of a
    /// letter does not leave that face.
    fn add(&mut self, run: Run, faces: &[&'static Face]) {
        let text = &self.line[run.text.clone()];
        let has_some = |face: &&Face| text.chars().any(|character| !character.is_whitespace() && face.has(character));
        let (face, rest) = match faces.iter().position(has_some) {
            Some(index) => (faces[index], Some(&faces[index + 1..])),
            // Boxes of the preferred face, or spaces.
            None => (self.faces[0], None),
        };
        let buffer = self.shape(&run, face);
        let clusters = self.clusters(&buffer, &run);
        for part in clusters.chunk_by(|a, b| a.missing == b.missing) {
            let text = part.iter().map(|cluster| cluster.text.start).min().unwrap_or(0)
                ..part.iter().map(|cluster| cluster.text.end).max().unwrap_or(0);
            match rest {
                Some(rest) if part[0].missing => self.add(Run { text, ..run }, rest),
                _ => {
                    if part[0].missing {
                        warn(&self.line[text], face);
                    }
                    self.place(&buffer, part[0].glyphs.start..part[part.len() - 1].glyphs.end, face);
                }
            }
        }
    }

    fn shape(&self, run: &Run, face: &Face) -> GlyphBuffer {
        let Range { start, end } = run.text;
        let mut buffer = UnicodeBuffer::new();
        buffer.set_direction(run.direction);
        if let Some(script) = run.script {
            buffer.set_script(script);
        }
        // Letters join with those of the neighbouring runs.
        buffer.set_pre_context(&self.line[..start]);
        buffer.set_post_context(&self.line[end..]);
        for (at, character) in self.line[start..end].char_indices() {
            buffer.add(if character == '\t' { ' ' } else { character }, (start + at) as u32);
        }
        face.shaper.shape(buffer, ShapeOptions::new().plan(Some(&plan(face, run))))
    }

    fn clusters(&self, buffer: &GlyphBuffer, run: &Run) -> Vec<Cluster> {
        let infos = buffer.glyph_infos();
        let mut clusters: Vec<Cluster> = Vec::with_capacity(infos.len());
        for (index, info) in infos.iter().enumerate() {
            let start = info.cluster as usize;
            match clusters.last_mut() {
                Some(last) if last.text.start == start => {
                    last.glyphs.end = index + 1;
                    last.missing |= info.glyph_id == 0;
                }
                _ => clusters.push(Cluster {
                    text: start..run.text.end,
                    glyphs: index..index + 1,
                    missing: info.glyph_id == 0,
                }),
            }
        }
        // The text of a cluster ends where that of the next in reading order begins.
        for index in 1..clusters.len() {
            if run.direction == Direction::RightToLeft {
                clusters[index].text.end = clusters[index - 1].text.start;
            } else {
                clusters[index - 1].text.end = clusters[index].text.start;
            }
        }
        // Spaces between two words that the face lacks go to another face with the words.
        let is_space = |cluster: &Cluster| self.line[cluster.text.clone()].chars().all(char::is_whitespace);
        let mut after_missing = false;
        for index in 0..clusters.len() {
            if !is_space(&clusters[index]) {
                after_missing = clusters[index].missing;
            } else if after_missing {
                let next = clusters[index..].iter().find(|cluster| !is_space(cluster));
                clusters[index].missing |= next.is_some_and(|next| next.missing);
            }
        }
        clusters
    }

    fn place(&mut self, buffer: &GlyphBuffer, glyphs: Range<usize>, face: &'static Face) {
        for (info, position) in buffer.glyph_infos()[glyphs.clone()].iter().zip(&buffer.glyph_positions()[glyphs]) {
            let ems = |units: i32| units as f32 / face.units_per_em;
            self.shaped.glyphs.push(PlacedGlyph {
                face,
                id: u16::try_from(info.glyph_id).unwrap_or(0),
                x: self.shaped.width + ems(position.x_offset),
                y: ems(position.y_offset),
            });
            self.shaped.width += ems(position.x_advance);
        }
    }
}

/// Returns the plan for a run. To make one takes longer than to shape a word.
fn plan(face: &Face, run: &Run) -> Arc<ShapePlan> {
    let key = ShapePlanKey::new(run.script, run.direction);
    let plans = face.plans.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(plan) = plans.iter().find(|plan| key.matches(plan)) {
        return plan.clone();
    }
    drop(plans);
    let plan = Arc::new(ShapePlan::new(&face.shaper, run.direction, run.script, None, &[]));
    face.plans.write().unwrap_or_else(PoisonError::into_inner).push(plan.clone());
    plan
}

/// Logs a warning for each character that is drawn as a box for the first time.
fn warn(text: &str, face: &Face) {
    static WARNED: Mutex<BTreeSet<char>> = Mutex::new(BTreeSet::new());
    let mut warned = WARNED.lock().unwrap_or_else(PoisonError::into_inner);
    for character in text.chars().filter(|&character| !face.has(character) && !is_invisible(character)) {
        if warned.insert(character) {
            let code = u32::from(character);
            log::warn!(
                "no registered font has the character {character:?} (U+{code:04X}); a box is drawn in its place"
            );
        }
    }
}

/// Returns whether a character is drawn as nothing if a face lacks it: joiners, marks of direction, variation selectors
/// and tags.
fn is_invisible(character: char) -> bool {
    character.is_whitespace()
        || matches!(u32::from(character), 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0xFE00..=0xFE0F)
        || matches!(u32::from(character), 0xFEFF | 0xE0000..=0xE0FFF)
}
