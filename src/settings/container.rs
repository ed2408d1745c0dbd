//! The settings that concern the container alone.

use std::time::SystemTime;

use super::{Layout, Rotation, Tag};

/// Container settings: the layout of the file, and what it says about the movie besides the stream.
///
/// [`Settings`](crate::Settings) has the same setters, for movies that are encoded; `ContainerSettings` serves
/// movies that are only muxed, by `join`.
#[derive(Clone, Debug, PartialEq)]
pub struct ContainerSettings {
    pub(crate) layout: Layout,
    pub(crate) fragment_seconds: f64,
    pub(crate) rotation: Rotation,
    pub(crate) expected_frames: Option<u64>,
    pub(crate) tags: Vec<(Tag, String)>,
    pub(crate) creation_time: Option<SystemTime>,
}

impl Default for ContainerSettings {
    fn default() -> Self {
        Self {
            layout: Layout::CrashSafe,
            fragment_seconds: 1.0,
            rotation: Rotation::None,
            expected_frames: None,
            tags: Vec::new(),
            creation_time: None,
        }
    }
}
