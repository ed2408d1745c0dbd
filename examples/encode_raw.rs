//! Makes a movie of raw frames from a file or standard input:
//! `encode_raw --size 640x360 --fps 30 frames.rgba movie.mp4`.

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use kinetograph::{
    BitDepth, Chroma, ColorSpace, FrameRate, Layout, Movie, PixelFormat, Preset, Quality, Range, Report, Settings, Tune,
};

/// The exit status of a program that ends because nobody reads its output: 128 and the number of SIGPIPE.
const BROKEN_PIPE: i32 = 141;

/// Makes a movie of raw frames that follow one another without gaps.
#[derive(Parser)]
struct Arguments {
    /// Width and height of the frames in pixels, such as 640x360
    #[arg(long, value_parser = size)]
    size: (u32, u32),
    /// Frames per second, such as 30, 30000/1001 or 29.97
    #[arg(long)]
    fps: FrameRate,
    /// Pixel format: rgba, rgba-premultiplied, bgra, bgra-premultiplied, rgb or gray
    #[arg(long, default_value_t = PixelFormat::Rgba8)]
    format: PixelFormat,
    /// Preset of x264, ultrafast to placebo
    #[arg(long, default_value_t = Preset::Medium)]
    preset: Preset,
    /// Tune of x264: film, animation, …
    #[arg(long)]
    tune: Option<Tune>,
    /// Constant rate factor, 0 to 51 [default: 23]
    #[arg(long, group = "quality")]
    crf: Option<f32>,
    /// Constant quantiser, 0 to 51, or 63 with 10 bits
    #[arg(long, group = "quality")]
    qp: Option<u8>,
    /// Average bit rate in kbit/s
    #[arg(long, group = "quality", value_name = "KBIT")]
    bitrate: Option<u32>,
    /// Encode without loss
    #[arg(long, group = "quality")]
    lossless: bool,
    /// Chroma subsampling: 420, 422, 444 or gray
    #[arg(long, default_value_t = Chroma::Yuv420)]
    chroma: Chroma,
    /// Bits per sample: 8 or 10
    #[arg(long, default_value_t = BitDepth::Eight)]
    bit_depth: BitDepth,
    /// Range of the samples: limited or full
    #[arg(long, default_value_t = Range::Limited)]
    range: Range,
    /// Threads of the encoder [default: x264 chooses]
    #[arg(long)]
    threads: Option<u32>,
    /// Layout: crash-safe, progressive, fragmented or annexb [default: annexb for .264 and .h264, fragmented for
    /// standard output, otherwise crash-safe]
    #[arg(long)]
    layout: Option<Layout>,
    /// Any other option of x264; may be repeated
    #[arg(long = "x264", value_name = "NAME=VALUE", value_parser = option)]
    options: Vec<(String, String)>,
    /// Colour behind transparent pixels
    #[arg(long, default_value = "ffffff", value_name = "RRGGBB", value_parser = color)]
    background: [u8; 3],
    /// Title of the movie
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// File of raw frames, or - for standard input
    input: PathBuf,
    /// File of the movie, or - for standard output
    output: PathBuf,
}

fn main() {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(report) => {
            let _ = writeln!(io::stderr(), "{report}"); // nobody may be reading
        }
        // The reader of the movie has what it wanted.
        Err(error) if is_dash(&arguments.output) && is_broken_pipe(&*error) => std::process::exit(BROKEN_PIPE),
        Err(error) => {
            let causes = std::iter::successors(error.source(), |cause| (*cause).source());
            let text = causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"));
            let _ = writeln!(io::stderr(), "encode_raw: {text}");
            std::process::exit(1);
        }
    }
}

/// Returns whether an error comes from a pipe whose reader has gone.
fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |cause| (*cause).source());
    causes.any(|cause| cause.downcast_ref().is_some_and(|error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe))
}

/// Returns whether the output is the file that the input is read from, by links too.
fn is_same_file(input: &Path, output: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::{fd::AsFd, unix::fs::MetadataExt};
        let stdin = || File::from(io::stdin().as_fd().try_clone_to_owned()?).metadata();
        let input = if is_dash(input) { stdin() } else { fs::metadata(input) };
        let identity = |there: io::Result<fs::Metadata>| there.map(|there| (there.dev(), there.ino())).ok();
        identity(fs::metadata(output)).is_some_and(|found| Some(found) == identity(input))
    }
    #[cfg(not(unix))]
    {
        fs::canonicalize(output).is_ok_and(|found| fs::canonicalize(input).is_ok_and(|input| input == found))
    }
}

fn run(arguments: &Arguments) -> Result<Report, Box<dyn Error>> {
    let (width, height) = arguments.size;
    let frame_bytes = width as usize * height as usize * arguments.format.bytes_per_pixel();
    let mut settings = arguments.settings();
    settings.validate()?;
    if is_same_file(&arguments.input, &arguments.output) {
        return Err(format!("{} is the input; the movie would replace it", arguments.output.display()).into());
    }
    let (input, frames): (Box<dyn Read>, _) = if is_dash(&arguments.input) {
        (Box::new(io::stdin().lock()), None)
    } else {
        let file = File::open(&arguments.input).map_err(|error| format!("{}: {error}", arguments.input.display()))?;
        let frames = file.metadata().ok().filter(|data| data.is_file()).map(|data| data.len() / frame_bytes as u64);
        (Box::new(file), frames)
    };
    settings = settings.expected_frames(frames);
    if is_dash(&arguments.output) {
        let movie = Movie::stream(io::stdout(), &settings)?;
        push_all(movie, input, arguments.format, frames, |movie| movie.finish().map(|(_, report)| report))
    } else {
        let movie = Movie::create(&arguments.output, &settings)?;
        push_all(movie, input, arguments.format, frames, |movie| movie.finish())
    }
}

/// Pushes all frames of the input, with a progress bar, and finishes the movie.
fn push_all<Output>(
    mut movie: Movie<Output>,
    mut input: Box<dyn Read>,
    format: PixelFormat,
    frames: Option<u64>,
    finish: impl FnOnce(Movie<Output>) -> kinetograph::Result<Report>,
) -> Result<Report, Box<dyn Error>> {
    let bar = ProgressBar::new(frames.unwrap_or(0)).with_style(ProgressStyle::with_template(match frames {
        Some(_) => "{wide_bar} {pos}/{len} frames, {per_sec}, {eta} left",
        None => "{spinner} {pos} frames, {per_sec}",
    })?);
    let end = loop {
        match movie.push_from(&mut input, format) {
            Ok(true) => bar.inc(1),
            end => break end,
        }
    };
    bar.finish_and_clear();
    match (end, finish(movie)) {
        // If the input ends inside a frame, the frames before it are kept.
        (Err(error), Ok(report)) => Err(format!("{error:?}; the movie ends before it: {report}").into()),
        (Err(error), Err(_)) => Err(error.into()),
        (Ok(_), finished) => Ok(finished?),
    }
}

impl Arguments {
    fn settings(&self) -> Settings {
        let settings = Settings::new(self.size.0, self.size.1)
            .frame_rate(self.fps)
            .quality(self.quality())
            .preset(self.preset)
            .chroma(self.chroma)
            .bit_depth(self.bit_depth)
            .layout(self.layout())
            .background(self.background)
            .color_space(ColorSpace { range: self.range, ..ColorSpace::default() })
            .tune(self.tune)
            .threads(self.threads);
        let settings = self.options.iter().fold(settings, |settings, (name, value)| settings.x264_option(name, value));
        match &self.title {
            Some(title) => settings.title(title),
            None => settings,
        }
    }

    fn quality(&self) -> Quality {
        match (self.crf, self.qp, self.bitrate) {
            (Some(crf), ..) => Quality::Crf(crf),
            (_, Some(qp), _) => Quality::Qp(qp),
            (.., Some(rate)) => Quality::Bitrate(rate),
            _ if self.lossless => Quality::Lossless,
            _ => Quality::Crf(23.0),
        }
    }

    fn layout(&self) -> Layout {
        let extension = self.output.extension().and_then(|extension| extension.to_str());
        self.layout.unwrap_or(match extension {
            Some("264" | "h264") => Layout::AnnexB,
            _ if is_dash(&self.output) => Layout::Fragmented,
            _ => Layout::CrashSafe,
        })
    }
}

fn is_dash(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn size(text: &str) -> Result<(u32, u32), String> {
    let sides = text.split_once('x').and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    sides.ok_or_else(|| "it must be like 640x360".into())
}

fn option(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it must be NAME=VALUE")?;
    Ok((name.into(), value.into()))
}

fn color(text: &str) -> Result<[u8; 3], String> {
    let value = u32::from_str_radix(text, 16).ok().filter(|_| text.len() == 6);
    let [_, red, green, blue] = value.ok_or("it must be six hexadecimal digits, RRGGBB")?.to_be_bytes();
    Ok([red, green, blue])
}
