//! Raw frames from a file or standard input become a movie: `encode_raw --size 640x360 --fps 30 frames.rgba movie.mp4`.

use std::error::Error;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use kinetograph::{Chroma, FrameRate, Layout, Movie, PixelFormat, Preset, Quality, Range, Report, Settings, Tune};

/// Encodes raw frames, one after another without gaps, into a movie.
#[derive(Parser)]
struct Arguments {
    /// Width and height of the frames in pixels, as 640x360
    #[arg(long, value_parser = size)]
    size: (u32, u32),
    /// Frames a second: 30, 30000/1001 or 29.97
    #[arg(long)]
    fps: FrameRate,
    /// How a pixel's bytes are read
    #[arg(long, default_value = "rgba", value_parser = format)]
    format: PixelFormat,
    /// x264's preset, ultrafast to placebo
    #[arg(long, default_value_t = Preset::Medium)]
    preset: Preset,
    /// x264's tune: film, animation, …
    #[arg(long)]
    tune: Option<Tune>,
    /// Constant rate factor, 0 to 51 [default: 23]
    #[arg(long, group = "quality")]
    crf: Option<f32>,
    /// Constant quantiser, 0 to 51
    #[arg(long, group = "quality")]
    qp: Option<u8>,
    /// Average bit rate in kbit/s
    #[arg(long, group = "quality", value_name = "KBIT")]
    bitrate: Option<u32>,
    /// No loss at all
    #[arg(long, group = "quality")]
    lossless: bool,
    /// Colour samples: 420, 422, 444 or gray
    #[arg(long, default_value_t = Chroma::Yuv420)]
    chroma: Chroma,
    /// Bits a sample: 8 or 10
    #[arg(long, default_value_t = 8)]
    bit_depth: u8,
    /// Range of the samples: limited or full
    #[arg(long, default_value_t = Range::Limited)]
    range: Range,
    /// The encoder's threads [default: x264's choice]
    #[arg(long)]
    threads: Option<u32>,
    /// crash-safe, progressive, fragmented or annexb [default: annexb for .264 and .h264, fragmented for standard
    /// output, else crash-safe]
    #[arg(long)]
    layout: Option<Layout>,
    /// Any other option of x264, may be repeated
    #[arg(long = "x264", value_name = "NAME=VALUE", value_parser = option)]
    options: Vec<(String, String)>,
    /// What shows where frames are transparent
    #[arg(long, default_value = "ffffff", value_name = "RRGGBB", value_parser = color)]
    background: [u8; 3],
    /// The movie's title
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// The raw frames, - for standard input
    input: PathBuf,
    /// The movie, - for standard output
    output: PathBuf,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(report) => {
            eprintln!("{report}");
            Ok(())
        }
        Err(error) => {
            eprintln!("encode_raw: {error}");
            std::process::exit(1);
        }
    }
}

fn run(arguments: &Arguments) -> Result<Report, Box<dyn Error>> {
    let (width, height) = arguments.size;
    let frame_bytes = width as usize * height as usize * arguments.format.bytes_per_pixel();
    let mut settings = arguments.settings();
    settings.validate()?;
    let (mut input, frames): (Box<dyn Read>, _) = if is_dash(&arguments.input) {
        (Box::new(io::stdin().lock()), None)
    } else {
        let file = File::open(&arguments.input).map_err(|error| format!("{}: {error}", arguments.input.display()))?;
        let frames = file.metadata().ok().filter(|data| data.is_file()).map(|data| data.len() / frame_bytes as u64);
        (Box::new(file), frames)
    };
    settings = settings.expected_frames(frames);
    let mut movie = match is_dash(&arguments.output) {
        true => Movie::stream(io::stdout(), &settings)?,
        false => Movie::create(&arguments.output, &settings)?,
    };
    let bar = ProgressBar::new(frames.unwrap_or(0)).with_style(ProgressStyle::with_template(match frames {
        Some(_) => "{wide_bar} {pos}/{len} frames, {per_sec}, {eta} left",
        None => "{spinner} {pos} frames, {per_sec}",
    })?);
    let end = loop {
        match movie.push_from(&mut input, arguments.format) {
            Ok(true) => bar.inc(1),
            end => break end,
        }
    };
    bar.finish_and_clear();
    match (end, movie.finish()) {
        // A program that dies in the middle of a frame must not cost the frames before it.
        (Err(error), Ok(report)) => Err(format!("{error}; the movie ends before it: {report}").into()),
        (Err(error), Err(_)) => Err(error.into()),
        (Ok(_), finished) => Ok(finished?),
    }
}

impl Arguments {
    fn settings(&self) -> Settings {
        let mut settings = Settings::new(self.size.0, self.size.1)
            .frame_rate(self.fps)
            .quality(self.quality())
            .preset(self.preset)
            .chroma(self.chroma)
            .bit_depth(self.bit_depth)
            .layout(self.layout())
            .background(self.background);
        settings.color_space.range = self.range;
        settings.tune = self.tune;
        settings.threads = self.threads;
        settings.x264_options.clone_from(&self.options);
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
    sides.ok_or_else(|| "write it as 640x360".into())
}

fn format(text: &str) -> Result<PixelFormat, String> {
    let format = PixelFormat::ALL.iter().find(|format| format.name() == text);
    format
        .copied()
        .ok_or_else(|| format!("one of {}", PixelFormat::ALL.iter().map(|f| f.name()).collect::<Vec<_>>().join(" ")))
}

fn option(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    Ok((name.into(), value.into()))
}

fn color(text: &str) -> Result<[u8; 3], String> {
    let value = u32::from_str_radix(text, 16).ok().filter(|_| text.len() == 6);
    let [_, red, green, blue] = value.ok_or("write it as six hexadecimal digits, RRGGBB")?.to_be_bytes();
    Ok([red, green, blue])
}
