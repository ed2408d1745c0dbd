//! Recordings of ffmpeg's own streams, judged by ffmpeg.

use std::path::Path;
use std::process::Command;

use super::*;
use crate::Mp4Error;
use crate::mp4::tests::judge::{self as boxes, Sample, table};
use crate::settings::{BitDepth, Chroma, ColorSpace, Primaries, Quality, Settings, Transfer, Vbv};
use crate::sink::fault;
use crate::stream::StreamHeaders;

/// What a program says on its standard output. It must succeed.
fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// A movie that ffmpeg has encoded and muxed: what ours is compared with.
struct Reference {
    bytes: Vec<u8>,
    stream: StreamInfo,
    samples: Vec<Sample>,
    settings: Settings,
    frame: i64,
}

impl Reference {
    fn new(folder: &Path, rate: (u32, u32), frames: u32, options: &str) -> Self {
        Self::of(folder, Settings::new(64, 48).frame_rate(rate), frames, options)
    }

    /// Encoded with ffmpeg's `options`; `settings` say the same.
    fn of(folder: &Path, settings: Settings, frames: u32, options: &str) -> Self {
        let clock = settings.clock();
        let path = folder.join("reference.mp4");
        let (scale, count) = (clock.timescale.to_string(), frames.to_string());
        let source = format!("testsrc2=size=64x48:rate={}", settings.frame_rate);
        let mut arguments = vec!["-v", "error", "-y", "-f", "lavfi", "-i", &source, "-frames:v", &count];
        arguments.extend(["-c:v", "libx264", "-threads", "1"]);
        for (name, usual) in [
            ("-pix_fmt", "yuv420p"),
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
        arguments.extend(["-video_track_timescale", &scale, "-movie_timescale", &scale, path.to_str().unwrap()]);
        run("ffmpeg", &arguments);
        let bytes = std::fs::read(&path).unwrap();
        let (sps, pps) = boxes::parameter_sets(&bytes);
        let headers = StreamHeaders { sps, pps, version_sei: Vec::new() };
        let reorder_frames = run(
            "ffprobe",
            &["-v", "error", "-show_entries", "stream=has_b_frames", "-of", "csv=p=0", path.to_str().unwrap()],
        );
        let stream = StreamInfo::new(&settings, headers, reorder_frames.trim().parse().unwrap());
        Self { stream, samples: boxes::samples(&bytes), bytes, settings, frame: clock.frame.into() }
    }

    /// The boxes that ffmpeg and this crate have alike, byte for byte.
    fn assert_tables_equal(&self, ours: &[u8]) {
        for name in ["avcC", "colr", "pasp", "btrt", "stts", "ctts", "stss", "elst"] {
            assert_eq!(table(ours, name), table(&self.bytes, name), "{name} of {:?}", self.settings);
        }
        let size = |bytes| boxes::find(bytes, "moov/trak/tkhd").map(|tkhd| tkhd.bytes[tkhd.bytes.len() - 8..].to_vec());
        assert_eq!(size(ours), size(&self.bytes), "the track's size of {:?}", self.settings);
    }

    fn record<S: Sink>(&self, mut recording: Recording<S>) -> (S::Output, u64) {
        for sample in &self.samples {
            let Sample { pts, dts, sync, ref data, .. } = *sample;
            recording.push(&Packet { data, pts, dts, sync }).unwrap();
        }
        recording.finish(self.samples.len() as i64 * self.frame).unwrap()
    }
}

/// Every frame's time and hash.
fn frames(path: &Path) -> String {
    run("ffmpeg", &["-v", "error", "-i", path.to_str().unwrap(), "-f", "framemd5", "-"])
}

fn probe(path: &Path, entries: &str) -> String {
    run("ffprobe", &["-v", "error", "-show_entries", entries, "-of", "compact", path.to_str().unwrap()])
}

#[test]
fn boxes_and_frames_are_those_of_ffmpegs_own_mux() {
    let folder = tempfile::tempdir().unwrap();
    for (rate, frame_count, options) in [
        ((25, 1), 60, "-g 25"),
        ((30000, 1001), 300, ""),
        ((24, 1), 30, "-bf 0"),
        ((1, 1), 5, ""),
        ((1000, 1), 100, "-bf 3"),
        ((60, 1), 1, ""),
        ((30, 1), 2, ""),
    ] {
        let reference = Reference::new(folder.path(), rate, frame_count, options);
        let reference_path = folder.path().join("reference.mp4");
        let entries = "stream=start_time,duration,width,height,color_range,color_space";
        let (expected_frames, expected_entries) = (frames(&reference_path), probe(&reference_path, entries));
        for layout in [Layout::CrashSafe, Layout::Progressive, Layout::Fragmented] {
            for expected in [None, Some(u64::from(frame_count))] {
                let path = folder.path().join("ours.mp4");
                let mut settings = reference.settings.clone().layout(layout);
                settings.container.expected_frames = expected;
                let recording = Recording::create(&path, &settings.container, &reference.stream).unwrap();
                let written = reference.record(recording);
                let ours = std::fs::read(&path).unwrap();
                assert_eq!(written.1, ours.len() as u64);
                assert_eq!(frames(&path), expected_frames, "{rate:?} {layout} {expected:?}");
                assert_eq!(probe(&path, entries), expected_entries, "{rate:?} {layout}");
                if layout != Layout::Fragmented {
                    reference.assert_tables_equal(&ours);
                }
            }
        }
    }
}

#[test]
fn every_profile_and_tag_is_written_as_ffmpeg_writes_it() {
    let folder = tempfile::tempdir().unwrap();
    let usual = || Settings::new(64, 48).frame_rate(25);
    let bt601 = ColorSpace { primaries: Primaries::Bt601Lines625, transfer: Transfer::Bt601, ..ColorSpace::BT601 };
    let rates = || usual().vbv(Vbv::new(100, 200)).quality(Quality::Bitrate(80));
    for (options, settings) in [
        ("-profile:v baseline", usual()),
        ("-profile:v main", usual()),
        ("-profile:v high", usual()),
        ("-pix_fmt yuv420p10le", usual().bit_depth(BitDepth::Ten)),
        ("-pix_fmt yuv422p", usual().chroma(Chroma::Yuv422)),
        ("-pix_fmt yuv422p10le", usual().chroma(Chroma::Yuv422).bit_depth(BitDepth::Ten)),
        ("-pix_fmt yuv444p", usual().chroma(Chroma::Yuv444)),
        ("-pix_fmt yuv444p10le", usual().chroma(Chroma::Yuv444).bit_depth(BitDepth::Ten)),
        ("-pix_fmt gray", usual().chroma(Chroma::Gray)),
        ("-qp 0", usual()),
        ("-pix_fmt yuvj420p -color_range pc", usual().color_space(ColorSpace::BT709.full_range())),
        ("-colorspace smpte170m -color_primaries bt470bg -color_trc smpte170m", usual().color_space(bt601)),
        (
            "-colorspace bt2020nc -color_primaries bt2020 -color_trc bt2020-10 -pix_fmt yuv420p10le",
            usual().color_space(ColorSpace::BT2020).bit_depth(BitDepth::Ten),
        ),
        ("-vf setsar=4/3", usual().pixel_aspect(4, 3)),
        ("-maxrate 100k -bufsize 200k -b:v 80k", rates()),
        ("-g 1", usual()),
    ] {
        let reference = Reference::of(folder.path(), settings, 12, options);
        let recording = Recording::in_memory(&reference.settings.container, &reference.stream).unwrap();
        reference.assert_tables_equal(&reference.record(recording).0);
    }
}

/// Time and hash of every frame that ffmpeg decodes, be the file incomplete.
fn shown(path: &Path) -> Vec<(i64, String)> {
    let arguments = ["-v", "fatal", "-i", path.to_str().unwrap(), "-f", "framemd5", "-"];
    let output = Command::new("ffmpeg").args(arguments).output().unwrap();
    assert!(output.status.success(), "{}: {}", path.display(), String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let fields = lines.lines().filter(|line| !line.starts_with('#')).map(|line| line.split(',').map(str::trim));
    fields.map(|mut fields| (fields.nth(2).unwrap().parse().unwrap(), fields.nth(2).unwrap().into())).collect()
}

#[test]
fn a_file_that_is_cut_anywhere_shows_every_frame_of_its_complete_fragments_and_can_be_recovered() {
    let folder = tempfile::tempdir().unwrap();
    let reference = Reference::new(folder.path(), (25, 1), 60, "-g 35");
    let all = shown(&folder.path().join("reference.mp4"));
    for layout in [Layout::CrashSafe, Layout::Fragmented] {
        for expected in [None, Some(60)] {
            let mut settings = reference.settings.clone().layout(layout).fragment_seconds(0.5);
            settings.container.expected_frames = expected;
            let path = folder.path().join("cut.mp4");
            let mut recording = Recording::create(&path, &settings.container, &reference.stream).unwrap();
            for Sample { data, pts, dts, sync, .. } in &reference.samples {
                recording.push(&Packet { data, pts: *pts, dts: *dts, sync: *sync }).unwrap();
            }
            recording.keep();
            let part = only_part(folder.path());
            let whole = std::fs::read(&part).unwrap();
            let header = boxes::boxes(&whole).iter().position(|found| &found.name == b"moov").unwrap();
            let header: usize = boxes::boxes(&whole)[..=header].iter().map(|found| found.bytes.len()).sum();
            for step in 0..=14 {
                let cut = header + (whole.len() - header) * step / 14;
                let mut left = whole[..cut].to_vec();
                let (complete, end) = boxes::complete_fragments(&left);
                // A fragment is a `free` box until it is complete.
                if let Some(head) = left[end.max(header)..].first_chunk_mut() {
                    *head = *b"\0\x10\0\0free";
                }
                std::fs::write(&part, &left).unwrap();
                if complete > 0 {
                    let frames = shown(&part);
                    assert!(frames.len() >= complete, "{layout} cut at {cut}: {} of {complete}", frames.len());
                    assert!(frames.iter().all(|frame| all.contains(frame)), "{layout} cut at {cut}");
                }
                match crate::recover(&part) {
                    Ok(recovered) => {
                        assert_eq!(recovered.frames, complete as u64);
                        let frames = shown(&part);
                        assert_eq!(frames.len(), complete);
                        assert!(frames.iter().all(|frame| all.contains(frame)), "{layout} cut at {cut}, recovered");
                        let again = crate::recover(&part).unwrap();
                        assert_eq!(
                            (again.frames, again.bytes, again.lost_bytes),
                            (recovered.frames, recovered.bytes, 0)
                        );
                    }
                    Err(error) => {
                        assert_eq!(complete, 0, "{error}");
                        assert!(error.to_string().ends_with("it has no complete fragment"), "{error}");
                    }
                }
            }
            std::fs::remove_file(&part).unwrap();
        }
    }
}

/// Cut where it is damaged, it would lose the good fragments behind.
#[test]
fn a_recording_that_is_damaged_in_front_of_good_fragments_is_refused_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let reference = Reference::new(folder.path(), (25, 1), 60, "-g 35");
    let settings = reference.settings.clone().fragment_seconds(0.5);
    let mut recording =
        Recording::create(&folder.path().join("damaged.mp4"), &settings.container, &reference.stream).unwrap();
    for Sample { data, pts, dts, sync, .. } in &reference.samples {
        recording.push(&Packet { data, pts: *pts, dts: *dts, sync: *sync }).unwrap();
    }
    recording.keep();
    let part = only_part(folder.path());
    let whole = std::fs::read(&part).unwrap();
    let start = |found: &boxes::Mp4Box<'_>| found.bytes.as_ptr() as usize - whole.as_ptr() as usize;
    let fragments: Vec<_> = boxes::boxes(&whole)
        .iter()
        .map(|found| (start(found), found.name, found.bytes.len()))
        .filter(|(_, name, _)| [*b"moof", *b"mdat"].contains(name))
        .collect();
    assert!(fragments.len() >= 6, "{fragments:?}");
    // The second fragment's head, its size, its samples; the head of the first.
    for (index, offset) in [(2, 30), (2, 0), (2, 4), (3, 8), (0, 4)] {
        let mut damaged = whole.clone();
        damaged[fragments[index].0 + offset] ^= 0x55;
        std::fs::write(&part, &damaged).unwrap();
        let error = crate::recover(&part).unwrap_err();
        let (from, next) = (fragments[index / 2 * 2].0, fragments[index / 2 * 2 + 2].0);
        let expected = Mp4Error::DamagedFragment { at: from as u64, next: next as u64 };
        assert!(matches!(&error, Error::Mp4 { reason, .. } if *reason == expected), "{index} {offset}: {error}");
        assert!(std::fs::read(&part).unwrap() == damaged);
    }
    // As after a power cut: the length is there, the last bytes are not.
    let (last, _, size) = fragments[fragments.len() - 1];
    let mut zeros = whole.clone();
    zeros[last + 8..last + size].fill(0);
    std::fs::write(&part, &zeros).unwrap();
    let recovered = crate::recover(&part).unwrap();
    let complete = boxes::complete_fragments(&whole[..fragments[fragments.len() - 2].0]).0;
    assert_eq!((recovered.frames, shown(&part).len()), (complete as u64, complete));
}

fn only_part(folder: &Path) -> PathBuf {
    let parts: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "part"))
        .collect();
    assert_eq!(parts.len(), 1, "{parts:?}");
    parts[0].clone()
}

#[test]
fn whichever_write_fails_a_playable_file_is_kept_or_nothing_and_an_earlier_movie_stays() {
    let folder = tempfile::tempdir().unwrap();
    let reference = Reference::new(folder.path(), (25, 1), 60, "-g 20");
    let reference_path = folder.path().join("reference.mp4");
    let all = shown(&reference_path);
    let output = folder.path().join("out");
    let movie = output.join("movie.mp4");
    for (layout, expected) in [
        (Layout::CrashSafe, None),
        (Layout::CrashSafe, Some(60)),
        (Layout::Progressive, None),
        (Layout::Fragmented, None),
        (Layout::AnnexB, None),
    ] {
        let mut settings = reference.settings.clone().layout(layout).fragment_seconds(0.8);
        settings.container.expected_frames = expected;
        let pushed = std::cell::Cell::new(0);
        let record = || -> Result<((), u64)> {
            pushed.set(0);
            let mut recording = Recording::create(&movie, &settings.container, &reference.stream)?;
            for Sample { data, pts, dts, sync, .. } in &reference.samples {
                recording.push(&Packet { data, pts: *pts, dts: *dts, sync: *sync })?;
                pushed.set(pushed.get() + 1);
            }
            recording.finish(60 * reference.frame)
        };
        std::fs::create_dir(&output).unwrap();
        let points = fault::with_failing(0, 0, record).1;
        std::fs::remove_dir_all(&output).unwrap();
        assert!(points > 5);
        for point in 0..points {
            // One write fails, or all from here on, as on a full disk.
            for until in [point + 1, u32::MAX] {
                std::fs::create_dir(&output).unwrap();
                std::fs::copy(&reference_path, &movie).unwrap();
                let result = fault::with_failing(point, until, record).0;
                let pushed = pushed.get();
                let context = format!("{layout} {expected:?}, failing from {point} to {until}: {result:?}");
                let parts = std::fs::read_dir(&output).unwrap().count() - 1;
                match result {
                    Ok(_) => {
                        assert_eq!(parts, 0, "{context}");
                        assert_eq!(shown(&movie), all, "{context}");
                    }
                    Err(Error::Unfinished { kept, source }) => {
                        assert!(matches!(*source, Error::Io { .. }), "{context}");
                        assert!(parts == 1 && kept.exists(), "{context}");
                        assert_eq!(std::fs::read(&movie).unwrap(), reference.bytes, "{context}");
                        let complete = shown(&kept);
                        if layout == Layout::AnnexB {
                            assert!(complete.len() + 4 >= pushed, "{context}: {} of {pushed}", complete.len());
                        } else {
                            assert!(complete.len() + 20 >= pushed, "{context}: {} of {pushed}", complete.len());
                            assert!(complete.iter().all(|frame| all.contains(frame)), "{context}");
                            assert_eq!(crate::recover(&kept).unwrap().frames, complete.len() as u64, "{context}");
                            assert_eq!(shown(&kept), complete, "{context}");
                        }
                    }
                    Err(error) => {
                        assert!(matches!(error, Error::Io { .. }), "{context}");
                        assert_eq!(parts, 0, "{context}");
                        assert_eq!(std::fs::read(&movie).unwrap(), reference.bytes, "{context}");
                        assert!(layout == Layout::Progressive || pushed <= 20, "{context}");
                    }
                }
                std::fs::remove_dir_all(&output).unwrap();
            }
        }
    }
}
