//! `ContainerSettings`: the layout of the file, rotation, tags and creation time, and the checks of them.

use std::time::SystemTime;

use super::range::{outside, within};
use super::tag::NOT_TEXT;
use super::{Layout, Rotation, Tag};
use crate::{Error, Result};

/// The maximum size of a tag's text in bytes. The size of a box has 32 bits, and the `moov` box is built in memory.
const MAX_TAG: usize = 1 << 20;

/// The maximum size of all tags in bytes.
const MAX_TAGS: usize = 16 << 20;

/// Container settings: the layout of the file and its metadata.
///
/// A movie that is encoded takes them from its [`Settings`](crate::Settings), which has the same setters.
/// [`join`](crate::join), which only muxes, takes them alone.
///
/// ```
/// use kinetograph::{ContainerSettings, Layout, Settings, Tag};
/// let container = ContainerSettings::new().layout(Layout::Progressive).title("Waves").tag(Tag::Artist, "Ada");
/// let settings = Settings::new(1280, 720).container(container);
/// # assert!(settings.validate().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct ContainerSettings {
    pub(crate) layout: Layout,
    pub(crate) fragment_seconds: f64,
    pub(crate) rotation: Rotation,
    pub(crate) expected_frames: Option<u64>,
    pub(crate) tags: Vec<(Tag, String)>,
    pub(crate) creation_time: Option<SystemTime>,
}

impl ContainerSettings {
    /// Creates the default settings: the layout [`Layout::CrashSafe`] with fragments of one second, no rotation, no
    /// tags and no creation time.
    pub fn new() -> Self {
        Self {
            layout: Layout::CrashSafe,
            fragment_seconds: 1.0,
            rotation: Rotation::None,
            expected_frames: None,
            tags: Vec::new(),
            creation_time: None,
        }
    }

    /// Sets the layout of the file. The default is [`Layout::CrashSafe`].
    pub fn layout(self, layout: Layout) -> Self {
        Self { layout, ..self }
    }

    /// Sets the duration of a fragment in seconds, 0.01 to 3600. The default is 1.
    ///
    /// A crash loses the fragment that is not complete. It also loses the frames that x264 holds back, about 50 by
    /// default, and the segments of an [`Animation`](crate::Animation) that wait for an earlier one. In the layout
    /// [`Layout::Fragmented`] a fragment ends only before a keyframe.
    pub fn fragment_seconds(self, seconds: f64) -> Self {
        Self { fragment_seconds: seconds, ..self }
    }

    /// Sets the rotation that players apply. The default is none.
    pub fn rotation(self, rotation: Rotation) -> Self {
        Self { rotation, ..self }
    }

    /// Sets a tag and replaces an earlier one of the same key. The text can have at most 1 MiB and no NUL character, and
    /// all tags together 16 MiB.
    pub fn tag(self, tag: Tag, text: impl Into<String>) -> Self {
        let mut changed = self.without_tag(tag);
        changed.tags.push((tag, text.into()));
        changed
    }

    /// Removes the tag of this key, if it was set.
    pub fn without_tag(mut self, tag: Tag) -> Self {
        self.tags.retain(|(earlier, _)| earlier.key() != tag.key());
        self
    }

    /// Sets the title, which is the tag [`Tag::Title`].
    pub fn title(self, text: impl Into<String>) -> Self {
        self.tag(Tag::Title, text)
    }

    /// Sets the creation time in the file, or `None` for no time, which is the default. Without a time, equal movies
    /// are equal files.
    pub fn creation_time(self, time: impl Into<Option<SystemTime>>) -> Self {
        Self { creation_time: time.into(), ..self }
    }

    /// Checks every setting.
    ///
    /// # Errors
    /// [`Error::Setting`] for the first one that cannot be used.
    pub fn validate(&self) -> Result<()> {
        within("fragment_seconds", self.fragment_seconds, 0.01..=3600.0)?;
        let mut total = 0;
        for (tag, text) in &self.tags {
            if text.contains('\0') {
                // Long enough to recognise the text.
                let begin: String = text.chars().take(60).collect();
                let value = format!("{tag} {begin:?}");
                return Err(Error::setting("tag", value, "its text must not contain a NUL character"));
            }
            let refuse = |allowed: String| Err(Error::setting("tag", tag.to_string().escape_debug(), allowed));
            if NOT_TEXT.contains(&&tag.key()) {
                return refuse("its value is not text; use another key".into());
            }
            if text.len() > MAX_TAG {
                return refuse(format!("its text has {} bytes; at most {MAX_TAG} are allowed", text.len()));
            }
            total += text.len() + 24;
            if total > MAX_TAGS {
                return refuse(format!("with it all tags have {total} bytes; at most {MAX_TAGS} are allowed"));
            }
        }
        Ok(())
    }

    /// Checks that a stream of this size and pixel aspect can be presented.
    ///
    /// Players scale either the width or the height by the aspect. ffmpeg loses frames where that side vanishes, and
    /// the container has 16 bits for it.
    pub(crate) fn validate_for(&self, (width, height): (u32, u32), (wide, high): (u32, u32)) -> Result<()> {
        let refuse = |allowed: String| Err(Error::setting("pixel_aspect", format!("{wide}:{high}"), allowed));
        if let Some(allowed) = [wide, high].into_iter().find_map(|term| outside("each number", term, 1..=65_535)) {
            return refuse(allowed);
        }
        let scaled = |side: u32, by: u32, to: u32| u64::from(side) * u64::from(by) / u64::from(to);
        let sides = [scaled(width, wide, high), scaled(height, high, wide)];
        // A rotated frame is moved back by its size, as a signed number.
        let most = if self.rotation == Rotation::None { 65_535 } else { 32_767 };
        if sides.iter().all(|side| (1..=most).contains(side)) {
            return Ok(());
        }
        refuse(format!("a frame of {width}×{height} must have 1 to {most} pixels when either side is scaled by it"))
    }
}

impl Default for ContainerSettings {
    fn default() -> Self {
        Self::new()
    }
}
