//! Recordings that begin with a file that a killed one has left.

use super::*;

/// The layouts, with and without a reserve for the index.
pub const KINDS: [(Layout, Option<u64>); 5] = [
    (Layout::CrashSafe, None),
    (Layout::CrashSafe, Some(60)),
    (Layout::Fragmented, None),
    (Layout::AnnexB, None),
    (Layout::Progressive, None),
];

/// Where a movie is made.
pub struct Place {
    folder: tempfile::TempDir,
    pub movie: PathBuf,
    pub settings: Settings,
}

impl Place {
    pub fn new((layout, expected): (Layout, Option<u64>)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let name = if layout == Layout::AnnexB { "movie.264" } else { "movie.mp4" };
        let movie = folder.path().join(name);
        let mut settings = settings(layout);
        settings.container.expected_frames = expected;
        Self { folder, movie, settings }
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut path = self.movie.clone().into_os_string();
        path.push(suffix);
        path.into()
    }

    pub fn begin(&self) -> Result<Recording<FileSink>> {
        Recording::create(&self.movie, &self.settings.container, &stream(&self.settings))
    }

    pub fn record(&self, packets: &[Sample]) -> Result<()> {
        let mut recording = self.begin()?;
        push(&mut recording, packets)?;
        recording.finish(packets.len() as i64 * 512).map(drop)
    }

    /// Leaves what a run leaves that is killed after these packets, with `lost` more bytes of an incomplete fragment.
    fn kill_after(&self, packets: &[Sample], lost: &[u8]) -> Vec<u8> {
        let mut recording = self.begin().unwrap();
        push(&mut recording, packets).unwrap();
        let left = [&fs::read(self.beside(".part")).unwrap(), lost].concat();
        drop(recording);
        fs::write(self.beside(".part"), &left).unwrap();
        left
    }

    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.folder).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names.into_iter().map(|name| name.replace("movie.264", "movie.mp4")).collect()
    }
}

pub fn push(recording: &mut Recording<FileSink>, packets: &[Sample]) -> Result<()> {
    packets
        .iter()
        .try_for_each(|(data, pts, dts, sync)| recording.push(&Packet { data, pts: *pts, dts: *dts, sync: *sync }))
}

/// Packets of another movie, from the packet `first` on.
fn other_packets(first: usize) -> Vec<Sample> {
    let mut packets = packets();
    packets[first..].iter_mut().for_each(|packet| packet.0[6] ^= 0x55);
    packets
}

pub fn whole(kind: (Layout, Option<u64>)) -> Vec<u8> {
    let place = Place::new(kind);
    place.record(&packets()).unwrap();
    fs::read(place.movie).unwrap()
}

#[test]
fn the_same_movie_is_continued_and_no_file_is_added() {
    for kind in KINDS {
        for pushed in [0, 1, 30, 45, 60] {
            let place = Place::new(kind);
            let lost: &[u8] = if kind.0 == Layout::AnnexB { b"" } else { b"\0\0\x10\0freeabc" };
            place.kill_after(&packets()[..pushed], lost);
            // Killed again, before and after what the first run has made.
            for again in [20, 55] {
                let context = format!("{kind:?} killed after {pushed} and {again}");
                let mut recording = place.begin().unwrap();
                push(&mut recording, &packets()[..again]).unwrap();
                let left = fs::read(place.beside(".part")).unwrap();
                assert_eq!(place.names(), ["movie.mp4.part"], "{context}");
                drop(recording);
                fs::write(place.beside(".part"), left).unwrap();
            }
            place.record(&packets()).unwrap();
            assert_eq!(place.names(), ["movie.mp4"], "{kind:?} killed after {pushed}");
            assert!(fs::read(&place.movie).unwrap() == whole(kind), "{kind:?} killed after {pushed}");
        }
    }
}

#[test]
fn frames_of_another_movie_are_kept_under_a_number() {
    for kind in KINDS {
        for differs_at in [0, 25] {
            let place = Place::new(kind);
            let mut left = vec![];
            for number in 1..3 {
                let others = match number {
                    1 => other_packets(differs_at),
                    _ => other_packets(differs_at + 1),
                };
                left.push(place.kill_after(&others, b""));
                place.record(&packets()).unwrap();
                assert!(fs::read(&place.movie).unwrap() == whole(kind), "{kind:?} differs at {differs_at}");
                if kind.0 == Layout::Progressive {
                    // Nothing plays without the index.
                    assert_eq!(place.names(), ["movie.mp4"]);
                    continue;
                }
                for (kept, number) in left.iter().zip(1..) {
                    assert!(fs::read(place.beside(&format!(".{number}.part"))).unwrap() == *kept, "{kind:?}");
                }
            }
            if kind.0 != Layout::Progressive {
                assert_eq!(place.names(), ["movie.mp4", "movie.mp4.1.part", "movie.mp4.2.part"], "{kind:?}");
            }
        }
    }
}

#[test]
fn a_longer_movie_is_kept_when_a_shorter_one_begins_alike() {
    for kind in &KINDS[..4] {
        let place = Place::new(*kind);
        let left = place.kill_after(&packets(), b"");
        place.record(&packets()[..20]).unwrap();
        // The first packets of the movies are alike, but not the lengths of the fragments.
        assert_eq!(place.names(), ["movie.mp4", "movie.mp4.1.part"], "{kind:?}");
        assert!(fs::read(place.beside(".1.part")).unwrap() == left, "{kind:?}");
        if kind.0 != Layout::AnnexB {
            assert!(read(&place.movie) == packets()[..20], "{kind:?}");
        }
    }
}

#[test]
fn a_file_of_another_kind_is_kept_under_a_number() {
    for kind in KINDS {
        for foreign in [&b"%PDF-1.7 and more"[..], b"x", b"\0\0\0\x18ftypmp42\0\0\0\0isomavc1"] {
            let place = Place::new(kind);
            fs::write(place.beside(".part"), foreign).unwrap();
            place.record(&packets()).unwrap();
            assert_eq!(place.names(), ["movie.mp4", "movie.mp4.1.part"], "{kind:?} {foreign:?}");
            assert_eq!(fs::read(place.beside(".1.part")).unwrap(), foreign);
        }
    }
}

#[test]
fn a_run_that_fails_leaves_the_frames_of_an_earlier_one() {
    for kind in &KINDS[..4] {
        for given_up_after in [0, 20, 60] {
            let place = Place::new(*kind);
            let left = place.kill_after(&packets()[..50], b"");
            let mut recording = place.begin().unwrap();
            push(&mut recording, &packets()[..given_up_after]).unwrap();
            drop(recording);
            assert_eq!(place.names(), ["movie.mp4.part"], "{kind:?}");
            assert!(fs::read(place.beside(".part")).unwrap().starts_with(&left), "{kind:?}");
        }
    }
}

/// Killed between the index and the name, the file is a finished movie, whose frames are the same.
#[test]
fn a_finished_movie_without_its_name_is_continued() {
    for kind in KINDS {
        let place = Place::new(kind);
        // The copy of a movie of unknown length has its name before the recording is removed.
        place.kill_after(&packets(), b"");
        let mut recording = place.begin().unwrap();
        push(&mut recording, &packets()).unwrap();
        fs::create_dir(&place.movie).unwrap();
        let Err(Error::Unfinished { kept, .. }) = recording.finish(60 * 512) else {
            panic!("a movie in place of a folder")
        };
        assert_eq!(kept, place.beside(".part"));
        fs::remove_dir(&place.movie).unwrap();
        assert_eq!(place.names(), ["movie.mp4.part"], "{kind:?}");
        place.record(&packets()).unwrap();
        assert!(fs::read(&place.movie).unwrap() == whole(kind), "{kind:?}");
        let expected: &[&str] = match kind.0 {
            Layout::Progressive => &["movie.mp4", "movie.mp4.1.part"],
            _ => &["movie.mp4"],
        };
        assert_eq!(place.names(), expected, "{kind:?}");
    }
}

#[test]
fn whichever_call_fails_the_frames_of_an_earlier_run_stay() {
    for kind in &KINDS[..4] {
        for packets in [packets(), other_packets(0), other_packets(25)] {
            for point in 0.. {
                let place = Place::new(*kind);
                let left = place.kill_after(&packets[..50], b"");
                let (result, points) = fault::with_failing(point, u32::MAX, || place.record(&super::packets()));
                if points <= point {
                    assert!(point > 5 && result.is_ok());
                    break;
                }
                let context = format!("{kind:?}, failing from {point}: {result:?} {:?}", place.names());
                let is_kept = |name: &String| {
                    let name = name.replace("movie.mp4", place.movie.file_name().unwrap().to_str().unwrap());
                    // The index may be half written in the reserve.
                    let at = left.windows(4).position(|name| name == b"moof").unwrap_or(0);
                    fs::read(place.folder.path().join(name)).unwrap()[at..].starts_with(&left[at..])
                };
                assert!(result.is_ok() || place.names().iter().any(is_kept), "{context}");
            }
        }
    }
}
