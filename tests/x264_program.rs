//! Streams against those of the x264 program, given the same pictures and options: byte for byte the same.

use std::fmt::Write as _;
use std::path::Path;

use kinetograph::color::{Converter, Planes};
use kinetograph::{
    BitDepth, Chroma, ChromaLocation, ColorSpace, Frame, FrameRate, Layout, Level, Movie, Preset, Profile, Quality,
    Range, Settings, Tune, Vbv,
};

mod judge;

const WIDTH: usize = 128;
const HEIGHT: usize = 96;
const FRAMES: usize = 60;

/// What both encoders know about the pictures, besides the options that a test is about.
#[derive(Clone, Copy)]
struct Input {
    chroma: Chroma,
    depth: BitDepth,
    space: ColorSpace,
    rate: &'static str,
    threads: u32,
}

const USUAL: Input =
    Input { chroma: Chroma::Yuv420, depth: BitDepth::Eight, space: ColorSpace::BT709, rate: "25", threads: 2 };

/// Returns the RGB pixels of a frame with moving edges, gradients, a scene change and noise, so that every tool of the
/// encoder has work.
fn frame(index: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(index as u64);
    let mut pixels = Vec::with_capacity(3 * WIDTH * HEIGHT);
    for (x, y) in (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y))) {
        let edge = if ((x + 2 * index) / 13).is_multiple_of(3) { 60 } else { 0 };
        let level = x + y / 2 + index + edge + 40 * (index / 35);
        pixels.extend([level, level / 2 + y, 2 * level].map(|level| ((level + random.usize(..6)) % 256) as u8));
    }
    pixels
}

fn settings(Input { chroma, depth, space, rate, threads }: Input) -> Settings {
    let settings = Settings::new(WIDTH as u32, HEIGHT as u32).frame_rate(rate.parse::<FrameRate>().unwrap());
    settings.threads(threads).layout(Layout::AnnexB).chroma(chroma).bit_depth(depth).color_space(space)
}

/// Fails unless a movie of these settings is the stream that the x264 program makes with `options`.
fn assert_equals_the_program(input: Input, change: impl FnOnce(Settings) -> Settings, options: &[&str]) {
    let arguments = arguments(input, options);
    assert_equals_the_stream_of(&change(settings(input)), input, &arguments);
}

/// Fails unless a movie is the stream that the x264 program makes with these arguments.
fn assert_equals_the_stream_of(settings: &Settings, input: Input, arguments: &[String]) {
    let Input { chroma, depth, space, .. } = input;
    let (width, height) = (WIDTH as u32, HEIGHT as u32);
    let converter = Converter::new(space, chroma, depth, [255; 3]);
    let mut planes = Planes::new(width, height, chroma, depth);
    let mut movie = Movie::in_memory(settings).unwrap();
    let mut raw = Vec::new();
    for index in 0..FRAMES {
        let pixels = frame(index);
        let frame = Frame::rgb8(&pixels, width, height);
        movie.push(frame).unwrap();
        converter.convert(&frame, &mut planes).unwrap();
        for plane in 0..planes.count() {
            (0..planes.size(plane).1).for_each(|y| raw.extend_from_slice(planes.row(plane, y)));
        }
    }
    let (ours, _) = movie.finish().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let theirs = stream_of_the_program(folder.path(), &raw, arguments);
    if ours != theirs {
        let [ours, theirs] = [&ours, &theirs].map(|stream| judge::split_annex_b(stream));
        let mut message = format!("{} NAL units, the program's {}", ours.len(), theirs.len());
        if let Some(index) = ours.iter().zip(&theirs).position(|(ours, theirs)| ours != theirs) {
            write!(message, "; unit {index} differs").unwrap();
        }
        panic!("with {arguments:?}: {message}");
    }
}

fn stream_of_the_program(folder: &Path, raw: &[u8], arguments: &[String]) -> Vec<u8> {
    let [pictures, output] = ["in.yuv", "out.264"].map(|name| folder.join(name).to_str().unwrap().to_string());
    std::fs::write(&pictures, raw).unwrap();
    let files = ["-o".to_string(), output.clone(), pictures];
    judge::run(
        "x264",
        ["--quiet", "--demuxer", "raw"].iter().map(ToString::to_string).chain(arguments.iter().cloned()).chain(files),
    );
    std::fs::read(output).unwrap()
}

/// Returns the program's arguments, written by hand.
fn arguments(input: Input, options: &[&str]) -> Vec<String> {
    let format = &match input.chroma {
        Chroma::Gray => "i400".to_string(),
        chroma => format!("i{chroma}"),
    };
    let (depth, threads) = (input.depth.to_string(), input.threads.to_string());
    let size = format!("{WIDTH}x{HEIGHT}");
    let mut arguments = vec!["--input-csp", format, "--output-csp", format];
    arguments.extend(["--input-depth", &depth, "--output-depth", &depth]);
    arguments.extend(["--input-res", &size, "--fps", input.rate, "--threads", &threads, "--sar", "1:1"]);
    arguments.extend(["--colorprim", "bt709", "--transfer", "iec61966-2-1", "--colormatrix", "bt709"]);
    arguments.extend(["--chromaloc", if input.chroma == Chroma::Yuv420 { "1" } else { "0" }]);
    arguments.extend(options);
    arguments.into_iter().map(ToString::to_string).collect()
}

#[test]
fn presets_make_the_programs_stream() {
    for preset in Preset::ALL {
        assert_equals_the_program(USUAL, |settings| settings.preset(*preset), &["--preset", preset.name()]);
    }
}

#[test]
fn tunes_make_the_programs_stream() {
    for tune in Tune::ALL.iter().filter(|tune| **tune != Tune::Drawn) {
        assert_equals_the_program(USUAL, |settings| settings.tune(*tune), &["--tune", tune.name()]);
    }
}

#[test]
fn qualities_make_the_programs_stream() {
    let one_thread = Input { threads: 1, ..USUAL };
    for (quality, option, value) in [
        (Quality::Crf(18.5), "--crf", "18.5"),
        (Quality::Crf(0.0), "--crf", "0"),
        (Quality::Qp(30), "--qp", "30"),
        (Quality::Lossless, "--qp", "0"),
        (Quality::Bitrate(200), "--bitrate", "200"),
    ] {
        assert_equals_the_program(one_thread, |settings| settings.quality(quality), &[option, value]);
    }
    let buffered = |settings: Settings| settings.quality(Quality::Bitrate(300)).vbv(Vbv::new(400, 400));
    let options = ["--bitrate", "300", "--vbv-maxrate", "400", "--vbv-bufsize", "400"];
    assert_equals_the_program(one_thread, buffered, &options);
}

#[test]
fn chromas_and_depths_make_the_programs_stream() {
    for chroma in Chroma::ALL {
        for depth in BitDepth::ALL {
            assert_equals_the_program(Input { chroma: *chroma, depth: *depth, ..USUAL }, |settings| settings, &[]);
        }
    }
    let deep = Input { depth: BitDepth::Ten, ..USUAL };
    assert_equals_the_program(deep, |settings| settings.quality(Quality::Lossless), &["--qp", "0"]);
}

#[test]
fn other_options_make_the_programs_stream() {
    let equal = |change: fn(Settings) -> Settings, options| assert_equals_the_program(USUAL, change, options);
    equal(|settings| settings.x264_option("bframes", 0), &["--bframes", "0"]);
    equal(
        |settings| settings.x264_option("bframes", 8).x264_option("b-adapt", 2).x264_option("no-mbtree", 1),
        &["--bframes", "8", "--b-adapt", "2", "--no-mbtree"],
    );
    equal(|settings| settings.keyframe_interval(20).x264_option("open-gop", 1), &["--keyint", "20", "--open-gop"]);
    equal(|settings| settings.x264_option("slices", 3).x264_option("aud", 1), &["--slices", "3", "--aud"]);
    equal(|settings| settings.profile(Profile::Baseline), &["--profile", "baseline"]);
    // A level whose decoded picture buffer does not hold the preset's reference frames.
    equal(|settings| settings.level(Level::L1_1).preset(Preset::Veryslow), &["--level", "1.1", "--preset", "veryslow"]);
    let broadcast = Input { rate: "30000/1001", ..USUAL };
    assert_equals_the_program(broadcast, |settings| settings.profile(Profile::Main), &["--profile", "main"]);
}

/// Fails unless the settings name the arguments with which the program makes their stream.
fn assert_names_the_programs_arguments(input: Input, change: impl FnOnce(Settings) -> Settings) {
    let settings = change(settings(input));
    assert_equals_the_stream_of(&settings, input, &settings.x264_arguments());
}

#[test]
fn the_drawn_tune_makes_the_programs_stream_with_the_arguments_it_stands_for() {
    for preset in [Preset::Ultrafast, Preset::Veryfast, Preset::Fast, Preset::Medium, Preset::Slow] {
        for (chroma, depth) in [Chroma::Yuv420, Chroma::Yuv444]
            .into_iter()
            .flat_map(|chroma| BitDepth::ALL.iter().map(move |depth| (chroma, *depth)))
        {
            let input = Input { chroma, depth, ..USUAL };
            assert_names_the_programs_arguments(input, |settings| settings.preset(preset).tune(Tune::Drawn));
        }
    }
}

#[test]
fn settings_name_the_arguments_with_which_the_program_makes_their_stream() {
    let equal = |change: fn(Settings) -> Settings| assert_names_the_programs_arguments(USUAL, change);
    equal(|settings| settings);
    equal(|settings| settings.tune(Tune::Drawn).x264_option("bframes", 2).x264_option("psy", 1));
    equal(|settings| settings.tune(Tune::Drawn).level(Level::L1_1).profile(Profile::Main));
    equal(|settings| settings.tune(Tune::Grain).preset(Preset::Fast).quality(Quality::Crf(19.5)));
    equal(|settings| settings.quality(Quality::Lossless).x264_option("no-deblock", 1).x264_option("8x8dct", 0));
    equal(|settings| settings.quality(Quality::Qp(31)).keyframe_interval(9).x264_option("open_gop", 1));
    let full_range = Input { space: ColorSpace { range: Range::Full, ..ColorSpace::BT2020 }, ..USUAL };
    assert_names_the_programs_arguments(full_range, |settings| settings.pixel_aspect(4, 3));
    equal(|settings| settings.chroma_location(ChromaLocation::TopLeft).x264_option("scenecut", 0));
    let buffered = Vbv::new(400, 400);
    let one_thread = Input { threads: 1, rate: "30000/1001", ..USUAL };
    let bit_rate = |settings: Settings| settings.quality(Quality::Bitrate(300)).vbv(buffered);
    assert_names_the_programs_arguments(one_thread, bit_rate);
    for chroma in Chroma::ALL {
        assert_names_the_programs_arguments(Input { chroma: *chroma, ..USUAL }, |settings| settings);
    }
}
