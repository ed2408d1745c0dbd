//! The choices that have names: each reads from and prints as the name that x264 or the standard gives it.

use crate::Error;

/// Defines an enum whose variants have names, with `ALL`, `name`, `Display` and `FromStr`.
macro_rules! named {
    ($(#[$meta:meta])* $type:ident, $setting:literal { $($(#[$vmeta:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $type { $($(#[$vmeta])* $variant,)* }

        impl $type {
            /// All of them, in order.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name, which [`FromStr`](std::str::FromStr) reads.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl std::str::FromStr for $type {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                match text {
                    $($name => Ok(Self::$variant),)*
                    _ => Err(Error::setting(
                        $setting,
                        format!("{text:?}"),
                        concat!("it must be one of", $(" ", $name),*),
                    )),
                }
            }
        }
    };
}
pub(crate) use named;

named! {
    /// How hard x264 works: slower presets make smaller files of the same quality.
    Preset, "preset" {
        /// The fastest; no B-frames, no CABAC: about twice the size.
        Ultrafast = "ultrafast",
        /// Very fast.
        Superfast = "superfast",
        /// The usual choice for live work.
        Veryfast = "veryfast",
        /// Faster than `Fast`.
        Faster = "faster",
        /// Somewhat faster than the default.
        Fast = "fast",
        /// The default, of x264 and of this crate.
        Medium = "medium",
        /// Somewhat smaller files.
        Slow = "slow",
        /// Smaller files still.
        Slower = "slower",
        /// The slowest that is of practical use.
        Veryslow = "veryslow",
        /// Everything x264 can try; hardly better than `Veryslow`.
        Placebo = "placebo",
    }
}

named! {
    /// What x264 optimises for.
    Tune, "tune" {
        /// Photographic film.
        Film = "film",
        /// Drawn pictures with flat areas; often right for plots.
        Animation = "animation",
        /// Film whose grain is to be kept.
        Grain = "grain",
        /// A slide show.
        StillImage = "stillimage",
        /// The best PSNR figure, for measurements.
        Psnr = "psnr",
        /// The best SSIM figure, for measurements.
        Ssim = "ssim",
        /// Cheap decoding: no deblocking, no CABAC.
        FastDecode = "fastdecode",
        /// No frame is held back: no B-frames, no lookahead.
        ZeroLatency = "zerolatency",
    }
}

named! {
    /// The H.264 profile (Annex A) that the stream must not exceed. Unset, x264 takes the lowest that serves the
    /// other settings: High for the defaults.
    Profile, "profile" {
        /// Constrained Baseline: no B-frames, no CABAC.
        Baseline = "baseline",
        /// Main.
        Main = "main",
        /// High: what players expect.
        High = "high",
        /// High 10: 10 bits a sample.
        High10 = "high10",
        /// High 4:2:2.
        High422 = "high422",
        /// High 4:4:4 Predictive, which also has the lossless mode.
        High444 = "high444",
    }
}

named! {
    /// The H.264 level (Table A-1) that the stream claims. Unset, x264 takes the lowest that suffices.
    Level, "level" {
        /// Level 1.
        L1 = "1",
        /// Level 1b.
        L1b = "1b",
        /// Level 1.1.
        L1_1 = "1.1",
        /// Level 1.2.
        L1_2 = "1.2",
        /// Level 1.3.
        L1_3 = "1.3",
        /// Level 2.
        L2 = "2",
        /// Level 2.1.
        L2_1 = "2.1",
        /// Level 2.2.
        L2_2 = "2.2",
        /// Level 3.
        L3 = "3",
        /// Level 3.1: 1280×720 at 30.
        L3_1 = "3.1",
        /// Level 3.2.
        L3_2 = "3.2",
        /// Level 4: 1920×1080 at 30.
        L4 = "4",
        /// Level 4.1.
        L4_1 = "4.1",
        /// Level 4.2: 1920×1080 at 60.
        L4_2 = "4.2",
        /// Level 5.
        L5 = "5",
        /// Level 5.1: 3840×2160 at 30.
        L5_1 = "5.1",
        /// Level 5.2: 3840×2160 at 60.
        L5_2 = "5.2",
        /// Level 6.
        L6 = "6",
        /// Level 6.1.
        L6_1 = "6.1",
        /// Level 6.2.
        L6_2 = "6.2",
    }
}

named! {
    /// How many colour samples there are to a brightness sample.
    Chroma, "chroma" {
        /// One for 2×2 pixels: what every player plays, and the default.
        Yuv420 = "420",
        /// One for two pixels side by side. Browsers and QuickTime do not play it.
        Yuv422 = "422",
        /// One for each pixel: coloured lines stay crisp. Few players play it.
        Yuv444 = "444",
        /// None: brightness only.
        Gray = "gray",
    }
}

impl Chroma {
    /// How many samples of brightness share one of chroma, across and down.
    pub const fn subsampling(self) -> (u32, u32) {
        match self {
            Self::Yuv420 => (2, 2),
            Self::Yuv422 => (2, 1),
            Self::Yuv444 | Self::Gray => (1, 1),
        }
    }
}

named! {
    /// How the file is laid out.
    Layout, "layout" {
        /// A playable fragmented file at every instant while it is written, a plain moov-first file when it is
        /// finished. The default.
        CrashSafe = "crash-safe",
        /// moov-first without fragments: the smallest file. Until it is finished it is not a movie.
        Progressive = "progressive",
        /// Fragments to the end, for live streams and Media Source Extensions; written without seeking.
        Fragmented = "fragmented",
        /// The bare H.264 byte stream (Annex B), without a container.
        AnnexB = "annexb",
    }
}

named! {
    /// What happens to an odd width or height, which H.264 with shared colour samples cannot express.
    OddSize, "odd_size" {
        /// The last column or row is repeated once. The default.
        Pad = "pad",
        /// [`Error::Setting`] names the side.
        Refuse = "refuse",
    }
}

named! {
    /// A turn that players make when they show the movie, clockwise; the frames themselves are not turned.
    Rotation, "rotation" {
        /// Upright.
        None = "0",
        /// A quarter turn clockwise.
        Deg90 = "90",
        /// Upside down.
        Deg180 = "180",
        /// A quarter turn anticlockwise.
        Deg270 = "270",
    }
}

/// The quality to reach, or the rate to keep.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Quality {
    /// Constant rate factor: constant perceived quality, as few bytes as it takes. 0 to 51, lower is better; the
    /// default is 23; 17 or 18 is visually lossless for most material. Below 1 it is [`Lossless`](Self::Lossless); at
    /// 10 bits the range begins at −12, and is lossless below −11.
    Crf(f32),
    /// An average bit rate in kbit/s, 1 to 2,000,000. Parts of an [`Animation`](crate::Animation) cannot share a rate,
    /// so it is then encoded by one encoder.
    Bitrate(u32),
    /// A constant quantiser, 0 ([lossless](Self::Lossless)) to 51 (63 at 10 bits).
    Qp(u8),
    /// Every decoded sample equals the converted one. The profile is then High 4:4:4 Predictive, which browsers and
    /// QuickTime do not play.
    Lossless,
}

/// Limits for a decoder with a buffer of a given size, the video buffering verifier (H.264 Annex C). They hold for a
/// bit rate, which must not exceed theirs, and for a rate factor that is not lossless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vbv {
    /// The rate at which the buffer fills, in kbit/s.
    pub max_kbit_per_second: u32,
    /// The size of the buffer, in kbit.
    pub buffer_kbit: u32,
}
