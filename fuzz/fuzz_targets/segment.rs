//! Any bytes, as a segment with a valid checksum, are refused or can be written, read and joined, in memory and in files.

#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use kinetograph::{ContainerSettings, Layout, Report, Segment, join, join_to_bytes};
use libfuzzer_sys::fuzz_target;

mod boxes;

/// Where the fields of the format begin that this target sets: see src/segment/format.rs.
const CHECKSUM: usize = 16;
const INDEX: usize = CHECKSUM + 4;
const AFTER_INDEX: usize = INDEX + 8;

/// The most segments that are joined.
const MOST: u64 = 3;

/// The files of one iteration. The folder is removed by nobody, but each process has only one.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| tempfile::tempdir().expect("a folder for files").keep());

/// Sets the checksum, without which no field would be read.
fn with_checksum(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.len() >= INDEX {
        let checksum = crc32fast::hash(&bytes[INDEX..]);
        bytes[CHECKSUM..INDEX].copy_from_slice(&checksum.to_le_bytes());
    }
    bytes
}

/// Checks a movie of copies of a segment.
fn check(movie: &[u8], report: &Report, segment: &Segment, layout: Layout) {
    assert_eq!(report.frames, segment.frames() * segment.count());
    assert_eq!(report.bytes, movie.len() as u64);
    if layout != Layout::AnnexB {
        boxes::check(movie, report.frames, layout);
    }
}

fuzz_target!(|data: &[u8]| {
    let bytes = with_checksum(data.to_vec());
    let file = |name: &str| FOLDER.join(name);
    std::fs::write(file("any.segment"), &bytes).expect("a file of any bytes");
    let opened = Segment::open(file("any.segment"));
    let Ok(segment) = Segment::from_bytes(&bytes) else {
        assert!(!opened.expect_err("the bytes are no segment").to_string().is_empty());
        return;
    };
    let opened = opened.expect("the bytes are a segment");
    assert!(opened.to_bytes() == segment.to_bytes());
    let again = Segment::from_bytes(&segment.to_bytes()).expect("a segment's bytes are a segment");
    assert!(again == segment);

    // The segments of one movie differ in their index, so copies with another index pass for the other segments.
    let copy = |index: u64| {
        let mut copy = bytes.clone();
        copy[INDEX..AFTER_INDEX].copy_from_slice(&index.to_le_bytes());
        Segment::from_bytes(&with_checksum(copy))
    };
    for layout in Layout::ALL {
        let segments = (0..segment.count().min(MOST)).map(copy);
        match join_to_bytes(segments, &ContainerSettings::new().layout(*layout)) {
            Ok((movie, report)) => {
                check(&movie, &report, &segment, *layout);
                for index in 0..segment.count() {
                    let saved = copy(index).and_then(|copy| copy.save(file(&index.to_string())));
                    saved.expect("a segment is saved");
                }
                let segments = (0..segment.count()).map(|index| Segment::open(file(&index.to_string())));
                let joined = join(segments, &ContainerSettings::new().layout(*layout), file("movie"));
                let report = joined.expect("what is joined in memory");
                check(&std::fs::read(file("movie")).expect("the movie"), &report, &segment, *layout);
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
});
