//! The speed and size of segments, compared with one encoder of this crate and with the x264 program.
//!
//! `cargo bench --bench animation [-- WORD...]`: words choose sections (`ready`, `drawn`, `size`, `shorter`, `long`), sizes
//! (`640x480`, `1280x720`) and presets (`ultrafast`, `veryfast`, `medium`). A kind of which no word is given is chosen
//! whole. Runs that are compared take turns, and the tables show medians: the machine need not be idle, but it must not
//! be fully loaded either.

#[path = "../examples/waves/plot.rs"]
mod plot;
mod timing;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use kinetograph::color::{Converter, Planes};
use kinetograph::{Animation, BitDepth, Chroma, ColorSpace, Frame, FrameInfo, Layout, Movie, Preset, Settings, Tune};
use timing::{Run, compare, cores, timed};
use tiny_skia::{FilterQuality, Paint, PathBuilder, Pixmap, PixmapPaint, PremultipliedColorU8, Stroke, Transform};

/// Runs of each contestant.
const RUNS: usize = 3;

/// Different pictures that exist already. Movies show them forwards and backwards.
const PICTURES: u64 = 200;

/// The words that the command line may have.
const SECTIONS: [&str; 5] = ["ready", "drawn", "size", "shorter", "long"];
const SIZES: [&str; 2] = ["640x480", "1280x720"];
const PRESETS: [&str; 3] = ["ultrafast", "veryfast", "medium"];

fn main() {
    for (name, section) in SECTIONS.iter().zip([ready as fn(), drawn, size, shorter, long]) {
        if chosen(&SECTIONS, name) {
            section();
        }
    }
}

/// Returns whether a word is chosen: by name, or because no word of its kind is named.
fn chosen(kind: &[&str], word: &str) -> bool {
    let named: Vec<String> = std::env::args().skip(1).filter(|argument| kind.contains(&&**argument)).collect();
    named.is_empty() || named.iter().any(|name| name == word)
}

/// Returns the chosen sizes, numbers of frames and presets.
fn cases() -> impl Iterator<Item = ((u32, u32), u64, Vec<Preset>)> {
    let cases = SIZES.iter().zip([((640, 480), 3000), ((1280, 720), 500)]);
    let presets = || PRESETS.iter().filter(|name| chosen(&PRESETS, name)).map(|name| name.parse().expect("a preset"));
    let cases = cases.filter(|(name, _)| chosen(&SIZES, name));
    cases.map(move |(_, (size, frames))| (size, frames, presets().collect()))
}

fn settings((width, height): (u32, u32), preset: Preset) -> Settings {
    // The bare stream, as the x264 program writes it.
    Settings::new(width, height).frame_rate(30).preset(preset).layout(Layout::AnnexB)
}

fn pictures((width, height): (u32, u32)) -> Vec<Pixmap> {
    let backdrop = plot::backdrop(width, height);
    let picture = |index| {
        let mut canvas = backdrop.clone();
        plot::draw(&mut canvas, index);
        canvas
    };
    (0..PICTURES).map(picture).collect()
}

/// Returns the picture that a frame shows: forwards through all pictures, then backwards.
fn picture_of(index: u64) -> usize {
    let place = index % (2 * PICTURES - 2);
    place.min(2 * PICTURES - 2 - place) as usize
}

/// Writes the frames as one raw I420 file for the x264 program.
fn raw_file(path: &Path, pictures: &[Pixmap], frames: u64) {
    let converter = Converter::new(ColorSpace::BT709, Chroma::Yuv420, BitDepth::Eight, [255; 3]);
    let convert = |picture: &Pixmap| {
        let mut planes = Planes::new(picture.width(), picture.height(), Chroma::Yuv420, BitDepth::Eight);
        converter.convert(&Frame::from(picture), &mut planes).expect("planes that fit");
        planes
    };
    let planes: Vec<Planes> = pictures.iter().map(convert).collect();
    let mut file = BufWriter::new(File::create(path).expect("a file"));
    for index in 0..frames {
        let planes = &planes[picture_of(index)];
        for plane in 0..3 {
            (0..planes.size(plane).1).for_each(|y| file.write_all(planes.row(plane, y)).expect("room"));
        }
    }
}

fn x264_program(size: (u32, u32), preset: Preset, input: &Path, output: &Path) -> u64 {
    let status = Command::new("x264")
        .args(["--quiet", "--no-progress", "--demuxer", "raw", "--input-csp", "i420", "--fps", "30"])
        .args(["--input-res", &format!("{}x{}", size.0, size.1), "--preset", preset.name(), "-o"])
        .args([output, input])
        .stderr(Stdio::null())
        .status();
    assert!(status.expect("the x264 program runs").success());
    output.metadata().expect("its output").len()
}

/// Measures frames that exist already: segments, `Movie` and the x264 program.
fn ready() {
    println!("Frames that exist already, frames/s (CPU seconds)\n");
    println!("| frames | preset | x264 program | Movie | segments | segments : x264 | by CPU time | size |");
    println!("|---|---|---|---|---|---|---|---|");
    let folder = tempfile::tempdir().expect("a folder");
    let (input, output) = (folder.path().join("in.yuv"), folder.path().join("out.264"));
    for (size, frames, presets) in cases() {
        let pictures = pictures(size);
        raw_file(&input, &pictures, frames);
        for preset in presets {
            let settings = settings(size, preset);
            let movie = || {
                let mut movie = Movie::create(&output, &settings).expect("a movie");
                (0..frames).for_each(|index| movie.push(&pictures[picture_of(index)]).expect("a frame"));
                movie.finish().expect("a movie").bytes
            };
            let segments = || {
                let supply = |frame: FrameInfo| Ok(Frame::from(&pictures[picture_of(frame.index())]));
                Animation::from_frames(settings.clone(), frames, supply).save(&output).expect("a movie").bytes
            };
            let runs = compare(RUNS, &[&|| x264_program(size, preset, &input, &output), &movie, &segments]);
            let [program, movie, segments] = runs[..] else { unreachable!() };
            let rate = |run: Run| format!("{:.0} ({:.1})", frames as f64 / run.wall, run.cpu);
            println!(
                "| {frames} of {}×{} | {preset} | {} | {} | {} | {:.2} | {:.2} | {:+.2} % |",
                size.0,
                size.1,
                rate(program),
                rate(movie),
                rate(segments),
                program.wall / segments.wall,
                program.wall / (segments.cpu / cores()),
                percent(segments.bytes, program.bytes),
            );
        }
    }
}

/// Measures frames that are drawn: wall time against CPU time divided by the cores, and two workers against one.
fn drawn() {
    println!("\nWaves, drawn and encoded\n");
    println!("| frames | preset | frames/s | wall : CPU / cores | 2 workers : 1 |");
    println!("|---|---|---|---|---|");
    for (size, frames, presets) in cases() {
        for preset in presets {
            let settings = settings(size, preset);
            let run = |workers: usize| {
                let movie = Animation::new(settings.clone(), frames, |canvas, frame| {
                    plot::draw(canvas, frame.index());
                    Ok(())
                });
                let movie = movie.background(plot::backdrop(size.0, size.1)).workers(workers);
                movie.into_bytes().expect("a movie").1.bytes
            };
            let all = cores() as usize;
            let runs = compare(RUNS, &[&|| run(1), &|| run(2), &|| run(all)]);
            let [one, two, every] = runs[..] else { unreachable!() };
            println!(
                "| {frames} of {}×{} | {preset} | {:.0} | {:.3} | {:.3} |",
                size.0,
                size.1,
                frames as f64 / every.wall,
                every.wall / (one.cpu / cores()),
                two.wall / one.wall,
            );
        }
    }
}

/// Measures what segments cost compared with one encoder for the whole movie: the size, and the PSNR of the luma that
/// ffmpeg decodes.
fn size() {
    println!("\nSize of segments compared with one encoder, and gain in PSNR\n");
    println!("| scene | preset | 251 frames | 261 | 300 | 501 | 750 | 1000 |");
    println!("|---|---|---|---|---|---|---|---|");
    let size = (320, 240);
    let folder = tempfile::tempdir().expect("a folder");
    let output = folder.path().join("out.264");
    let converter = Converter::new(ColorSpace::BT709, Chroma::Yuv420, BitDepth::Eight, [255; 3]);
    for (name, scene) in scenes(size) {
        let presets = [Preset::Ultrafast, Preset::Veryfast, Preset::Medium].map(|preset| (preset, None));
        for (preset, tune) in presets.into_iter().chain([(Preset::Medium, Some(Tune::Drawn))]) {
            let tuned = tune.map_or(String::new(), |tune| format!(", {tune}"));
            let mut line = format!("| {name} | {preset}{tuned} |");
            for frames in [251, 261, 300, 501, 750, 1000] {
                let settings = settings(size, preset).tune(tune);
                let animation = Animation::new(settings.clone(), frames, |canvas, frame| {
                    scene(canvas, frame.index());
                    Ok(())
                });
                let segments = animation.save(&output).expect("a movie").bytes;
                let decoded = decode(&output);
                let mut movie = Movie::create(&output, &settings).expect("a movie");
                let mut canvas = Pixmap::new(size.0, size.1).expect("a valid size");
                let mut planes = Planes::new(size.0, size.1, Chroma::Yuv420, BitDepth::Eight);
                let mut drawn = Vec::new();
                for index in 0..frames {
                    canvas.fill(tiny_skia::Color::WHITE);
                    scene(&mut canvas, index);
                    movie.push(&canvas).expect("a frame");
                    converter.convert(&Frame::from(&canvas), &mut planes).expect("planes that fit");
                    (0..planes.size(0).1).for_each(|y| drawn.extend_from_slice(planes.row(0, y)));
                }
                let one = movie.finish().expect("a movie").bytes;
                let gain = psnr(&decoded, &drawn) - psnr(&decode(&output), &drawn);
                line += &format!(" {:+.2} %, {gain:+.2} dB |", percent(segments, one));
            }
            println!("{line}");
        }
    }
}

/// Measures what segments that are shorter than usual cost in size.
fn shorter() {
    println!(
        "\nSize with `segment_frames`, compared with segments of the usual length: 1000 frames, 320×240, medium\n"
    );
    println!("| scene | kB | `segment_frames(50)` | `segment_frames(25)` |");
    println!("|---|---|---|---|");
    let size = (320, 240);
    for (name, scene) in scenes(size) {
        let bytes = |most: Option<u64>| {
            let movie = Animation::new(settings(size, Preset::Medium), 1000, |canvas, frame| {
                scene(canvas, frame.index());
                Ok(())
            });
            movie.segment_frames(most).into_bytes().expect("a movie").1.bytes
        };
        let usual = bytes(None);
        let growth = |most| percent(bytes(Some(most)), usual);
        println!("| {name} | {} | {:+.1} % | {:+.1} % |", usual / 1000, growth(50), growth(25));
    }
}

/// Decodes the luma of all pictures of a movie.
fn decode(movie: &Path) -> Vec<u8> {
    let output = Command::new("ffmpeg")
        .args(["-v".as_ref(), "error".as_ref(), "-i".as_ref(), movie.as_os_str()])
        .args(["-fps_mode", "passthrough", "-vf", "extractplanes=y", "-f", "rawvideo", "-"])
        .output();
    output.expect("the ffmpeg program runs").stdout
}

fn psnr(samples: &[u8], of: &[u8]) -> f64 {
    assert_eq!(samples.len(), of.len());
    let squares = samples.iter().zip(of).map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum::<u64>();
    10.0 * (255.0f64.powi(2) * of.len() as f64 / squares as f64).log10()
}

type Scene = Box<dyn Fn(&mut Pixmap, u64) + Send + Sync>;

fn scenes((width, height): (u32, u32)) -> Vec<(&'static str, Scene)> {
    let backdrop = plot::backdrop(width, height);
    let waves: Scene = Box::new(move |canvas, index| {
        canvas.data_mut().copy_from_slice(backdrop.data());
        plot::draw(canvas, index);
    });
    let backdrop = plot::backdrop(width, height);
    let slow: Scene = Box::new(move |canvas, index| {
        canvas.data_mut().copy_from_slice(backdrop.data());
        draw_growing(canvas, index as usize);
    });
    let noise: Scene = Box::new(|canvas, index| {
        let mut random = fastrand::Rng::with_seed(index);
        canvas.pixels_mut().iter_mut().for_each(|pixel| *pixel = grey(random.u8(..)));
    });
    let photograph = photograph(2 * width, 2 * height);
    let pan: Scene = Box::new(move |canvas, index| {
        let turn = index as f32 / 60.0;
        let scale = 0.8 + 0.15 * (0.7 * turn).sin();
        let (x, y) = (-0.3 * width as f32 * (1.0 + turn.sin()), -0.3 * height as f32 * (1.0 + (0.7 * turn).cos()));
        let place = Transform::from_row(scale, 0.0, 0.0, scale, x, y);
        let paint = PixmapPaint { quality: FilterQuality::Bilinear, ..PixmapPaint::default() };
        canvas.draw_pixmap(0, 0, photograph.as_ref(), &paint, place, None);
    });
    vec![("waves", waves), ("a growing curve", slow), ("noise", noise), ("a moving photograph", pan)]
}

/// Draws a curve that gains one point per frame.
fn draw_growing(canvas: &mut Pixmap, points: usize) {
    let (width, height) = (canvas.width() as f32, canvas.height() as f32);
    let mut curve = PathBuilder::new();
    for point in 0..=points + 1 {
        let x = point as f32;
        let at = (width * (0.08 + 0.0008 * x), height * (0.5 - 0.3 * (0.02 * x).sin() * (0.0037 * x).cos()));
        if point == 0 { curve.move_to(at.0, at.1) } else { curve.line_to(at.0, at.1) }
    }
    let curve = curve.finish().expect("two points");
    canvas.stroke_path(&curve, &Paint::default(), &Stroke::default(), Transform::identity(), None);
}

/// Draws cloudy noise whose amplitude falls with the spatial frequency, as in photographs.
fn photograph(width: u32, height: u32) -> Pixmap {
    let mut sum = vec![0.0; (width * height) as usize];
    for octave in 0..8 {
        let cell = 256 >> octave;
        let columns = width / cell + 2;
        let mut random = fastrand::Rng::with_seed(octave);
        let grid: Vec<f32> = (0..columns * (height / cell + 2)).map(|_| random.f32() - 0.5).collect();
        let weight = 0.55f32.powi(octave as i32);
        for (at, value) in sum.iter_mut().enumerate() {
            let (x, y) = (at as u32 % width, at as u32 / width);
            let (u, v) = ((x % cell) as f32 / cell as f32, (y % cell) as f32 / cell as f32);
            let corner = |right: u32, down: u32| grid[((y / cell + down) * columns + x / cell + right) as usize];
            let above = corner(0, 0) * (1.0 - u) + corner(1, 0) * u;
            let below = corner(0, 1) * (1.0 - u) + corner(1, 1) * u;
            *value += weight * (above * (1.0 - v) + below * v);
        }
    }
    let mut picture = Pixmap::new(width, height).expect("a valid size");
    for (pixel, value) in picture.pixels_mut().iter_mut().zip(sum) {
        *pixel = grey((128.0 + 220.0 * value).clamp(0.0, 255.0) as u8);
    }
    picture
}

fn grey(level: u8) -> PremultipliedColorU8 {
    PremultipliedColorU8::from_rgba(level, level, level, 255).expect("an opaque colour")
}

/// Compares 100,000 frames with 5,000: time and memory, each in a separate process.
fn long() {
    if let Ok(frames) = std::env::var("KINETOGRAPH_BENCH_FRAMES") {
        let frames: u64 = frames.parse().expect("a number");
        let settings = settings((320, 240), Preset::Veryfast).layout(Layout::CrashSafe);
        let movie = Animation::new(settings, frames, |canvas, frame| {
            plot::draw(canvas, frame.index());
            Ok(())
        });
        let output = std::env::var_os("KINETOGRAPH_BENCH_OUTPUT").expect("where to");
        let run = timed(|| movie.background(plot::backdrop(320, 240)).save(output).expect("a movie").bytes);
        let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the peak of memory");
        println!("{frames} {} {} {peak}", run.wall, run.cpu);
        return;
    }
    println!("\nLong movies, 320×240, veryfast\n");
    println!("| frames | ms per frame | CPU ms per frame | peak memory | duration | frames counted |");
    println!("|---|---|---|---|---|---|");
    let folder = tempfile::tempdir().expect("a folder");
    let output = folder.path().join("long.mp4");
    for frames in [5_000, 100_000] {
        let child = Command::new(std::env::current_exe().expect("this program"))
            .arg("long")
            .env("KINETOGRAPH_BENCH_FRAMES", frames.to_string())
            .env("KINETOGRAPH_BENCH_OUTPUT", &output)
            .output();
        let text = String::from_utf8(child.expect("the child").stdout).expect("text");
        let figures: Vec<&str> = text.split_whitespace().collect();
        let each = |seconds: &str| 1000.0 * seconds.parse::<f64>().expect("seconds") / f64::from(frames);
        let probe = Command::new("ffprobe")
            .args(["-v", "error", "-count_packets", "-show_entries", "stream=nb_read_packets,duration", "-of"])
            .args(["default=nk=1:nw=1".as_ref(), output.as_os_str()])
            .output();
        let probed = String::from_utf8(probe.expect("ffprobe").stdout).expect("text");
        let (duration, counted) = probed.trim().split_once('\n').expect("two fields");
        println!(
            "| {frames} | {:.4} | {:.4} | {} kB | {duration} s | {counted} |",
            each(figures[1]),
            each(figures[2]),
            figures[3],
        );
    }
}

fn percent(bytes: u64, of: u64) -> f64 {
    100.0 * (bytes as f64 / of as f64 - 1.0)
}
