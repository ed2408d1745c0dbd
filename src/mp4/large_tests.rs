//! Files larger than 4 GiB, read by ffmpeg. They are sparse: blocks of zeros take no room.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::boxes::header;
use super::muxer::Mp4Muxer;
use super::tests::judge;
use super::*;
use crate::settings::Settings;
use crate::stream::StreamHeaders;

static ZEROS: [u8; 1 << 16] = [0; 1 << 16];

/// A file in which blocks of zeros take no room.
struct Sparse {
    file: File,
    path: PathBuf,
}

impl Sparse {
    fn create(path: &Path) -> Self {
        let file = File::options().read(true).write(true).create(true).truncate(true).open(path).unwrap();
        Self { file, path: path.into() }
    }
}

impl Sink for Sparse {
    type Output = ();

    fn len(&self) -> u64 {
        self.file.metadata().unwrap().len()
    }

    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.write_at(self.len(), bytes)
    }

    fn write_at(&mut self, at: u64, bytes: &[u8]) -> Result<()> {
        self.file.set_len(self.len().max(at + bytes.len() as u64)).unwrap();
        for (index, block) in bytes.chunks(1 << 16).enumerate() {
            if *block != ZEROS[..block.len()] {
                self.file.seek(SeekFrom::Start(at + (index << 16) as u64)).unwrap();
                self.file.write_all(block).unwrap();
            }
        }
        Ok(())
    }

    fn another(&self) -> Result<Self> {
        Ok(Self::create(&self.path.with_extension("copy")))
    }

    fn append_from(&mut self, other: &Self, range: Range<u64>) -> Result<()> {
        let mut bytes = vec![0; (range.end - range.start) as usize];
        other.file.read_exact_at(&mut bytes, range.start).unwrap();
        self.append(&bytes)
    }

    fn into_output(self) {}
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

/// A small movie of ffmpeg's, in which every tenth frame is a keyframe.
fn small_movie(path: &Path, settings: &Settings) -> (StreamInfo, Vec<judge::Sample>) {
    let source = "testsrc2=size=64x48:rate=25";
    let encode = ["-v", "error", "-f", "lavfi", "-i", source, "-frames:v", "85", "-c:v", "libx264", "-g", "10"];
    let status = Command::new("ffmpeg").args(encode).args(["-pix_fmt", "yuv420p"]).arg(path).status().unwrap();
    assert!(status.success());
    let bytes = std::fs::read(path).unwrap();
    let (sps, pps) = judge::parameter_sets(&bytes);
    let headers = StreamHeaders { sps, pps, version_sei: Vec::new() };
    (StreamInfo::new(settings, headers, 2), judge::samples(&bytes))
}

#[test]
fn fragments_and_their_index_pass_4_gib() {
    const GAP: u64 = (1 << 32) + 12345;
    let folder = tempfile::tempdir().unwrap();
    let (small, path) = (folder.path().join("small.mp4"), folder.path().join("large.mp4"));
    let settings = Settings::new(64, 48).frame_rate(25).expected_frames(85);
    let (stream, samples) = small_movie(&small, &settings);
    let expected = hashes(&small, "0");
    for layout in [Mp4Layout::CrashSafe, Mp4Layout::Fragmented] {
        let record = || {
            let mut file = Sparse::create(&path);
            let mut muxer = Mp4Muxer::new(&settings.container, &stream, layout).unwrap();
            muxer.begin(&mut file).unwrap();
            // As if much had been recorded: a box of zeros before the fragments.
            let begin = file.len();
            file.append(&header(b"free", GAP)).unwrap();
            file.file.set_len(begin + GAP).unwrap();
            muxer.skip(GAP);
            let mut out = Vec::new();
            for judge::Sample { data, pts, dts, sync, .. } in &samples {
                muxer.push(&Packet { data, pts: *pts, dts: *dts, sync: *sync }, &mut out).unwrap();
            }
            let recorded = muxer.finish(85 * 512, &mut out).unwrap();
            file.append(&out).unwrap();
            (file, recorded)
        };
        let (mut file, recorded) = record();
        assert_eq!(hashes(&path, "0"), expected, "{layout:?} while recording");
        if layout == Mp4Layout::Fragmented {
            continue;
        }
        recorded.commit_at_end(&mut file).unwrap();
        assert_eq!(hashes(&path, "0"), expected, "with the index at the end");
        let (mut file, recorded) = record();
        let copy = recorded.progressive_copy(&file).unwrap();
        assert_eq!(hashes(&copy.path, "0"), expected, "copied");
        assert!(recorded.commit(&mut file).unwrap());
        assert_eq!(hashes(&path, "0"), expected, "with the index in its reserve");
    }
}

#[test]
fn a_progressive_movie_passes_4_gib() {
    let folder = tempfile::tempdir().unwrap();
    let (small, path) = (folder.path().join("small.mp4"), folder.path().join("large.mp4"));
    let settings = Settings::new(64, 48).frame_rate(25);
    let (stream, samples) = small_movie(&small, &settings);
    let mut muxer = Mp4Muxer::new(&settings.container, &stream, Mp4Layout::Progressive).unwrap();
    muxer.begin(&mut crate::sink::MemorySink::default()).unwrap();
    // Filler data of 52 MiB after each picture: a NAL unit that decoders skip.
    let filler_length = 52 << 20;
    let mut data = vec![0; filler_length + (1 << 16)];
    let mut starts = Vec::new();
    let mut out = Vec::new();
    for judge::Sample { data: picture, pts, dts, sync, .. } in &samples {
        let filler = [&(filler_length as u32).to_be_bytes()[..], &[12]].concat();
        data[..picture.len()].copy_from_slice(picture);
        data[picture.len()..picture.len() + 5].copy_from_slice(&filler);
        let whole = &data[..picture.len() + 4 + filler_length];
        starts.push(whole[..picture.len() + 5].to_vec());
        muxer.push(&Packet { data: whole, pts: *pts, dts: *dts, sync: *sync }, &mut out).unwrap();
        out.clear();
        data[..picture.len() + 5].fill(0);
    }
    let recorded = muxer.finish(85 * 512, &mut out).unwrap();
    // Only bytes that are not zero are written.
    let mut file = Sparse::create(&path);
    recorded.write_head(&mut file).unwrap();
    let mut at = recorded.head_length().unwrap();
    for start in starts {
        file.write_at(at, &start).unwrap();
        at += (start.len() - 1 + filler_length) as u64;
    }
    assert!(at > 1 << 32);
    file.file.set_len(at).unwrap();
    assert_eq!(at, recorded.head_length().unwrap() + recorded.samples.bytes);
    assert_eq!(hashes(&path, "3.2"), hashes(&small, "3.2"));
}
