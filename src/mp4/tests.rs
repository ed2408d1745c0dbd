//! The muxer without a disk, and files larger than disks like.

#[path = "../../tests/judge/boxes.rs"]
pub(crate) mod boxes;

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::process::Command;

use super::*;
use crate::settings::{Rotation, Tag};

/// Parameter sets of High profile, 320×240, as x264 writes them for 25 frames a second with B-frames.
const SPS: &[u8] = &[
    0x67, 0x64, 0x00, 0x0d, 0xac, 0xd9, 0x41, 0x41, 0xfa, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x03,
    0x28, 0xf1, 0x42, 0x99, 0x60,
];
const PPS: &[u8] = &[0x68, 0xef, 0x8f, 0xcb];

fn sets() -> ParameterSets {
    ParameterSets { sps: SPS.into(), pps: PPS.into(), sei: b"\x06sei".to_vec() }
}

fn settings() -> Settings {
    Settings::new(320, 240)
        .frame_rate(25)
        .fragment_seconds(0.2)
        .title("A walk")
        .tag(Tag::Encoder, "the test")
        .rotation(Rotation::Deg90)
}

/// Ten packets as of a GOP with B-frames, decoding two frames ahead, another keyframe the seventh.
fn packets() -> Vec<(Vec<u8>, i64, i64, bool)> {
    let frame = 512;
    let shown = [0, 4, 2, 1, 3, 5, 6, 9, 8, 7];
    let packet = |(index, shown): (usize, &i64)| {
        let unit = vec![index as u8; 20 + 3 * index];
        let data = [&(unit.len() as u32).to_be_bytes()[..], &unit].concat();
        (data, shown * frame, (index as i64 - 2) * frame, [0, 6].contains(&index))
    };
    shown.iter().enumerate().map(packet).collect()
}

fn begin(settings: &Settings, sets: &ParameterSets, form: Mp4Layout) -> (Muxer, Vec<u8>) {
    let mut muxer = Muxer::new(settings, sets, form).unwrap();
    let mut out = Vec::new();
    muxer
        .begin(settings, &mut |bytes| {
            out.extend_from_slice(bytes);
            Ok(())
        })
        .unwrap();
    (muxer, out)
}

/// The muxer's output, and what is left of it when it is finished.
fn mux(settings: &Settings, form: Mp4Layout) -> (Vec<u8>, Finished) {
    let (mut muxer, mut out) = begin(settings, &sets(), form);
    for (data, pts, dts, sync) in packets() {
        muxer.push(&Packet { data: &data, pts, dts, sync }, &mut out).unwrap();
    }
    let finished = muxer.finish(10 * 512, &mut out).unwrap();
    assert_eq!(out.len() as u64, finished.length);
    (out, finished)
}

fn apply(file: &mut Vec<u8>, edit: Edit<'_>) -> Result<()> {
    if let Edit::Write(at, bytes) = edit {
        let end = at as usize + bytes.len();
        file.resize(file.len().max(end), 0);
        file[at as usize..end].copy_from_slice(bytes);
    }
    Ok(())
}

/// Compares a file's boxes with those written down in `tests/walks`.
fn assert_walk(name: &str, file: &[u8]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/walks").join(name);
    let walk = boxes::walk(file);
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    if walk != expected {
        let seen = std::env::temp_dir().join(name);
        std::fs::write(&seen, walk).unwrap();
        panic!("{} differs: diff {} {}", name, path.display(), seen.display());
    }
}

#[test]
fn the_boxes_of_whole_files_are_those_written_down() {
    let reserved = settings().expected_frames(10);
    let (recording, finished) = mux(&reserved, Mp4Layout::CrashSafe);
    assert_walk("crash-safe-recording.txt", &recording);
    let mut file = recording.clone();
    assert!(finished.commit(&mut |edit| apply(&mut file, edit)).unwrap());
    assert_walk("crash-safe.txt", &file);

    // Without a reserve there is no room for the index.
    let (recording, finished) = mux(&settings(), Mp4Layout::CrashSafe);
    let mut file = recording.clone();
    assert!(!finished.commit(&mut |_| panic!("an edit")).unwrap());
    finished.commit_at_end(&mut |edit| apply(&mut file, edit)).unwrap();
    assert_walk("crash-safe-index-at-end.txt", &file);
    let mut copy = Vec::new();
    finished.head(&mut |edit| apply(&mut copy, edit)).unwrap();
    finished.chunks().for_each(|chunk| copy.extend(&recording[chunk.start as usize..chunk.end as usize]));

    let (recording, finished) = mux(&settings(), Mp4Layout::Progressive);
    let mut file = Vec::new();
    finished.head(&mut |edit| apply(&mut file, edit)).unwrap();
    file.extend(&recording[finished.samples_at() as usize..]);
    assert_walk("progressive.txt", &file);
    assert!(copy == file, "a copied crash-safe movie is the progressive one");

    let (recording, _) = mux(&settings().tag(Tag::Comment, "ends at keyframes"), Mp4Layout::Fragmented);
    assert_walk("fragmented.txt", &recording);
}

#[test]
fn at_every_edit_of_the_commit_the_file_is_the_recording_or_the_movie() {
    let (recording, finished) = mux(&settings().expected_frames(10), Mp4Layout::CrashSafe);
    let mut states = vec![recording.clone()];
    let mut edits = Vec::new();
    finished
        .commit(&mut |edit| {
            let mut next = states.last().unwrap().clone();
            apply(&mut next, edit)?;
            states.push(next);
            edits.push(matches!(edit, Edit::Sync));
            Ok(())
        })
        .unwrap();
    let shape =
        |file: &[u8]| boxes::boxes(file).iter().map(|found| (found.name, found.bytes.len())).collect::<Vec<_>>();
    let (last, before) = states.split_last().unwrap();
    assert!(before.iter().all(|state| shape(state) == shape(&recording)));
    assert_eq!(shape(last).iter().map(|(name, _)| *name).collect::<Vec<_>>(), [*b"ftyp", *b"moov", *b"mdat"]);
    // The commit is one write of 8 bytes, behind a sync.
    assert_eq!(edits[edits.len() - 2..], [true, false]);
    let differing = before[before.len() - 1].iter().zip(last).filter(|(a, b)| a != b).count();
    assert!(differing <= 8);
}

#[test]
fn packets_out_of_order_are_an_error() {
    let (mut muxer, mut out) = begin(&settings(), &sets(), Mp4Layout::CrashSafe);
    let mut push = |pts, dts| muxer.push(&Packet { data: &[0, 0, 0, 1, 9], pts, dts, sync: true }, &mut out);
    push(0, -1024).unwrap();
    push(1024, -512).unwrap();
    push(512, 0).unwrap();
    assert!(push(1536, 0).is_err());
    assert!(push(1536, 2048).is_err());
}

#[test]
fn the_index_of_a_million_frames_takes_less_than_16_bytes_a_frame() {
    for (variable, most) in [(false, 8), (true, 16)] {
        let settings = Settings::new(320, 240).frame_rate(30).variable_rate(variable);
        let (mut muxer, mut out) = begin(&settings, &sets(), Mp4Layout::CrashSafe);
        let frame = i64::from(settings.clock().frame);
        let data = vec![0; 4];
        let mut dts = -2 * frame;
        for index in 0..1_000_000i64 {
            // Three B-frames to a P-frame; a variable rate varies by a tick, so that no two durations are alike.
            let offset = [2, 5, 3, 1][index as usize % 4] * frame;
            muxer.push(&Packet { data: &data, pts: dts + offset, dts, sync: index % 250 == 0 }, &mut out).unwrap();
            dts += frame + if variable { index % 3 } else { 0 };
            out.clear();
        }
        // Samples have 4 bytes here; those of a film have at most 4 MB, one size byte a frame more each 7 bits.
        let held = muxer.samples.heap_bytes() + 2 * 1_000_000;
        assert!(held <= most * 1_000_000, "{held} bytes");
    }
}

static ZEROS: [u8; 1 << 16] = [0; 1 << 16];

/// A file in which blocks of zeros take no room.
struct Sparse(File);

impl Sparse {
    fn create(path: &Path) -> Self {
        Self(File::options().read(true).write(true).create(true).truncate(true).open(path).unwrap())
    }

    fn write(&mut self, at: u64, bytes: &[u8]) {
        let end = at + bytes.len() as u64;
        if self.0.metadata().unwrap().len() < end {
            self.0.set_len(end).unwrap();
        }
        for (index, block) in bytes.chunks(1 << 16).enumerate() {
            if *block != ZEROS[..block.len()] {
                self.0.seek(SeekFrom::Start(at + (index << 16) as u64)).unwrap();
                self.0.write_all(block).unwrap();
            }
        }
    }

    fn edit(&mut self, edit: Edit<'_>) -> Result<()> {
        if let Edit::Write(at, bytes) = edit {
            self.write(at, bytes);
        }
        Ok(())
    }
}

/// The hash of each of the frames that ffmpeg decodes, from `seconds` on.
fn hashes(path: &Path, seconds: &str) -> Vec<String> {
    let path = path.to_str().unwrap();
    let arguments = ["-v", "error", "-ss", seconds, "-i", path, "-f", "framemd5", "-"];
    let output = Command::new("ffmpeg").args(arguments).output().unwrap();
    assert!(output.status.success(), "{path}: {}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let hash = |line: &str| line.rsplit(',').next().unwrap().trim().to_string();
    lines.lines().filter(|line| !line.starts_with('#')).map(hash).collect()
}

/// A small film of ffmpeg's, in which every tenth frame is a keyframe.
fn small_film(path: &Path) -> (ParameterSets, Vec<boxes::Sample>) {
    let source = "testsrc2=size=64x48:rate=25";
    let encode = ["-v", "error", "-f", "lavfi", "-i", source, "-frames:v", "85", "-c:v", "libx264", "-g", "10"];
    let status = Command::new("ffmpeg").args(encode).args(["-pix_fmt", "yuv420p"]).arg(path).status().unwrap();
    assert!(status.success());
    let bytes = std::fs::read(path).unwrap();
    let (sps, pps) = boxes::parameter_sets(&bytes);
    (ParameterSets { sps, pps, sei: Vec::new() }, boxes::samples(&bytes))
}

#[test]
fn fragments_and_their_index_pass_4_gib() {
    const GAP: u64 = (1 << 32) + 12345;
    let folder = tempfile::tempdir().unwrap();
    let (small, path) = (folder.path().join("small.mp4"), folder.path().join("large.mp4"));
    let (sets, samples) = small_film(&small);
    let expected = hashes(&small, "0");
    for form in [Mp4Layout::CrashSafe, Mp4Layout::Fragmented] {
        let settings = Settings::new(64, 48).frame_rate(25).expected_frames(85);
        let (mut muxer, head) = begin(&settings, &sets, form);
        // As if much had been recorded: a box of zeros in front of the fragments.
        let begin_file = |file: &mut Sparse| {
            file.write(0, &head);
            file.write(head.len() as u64, &header(b"free", GAP));
            file.write(head.len() as u64 + GAP, &[]);
        };
        muxer.length += GAP;
        let mut out = Vec::new();
        for boxes::Sample { data, pts, dts, sync, .. } in &samples {
            muxer.push(&Packet { data, pts: *pts, dts: *dts, sync: *sync }, &mut out).unwrap();
        }
        let finished = muxer.finish(85 * 512, &mut out).unwrap();
        let recorded = head.len() as u64 + GAP;
        let mut file = Sparse::create(&path);
        begin_file(&mut file);
        file.write(recorded, &out);
        assert_eq!(hashes(&path, "0"), expected, "{form:?} while recording");
        if form == Mp4Layout::Fragmented {
            continue;
        }
        finished.commit_at_end(&mut |edit| file.edit(edit)).unwrap();
        assert_eq!(hashes(&path, "0"), expected, "with the index at the end");

        let mut file = Sparse::create(&path);
        begin_file(&mut file);
        file.write(recorded, &out);
        assert!(finished.commit(&mut |edit| file.edit(edit)).unwrap());
        assert_eq!(hashes(&path, "0"), expected, "with the index in its reserve");

        let mut copy = Vec::new();
        finished.head(&mut |edit| apply(&mut copy, edit)).unwrap();
        for chunk in finished.chunks() {
            copy.extend(&out[(chunk.start - recorded) as usize..(chunk.end - recorded) as usize]);
        }
        std::fs::write(&path, copy).unwrap();
        assert_eq!(hashes(&path, "0"), expected, "copied");
    }
}

#[test]
fn a_progressive_movie_passes_4_gib() {
    let folder = tempfile::tempdir().unwrap();
    let (small, path) = (folder.path().join("small.mp4"), folder.path().join("large.mp4"));
    let (sets, samples) = small_film(&small);
    let settings = Settings::new(64, 48).frame_rate(25);
    let (mut muxer, mut out) = begin(&settings, &sets, Mp4Layout::Progressive);
    // Filler data of 52 MiB behind each picture: a NAL unit that decoders skip.
    let filler_length = 52 << 20;
    let mut data = vec![0; filler_length + (1 << 16)];
    let mut starts = Vec::new();
    for boxes::Sample { data: picture, pts, dts, sync, .. } in &samples {
        let filler = [&(filler_length as u32).to_be_bytes()[..], &[12]].concat();
        data[..picture.len()].copy_from_slice(picture);
        data[picture.len()..picture.len() + 5].copy_from_slice(&filler);
        let whole = &data[..picture.len() + 4 + filler_length];
        starts.push(whole[..picture.len() + 5].to_vec());
        muxer.push(&Packet { data: whole, pts: *pts, dts: *dts, sync: *sync }, &mut out).unwrap();
        out.clear();
        data[..picture.len() + 5].fill(0);
    }
    let finished = muxer.finish(85 * 512, &mut out).unwrap();
    assert!(finished.length > 1 << 32);
    // Only what is not zero is written.
    let mut file = Sparse::create(&path);
    finished.head(&mut |edit| file.edit(edit)).unwrap();
    let mut at = finished.head_length().unwrap();
    for start in starts {
        file.write(at, &start);
        at += (start.len() - 1 + filler_length) as u64;
    }
    file.write(at, &[]);
    assert_eq!(at, finished.length - finished.samples_at() + finished.head_length().unwrap());
    assert_eq!(hashes(&path, "3.2"), hashes(&small, "3.2"));
}
