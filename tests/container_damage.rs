//! Recordings with damaged bytes: what is recovered of them, judged by ffmpeg.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};

use kinetograph::{Error, Layout, Movie, Recovered};

#[path = "judge/boxes.rs"]
mod boxes;
mod clips;
mod judge;

const FRAMES: u32 = 60;

/// Returns the file that a panic while drawing leaves behind, in fragments of half a second.
fn recording(folder: &Path, layout: Layout) -> PathBuf {
    let settings = clips::settings().layout(layout).fragment_seconds(0.5).keyframe_interval(20);
    let ended = catch_unwind(AssertUnwindSafe(|| {
        let mut movie = Movie::create(folder.join("movie.mp4"), &settings).unwrap();
        (0..FRAMES).for_each(|frame| clips::push(&mut movie, frame).unwrap());
        resume_unwind(Box::new("drawing failed"));
    }));
    assert!(ended.is_err());
    folder.join(&judge::listing(folder)[0])
}

/// Where the `moof` and the `mdat` of each fragment begin, and where the fragment ends.
fn fragments(file: &[u8]) -> Vec<(usize, usize, usize)> {
    let found = boxes::boxes(file);
    let start = |found: &boxes::Mp4Box<'_>| found.bytes.as_ptr() as usize - file.as_ptr() as usize;
    let pairs = found.windows(2).filter(|pair| pair[0].name == *b"moof" && pair[1].name == *b"mdat");
    pairs.map(|pair| (start(&pair[0]), start(&pair[1]), start(&pair[1]) + pair[1].bytes.len())).collect()
}

/// A recording, and what ffmpeg shows of damaged copies and of the movies recovered from them.
struct Patient {
    layout: Layout,
    _folder: tempfile::TempDir,
    /// The unfinished file, and the movie made of it.
    from: PathBuf,
    to: PathBuf,
    bytes: Vec<u8>,
    /// The pictures of the undamaged file.
    pictures: Vec<String>,
    /// The pictures of movies that were seen before.
    seen: HashMap<Vec<u8>, Vec<String>>,
    /// What should not be, for a report of all of it.
    faults: Vec<String>,
}

impl Patient {
    fn new(layout: Layout) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let from = recording(folder.path(), layout);
        let to = folder.path().join("recovered.mp4");
        let bytes = std::fs::read(&from).unwrap();
        let recovered = kinetograph::recover(&from, &to).unwrap();
        assert_eq!((recovered.frames, recovered.impaired_frames, recovered.lost_bytes), (FRAMES.into(), 0, 0));
        let pictures = judge::hashes(&from);
        assert_eq!(pictures.len(), FRAMES as usize);
        Self { layout, _folder: folder, from, to, bytes, pictures, seen: HashMap::new(), faults: Vec::new() }
    }

    fn pictures_of(&mut self, movie: &[u8], path: &Path) -> Vec<String> {
        self.seen.entry(movie.to_vec()).or_insert_with(|| pictures(path)).clone()
    }

    fn check(&mut self, holds: bool, fault: impl FnOnce() -> String) {
        if !holds {
            self.faults.push(fault());
        }
    }

    /// Recovers a damaged copy. It is a fault unless the movie shows every frame that is reported, and everything that
    /// the damaged copy shows.
    fn recover(&mut self, damaged: &[u8], what: &str) -> Result<Recovered, Error> {
        std::fs::write(&self.from, damaged).unwrap();
        let _ = std::fs::remove_file(&self.to);
        let result = kinetograph::recover(&self.from, &self.to);
        assert!(std::fs::read(&self.from).unwrap() == damaged, "{what}: the unfinished file has changed");
        let Ok(recovered) = &result else {
            assert!(matches!(result, Err(Error::Mp4 { .. })), "{what}: {result:?}");
            assert!(!self.to.exists(), "{what}");
            return result;
        };
        let movie = std::fs::read(&self.to).unwrap();
        let shown = self.pictures_of(&movie, &self.to.clone());
        let (reported, impaired) = (recovered.frames as usize, recovered.impaired_frames as usize);
        let good = shown.iter().filter(|picture| self.pictures.contains(picture)).count();
        self.check((reported..=reported + impaired).contains(&shown.len()) && good >= reported, || {
            format!("{what}: {} pictures, {good} of them as they were; {recovered}", shown.len())
        });
        // Nothing that the damaged copy shows can be missing from a movie that has every picture.
        if !self.pictures.iter().all(|picture| shown.contains(picture)) {
            let before = pictures(&self.from);
            let before: Vec<_> = before.iter().filter(|picture| self.pictures.contains(picture)).collect();
            let lost = before.iter().filter(|picture| !shown.contains(picture)).count();
            self.check(lost == 0, || {
                format!("{what}: {lost} of {} pictures do not play any more; {recovered}", before.len())
            });
        }
        result
    }

    #[track_caller]
    fn assert_well(&self) {
        assert!(self.faults.is_empty(), "{}: {} faults\n{}", self.layout, self.faults.len(), self.faults.join("\n"));
    }
}

/// The pictures that ffmpeg shows of a file, however damaged.
fn pictures(path: &Path) -> Vec<String> {
    let mut ffmpeg = std::process::Command::new("ffmpeg");
    ffmpeg.args(["-v", "quiet", "-threads", "1", "-noautorotate", "-i"]).arg(path);
    ffmpeg.args(["-fps_mode", "passthrough", "-f", "framemd5", "-"]);
    let lines = String::from_utf8(ffmpeg.output().unwrap().stdout).unwrap();
    let lines = lines.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.rsplit(',').next().unwrap().trim().to_string()).collect()
}

/// Of how many bytes a usual run changes one, in one way.
const STRIDE: usize = 11;

/// Ways to change a byte. The soak test changes every byte, in each.
fn changes(at: usize, byte: u8) -> Vec<u8> {
    let mut changes = vec![byte ^ 1 << (at % 8), byte ^ 0xff, 0, byte ^ 0x80, byte.wrapping_add(1)];
    if clips::number(1) == 1 {
        changes = if at.is_multiple_of(STRIDE) { vec![changes[at / STRIDE % changes.len()]] } else { Vec::new() };
    }
    changes.retain(|change| *change != byte);
    changes
}

#[test]
fn a_recording_with_a_damaged_head_plays_or_is_refused() {
    for layout in [Layout::Fragmented, Layout::CrashSafe] {
        let mut patient = Patient::new(layout);
        let bytes = patient.bytes.clone();
        let head = fragments(&bytes)[0].0;
        let (mut recovered, mut tried) = (0, 0);
        for at in 0..head {
            for change in changes(at, bytes[at]) {
                let mut damaged = bytes.clone();
                damaged[at] = change;
                tried += 1;
                recovered += u32::from(patient.recover(&damaged, &format!("byte {at} is {change}")).is_ok());
            }
        }
        patient.assert_well();
        assert!(recovered > tried / 4, "{layout}: {recovered} of {tried}");
    }
}

#[test]
fn a_damaged_table_of_a_fragment_costs_at_most_that_fragment() {
    for layout in [Layout::CrashSafe, Layout::Fragmented] {
        let mut patient = Patient::new(layout);
        let bytes = patient.bytes.clone();
        let (begin, mdat, _) = fragments(&bytes)[1];
        for at in begin..mdat + 8 {
            for change in changes(at, bytes[at]) {
                let mut damaged = bytes.clone();
                damaged[at] = change;
                let what = format!("byte {at} is {change}");
                patient.recover(&damaged, &what).unwrap();
            }
        }
        patient.assert_well();
    }
}
