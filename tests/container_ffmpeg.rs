//! Movies beside those that ffmpeg makes of the same pictures with the same options of libx264: the same boxes, byte for
//! byte, and the same samples.

use std::path::Path;

use kinetograph::color::{Converter, Planes};
use kinetograph::{BitDepth, Chroma, ColorSpace, Frame, Layout, Primaries, Profile, Quality, Settings, Transfer, Vbv};

#[path = "judge/boxes.rs"]
mod boxes;
mod clips;
mod judge;

use clips::{HEIGHT, WIDTH, in_memory, picture, record, settings};

/// What ffmpeg must know of the pictures.
#[derive(Clone, Copy)]
struct Input {
    chroma: Chroma,
    depth: BitDepth,
    space: ColorSpace,
}

const USUAL: Input = Input { chroma: Chroma::Yuv420, depth: BitDepth::Eight, space: ColorSpace::BT709 };

impl Input {
    fn settings(self) -> Settings {
        settings().chroma(self.chroma).bit_depth(self.depth).color_space(self.space)
    }

    /// Makes ffmpeg's movie of so many frames, with the timescale of `ours`.
    fn reference(self, path: &Path, ours: &[u8], rate: &str, frames: u32, options: &str) -> Vec<u8> {
        let raw = path.with_extension("raw");
        std::fs::write(&raw, self.planes(frames)).unwrap();
        let format = match (self.chroma, self.depth) {
            (Chroma::Gray, _) => "gray".to_string(),
            (chroma, BitDepth::Ten) => format!("yuv{chroma}p10le"),
            (chroma, _) => format!("yuv{chroma}p"),
        };
        let size = format!("{WIDTH}x{HEIGHT}");
        let mut arguments = vec!["-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", &format, "-video_size", &size];
        arguments.extend(["-framerate", rate, "-i", raw.to_str().unwrap()]);
        arguments.extend([
            "-c:v",
            "libx264",
            "-threads",
            "1",
            "-preset",
            "veryfast",
            "-x264-params",
            "mbtree=0:force-cfr=1",
        ]);
        if self.chroma == Chroma::Yuv420 {
            arguments.extend(["-chroma_sample_location", "center"]);
        }
        for (name, usual) in [
            ("-vf", "setsar=1"),
            ("-colorspace", "bt709"),
            ("-color_primaries", "bt709"),
            ("-color_trc", "iec61966-2-1"),
            ("-color_range", "tv"),
        ] {
            if !options.contains(name) {
                arguments.extend([name, usual]);
            }
        }
        arguments.extend(options.split_whitespace());
        let mvhd = boxes::find(ours, "moov/mvhd").unwrap().body;
        let timescale = boxes::u32_at(mvhd, 12).to_string();
        arguments.extend(["-video_track_timescale", &timescale, "-movie_timescale", &timescale]);
        arguments.push(path.to_str().unwrap());
        judge::run("ffmpeg", arguments);
        std::fs::read(path).unwrap()
    }

    /// Returns the samples of the pictures, plane after plane.
    fn planes(self, frames: u32) -> Vec<u8> {
        let converter = Converter::new(self.space, self.chroma, self.depth, [255; 3]);
        let mut planes = Planes::new(WIDTH, HEIGHT, self.chroma, self.depth);
        let mut raw = Vec::new();
        for frame in 0..frames {
            converter.convert(&Frame::gray8(&picture(frame), WIDTH, HEIGHT), &mut planes).unwrap();
            for plane in 0..planes.count() {
                (0..planes.size(plane).1).for_each(|row| raw.extend_from_slice(planes.row(plane, row)));
            }
        }
        raw
    }
}

/// Fails unless all that is not about the place of the samples is the same in both movies.
#[track_caller]
fn assert_equal(ours: &[u8], theirs: &[u8], context: &str) {
    for name in ["avcC", "colr", "pasp", "btrt", "stts", "ctts", "stss", "elst"] {
        assert_eq!(boxes::table(ours, name), boxes::table(theirs, name), "{name}, {context}");
    }
    let size = |bytes| boxes::find(bytes, "moov/trak/tkhd").map(|tkhd| tkhd.bytes[tkhd.bytes.len() - 8..].to_vec());
    assert_eq!(size(ours), size(theirs), "the track's size, {context}");
    let [ours, theirs] = [ours, theirs].map(boxes::samples);
    assert_eq!(ours.len(), theirs.len(), "{context}");
    for (index, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
        assert!(ours.data == theirs.data, "sample {index}, {context}");
    }
}

#[test]
#[cfg_attr(windows, ignore = "ffmpeg for Windows has another version of libx264")]
fn boxes_and_frames_are_those_of_ffmpegs_mux() {
    let folder = tempfile::tempdir().unwrap();
    let [path, theirs] = ["ours.mp4", "theirs.mp4"].map(|name| folder.path().join(name));
    for (rate, count, bframes, keyint) in [
        ((25, 1), 60, 3, 25),
        ((30000, 1001), 300, 3, 250),
        ((24, 1), 30, 0, 250),
        ((1, 1), 5, 3, 250),
        ((1000, 1), 100, 3, 250),
        ((60, 1), 1, 3, 250),
        ((30, 1), 2, 3, 250),
    ] {
        let settings = settings().frame_rate(rate).keyframe_interval(keyint).x264_option("bframes", bframes);
        record(&path, &settings, count);
        let ours = std::fs::read(&path).unwrap();
        let options = format!("-g {keyint} -bf {bframes}");
        let reference = USUAL.reference(&theirs, &ours, &format!("{}/{}", rate.0, rate.1), count, &options);
        let entries = "stream=start_time,duration,width,height,color_range,color_space";
        let (frames, probed) = (judge::frames(&theirs), judge::probe(&theirs, entries));
        for layout in [Layout::CrashSafe, Layout::Progressive, Layout::Fragmented] {
            for expected in [None, Some(u64::from(count))] {
                let settings = settings.clone().layout(layout);
                let settings = expected.into_iter().fold(settings, Settings::expected_frames);
                let context = format!("{rate:?}, {layout}, {expected:?}");
                assert_eq!(record(&path, &settings, count).bytes, path.metadata().unwrap().len());
                assert_eq!(judge::frames(&path), frames, "{context}");
                assert_eq!(judge::probe(&path, entries), probed, "{context}");
                if layout != Layout::Fragmented {
                    assert_equal(&std::fs::read(&path).unwrap(), &reference, &context);
                }
            }
        }
    }
}

#[test]
#[cfg_attr(windows, ignore = "ffmpeg for Windows has another version of libx264")]
fn profiles_and_colors_are_written_as_by_ffmpeg() {
    let folder = tempfile::tempdir().unwrap();
    let theirs = folder.path().join("theirs.mp4");
    let bt601 = ColorSpace { primaries: Primaries::Bt601Lines625, transfer: Transfer::Bt601, ..ColorSpace::BT601 };
    let ten = Input { depth: BitDepth::Ten, ..USUAL };
    let same = |settings| settings;
    for (input, change, options) in [
        (USUAL, (|settings| settings.profile(Profile::Baseline)) as fn(Settings) -> Settings, "-profile:v baseline"),
        (USUAL, |settings| settings.profile(Profile::Main), "-profile:v main"),
        (USUAL, |settings| settings.profile(Profile::High), "-profile:v high"),
        (ten, same, ""),
        (Input { chroma: Chroma::Yuv422, ..USUAL }, same, ""),
        (Input { chroma: Chroma::Yuv422, ..ten }, same, ""),
        (Input { chroma: Chroma::Yuv444, ..USUAL }, same, ""),
        (Input { chroma: Chroma::Yuv444, ..ten }, same, ""),
        (Input { chroma: Chroma::Gray, ..USUAL }, same, ""),
        (USUAL, |settings| settings.quality(Quality::Lossless), "-qp 0"),
        (
            Input { space: ColorSpace::BT709.full_range(), ..USUAL },
            same,
            "-pix_fmt yuvj420p -color_range pc -vf setrange=pc,setsar=1",
        ),
        (Input { space: bt601, ..USUAL }, same, "-colorspace smpte170m -color_primaries bt470bg -color_trc smpte170m"),
        (
            Input { space: ColorSpace::BT2020, ..ten },
            same,
            "-colorspace bt2020nc -color_primaries bt2020 -color_trc bt2020-10",
        ),
        (USUAL, |settings| settings.pixel_aspect(4, 3), "-vf setsar=4/3"),
        (USUAL, |settings| settings.keyframe_interval(1), "-g 1"),
    ] {
        let ours = in_memory(&change(input.settings()), 12);
        let reference = input.reference(&theirs, &ours, "25", 12, options);
        assert_equal(&ours, &reference, options);
    }
}

/// Where rate control counts bits, ffmpeg's stream differs: it counts no repeated parameter sets.
#[test]
fn rates_are_written_as_by_ffmpeg() {
    let folder = tempfile::tempdir().unwrap();
    let theirs = folder.path().join("theirs.mp4");
    for (settings, options) in [
        (settings().vbv(Vbv::new(100, 200)).quality(Quality::Bitrate(80)), "-maxrate 100k -bufsize 200k -b:v 80k"),
        (settings().vbv(Vbv::new(900, 300)), "-maxrate 900k -bufsize 300k"),
    ] {
        let ours = in_memory(&settings, 12);
        let reference = USUAL.reference(&theirs, &ours, "25", 12, options);
        // All but the average.
        let [ours, reference] = [&ours, &reference].map(|bytes| boxes::table(bytes, "btrt"));
        assert_eq!(ours[..16], reference[..16], "{options}");
    }
}
