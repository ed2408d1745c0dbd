//! The contestants: how to find and start each, and what its figures include.

mod glued;
mod library;
mod openh264;

use std::env;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum;

use crate::case::{CRF, Job, RATE};
use crate::machine::first_line;

pub type Outcome = Result<(), Box<dyn std::error::Error>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Contestant {
    /// The x264 program on I420
    X264,
    /// kinetograph's Movie
    Movie,
    /// kinetograph's Animation
    Animation,
    /// kinetograph's program
    Program,
    /// RGBA piped into the ffmpeg program
    FfmpegPipe,
    /// The crates yuv, x264 and mp4 glued by hand
    Glued,
    /// The crates openh264 and muxide
    Openh264,
    /// Python with PyAV
    Pyav,
    /// Python with imageio-ffmpeg
    ImageioFfmpeg,
    /// Python with matplotlib
    Matplotlib,
}

/// A contestant with its versions, or with what is missing.
pub struct Entry {
    pub who: Contestant,
    pub found: Result<String, String>,
}

impl Entry {
    pub fn find(who: Contestant, programs: &Programs) -> Self {
        Self { who, found: who.find(programs) }
    }
}

/// Paths of the programs that contestants need.
pub struct Programs {
    pub python: PathBuf,
    pub kinetograph: PathBuf,
}

impl Contestant {
    pub fn name(self) -> &'static str {
        match self {
            Self::X264 => "x264 program",
            Self::Movie => "kinetograph Movie",
            Self::Animation => "kinetograph Animation",
            Self::Program => "kinetograph program",
            Self::FfmpegPipe => "RGBA pipe to ffmpeg",
            Self::Glued => "x264 + yuv + mp4 crates",
            Self::Openh264 => "openh264 + muxide",
            Self::Pyav => "PyAV",
            Self::ImageioFfmpeg => "imageio-ffmpeg",
            Self::Matplotlib => "matplotlib",
        }
    }

    /// Returns what its figures include besides encoding and writing the file.
    pub fn includes(self) -> &'static str {
        match self {
            Self::X264 => "reads I420, converts nothing, and writes no container: the limit for one encoder",
            Self::Movie => "reads RGBA, converts, muxes crash-safe and moov-first",
            Self::Animation => "does the same; workers read the frames and encode segments in parallel",
            Self::Program => "`kinetograph encode` reads a file of RGBA, converts, muxes crash-safe and moov-first",
            Self::FfmpegPipe => {
                "two processes: one reads RGBA and writes it to a pipe; ffmpeg, with the options of matplotlib, \
                 converts and muxes, index last. Memory is the sum of both"
            }
            Self::Glued => {
                "reads RGBA; yuv converts in its default mode (BT.601, because the x264 crate cannot write tags); \
                 mp4::Mp4Writer muxes, index last"
            }
            Self::Openh264 => {
                "reads RGBA; openh264 converts; muxide muxes, index first. Without CRF and presets, openh264 gets the \
                 bit rate of the x264 program's stream, and a low, medium or high complexity"
            }
            Self::Pyav => "reads RGBA into numpy; PyAV converts and muxes, index last",
            Self::ImageioFfmpeg => {
                "reads RGBA and pipes it into an ffmpeg program. Memory is that of the larger process"
            }
            Self::Matplotlib => {
                "reads RGBA; Agg draws it as the only image of a figure; FFMpegWriter pipes that into the ffmpeg \
                 program. Memory is that of the larger process"
            }
        }
    }

    /// Returns the versions of its components, or what is missing.
    fn find(self, programs: &Programs) -> Result<String, String> {
        let crates = |names: &[&str]| {
            names.iter().map(|name| format!("{name} {}", crate_version(name))).collect::<Vec<_>>().join(", ")
        };
        match self {
            Self::X264 => first_line(Command::new("x264").arg("--version")),
            Self::Movie | Self::Animation => Ok(crates(&["kinetograph"])),
            Self::Program => first_line(Command::new(&programs.kinetograph).arg("--help"))
                .map(|_| crates(&["kinetograph"]))
                .map_err(|_| "build it: cargo build --release -p kinetograph-cli".into()),
            Self::FfmpegPipe => first_line(Command::new("ffmpeg").arg("-version"))
                .map(|line| line.split(" Copyright").next().unwrap_or_default().to_string()),
            Self::Glued => Ok(crates(&["yuv", "x264", "mp4"])),
            Self::Openh264 => Ok(format!("{}, {}", crates(&["openh264", "muxide"]), env!("OPENH264_ASSEMBLY"))),
            Self::Pyav => programs.python_module("av"),
            Self::ImageioFfmpeg => programs.python_module("imageio_ffmpeg"),
            Self::Matplotlib => programs.python_module("matplotlib"),
        }
    }

    /// Returns the processes that do the job. The output of each is the input of the next.
    pub fn stages(self, job: &Job, programs: &Programs) -> Vec<Command> {
        let size = format!("{}x{}", job.case.size.0, job.case.size.1);
        let (rate, crf, preset) = (RATE.to_string(), CRF.to_string(), job.case.preset.to_string());
        let frames = job.case.frames.to_string();
        match self {
            Self::X264 => {
                let mut x264 = Command::new("x264");
                x264.args(["--demuxer", "raw", "--input-csp", "i420", "--input-res", &size, "--fps", &rate])
                    .args(["--preset", &preset, "--crf", &crf, "--quiet", "--no-progress", "--frames", &frames])
                    .args(["--range", "tv", "--colorprim", "bt709", "--transfer", "iec61966-2-1"])
                    .args(["--colormatrix", "bt709", "--chromaloc", "1", "-o"])
                    .args([&job.output, &job.i420]);
                vec![x264]
            }
            Self::Program => {
                let mut encode = Command::new(&programs.kinetograph);
                encode.args(["encode", "--size", &size, "--fps", &rate, "--preset", &preset, "--crf", &crf]);
                encode.args([&job.rgba, &job.output]);
                vec![encode]
            }
            Self::FfmpegPipe => {
                let mut ffmpeg = Command::new("ffmpeg");
                ffmpeg
                    .args(["-f", "rawvideo", "-vcodec", "rawvideo", "-s", &size, "-pix_fmt", "rgba"])
                    .args(["-framerate", &rate, "-loglevel", "error", "-i", "pipe:", "-vcodec", "h264"])
                    .args(["-pix_fmt", "yuv420p", "-preset", &preset, "-crf", &crf, "-y"])
                    .arg(&job.output);
                vec![self.within_this_program(job), ffmpeg]
            }
            Self::Movie | Self::Animation | Self::Glued | Self::Openh264 => vec![self.within_this_program(job)],
            Self::Pyav => vec![programs.script("pyav.py", job)],
            Self::ImageioFfmpeg => vec![programs.script("imageio_pipe.py", job)],
            Self::Matplotlib => vec![programs.script("matplotlib_pipe.py", job)],
        }
    }

    /// Returns this program as a separate process that calls [`perform`](Self::perform).
    fn within_this_program(self, job: &Job) -> Command {
        let mut command = Command::new(env::current_exe().expect("the path of this program"));
        let who = self.to_possible_value().expect("a value");
        command.args(["perform", who.get_name(), "--preset", &job.case.preset.to_string()]);
        command.args(["--scene", job.case.scene.name(), "--frames", &job.case.frames.to_string()]);
        command.args(["--size", &format!("{}x{}", job.case.size.0, job.case.size.1)]);
        command.args(["--bit-rate", &job.bit_rate.to_string(), "--rgba"]).arg(&job.rgba);
        command.arg("--output").arg(&job.output);
        command
    }

    /// Does the job in this process. For the pipe, that is its first half.
    pub fn perform(self, job: &Job) -> Outcome {
        match self {
            Self::Movie => library::movie(job),
            Self::Animation => library::animation(job),
            Self::FfmpegPipe => write_to_pipe(job),
            Self::Glued => glued::encode(job),
            Self::Openh264 => openh264::encode(job),
            other => Err(format!("{} is a separate program", other.name()).into()),
        }
    }
}

impl Programs {
    fn python_module(&self, module: &str) -> Result<String, String> {
        let code = format!(
            "import {module}, sys; print('{module}', {module}.__version__, 'on Python', sys.version.split()[0])"
        );
        first_line(Command::new(&self.python).args(["-c", &code]))
            .map_err(|_| format!("{} has no module {module}", self.python.display()))
    }

    fn script(&self, name: &str, job: &Job) -> Command {
        let mut command = Command::new(&self.python);
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("python").join(name));
        command.args([job.case.size.0, job.case.size.1, RATE, job.case.frames, CRF].map(|n| n.to_string()));
        command.arg(job.case.preset.to_string()).args([&job.rgba, &job.output]);
        command
    }
}

/// Reads the frames of a job one after another into a buffer of the contestant.
struct Frames(File);

impl Frames {
    fn open(job: &Job) -> io::Result<Self> {
        Ok(Self(File::open(&job.rgba)?))
    }

    fn read(&mut self, pixels: &mut [u8]) -> io::Result<()> {
        self.0.read_exact(pixels)
    }
}

fn write_to_pipe(job: &Job) -> Outcome {
    let mut frames = Frames::open(job)?;
    let mut pixels = vec![0; 4 * job.case.size.0 as usize * job.case.size.1 as usize];
    let mut pipe = io::stdout().lock();
    for _ in 0..job.case.frames {
        frames.read(&mut pixels)?;
        pipe.write_all(&pixels)?;
    }
    Ok(pipe.flush()?)
}

/// Returns the version of a crate that this program was built with.
fn crate_version(name: &str) -> &'static str {
    let lock = include_str!("../../Cargo.lock");
    let entry = lock.split("[[package]]").find(|entry| entry.contains(&format!("\nname = \"{name}\"\n")));
    entry.and_then(|entry| entry.split("version = \"").nth(1)?.split('"').next()).unwrap_or("of unknown version")
}
