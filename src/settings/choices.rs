//! The settings that are a choice by name, from `Preset` and `Chroma` to `Layout` and `Rotation`, and `Quality` and
//! `Vbv`.

use std::fmt;
use std::str::FromStr;

use crate::{Error, Result};

/// Defines an enum whose variants have names, with `ALL`, `name`, `Display` and `FromStr`.
macro_rules! named {
    ($(#[$meta:meta])* $type:ident, $setting:literal { $($(#[$vmeta:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $type { $($(#[$vmeta])* $variant,)* }

        impl $type {
            /// All values, in order.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Returns the name, which [`Display`](std::fmt::Display) prints and [`FromStr`](std::str::FromStr) parses.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::Error;

            /// Parses a [`name`](Self::name).
            ///
            /// # Errors
            /// [`Error::Setting`](crate::Error::Setting) with all names, for any other text.
            fn from_str(text: &str) -> $crate::Result<Self> {
                Self::ALL.iter().copied().find(|value| value.name() == text).ok_or_else(|| {
                    $crate::Error::setting(
                        $setting,
                        format!("{text:?}"),
                        concat!("it must be one of", $(" ", $name),*),
                    )
                })
            }
        }
    };
}
pub(crate) use named;

named! {
    /// How much time x264 spends. Slower presets make smaller files of about the same quality.
    Preset, "preset" {
        /// The fastest. Without B-frames and CABAC, files are about twice as large.
        Ultrafast = "ultrafast",
        /// Very fast.
        Superfast = "superfast",
        /// The usual choice for live encoding.
        Veryfast = "veryfast",
        /// Faster than [`Fast`](Self::Fast).
        Faster = "faster",
        /// Slightly faster than the default.
        Fast = "fast",
        /// The default of x264 and of this crate.
        Medium = "medium",
        /// Slightly smaller files than the default.
        Slow = "slow",
        /// Smaller files than [`Slow`](Self::Slow).
        Slower = "slower",
        /// The slowest preset of practical use.
        Veryslow = "veryslow",
        /// Tries everything that x264 offers. Files are hardly smaller than those of [`Veryslow`](Self::Veryslow).
        Placebo = "placebo",
    }
}

named! {
    /// The kind of material or the purpose that x264 optimises for.
    Tune, "tune" {
        /// Charts, text, heat maps, particles: what programs draw. This one is the crate's own. It stands for parameters of
        /// x264, which depend on the preset and which [`x264_arguments`](crate::Settings::x264_arguments) lists.
        Drawn = "drawn",
        /// Photographic film.
        Film = "film",
        /// Cartoons: drawings with flat areas.
        Animation = "animation",
        /// Photographic film whose grain is preserved.
        Grain = "grain",
        /// A slide show.
        StillImage = "stillimage",
        /// The highest PSNR, for measurements.
        Psnr = "psnr",
        /// The highest SSIM, for measurements.
        Ssim = "ssim",
        /// Fast decoding: no deblocking, no CABAC.
        FastDecode = "fastdecode",
        /// No delay between a frame and its packet: no B-frames, no lookahead.
        ZeroLatency = "zerolatency",
    }
}

named! {
    /// The H.264 profile (Annex A) that the stream must not exceed.
    Profile, "profile" {
        /// Constrained Baseline: no B-frames, no CABAC.
        Baseline = "baseline",
        /// Main.
        Main = "main",
        /// High: the profile that all common players support.
        High = "high",
        /// High 10: up to 10 bits per sample.
        High10 = "high10",
        /// High 4:2:2.
        High422 = "high422",
        /// High 4:4:4 Predictive, the only profile with a lossless mode.
        High444 = "high444",
    }
}

named! {
    /// The H.264 level (Table A-1) that the stream signals.
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
        /// Level 3.1: 1280×720 at 30 frames per second.
        L3_1 = "3.1",
        /// Level 3.2.
        L3_2 = "3.2",
        /// Level 4: 1920×1080 at 30 frames per second.
        L4 = "4",
        /// Level 4.1.
        L4_1 = "4.1",
        /// Level 4.2: 1920×1080 at 60 frames per second.
        L4_2 = "4.2",
        /// Level 5.
        L5 = "5",
        /// Level 5.1: 3840×2160 at 30 frames per second.
        L5_1 = "5.1",
        /// Level 5.2: 3840×2160 at 60 frames per second.
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
    /// The chroma format: how many luma samples share one sample of each chroma plane (H.264 6.2).
    Chroma, "chroma" {
        /// 4:2:0: 2×2 pixels share one chroma sample. The default, which every player supports.
        Yuv420 = "420",
        /// 4:2:2: two pixels side by side share one chroma sample. Browsers and QuickTime do not support it.
        Yuv422 = "422",
        /// 4:4:4: every pixel has its own chroma samples, so coloured lines stay crisp. Few players support it.
        Yuv444 = "444",
        /// 4:0:0: luma only.
        Gray = "gray",
    }
}

impl Chroma {
    /// Returns how many luma samples share one chroma sample, horizontally and vertically.
    pub const fn subsampling(self) -> (u32, u32) {
        match self {
            Self::Yuv420 => (2, 2),
            Self::Yuv422 => (2, 1),
            Self::Yuv444 | Self::Gray => (1, 1),
        }
    }
}

named! {
    /// The number of bits per sample.
    BitDepth, "bit_depth" {
        /// 8 bits: the default, which every player supports.
        Eight = "8",
        /// 10 bits: finer gradients. Fewer players support it.
        Ten = "10",
    }
}

impl BitDepth {
    /// Returns the number of bits, 8 or 10.
    pub const fn bits(self) -> u8 {
        match self {
            Self::Eight => 8,
            Self::Ten => 10,
        }
    }

    /// Returns the bytes of a sample in memory, 1 or 2.
    pub(crate) const fn bytes(self) -> usize {
        self.bits().div_ceil(8) as usize
    }
}

named! {
    /// The layout of the file.
    Layout, "layout" {
        /// While it is written, the file is a fragmented MP4 that is playable at every instant. When it is finished, it
        /// is a plain MP4 whose `moov` box comes first. The default.
        CrashSafe = "crash-safe",
        /// A plain MP4 whose `moov` box comes first: the smallest file. It is not playable before it is finished.
        Progressive = "progressive",
        /// A fragmented MP4, for live streams and Media Source Extensions. It can be written without seeking. A file
        /// states its duration when it is finished, a stream does not.
        Fragmented = "fragmented",
        /// The H.264 byte stream (Annex B) without a container.
        AnnexB = "annexb",
    }
}

named! {
    /// What happens to an odd width or height where the chroma format needs an even one.
    OddSize, "odd_size" {
        /// The last column or row is repeated. The default.
        Pad = "pad",
        /// Validation fails with [`Error::Setting`].
        Refuse = "refuse",
    }
}

named! {
    /// The angle by which players rotate the movie clockwise, in degrees. The encoded frames are not rotated.
    Rotation, "rotation" {
        /// No rotation. The default.
        None = "0",
        /// 90° clockwise.
        Deg90 = "90",
        /// 180°.
        Deg180 = "180",
        /// 270° clockwise, which is 90° anticlockwise.
        Deg270 = "270",
    }
}

/// The quality, the bit rate or the size of the stream.
///
/// It prints as and parses from `crf=20`, `bitrate=1800`, `qp=20`, `lossless` or `max_bytes=10000000`. A number of bytes
/// may have a unit: `kB`, `MB` and `GB` are powers of 1000, `KiB`, `MiB` and `GiB` powers of 1024.
///
/// ```
/// use kinetograph::Quality;
/// assert_eq!("crf=17.5".parse::<Quality>()?, Quality::Crf(17.5));
/// assert_eq!(Quality::Bitrate(1800).to_string(), "bitrate=1800");
/// assert_eq!("max_bytes=2.5MB".parse::<Quality>()?, Quality::MaxBytes(2_500_000));
/// # Ok::<(), kinetograph::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Quality {
    /// Constant rate factor: constant perceived quality in as few bytes as that takes. The range is 0 to 51; lower is
    /// better. The default is 23, and 17 or 18 is visually lossless for most material. Values below 1 are
    /// [`Lossless`](Self::Lossless). At 10 bits per sample the range begins at −12, and values below −11 are lossless.
    Crf(f32),
    /// An average bit rate in kbit/s, 1 to 2,000,000. An [`Animation`](crate::Animation) is then encoded as one
    /// segment, because segments cannot share a bit rate.
    Bitrate(u32),
    /// A constant quantiser, 0 ([lossless](Self::Lossless)) to 51, or to 63 at 10 bits per sample.
    Qp(u8),
    /// Every decoded sample equals the converted one. The profile is then High 4:4:4 Predictive, which browsers and
    /// QuickTime do not support.
    Lossless,
    /// The best rate factor, between 12 and 51, with which the finished file has at most this many bytes, 1 to 2^63 − 1.
    /// Only an [`Animation`](crate::Animation) whose frames can be made again finds it. The guide on
    /// [quality and size](crate::guide::quality#at-most-so-many-bytes) says how.
    MaxBytes(u64),
}

impl fmt::Display for Quality {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crf(factor) => write!(f, "crf={factor}"),
            Self::Bitrate(rate) => write!(f, "bitrate={rate}"),
            Self::Qp(quantiser) => write!(f, "qp={quantiser}"),
            Self::Lossless => f.write_str("lossless"),
            Self::MaxBytes(bytes) => write!(f, "max_bytes={bytes}"),
        }
    }
}

impl FromStr for Quality {
    type Err = Error;

    /// Parses `crf=20`, `bitrate=1800`, `qp=20`, `lossless` or `max_bytes=10MB`. The range is checked by
    /// [`Settings::validate`](crate::Settings::validate).
    ///
    /// # Errors
    /// [`Error::Setting`] for any other text.
    fn from_str(text: &str) -> Result<Self> {
        let quality = match text.split_once('=') {
            Some(("crf", value)) => value.parse().ok().map(Self::Crf),
            Some(("bitrate", value)) => value.parse().ok().map(Self::Bitrate),
            Some(("qp", value)) => value.parse().ok().map(Self::Qp),
            Some(("max_bytes", value)) => bytes(value).map(Self::MaxBytes),
            _ => (text == "lossless").then_some(Self::Lossless),
        };
        let allowed = "it must be like crf=20, bitrate=1800, qp=20, lossless or max_bytes=10MB";
        quality.ok_or_else(|| Error::setting("quality", format!("{text:?}"), allowed))
    }
}

/// Parses a number of bytes, which may have a fraction and a unit. It is rounded down, so that it stays a limit.
fn bytes(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit: u64 = match &*unit.trim_start().to_ascii_lowercase() {
        "" | "b" => 1,
        "kb" => 1000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return None,
    };
    if number.contains('.') {
        number.parse::<f64>().ok().map(|number| (number * unit as f64) as u64)
    } else {
        number.parse::<u64>().ok()?.checked_mul(unit)
    }
}

/// The limits of a decoder's buffer, the video buffering verifier (H.264 Annex C). They apply to a bit rate, which must
/// not exceed the limit, and to a rate factor that is not lossless.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Vbv {
    /// The rate at which the buffer fills, in kbit/s, 1 to 2,000,000.
    pub max_kbit_per_second: u32,
    /// The size of the buffer, in kbit, 1 to 2,000,000.
    pub buffer_kbit: u32,
}

impl Vbv {
    /// Creates the limits from the rate at which the buffer fills, in kbit/s, and its size, in kbit.
    pub const fn new(max_kbit_per_second: u32, buffer_kbit: u32) -> Self {
        Self { max_kbit_per_second, buffer_kbit }
    }
}
