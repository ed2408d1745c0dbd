//! `Settings`: the encoder and container settings of a movie, with their setters and defaults.

mod choices;
mod color_space;
mod container;
mod drawn;
pub(crate) mod range;
mod tag;
#[cfg(test)]
mod tests;
mod validate;
mod x264_arguments;
mod x264_options;

use std::time::SystemTime;

use crate::time::{Clock, FrameRate};

pub(crate) use choices::named;
pub use choices::{BitDepth, Chroma, Layout, Level, OddSize, Preset, Profile, Quality, Rotation, Tune, Vbv};
pub use color_space::{ChromaLocation, ColorSpace, Matrix, Primaries, Range, Transfer};
pub use container::ContainerSettings;
pub use tag::Tag;

/// Encoder and container settings: size, frame rate, quality, colours, layout.
///
/// [`new`](Self::new) takes the size, and setters that chain change everything else. The setter of an optional setting
/// also takes `None`, which unsets it. [`validate`](Self::validate) checks the settings as a whole. Every function that
/// makes a movie calls it before it creates anything.
///
/// The defaults are those of x264 and ffmpeg: 25 frames per second, CRF 23, preset medium, 4:2:0 with 8 bits per
/// sample, tagged as sRGB colours in BT.709 of limited range.
///
/// ```
/// use kinetograph::{Preset, Quality, Settings, Tune};
/// let settings = Settings::new(1280, 720)
///     .frame_rate((30000, 1001))
///     .quality(Quality::Crf(20.0))
///     .preset(Preset::Slow)
///     .tune(Tune::Animation);
/// assert!(settings.validate().is_ok());
///
/// let error = settings.quality(Quality::Crf(60.0)).validate().unwrap_err();
/// assert_eq!(error.to_string(), "quality is crf=60; crf must be 0 to 51");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Settings {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) frame_rate: FrameRate,
    pub(crate) variable_rate: bool,
    pub(crate) quality: Quality,
    pub(crate) vbv: Option<Vbv>,
    pub(crate) preset: Preset,
    pub(crate) tune: Option<Tune>,
    pub(crate) profile: Option<Profile>,
    pub(crate) level: Option<Level>,
    pub(crate) chroma: Chroma,
    pub(crate) bit_depth: BitDepth,
    pub(crate) color_space: ColorSpace,
    pub(crate) chroma_location: Option<ChromaLocation>,
    pub(crate) background: [u8; 3],
    pub(crate) odd_size: OddSize,
    pub(crate) keyframe_interval: Option<u32>,
    pub(crate) pixel_aspect: (u32, u32),
    pub(crate) threads: Option<u32>,
    pub(crate) container: ContainerSettings,
    /// Names and values in the order in which x264 parses them; no name twice.
    pub(crate) x264_options: Vec<(String, String)>,
}

impl Settings {
    /// The largest width and height that x264 takes, in pixels.
    pub const MAX_SIDE: u32 = 16384;

    /// Creates settings for a movie of this width and height in pixels, each 1 to 16384, with the defaults for
    /// everything else.
    pub fn new(width: u32, height: u32) -> Self {
        Self {
            width,
            height,
            frame_rate: FrameRate::from(25),
            variable_rate: false,
            quality: Quality::Crf(23.0),
            vbv: None,
            preset: Preset::Medium,
            tune: None,
            profile: None,
            level: None,
            chroma: Chroma::Yuv420,
            bit_depth: BitDepth::Eight,
            color_space: ColorSpace::default(),
            chroma_location: None,
            background: [255; 3],
            odd_size: OddSize::Pad,
            keyframe_interval: None,
            pixel_aspect: (1, 1),
            threads: None,
            container: ContainerSettings::new(),
            x264_options: Vec::new(),
        }
    }

    /// Sets the frames per second, such as `30`, `(30000, 1001)` or `29.97`. The default is 25.
    pub fn frame_rate(self, rate: impl Into<FrameRate>) -> Self {
        Self { frame_rate: rate.into(), ..self }
    }

    /// Sets whether frames may begin at any time, counted in ticks of 1/90,000 s or finer. The frame rate is then
    /// nominal, and must be at least 1/87. By default, frames begin at multiples of a frame's duration.
    pub fn variable_rate(self, variable: bool) -> Self {
        Self { variable_rate: variable, ..self }
    }

    /// Sets the quality, the bit rate or the size. The default is `Quality::Crf(23.0)`.
    pub fn quality(self, quality: Quality) -> Self {
        Self { quality, ..self }
    }

    /// Sets limits for a decoder's buffer, or `None` for no limits, which is the default.
    pub fn vbv(self, limits: impl Into<Option<Vbv>>) -> Self {
        Self { vbv: limits.into(), ..self }
    }

    /// Sets how much time x264 spends. The default is [`Preset::Medium`].
    pub fn preset(self, preset: Preset) -> Self {
        Self { preset, ..self }
    }

    /// Sets what x264 optimises for, or `None` for nothing in particular, which is the default.
    pub fn tune(self, tune: impl Into<Option<Tune>>) -> Self {
        Self { tune: tune.into(), ..self }
    }

    /// Sets the profile that the stream must not exceed, or `None` for the lowest that the other settings allow, which
    /// is the default.
    pub fn profile(self, profile: impl Into<Option<Profile>>) -> Self {
        Self { profile: profile.into(), ..self }
    }

    /// Sets the level that the stream signals, or `None` for the lowest that suffices, which is the default. If the
    /// stream exceeds the level, x264 only logs a warning.
    pub fn level(self, level: impl Into<Option<Level>>) -> Self {
        Self { level: level.into(), ..self }
    }

    /// Sets the chroma format. The default is [`Chroma::Yuv420`].
    pub fn chroma(self, chroma: Chroma) -> Self {
        Self { chroma, ..self }
    }

    /// Sets the bits per sample. The default is [`BitDepth::Eight`].
    pub fn bit_depth(self, depth: BitDepth) -> Self {
        Self { bit_depth: depth, ..self }
    }

    /// Sets what a movie needs to hold every 8-bit red, green and blue: [`Quality::Lossless`], [`Chroma::Yuv444`] and
    /// [`BitDepth::Ten`].
    ///
    /// The 8-bit samples of YUV cannot tell all colours apart: lossless 4:4:4 loses up to 2 levels in limited range and
    /// up to 1 in full range. With 10 bits, rounding to the nearest 8-bit colour gives back all 2²⁴ colours. Few
    /// players and no browser play such a movie.
    ///
    /// ```
    /// let settings = kinetograph::Settings::new(640, 360).rgb_exact();
    /// # assert!(settings.validate().is_ok());
    /// ```
    pub fn rgb_exact(self) -> Self {
        self.quality(Quality::Lossless).chroma(Chroma::Yuv444).bit_depth(BitDepth::Ten)
    }

    /// Sets the matrix, the range and the tags of the colours. The default is [`ColorSpace::BT709`].
    pub fn color_space(self, space: ColorSpace) -> Self {
        Self { color_space: space, ..self }
    }

    /// Sets the location of the chroma samples in [planes that were made elsewhere](crate::Movie::push_planes), or `None`
    /// for [`Center`](ChromaLocation::Center), which is the default and true of frames that the crate converts. The stream
    /// signals it. It applies to [`Chroma::Yuv420`] only.
    pub fn chroma_location(self, location: impl Into<Option<ChromaLocation>>) -> Self {
        Self { chroma_location: location.into(), ..self }
    }

    /// Sets the colour behind transparent pixels, as red, green and blue. The default is white.
    pub fn background(self, rgb: [u8; 3]) -> Self {
        Self { background: rgb, ..self }
    }

    /// Sets what happens to an odd width or height. The default is [`OddSize::Pad`].
    pub fn odd_size(self, policy: OddSize) -> Self {
        Self { odd_size: policy, ..self }
    }

    /// Sets the maximum number of frames from one keyframe to the next, 1 to 100,000, or `None` for x264's 250, which
    /// is the default. Players can only seek to a keyframe.
    pub fn keyframe_interval(self, frames: impl Into<Option<u32>>) -> Self {
        Self { keyframe_interval: frames.into(), ..self }
    }

    /// Sets the ratio of a pixel's width to its height, each 1 to 65535. The default is (1, 1). The movie's width and
    /// height, scaled by it, must each be 1 to 65535 pixels.
    pub fn pixel_aspect(self, width: u32, height: u32) -> Self {
        Self { pixel_aspect: (width, height), ..self }
    }

    /// Sets the number of the encoder's threads, 1 to 128, or `None` for x264's own choice, which is the default.
    /// Another number of threads gives other bytes.
    pub fn threads(self, threads: impl Into<Option<u32>>) -> Self {
        Self { threads: threads.into(), ..self }
    }

    /// Sets an option of x264 by the name that the x264 program uses, without the dashes, such as `("bframes", 3)`. It
    /// replaces an earlier value of the same name.
    ///
    /// x264 checks the name and the value when the movie is created. [`validate`](Self::validate) refuses options that
    /// the crate itself decides (such as `fps`) and options that read or write files (such as `stats`). `asm` can only
    /// disable instruction sets. Each of the `zones` has a quantiser or a bit rate factor, and no further options.
    pub fn x264_option(self, name: impl Into<String>, value: impl ToString) -> Self {
        let name = name.into();
        let mut changed = self.without_x264_option(&name);
        changed.x264_options.push((name, value.to_string()));
        changed
    }

    /// Removes an option of x264, if it was set by this name.
    pub fn without_x264_option(mut self, name: &str) -> Self {
        self.x264_options.retain(|(earlier, _)| !x264_options::is_same_name(earlier, name));
        self
    }

    /// Sets all container settings, in place of earlier ones. The [expected frames](Self::expected_frames) remain.
    pub fn container(self, container: ContainerSettings) -> Self {
        let expected_frames = self.container.expected_frames;
        Self { container: ContainerSettings { expected_frames, ..container }, ..self }
    }

    /// Sets the layout of the file. See [`ContainerSettings::layout`].
    pub fn layout(self, layout: Layout) -> Self {
        Self { container: self.container.layout(layout), ..self }
    }

    /// Sets the duration of a fragment in seconds. See [`ContainerSettings::fragment_seconds`].
    pub fn fragment_seconds(self, seconds: f64) -> Self {
        Self { container: self.container.fragment_seconds(seconds), ..self }
    }

    /// Sets the rotation that players apply. See [`ContainerSettings::rotation`].
    pub fn rotation(self, rotation: Rotation) -> Self {
        Self { container: self.container.rotation(rotation), ..self }
    }

    /// Sets a tag. See [`ContainerSettings::tag`].
    pub fn tag(self, tag: Tag, text: impl Into<String>) -> Self {
        Self { container: self.container.tag(tag, text), ..self }
    }

    /// Removes a tag. See [`ContainerSettings::without_tag`].
    pub fn without_tag(self, tag: Tag) -> Self {
        Self { container: self.container.without_tag(tag), ..self }
    }

    /// Sets the title. See [`ContainerSettings::title`].
    pub fn title(self, text: impl Into<String>) -> Self {
        Self { container: self.container.title(text), ..self }
    }

    /// Sets the creation time that the file states. See [`ContainerSettings::creation_time`].
    pub fn creation_time(self, time: impl Into<Option<SystemTime>>) -> Self {
        Self { container: self.container.creation_time(time), ..self }
    }

    /// Sets how many frames the movie is expected to have, or `None` if that is unknown, which is the default. An
    /// [`Animation`](crate::Animation) sets it by itself.
    ///
    /// The layout [`Layout::CrashSafe`] reserves space for the index of that many frames at the beginning of the file.
    /// If the space is not enough, finishing copies the whole movie once.
    pub fn expected_frames(mut self, frames: impl Into<Option<u64>>) -> Self {
        self.container.expected_frames = frames.into();
        self
    }

    /// Returns the width of the frames in pixels.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Returns the height of the frames in pixels.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Returns the width and height of the coded pictures in pixels. They are those of the frames, rounded up to even
    /// where the chroma format needs it.
    pub fn coded_size(&self) -> (u32, u32) {
        let (wide, high) = self.chroma.subsampling();
        let even = |side: u32, by| side.checked_next_multiple_of(by).unwrap_or(u32::MAX);
        (even(self.width, wide), even(self.height, high))
    }

    /// Returns the maximum number of frames from one keyframe to the next. x264's own is 250.
    pub(crate) fn frames_per_keyframe(&self) -> u64 {
        self.keyframe_interval.map_or(250, u64::from)
    }

    /// Returns the movie's clock. The frame rate must be valid.
    pub(crate) fn clock(&self) -> Clock {
        Clock::new(self.frame_rate, self.variable_rate)
    }
}
