//! The muxer without a disk.

#[cfg(unix)]
mod large;
pub(crate) mod reader;
mod walk;

use self::reader::top_boxes;
use self::walk::assert_walk;
use super::muxer::Mp4Muxer;
use super::recorded::Recorded;
use super::*;
use crate::Mp4Error;
use crate::settings::{Rotation, Settings, Tag};
use crate::sink::MemorySink;
use crate::stream::StreamHeaders;

/// Parameter sets of High profile, 320×240, as x264 writes them for 25 frames a second with B-frames.
const SPS: &[u8] = &[
    0x67, 0x64, 0x00, 0x0d, 0xac, 0xd9, 0x41, 0x41, 0xfa, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x03, 0x03,
    0x28, 0xf1, 0x42, 0x99, 0x60,
];
const PPS: &[u8] = &[0x68, 0xef, 0x8f, 0xcb];

fn stream(settings: &Settings) -> StreamInfo {
    let headers = StreamHeaders { sps: SPS.into(), pps: PPS.into(), version_sei: b"\x06sei".to_vec() };
    StreamInfo::new(settings, headers, 2)
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

fn begin(settings: &Settings, stream: &StreamInfo, layout: Mp4Layout) -> (Mp4Muxer, MemorySink) {
    let mut muxer = Mp4Muxer::new(&settings.container, stream, layout).unwrap();
    let mut sink = MemorySink::default();
    muxer.begin(&mut sink).unwrap();
    (muxer, sink)
}

/// A recording, and what is known of it when its samples are complete.
fn record(settings: &Settings, layout: Mp4Layout) -> (MemorySink, Recorded) {
    let (mut muxer, mut sink) = begin(settings, &stream(settings), layout);
    let mut out = Vec::new();
    for (data, pts, dts, sync) in packets() {
        muxer.push(&Packet { data: &data, pts, dts, sync }, &mut out).unwrap();
    }
    let recorded = muxer.finish(10 * 512, &mut out).unwrap();
    sink.append(&out).unwrap();
    (sink, recorded)
}

#[test]
fn whole_files_have_the_boxes_written_down() {
    let reserved = settings().expected_frames(10);
    let (mut sink, recorded) = record(&reserved, Mp4Layout::CrashSafe);
    assert_walk(include_str!("tests/walks/crash-safe-recording.txt"), sink.bytes());
    recorded.finish(&mut sink).unwrap();
    assert_walk(include_str!("tests/walks/crash-safe.txt"), sink.bytes());

    // Without a reserve there is no room for the index.
    let (mut sink, recorded) = record(&settings(), Mp4Layout::CrashSafe);
    assert!(!recorded.commit(&mut sink).unwrap());
    let copy = recorded.progressive_copy(&sink).unwrap();
    recorded.commit_at_end(&mut sink).unwrap();
    assert_walk(include_str!("tests/walks/crash-safe-index-at-end.txt"), sink.bytes());

    let (mut sink, recorded) = record(&settings(), Mp4Layout::Progressive);
    recorded.finish(&mut sink).unwrap();
    assert_walk(include_str!("tests/walks/progressive.txt"), sink.bytes());
    assert!(copy.bytes() == sink.bytes(), "a copied crash-safe movie is the progressive one");

    let (mut sink, recorded) = record(&settings().tag(Tag::Comment, "ends at keyframes"), Mp4Layout::Fragmented);
    recorded.finish(&mut sink).unwrap();
    assert_walk(include_str!("tests/walks/fragmented.txt"), sink.bytes());
}

/// Keeps what the file was after every change of what was written.
#[derive(Default)]
struct History {
    now: Vec<u8>,
    states: Vec<Vec<u8>>,
    /// Whether each change was a wait for the disk.
    syncs: Vec<bool>,
}

impl Sink for History {
    type Output = ();
    const CAN_SEEK: bool = true;

    fn len(&self) -> u64 {
        self.now.len() as u64
    }

    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.write_at(self.len(), bytes)
    }

    fn write_at(&mut self, at: u64, bytes: &[u8]) -> Result<()> {
        let (at, end) = (at as usize, at as usize + bytes.len());
        self.now.resize(self.now.len().max(end), 0);
        self.now[at..end].copy_from_slice(bytes);
        self.states.push(self.now.clone());
        self.syncs.push(false);
        Ok(())
    }

    fn sync(&mut self) -> Result<()> {
        self.states.push(self.now.clone());
        self.syncs.push(true);
        Ok(())
    }

    fn into_output(self) {}
}

#[test]
fn every_write_of_the_commit_leaves_a_recording_or_a_movie() {
    let (sink, recorded) = record(&settings().expected_frames(10), Mp4Layout::CrashSafe);
    let recording = sink.into_output();
    let mut history = History { now: recording.clone(), ..History::default() };
    assert!(recorded.commit(&mut history).unwrap());
    let shape =
        |file: &Vec<u8>| top_boxes(file).iter().map(|place| (place.name, place.end - place.start)).collect::<Vec<_>>();
    let (last, before) = history.states.split_last().unwrap();
    assert!(before.len() >= 3 && before.iter().all(|state| shape(state) == shape(&recording)));
    assert_eq!(shape(last).iter().map(|(name, _)| *name).collect::<Vec<_>>(), [*b"ftyp", *b"moov", *b"mdat"]);
    // The commit is one write of 8 bytes, after a sync.
    assert_eq!(history.syncs[history.syncs.len() - 2..], [true, false]);
    let differing = before[before.len() - 1].iter().zip(last).filter(|(a, b)| a != b).count();
    assert!(differing <= 8);
}

#[test]
fn packets_out_of_order_are_an_error() {
    let (mut muxer, _) = begin(&settings(), &stream(&settings()), Mp4Layout::CrashSafe);
    let mut out = Vec::new();
    let mut push = |pts, dts| muxer.push(&Packet { data: &[0, 0, 0, 1, 9], pts, dts, sync: true }, &mut out);
    push(0, -1024).unwrap();
    push(1024, -512).unwrap();
    push(512, 0).unwrap();
    let refused = |result| assert!(matches!(result, Err(Error::Mp4 { reason: Mp4Error::PacketOrder { .. }, .. })));
    refused(push(1536, 0));
    refused(push(1536, 2048));
}

#[test]
fn the_index_takes_at_most_16_bytes_a_frame() {
    for (variable, most) in [(false, 8), (true, 16)] {
        let settings = Settings::new(320, 240).frame_rate(30).variable_rate(variable);
        let (mut muxer, _) = begin(&settings, &stream(&settings), Mp4Layout::CrashSafe);
        let mut out = Vec::new();
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
        // Samples have 4 bytes here; those of a movie have at most 4 MB, one size byte a frame more each 7 bits.
        let held = muxer.index_bytes() + 2 * 1_000_000;
        assert!(held <= most * 1_000_000, "{held} bytes");
    }
}
