//! The layouts of an MP4 file.

/// How an MP4 file is laid out while it is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mp4Layout {
    /// Fragments behind a reserve for the index.
    CrashSafe,
    /// Bare samples.
    Progressive,
    /// Fragments that begin with keyframes.
    Fragmented,
}
