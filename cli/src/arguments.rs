//! The arguments of the program and of its commands.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use kinetograph::{
    BitDepth, Chroma, FrameRate, Layout, Level, Matrix, PixelFormat, Preset, Primaries, Profile, Range, Rotation,
    Transfer, Tune,
};

/// Parses one of the names of a type, which the help and the completions list.
macro_rules! choice {
    ($type:ty) => {
        PossibleValuesParser::new(<$type>::ALL.iter().map(|value| value.name())).try_map(|name| name.parse::<$type>())
    };
}

/// A tune, or none.
#[derive(Clone, Copy)]
pub struct Tuning(pub Option<Tune>);

fn tune() -> impl TypedValueParser<Value = Tuning> {
    PossibleValuesParser::new(Tune::ALL.iter().map(|tune| tune.name()).chain(["none"])).try_map(|name| match &*name {
        "none" => Ok(Tuning(None)),
        name => name.parse().map(|tune| Tuning(Some(tune))),
    })
}

/// Makes H.264 MP4 movies of pictures, Y4M and raw frames
#[derive(Parser)]
#[command(
    name = "kinetograph",
    version,
    after_help = "Exit status: 0 if the command did what it was asked to, 1 if it failed, 2 for arguments that cannot be \
                  used, 141 if nobody reads a movie that goes to standard output."
)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    Encode(Box<Encode>),
    Recover(Recover),
    Join(Join),
    Info(Info),
    Bench(Bench),
    /// Print the completions for a shell
    Completions {
        shell: Shell,
    },
    /// Write the man pages into a folder
    #[command(hide = true)]
    Man {
        folder: PathBuf,
    },
}

/// Make a movie of pictures, of Y4M or of raw frames
///
/// Pictures are PNG, JPEG, BMP, PNM, QOI or TGA files of one size. They are shown in the natural order of the numbers
/// in their names: 1, 2, 10. A folder stands for the pictures in it.
///
/// Y4M is recognised by its head. Its samples are encoded as they are; its frame rate, pixel aspect, chroma location and
/// range are taken over.
///
/// With --size, the input is raw frames: pixels row after row, frame after frame, without gaps.
///
/// While it is made, the movie is in OUTPUT.part, which plays. It gets its name when it is finished. After a crash,
/// `kinetograph recover` finishes it.
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  kinetograph encode --fps 30 frames/*.png movie.mp4
  kinetograph encode --crf 18 --preset slow plot.y4m movie.mp4
  kinetograph encode --max-size 10MB plot.y4m movie.mp4
  some-program | kinetograph encode --size 1280x720 --fps 30 --format rgba - movie.mp4
  kinetograph encode pictures/ - | some-server")]
pub struct Encode {
    /// Pictures, a folder of pictures, a Y4M file, a file of raw frames, or - for standard input
    #[arg(required = true, num_args = 1..)]
    pub input: Vec<PathBuf>,
    /// The movie: .mp4 or .m4v, .264 or .h264 for the bare stream, or - for standard output
    #[arg(required = true)]
    pub output: PathBuf,
    /// Show pictures in the order in which they are given
    #[arg(long)]
    pub as_given: bool,
    #[command(flatten, next_help_heading = "Raw frames")]
    pub raw: Raw,
    #[command(flatten, next_help_heading = "Quality")]
    pub quality: Quality,
    #[command(flatten, next_help_heading = "Stream")]
    pub stream: Stream,
    #[command(flatten, next_help_heading = "Container")]
    pub container: Container,
}

#[derive(Args)]
pub struct Raw {
    /// Width and height of raw frames in pixels
    #[arg(long, value_name = "WxH", value_parser = size)]
    pub size: Option<(u32, u32)>,
    /// Pixel format of raw frames
    #[arg(long, requires = "size", default_value = "rgba", hide_default_value = true, value_parser = pixel_format())]
    pub format: PixelFormat,
}

#[derive(Args)]
pub struct Quality {
    /// Preset of x264
    #[arg(long, default_value = "medium", value_parser = choice!(Preset))]
    pub preset: Preset,
    /// What the encoder optimises for: charts and text with "drawn", nothing in particular with "none", or a tune of x264
    #[arg(long, default_value = "none", value_parser = tune())]
    pub tune: Tuning,
    /// Constant rate factor, 0 to 51; lower is better [default: 23]
    #[arg(long, group = "rate", allow_negative_numbers = true)]
    pub crf: Option<f32>,
    /// Constant quantiser, 0 to 51, or 63 with 10 bits
    #[arg(long, group = "rate")]
    pub qp: Option<u8>,
    /// Average bit rate in kbit/s
    #[arg(long, group = "rate", value_name = "KBIT")]
    pub bitrate: Option<u32>,
    /// Encode without loss
    #[arg(long, group = "rate")]
    pub lossless: bool,
    /// Make the best movie of at most this size, such as 10MB
    ///
    /// A bare number is bytes; kB, MB and GB are powers of 1000, KiB, MiB and GiB powers of 1024. The movie is made
    /// about twice, until it fits and uses at least 95 % of the size, unless it is smaller with the rate factor 12. The
    /// input must be pictures or a file, because it is read more than once.
    #[arg(long, group = "rate", value_name = "SIZE", value_parser = max_size)]
    pub max_size: Option<kinetograph::Quality>,
}

#[derive(Args)]
pub struct Stream {
    /// Frames per second, such as 30, 30000/1001 or 29.97 [default: that of the Y4M, or 25]
    #[arg(long)]
    pub fps: Option<FrameRate>,
    /// Chroma subsampling [default: that of the Y4M, or 420]
    #[arg(long, value_parser = choice!(Chroma))]
    pub chroma: Option<Chroma>,
    /// Bits per sample [default: those of the Y4M, or 8]
    #[arg(long, value_parser = choice!(BitDepth))]
    pub bit_depth: Option<BitDepth>,
    /// Range of the samples [default: that of the Y4M, or limited]
    #[arg(long, value_parser = choice!(Range))]
    pub range: Option<Range>,
    /// Matrix of the samples [default: bt709; for Y4M below 1280x720 bt601]
    #[arg(long, value_parser = choice!(Matrix))]
    pub matrix: Option<Matrix>,
    /// Primaries that players are told
    #[arg(long, value_parser = choice!(Primaries))]
    pub primaries: Option<Primaries>,
    /// Transfer function that players are told
    #[arg(long, value_parser = choice!(Transfer))]
    pub transfer: Option<Transfer>,
    /// Width and height of a pixel [default: that of the Y4M, or 1:1]
    #[arg(long, value_name = "W:H", value_parser = ratio)]
    pub pixel_aspect: Option<(u32, u32)>,
    /// Colour behind transparent pixels
    #[arg(long, default_value = "ffffff", value_name = "RRGGBB", value_parser = color)]
    pub background: [u8; 3],
    /// Profile that the stream does not exceed
    #[arg(long, value_parser = choice!(Profile))]
    pub profile: Option<Profile>,
    /// Level that the stream states
    #[arg(long, value_parser = choice!(Level), hide_possible_values = true)]
    pub level: Option<Level>,
    /// Most frames from one keyframe to the next [default: 250]
    #[arg(long, value_name = "FRAMES")]
    pub keyframe_interval: Option<u32>,
    /// Threads of the encoder [default: x264 chooses]
    #[arg(long)]
    pub threads: Option<u32>,
    /// Any other option of x264; may be repeated
    #[arg(long = "x264", value_name = "NAME=VALUE", value_parser = option)]
    pub options: Vec<(String, String)>,
}

#[derive(Args)]
pub struct Container {
    /// Layout of the file [default: annexb for .264 and .h264, fragmented for standard output, otherwise crash-safe]
    #[arg(long, value_parser = choice!(Layout))]
    pub layout: Option<Layout>,
    /// Title of the movie
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// Angle by which players rotate the movie clockwise
    #[arg(long, default_value = "0", value_parser = choice!(Rotation))]
    pub rotation: Rotation,
}

/// Finish a movie that a crash has left unfinished
#[derive(Args)]
pub struct Recover {
    /// The unfinished file, such as movie.mp4.part
    pub from: PathBuf,
    /// The movie to make of it; the unfinished file is kept
    #[arg(required_unless_present = "in_place", conflicts_with = "in_place")]
    pub to: Option<PathBuf>,
    /// Make the unfinished file itself a finished movie
    #[arg(long)]
    pub in_place: bool,
}

/// Join the segments of a movie, which several processes or machines have encoded
#[derive(Args)]
pub struct Join {
    /// The files of all segments; their order does not matter if numbers in their names give it
    #[arg(required = true, num_args = 1..)]
    pub segments: Vec<PathBuf>,
    /// The movie
    #[arg(required = true)]
    pub output: PathBuf,
    /// Take the segments in the order in which they are given
    #[arg(long)]
    pub as_given: bool,
    #[command(flatten)]
    pub container: Container,
}

/// Print what a movie holds
///
/// Prints codec string, size, frames, rate, duration, colours, rate factor, layout, and whether the movie is finished, of
/// an MP4 with H.264 video. An unfinished file is read as far as it is complete.
#[derive(Args)]
pub struct Info {
    /// The movies
    #[arg(required = true)]
    pub movies: Vec<PathBuf>,
}

/// Measure how fast this machine makes movies
///
/// Prints within a minute a table of the frames and the pixels per second for presets of x264: through Movie, for frames
/// that come one after another, and through Animation, for frames that are drawn in any order.
#[derive(Args)]
pub struct Bench {
    /// Width and height of the frames in pixels
    #[arg(long, value_name = "WxH", default_value = "1280x720", value_parser = size)]
    pub size: (u32, u32),
}

/// Parses a pixel format by our name or by a usual one.
fn pixel_format() -> impl TypedValueParser<Value = PixelFormat> {
    let values = PixelFormat::ALL.iter().map(|format| {
        let (help, aliases): (_, &[&str]) = match format {
            PixelFormat::Rgba8 => ("Red, green, blue, alpha; the default; also rgba8, rgba32", &["rgba8", "rgba32"]),
            PixelFormat::Rgba8Premultiplied => (
                "The same, multiplied by alpha, as tiny-skia has it; also rgba8-premultiplied",
                &["rgba8-premultiplied"],
            ),
            PixelFormat::Bgra8 => ("Blue, green, red, alpha; also bgra8, bgra32", &["bgra8", "bgra32"]),
            PixelFormat::Bgra8Premultiplied => {
                ("The same, multiplied by alpha, as cairo has it; also bgra8-premultiplied", &["bgra8-premultiplied"])
            }
            PixelFormat::Rgb8 => ("Red, green, blue; also rgb8, rgb24", &["rgb8", "rgb24"]),
            PixelFormat::Gray8 => ("Grey; also gray8, grey, grey8, y8", &["gray8", "grey", "grey8", "y8"]),
            _ => ("", &[]),
        };
        PossibleValue::new(format.name()).aliases(aliases.iter().copied()).help(help)
    });
    let values: Vec<PossibleValue> = values.collect();
    let by_name = values.clone();
    PossibleValuesParser::new(values).try_map(move |given| {
        let value = by_name.iter().find(|value| value.matches(&given, false));
        value.map_or(&*given, |value| value.get_name()).parse::<PixelFormat>()
    })
}

fn max_size(text: &str) -> Result<kinetograph::Quality, String> {
    format!("max_bytes={text}").parse().map_err(|_| "it must be like 10MB, 8MiB or 500000".into())
}

fn size(text: &str) -> Result<(u32, u32), String> {
    pair(text, 'x').ok_or_else(|| "it must be like 640x360".into())
}

fn ratio(text: &str) -> Result<(u32, u32), String> {
    pair(text, ':').ok_or_else(|| "it must be like 4:3".into())
}

fn pair(text: &str, between: char) -> Option<(u32, u32)> {
    let (one, other) = text.split_once(between)?;
    Some((one.parse().ok()?, other.parse().ok()?))
}

fn option(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it must be NAME=VALUE")?;
    Ok((name.into(), value.into()))
}

fn color(text: &str) -> Result<[u8; 3], String> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    let number = if digits.len() == 6 { u32::from_str_radix(digits, 16).ok() } else { None };
    let [_, red, green, blue] = number.ok_or("it must be six hexadecimal digits, such as ffffff")?.to_be_bytes();
    Ok([red, green, blue])
}
