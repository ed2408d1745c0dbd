//! Recordings in which the system fails at each of its calls in turn.

use std::fs;
use std::path::Path;

mod attempts;
mod leftovers;

use super::*;
use crate::mp4::tests::reader::{samples, top_boxes};
use crate::settings::Settings;
use crate::sink::fault;
use crate::stream::StreamHeaders;

const FRAMES: usize = 60;

/// Bytes, pts, dts and sync of a packet.
type Sample = (Vec<u8>, i64, i64, bool);

fn settings(layout: Layout) -> Settings {
    Settings::new(320, 240).frame_rate(25).layout(layout).fragment_seconds(0.8)
}

/// The stream of `settings`, with a sequence and a picture parameter set of High profile.
fn stream(settings: &Settings) -> StreamInfo {
    let sps = b"\x67\x64\0\x0d\xac\xd9\x41\x41\xfa\x10\0\0\x03\0\x10\0\0\x03\x03\x28\xf1\x42\x99\x60".to_vec();
    StreamInfo::new(settings, StreamHeaders { sps, pps: b"\x68\xef\x8f\xcb".to_vec(), version_sei: Vec::new() }, 2)
}

/// Packets of three closed GOPs of 20 frames with B-frames.
fn packets() -> Vec<Sample> {
    let shown = [0, 4, 2, 1, 3, 8, 6, 5, 7, 12, 10, 9, 11, 16, 14, 13, 15, 19, 18, 17];
    let packet = |index: usize| {
        let sync = index.is_multiple_of(20);
        let unit = [&[if sync { 0x65 } else { 0x41 }, index as u8 + 1][..], &vec![0x80; 30 + 7 * index]].concat();
        let data = [&(unit.len() as u32).to_be_bytes()[..], &unit].concat();
        let frame = (index / 20 * 20) as i64 + shown[index % 20];
        (data, frame * 512, (index as i64 - 2) * 512, sync)
    };
    (0..FRAMES).map(packet).collect()
}

/// The samples of a movie, finished or not.
fn read(path: &Path) -> Vec<Sample> {
    let file = fs::read(path).unwrap();
    samples(&file).iter().map(|sample| (sample.data(&file), sample.pts, sample.dts, sample.sync)).collect()
}

/// How many packets an Annex B stream has from the first on, without one missing.
fn units(stream: &[u8]) -> usize {
    let has = |unit: &[u8]| stream.windows(unit.len()).any(|window| window == unit);
    packets().iter().take_while(|packet| has(&packet.0[4..])).count()
}

/// Fails unless a file that an error has left behind has all of `pushed` packets but those of the last fragment, and the
/// crate recovers them. The calls before `until` failed.
fn assert_is_playable(kept: &Path, layout: Layout, pushed: usize, until: u32, context: &str) {
    if layout == Layout::AnnexB {
        assert!(units(&fs::read(kept).unwrap()) + 1 >= pushed, "{context}");
        return;
    }
    // Some readers refuse a file that ends within a fragment. They skip a `free` box, and a second index.
    let file = fs::read(kept).unwrap();
    let tail = &file[top_boxes(&file).last().unwrap().end as usize..];
    assert!(
        tail.len() < 8 || [*b"free", *b"moov"].contains(tail[4..8].first_chunk().unwrap()),
        "{context}: it ends with {:?}",
        &tail[..8]
    );
    let frames = read(kept);
    assert!(frames.len() + 20 >= pushed, "{context}: {} of {pushed}", frames.len());
    assert!(packets().starts_with(&frames), "{context}");
    let recovered = crate::recover_in_place(kept).unwrap();
    assert_eq!(recovered.frames, frames.len() as u64, "{context}");
    assert_eq!(recovered.bytes, kept.metadata().unwrap().len(), "{context}");
    // What a failed write has added is cut off, unless that fails too.
    assert!(until == u32::MAX || recovered.lost_bytes == 0, "{context}: {recovered}");
    assert!(read(kept) == frames, "{context}, recovered");
    let top: Vec<_> = top_boxes(&fs::read(kept).unwrap()).iter().map(|place| place.name).collect();
    assert!(layout == Layout::Fragmented || top.len() == 3, "{context}, recovered: {top:?}");
}

#[test]
fn whichever_call_fails_the_movie_is_kept_and_an_earlier_one_stays() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out");
    let movie = output.join("movie");
    for (layout, expected) in [
        (Layout::CrashSafe, None),
        (Layout::CrashSafe, Some(60)),
        (Layout::Progressive, None),
        (Layout::Fragmented, None),
        (Layout::AnnexB, None),
    ] {
        let mut settings = settings(layout);
        settings.container.expected_frames = expected;
        let pushed = std::cell::Cell::new(0);
        let record = || -> Result<((), u64)> {
            pushed.set(0);
            let mut recording = Recording::create(&movie, &settings.container, &stream(&settings))?;
            for (data, pts, dts, sync) in &packets() {
                recording.push(&Packet { data, pts: *pts, dts: *dts, sync: *sync })?;
                pushed.set(pushed.get() + 1);
            }
            recording.finish(60 * 512)
        };
        fs::create_dir(&output).unwrap();
        let points = fault::with_failing(0, 0, record).1;
        fs::remove_dir_all(&output).unwrap();
        assert!(points > 5);
        for point in 0..points {
            // One call fails, or all from here on, as on a full disk.
            for until in [point + 1, u32::MAX] {
                fs::create_dir(&output).unwrap();
                fs::write(&movie, "an earlier movie").unwrap();
                let result = fault::with_failing(point, until, record).0;
                let pushed = pushed.get();
                let context = format!("{layout} {expected:?}, failing from {point} to {until}: {result:?}");
                let parts = fs::read_dir(&output).unwrap().count() - 1;
                if result.is_err() {
                    assert_eq!(fs::read(&movie).unwrap(), b"an earlier movie", "{context}");
                }
                match result {
                    Ok(_) => {
                        assert_eq!(parts, 0, "{context}");
                        let is_complete = match layout {
                            Layout::AnnexB => units(&fs::read(&movie).unwrap()) == FRAMES,
                            _ => read(&movie) == packets(),
                        };
                        assert!(is_complete, "{context}");
                    }
                    Err(Error::Unfinished { kept, source }) => {
                        assert!(matches!(*source, Error::Io { .. }), "{context}");
                        assert!(parts == 1 && kept.exists(), "{context}");
                        assert_is_playable(&kept, layout, pushed, until, &context);
                    }
                    Err(error) => {
                        assert!(matches!(error, Error::Io { .. }), "{context}");
                        assert_eq!(parts, 0, "{context}");
                        assert!(layout == Layout::Progressive || pushed <= 20, "{context}");
                    }
                }
                fs::remove_dir_all(&output).unwrap();
            }
        }
    }
}
