//! Files larger than 4 GiB. They are sparse: blocks of zeros take no room.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::super::boxes::header;
use super::reader::{Sample, samples};
use super::{Mp4Layout, Mp4Muxer, Packet, Result, Sink, packets, settings};
use crate::settings::Settings;
use crate::sink::{MemorySink, ReadAt};
use crate::stream::StreamInfo;

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

    fn length(&self) -> u64 {
        self.file.metadata().unwrap().len()
    }
}

impl Sink for Sparse {
    type Output = ();
    const CAN_SEEK: bool = true;

    fn len(&self) -> u64 {
        self.length()
    }

    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.write_at(self.length(), bytes)
    }

    fn write_at(&mut self, at: u64, bytes: &[u8]) -> Result<()> {
        self.file.set_len(self.length().max(at + bytes.len() as u64)).unwrap();
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

impl ReadAt for Sparse {
    fn len(&self) -> u64 {
        self.length()
    }

    fn read_at(&self, at: u64, bytes: &mut [u8]) -> Result<()> {
        self.file.read_exact_at(bytes, at).unwrap();
        Ok(())
    }
}

/// A stream without x264's SEI, so that samples are packets as they came.
fn stream(settings: &Settings) -> StreamInfo {
    let mut stream = super::stream(settings);
    stream.headers.version_sei.clear();
    stream
}

/// Fails unless the index or the fragments of the file lead to all packets, of which some are beyond 4 GiB.
#[track_caller]
fn assert_has_packets(file: &Sparse) {
    let found = samples(file);
    assert!(found.last().unwrap().position > 1 << 32);
    let found: Vec<_> = found.iter().map(|sample| (sample.data(file), sample.pts, sample.dts, sample.sync)).collect();
    assert_eq!(found, packets());
}

#[test]
fn fragments_and_their_index_pass_4_gib() {
    const GAP: u64 = (1 << 32) + 12345;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.mp4");
    let settings = settings().expected_frames(10);
    for layout in [Mp4Layout::CrashSafe, Mp4Layout::Fragmented] {
        let record = || {
            let mut file = Sparse::create(&path);
            let mut muxer = Mp4Muxer::new(&settings.container, &stream(&settings), layout).unwrap();
            muxer.begin(&mut file).unwrap();
            // As if much had been recorded: a box of zeros before the fragments.
            let begin = file.length();
            file.append(&header(b"free", GAP)).unwrap();
            file.file.set_len(begin + GAP).unwrap();
            muxer.skip(GAP);
            let mut out = Vec::new();
            for (data, pts, dts, sync) in packets() {
                muxer.push(&Packet { data: &data, pts, dts, sync }, &mut out).unwrap();
            }
            let recorded = muxer.finish(10 * 512, &mut out).unwrap();
            file.append(&out).unwrap();
            (file, recorded)
        };
        let (mut file, recorded) = record();
        assert_has_packets(&file);
        if layout == Mp4Layout::Fragmented {
            continue;
        }
        recorded.commit_at_end(&mut file).unwrap();
        assert_has_packets(&file);
        let (mut file, recorded) = record();
        let copy = recorded.progressive_copy(&file).unwrap();
        let copied = samples(&copy);
        assert!(copied.iter().map(|sample| sample.data(&copy)).eq(packets().into_iter().map(|packet| packet.0)));
        assert!(recorded.commit(&mut file).unwrap());
        assert_has_packets(&file);
    }
}

#[test]
fn a_progressive_movie_passes_4_gib() {
    const SIZE: u64 = 64 << 20;
    let folder = tempfile::tempdir().unwrap();
    let settings = settings();
    let mut muxer = Mp4Muxer::new(&settings.container, &stream(&settings), Mp4Layout::Progressive).unwrap();
    muxer.begin(&mut MemorySink::default()).unwrap();
    // Seven times the ten packets, with data of zeros, which the muxer does not look into.
    let times = (0..70).map(|index| {
        let (_, pts, dts, sync) = packets()[index % 10];
        let before = (index / 10 * 10 * 512) as i64;
        (pts + before, dts + before, sync)
    });
    let data = vec![0; SIZE as usize];
    let mut out = Vec::new();
    for (pts, dts, sync) in times.clone() {
        muxer.push(&Packet { data: &data, pts, dts, sync }, &mut out).unwrap();
        out.clear();
    }
    let recorded = muxer.finish(70 * 512, &mut out).unwrap();
    let head = recorded.head_length().unwrap();
    let mut file = Sparse::create(&folder.path().join("large.mp4"));
    recorded.write_head(&mut file).unwrap();
    assert_eq!(file.length(), head);
    file.file.set_len(head + recorded.samples.bytes).unwrap();
    let places = (0..).map(|index| head + index * SIZE);
    let expected =
        times.zip(places).map(|((pts, dts, sync), position)| Sample { position, size: SIZE, pts, dts, sync });
    let found = samples(&file);
    assert_eq!(found, expected.collect::<Vec<_>>());
    assert!(found[69].position > 1 << 32);
}
