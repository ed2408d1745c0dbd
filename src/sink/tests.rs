//! Files beyond 4 GiB, most of which are holes that take no space on the disk.

use std::fs;

use super::file::FileSink;
use super::{ReadAt, Sink};

/// A place beyond what 32 bits can count.
const FAR: u64 = (1 << 32) + 12_345;

/// A file that has `FAR` zeros and then these bytes.
fn far(path: &std::path::Path, bytes: &[u8]) -> FileSink {
    let mut sink = FileSink::create(path).unwrap();
    sink.truncate(FAR).unwrap();
    sink.append(bytes).unwrap();
    sink
}

fn read(sink: &FileSink, at: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    sink.read_at(at, &mut bytes).unwrap();
    bytes
}

#[test]
fn everything_that_a_file_does_reaches_beyond_4_gib() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    // More than is moved at a time.
    let bytes: Vec<u8> = (0..5 << 19).map(|at: u32| (at % 251) as u8).collect();
    let mut sink = far(&path, &bytes);
    assert_eq!(Sink::len(&sink), FAR + bytes.len() as u64);
    sink.append_guarded([1; 8], &bytes[..100]).unwrap();
    assert!(read(&sink, FAR, bytes.len()) == bytes);
    assert_eq!(read(&sink, FAR + bytes.len() as u64, 100), bytes[..100]);

    sink.shift(FAR, FAR + 777).unwrap();
    assert!(read(&sink, FAR + 777, bytes.len()) == bytes);
    assert_eq!(Sink::len(&sink), FAR + 777 + bytes.len() as u64 + 100);

    let mut copy = sink.another().unwrap();
    copy.append_from(&sink, FAR + 777..FAR + 777 + bytes.len() as u64).unwrap();
    assert!(read(&copy, 0, bytes.len()) == bytes);
    copy.truncate(FAR).unwrap();
    copy.append_from(&sink, FAR + 777..FAR + 777 + bytes.len() as u64).unwrap();
    assert!(read(&copy, FAR, bytes.len()) == bytes);
    let expected = Sink::len(&copy);

    sink.replace_with(copy);
    sink.commit().unwrap();
    drop(sink);
    assert_eq!(fs::metadata(&path).unwrap().len(), expected);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
}

/// Copies 4 GiB, so that only the soak test has it.
#[test]
fn a_leftover_beyond_4_gib_is_continued_or_kept_with_what_is_the_same() {
    if std::env::var_os("KINETOGRAPH_SOAK").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    let kept = folder.path().join("movie.mp4.1.part");
    for differs in [false, true] {
        let mut sink = far(&path, b"the first bytes, and others");
        sink.keep();
        drop(sink);
        let mut sink = FileSink::create(&path).unwrap();
        sink.reuse(Sink::len(&sink)).unwrap();
        let zeros = vec![0; 1 << 20];
        while FAR > Sink::len(&sink) {
            let length = (FAR - Sink::len(&sink)).min(zeros.len() as u64) as usize;
            sink.append(&zeros[..length]).unwrap();
        }
        sink.append(b"the first bytes").unwrap();
        sink.append(if differs { b", not others" } else { b", and others" }).unwrap();
        assert_eq!(kept.exists(), differs);
        let end = if differs { b"the first bytes, not others" } else { b"the first bytes, and others" };
        assert_eq!(read(&sink, FAR, end.len()), end);
        if differs {
            assert_eq!(fs::metadata(&kept).unwrap().len(), FAR + end.len() as u64);
        }
        sink.end_recording().unwrap();
        sink.commit().unwrap();
    }
}
