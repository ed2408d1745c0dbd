//! The parameters of `Tune::Drawn`, by preset. Those of veryfast and medium were found with `cargo bench --bench drawn`.
//! The others follow from them. BENCHMARKS.md has what was measured.

use super::Preset;

type Options = &'static [(&'static str, &'static str)];

/// For every preset.
const ALL: Options = &[
    // A line is either there or not. What psychovisual decisions spend on it looks like dirt beside it.
    ("no-psy", "1"),
    // Flat areas of drawn pictures are clean already, so they leave bits to lines and text.
    ("aq-strength", "0.5"),
    // Thin coloured lines and points are mostly chroma.
    ("chroma-qp-offset", "-2"),
];

/// For the presets that have macroblock trees.
const TREES: Options = &[
    // What stands still is seen for long. Stronger trees make it finer, and what moves coarser.
    ("qcomp", "0.5"),
];

/// For the presets that have time for more than three B-frames.
const B_FRAMES: Options = &[
    // Much of a drawn picture is the mean of an earlier one and a later one.
    ("bframes", "5"),
    // More B-frames would make the exhaustive choice slow. The fast one is as good here.
    ("b-adapt", "1"),
];

/// For the presets that look for motion only near by.
const REACH: Options = &[
    // Text scrolls, and labels and bars jump.
    ("me", "umh"),
];

/// Returns options of x264 with their values, in the order in which x264 parses them.
pub(super) fn options<'a>(preset: Preset) -> impl Iterator<Item = (&'a str, &'a str)> {
    let parts: &[Options] = match preset {
        Preset::Ultrafast | Preset::Superfast => &[ALL],
        // Rate-distortion optimised quantisation removes most of the noise round lines.
        Preset::Veryfast => &[ALL, TREES, &[("trellis", "1")]],
        // Reach pays more than the finer subpel refinement of this preset, which suits blocks of one colour badly.
        Preset::Faster => &[ALL, TREES, REACH, &[("subme", "2")]],
        // The refinement of medium: rate-distortion decisions in B-frames too, of which there are many.
        Preset::Fast => &[ALL, TREES, B_FRAMES, &[("subme", "7")]],
        Preset::Medium | Preset::Slow => &[ALL, TREES, B_FRAMES, REACH],
        Preset::Slower => &[ALL, TREES, B_FRAMES],
        Preset::Veryslow | Preset::Placebo => &[ALL, TREES],
    };
    parts.iter().copied().flatten().map(|(name, value)| (*name, *value))
}
