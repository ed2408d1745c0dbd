//! What the movie shall be.

mod choices;
mod color_space;
mod container;
mod tag;
mod validate;
mod x264_options;

use std::time::SystemTime;

use crate::time::{Clock, FrameRate};

pub use choices::{Chroma, Layout, Level, OddSize, Preset, Profile, Quality, Rotation, Tune, Vbv};
pub use color_space::{ColorSpace, Matrix, Primaries, Range, Transfer};
pub use container::ContainerSettings;
pub use tag::Tag;

/// What the movie shall be: size, rate, quality, colours, layout.
///
/// Made with the size, changed by setters that chain, checked as a whole by [`validate`](Self::validate), which every
/// way of making a movie calls before anything is created. The defaults are x264's and ffmpeg's: 25 frames a second,
/// CRF 23, preset medium, 4:2:0 at 8 bits, tagged as sRGB colours in BT.709 limited range.
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
/// assert_eq!(error.to_string(), "crf is 60; it must be 0 to 51");
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Settings {
    /// Width in pixels, 1 to 16384.
    pub width: u32,
    /// Height in pixels, 1 to 16384.
    pub height: u32,
    /// Frames a second; 25 unless set.
    pub frame_rate: FrameRate,
    /// Whether frames may begin at any time. Otherwise they begin at whole multiples of a frame's duration.
    pub variable_rate: bool,
    /// Quality or bit rate; CRF 23 unless set.
    pub quality: Quality,
    /// Limits for a decoder's buffer; none unless set.
    pub vbv: Option<Vbv>,
    /// How hard x264 works; medium unless set.
    pub preset: Preset,
    /// What x264 optimises for; nothing in particular unless set.
    pub tune: Option<Tune>,
    /// The profile not to exceed; what the other settings need unless set.
    pub profile: Option<Profile>,
    /// The level claimed; the lowest that suffices unless set.
    pub level: Option<Level>,
    /// Colour samples to a brightness sample; 4:2:0 unless set.
    pub chroma: Chroma,
    /// Bits a sample, 8 or 10; 8 unless set.
    pub bit_depth: u8,
    /// Matrix, range and tags; [`ColorSpace::BT709`] unless set.
    pub color_space: ColorSpace,
    /// Red, green, blue shown where a frame is transparent; white unless set.
    pub background: [u8; 3],
    /// What happens to an odd width or height; [`OddSize::Pad`] unless set.
    pub odd_size: OddSize,
    /// The most frames from one keyframe to the next; x264's 250 unless set.
    pub keyframe_interval: Option<u32>,
    /// Width to height of a pixel; (1, 1) unless set.
    pub pixel_aspect: (u32, u32),
    /// Threads of the encoder, 1 to 128; x264's own choice unless set. Another number gives other bytes.
    pub threads: Option<u32>,
    /// What concerns the container alone.
    pub(crate) container: ContainerSettings,
    /// Any other options of x264, by name, in order; each is checked by x264 itself.
    pub x264_options: Vec<(String, String)>,
}

impl Settings {
    /// The largest width and height that x264 takes, in pixels.
    pub const MAX_SIDE: u32 = 16384;

    /// Settings for a movie of this size in pixels, with the default for everything else.
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
            bit_depth: 8,
            color_space: ColorSpace::default(),
            background: [255; 3],
            odd_size: OddSize::Pad,
            keyframe_interval: None,
            pixel_aspect: (1, 1),
            threads: None,
            container: ContainerSettings::default(),
            x264_options: Vec::new(),
        }
    }

    /// Sets the frames a second: `30`, `(30000, 1001)`, `29.97`.
    #[must_use]
    pub fn frame_rate(self, rate: impl Into<FrameRate>) -> Self {
        Self { frame_rate: rate.into(), ..self }
    }

    /// Lets frames begin at any time, counted in ticks of 1/90,000 s or finer, and tells x264 so. The frame rate is
    /// then the nominal one, 1/87 or more.
    #[must_use]
    pub fn variable_rate(self, variable: bool) -> Self {
        Self { variable_rate: variable, ..self }
    }

    /// Sets quality or bit rate.
    #[must_use]
    pub fn quality(self, quality: Quality) -> Self {
        Self { quality, ..self }
    }

    /// Limits the stream to a decoder whose buffer of `buffer_kbit` fills at `max_kbit_per_second`.
    #[must_use]
    pub fn vbv(self, max_kbit_per_second: u32, buffer_kbit: u32) -> Self {
        Self { vbv: Some(Vbv { max_kbit_per_second, buffer_kbit }), ..self }
    }

    /// Sets how hard x264 works.
    #[must_use]
    pub fn preset(self, preset: Preset) -> Self {
        Self { preset, ..self }
    }

    /// Sets what x264 optimises for.
    #[must_use]
    pub fn tune(self, tune: Tune) -> Self {
        Self { tune: Some(tune), ..self }
    }

    /// Sets the profile that the stream must not exceed.
    #[must_use]
    pub fn profile(self, profile: Profile) -> Self {
        Self { profile: Some(profile), ..self }
    }

    /// Sets the level that the stream claims. x264 only warns, in its log, when the stream exceeds it.
    #[must_use]
    pub fn level(self, level: Level) -> Self {
        Self { level: Some(level), ..self }
    }

    /// Sets how many colour samples there are.
    #[must_use]
    pub fn chroma(self, chroma: Chroma) -> Self {
        Self { chroma, ..self }
    }

    /// Sets the bits a sample: 8 or 10.
    #[must_use]
    pub fn bit_depth(self, bits: u8) -> Self {
        Self { bit_depth: bits, ..self }
    }

    /// Sets matrix, range and tags.
    #[must_use]
    pub fn color_space(self, space: ColorSpace) -> Self {
        Self { color_space: space, ..self }
    }

    /// Sets the red, green and blue that are shown where a frame is transparent.
    #[must_use]
    pub fn background(self, rgb: [u8; 3]) -> Self {
        Self { background: rgb, ..self }
    }

    /// Sets what happens to an odd width or height.
    #[must_use]
    pub fn odd_size(self, policy: OddSize) -> Self {
        Self { odd_size: policy, ..self }
    }

    /// Sets the most frames from one keyframe to the next, 1 to 100,000. A player can only seek to a keyframe.
    #[must_use]
    pub fn keyframe_interval(self, frames: u32) -> Self {
        Self { keyframe_interval: Some(frames), ..self }
    }

    /// Sets the width to height of a pixel, each 1 to 65535; either side of the movie, scaled by it, must have 1 to 65535
    /// pixels.
    #[must_use]
    pub fn pixel_aspect(self, width: u32, height: u32) -> Self {
        Self { pixel_aspect: (width, height), ..self }
    }

    /// Sets the turn that players make.
    #[must_use]
    pub fn rotation(mut self, rotation: Rotation) -> Self {
        self.container.rotation = rotation;
        self
    }

    /// Sets the threads of the encoder, 1 to 128. Another number gives other bytes.
    #[must_use]
    pub fn threads(self, threads: u32) -> Self {
        Self { threads: Some(threads), ..self }
    }

    /// Sets how the file is laid out.
    #[must_use]
    pub fn layout(mut self, layout: Layout) -> Self {
        self.container.layout = layout;
        self
    }

    /// Sets the seconds of film in a fragment, 0.01 to 3600: what a crash can cost, besides the pictures that x264 holds
    /// back, some fifty, and of an [`Animation`](crate::Animation) the parts that wait for their turn. In the layout
    /// [`Layout::Fragmented`] a fragment ends only where a keyframe follows.
    #[must_use]
    pub fn fragment_seconds(mut self, seconds: f64) -> Self {
        self.container.fragment_seconds = seconds;
        self
    }

    /// Says how many frames there will be.
    #[must_use]
    pub fn expected_frames(mut self, frames: impl Into<Option<u64>>) -> Self {
        self.container.expected_frames = frames.into();
        self
    }

    /// Sets a tag, in place of an earlier one of the same key.
    #[must_use]
    pub fn tag(mut self, tag: Tag, text: impl Into<String>) -> Self {
        self.container.tags.retain(|(earlier, _)| earlier.key() != tag.key());
        self.container.tags.push((tag, text.into()));
        self
    }

    /// Sets the title.
    #[must_use]
    pub fn title(self, text: impl Into<String>) -> Self {
        self.tag(Tag::Title, text)
    }

    /// Sets when the movie was made.
    #[must_use]
    pub fn creation_time(mut self, time: impl Into<Option<SystemTime>>) -> Self {
        self.container.creation_time = time.into();
        self
    }

    /// Sets any other option of x264 by the name its program has for it, without the dashes: `("bframes", "3")`.
    ///
    /// x264 checks name and value when the movie is created. Options that the crate itself decides (such as `fps`)
    /// and options that read or write files (such as `stats`) are refused by [`validate`](Self::validate). `asm` can
    /// only take instruction sets away, and `zones` have a quantiser or a bit rate factor each, no further options.
    #[must_use]
    pub fn x264_option(mut self, name: impl Into<String>, value: impl ToString) -> Self {
        self.x264_options.push((name.into(), value.to_string()));
        self
    }

    /// The size of the coded pictures in pixels: the size with an odd side made even where the chroma needs it.
    pub fn coded_size(&self) -> (u32, u32) {
        let (wide, high) = self.chroma.subsampling();
        let even = |side: u32, by| side.checked_next_multiple_of(by).unwrap_or(u32::MAX);
        (even(self.width, wide), even(self.height, high))
    }

    /// The clock of the movie; the frame rate must be valid.
    pub(crate) fn clock(&self) -> Clock {
        Clock::new(self.frame_rate, self.variable_rate)
    }
}
