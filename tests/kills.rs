//! Movies whose process is killed before each of its system calls: what is on the disk plays, can be recovered, never has
//! the movie's name, and is used or removed by the next run.

#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use kinetograph::{Animation, ContainerSettings, Error, Frame, Layout, Movie, Segment, Settings, join};

#[path = "judge/boxes.rs"]
mod boxes;
mod child;
mod clips;
mod judge;

use clips::{HEIGHT, WIDTH, picture, push, record, settings};
use judge::listing;

const FRAMES: u32 = 60;
/// Of a movie of two segments.
const SEGMENT_FRAMES: u32 = 130;
/// A usual run kills before every call of this many; the soak test before each.
const STRIDE: u32 = 7;

/// A way to make a movie in a folder.
struct Scenario {
    name: &'static str,
    layout: Layout,
    /// Prepares an empty folder, with another one beside it.
    prepare: fn(&Path, &Path),
    /// Runs in the process that is killed, in the folder.
    make: fn(&Path, &Path),
    /// Whether the calls come in the same order in every run.
    is_ordered: bool,
    /// The file in which the finished movie is.
    result: &'static str,
}

impl Scenario {
    fn movie(&self) -> &'static str {
        if self.layout == Layout::AnnexB { "movie.264" } else { "movie.mp4" }
    }

    fn can_be_recovered(&self) -> bool {
        matches!(self.layout, Layout::CrashSafe | Layout::Fragmented)
    }
}

/// A fragment has 20 frames.
fn usual(layout: Layout) -> Settings {
    settings().layout(layout).fragment_seconds(0.8).keyframe_interval(20)
}

fn animation() -> Animation<'static> {
    let settings = settings().keyframe_interval(SEGMENT_FRAMES);
    Animation::from_frames(settings, 2 * u64::from(SEGMENT_FRAMES), |frame| Ok(Picture(picture(frame.index() as u32))))
        .workers(2)
}

struct Picture(Vec<u8>);

impl<'p> From<&'p Picture> for Frame<'p> {
    fn from(Picture(pixels): &'p Picture) -> Self {
        Frame::gray8(pixels, WIDTH, HEIGHT)
    }
}

const NOTHING: fn(&Path, &Path) = |_, _| {};

const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "crash-safe of known length",
        layout: Layout::CrashSafe,
        prepare: NOTHING,
        make: |place, _| {
            record(&place.join("movie.mp4"), &usual(Layout::CrashSafe).expected_frames(u64::from(FRAMES)), FRAMES);
        },
        is_ordered: true,
        result: "movie.mp4",
    },
    Scenario {
        name: "crash-safe of unknown length",
        layout: Layout::CrashSafe,
        prepare: NOTHING,
        make: |place, _| {
            record(&place.join("movie.mp4"), &usual(Layout::CrashSafe), FRAMES);
        },
        is_ordered: true,
        result: "movie.mp4",
    },
    Scenario {
        name: "progressive",
        layout: Layout::Progressive,
        prepare: NOTHING,
        make: |place, _| {
            record(&place.join("movie.mp4"), &usual(Layout::Progressive), FRAMES);
        },
        is_ordered: true,
        result: "movie.mp4",
    },
    Scenario {
        name: "fragmented",
        layout: Layout::Fragmented,
        prepare: NOTHING,
        make: |place, _| {
            record(&place.join("movie.mp4"), &usual(Layout::Fragmented), FRAMES);
        },
        is_ordered: true,
        result: "movie.mp4",
    },
    Scenario {
        name: "Annex B",
        layout: Layout::AnnexB,
        prepare: NOTHING,
        make: |place, _| {
            record(&place.join("movie.264"), &usual(Layout::AnnexB), FRAMES);
        },
        is_ordered: true,
        result: "movie.264",
    },
    Scenario {
        name: "resume",
        layout: Layout::CrashSafe,
        prepare: NOTHING,
        make: |place, _| {
            animation().resume(place.join("segments")).save(place.join("movie.mp4")).unwrap();
        },
        is_ordered: false,
        result: "movie.mp4",
    },
    Scenario {
        name: "join",
        layout: Layout::CrashSafe,
        prepare: |_, beside| {
            for index in 0..2 {
                animation().encode_segment(index).unwrap().save(beside.join(format!("{index}.segment"))).unwrap();
            }
        },
        make: |place, beside| {
            let segments = (0..2).map(|index| Segment::open(beside.join(format!("{index}.segment"))));
            join(segments, &ContainerSettings::new(), place.join("movie.mp4")).unwrap();
        },
        is_ordered: true,
        result: "movie.mp4",
    },
    Scenario {
        name: "recover",
        layout: Layout::CrashSafe,
        prepare: |place, _| leave_unfinished(place, &usual(Layout::CrashSafe)),
        make: |place, _| {
            kinetograph::recover(place.join("movie.mp4.part"), place.join("movie.mp4")).unwrap();
        },
        is_ordered: true,
        result: "movie.mp4",
    },
    Scenario {
        name: "recover fragments",
        layout: Layout::Fragmented,
        prepare: |place, _| leave_unfinished(place, &usual(Layout::Fragmented)),
        make: |place, _| {
            kinetograph::recover(place.join("movie.mp4.part"), place.join("movie.mp4")).unwrap();
        },
        is_ordered: true,
        result: "movie.mp4",
    },
    Scenario {
        name: "recover in place",
        layout: Layout::CrashSafe,
        prepare: |place, _| leave_unfinished(place, &usual(Layout::CrashSafe).expected_frames(u64::from(FRAMES))),
        make: |place, _| {
            kinetograph::recover_in_place(place.join("movie.mp4.part")).unwrap();
        },
        is_ordered: true,
        result: "movie.mp4.part",
    },
    Scenario {
        name: "recover in place by a copy",
        layout: Layout::CrashSafe,
        prepare: |place, _| leave_unfinished(place, &usual(Layout::CrashSafe)),
        make: |place, _| {
            kinetograph::recover_in_place(place.join("movie.mp4.part")).unwrap();
        },
        is_ordered: true,
        result: "movie.mp4.part",
    },
];

/// Leaves what a panic while drawing leaves.
fn leave_unfinished(place: &Path, settings: &Settings) {
    let drawn = std::panic::catch_unwind(|| {
        let mut movie = Movie::create(place.join("movie.mp4"), settings).unwrap();
        (0..FRAMES).for_each(|frame| push(&mut movie, frame).unwrap());
        std::panic::resume_unwind(Box::new("drawing failed"));
    });
    assert!(drawn.is_err());
}

/// A folder in which a movie is made, and another one beside it.
struct Place {
    _folder: tempfile::TempDir,
    place: PathBuf,
    beside: PathBuf,
}

impl Place {
    fn new(scenario: &Scenario) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (place, beside) = (folder.path().join("place"), folder.path().join("beside"));
        std::fs::create_dir(&place).unwrap();
        std::fs::create_dir(&beside).unwrap();
        (scenario.prepare)(&place, &beside);
        Self { _folder: folder, place, beside }
    }

    /// Makes the movie in a process, which is killed before the call of this number. Returns whether it was.
    fn make(&self, scenario: &Scenario, kill_at: u32) -> bool {
        let variables = [
            format!("LD_PRELOAD={}", preloaded().display()),
            format!("KILL_FOLDER={}", self.place.display()),
            format!("KILL_LOG={}", self.beside.join("calls").display()),
            format!("KILL_AT={kill_at}"),
        ];
        let wrapper = [&["env"][..], &variables.each_ref().map(String::as_str)].concat();
        let outcome = child::run("the_process_that_is_killed", scenario.name, &wrapper, &self.place, LIMIT);
        let is_killed = outcome.status.is_some_and(|status| status.code().is_none());
        assert!(outcome.passed() || is_killed, "{}: {outcome}", scenario.name);
        is_killed
    }

    fn names(&self) -> Vec<String> {
        listing(&self.place)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.place.join(name)).unwrap()
    }
}

const LIMIT: Duration = Duration::from_secs(60);

#[test]
fn the_process_that_is_killed() {
    let Some(role) = child::role() else { return };
    let scenario = SCENARIOS.iter().find(|scenario| scenario.name == role).expect("a scenario");
    let place = std::env::current_dir().unwrap();
    (scenario.make)(&place, &place.parent().unwrap().join("beside"));
}

/// The library that counts calls, compiled once.
fn preloaded() -> &'static Path {
    static LIBRARY: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = LIBRARY.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("calls.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kill/calls.c");
        let arguments = ["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"];
        judge::run(
            "gcc",
            arguments.iter().map(AsRef::as_ref).chain([path.as_os_str(), source.as_os_str(), "-ldl".as_ref()]),
        );
        (folder, path)
    });
    path
}

/// Names with what may differ from one run to the next replaced.
fn pattern(name: &str) -> String {
    let name = name.replace("movie.264", "movie.mp4").replace("week.mp4", "movie.mp4");
    let mut pattern = String::new();
    for part in name.split_inclusive(|letter: char| !letter.is_ascii_digit()) {
        let letters = part.trim_start_matches(|letter: char| letter.is_ascii_digit());
        if letters.len() < part.len() {
            pattern.push('#');
        }
        pattern.push_str(letters);
    }
    match pattern.split_once(".tmp") {
        Some((before, after)) => format!("{before}.tmp*.{}", after.split_once('.').expect("a suffix").1),
        None => pattern,
    }
}

/// The names in the table of docs/long-movies.md.
fn documented() -> BTreeSet<String> {
    let page = include_str!("../docs/long-movies.md");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let cells = rows.map(|row| row.split('|').nth(1).expect("a row has cells"));
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(pattern).collect()
}

/// All files in a folder and below, by their paths from there.
fn files(folder: &Path, below: &str) -> Vec<String> {
    let names = listing(&folder.join(below)).into_iter().map(|name| format!("{below}{name}"));
    names
        .flat_map(|name| if folder.join(&name).is_dir() { files(folder, &format!("{name}/")) } else { vec![name] })
        .collect()
}

/// The finished movie, and what ffmpeg shows of it.
struct Whole {
    bytes: Vec<u8>,
    shown: Vec<(u64, String)>,
}

/// The rule after a kill: the final name is absent, the earlier movie or the new one. Until it is the new one, the `.part`
/// has all frames that were written: `already` or more. The documents explain whatever else is there. The `.part` plays
/// and can be recovered. Returns its number of frames.
fn judge_what_is_left(
    place: &Place,
    scenario: &Scenario,
    earlier: Option<&[u8]>,
    whole: &Whole,
    already: usize,
    context: &str,
) -> usize {
    let (movie, part) = (scenario.movie(), format!("{}.part", scenario.movie()));
    let names = place.names();
    let has = |name: &str| names.iter().any(|there| there == name);
    let is_new = has(movie) && place.read(movie) == whole.bytes;
    assert!(is_new || has(movie) == earlier.is_some(), "{context}: {names:?}");
    assert!(is_new || earlier.is_none_or(|earlier| place.read(movie) == earlier), "{context}: another movie");
    for name in files(&place.place, "") {
        assert!(documented().contains(&pattern(&name)), "{context}: docs/long-movies.md does not explain {name}");
    }
    if !has(&part) {
        assert!(is_new || already == 0, "{context}: {already} frames are lost, {names:?}");
        return if is_new { whole.shown.len() } else { 0 };
    }
    let bytes = place.read(&part);
    if !scenario.can_be_recovered() {
        let copy = place.beside.join(&part);
        std::fs::write(&copy, &bytes).unwrap();
        match recover(&copy) {
            // Killed between the index and the name.
            Ok(frames) => assert!(scenario.layout == Layout::Progressive && frames == whole.shown.len() as u64),
            Err(Error::Mp4 { path, .. }) => assert_eq!(path, Some(copy.clone()), "{context}"),
            Err(error) => panic!("{context}: {error:?}"),
        }
        assert!(scenario.layout == Layout::Progressive || whole.bytes.starts_with(&bytes), "{context}");
        assert!(bytes.len() >= already || scenario.layout == Layout::Progressive, "{context}");
        return bytes.len();
    }
    let complete = match boxes::find(boxes::complete_boxes(&bytes), "moov/mvex") {
        None if boxes::find(boxes::complete_boxes(&bytes), "moov").is_some() => whole.shown.len(),
        _ => boxes::complete_fragments(&bytes).0,
    };
    assert!(complete >= already, "{context}: {complete} of {already} frames");
    let copy = place.beside.join(&part);
    std::fs::write(&copy, &bytes).unwrap();
    if complete == 0 {
        let error = recover(&copy).unwrap_err();
        assert!(matches!(error, Error::Mp4 { .. }), "{context}: {error:?}");
        return 0;
    }
    let is_in_whole = |shown: &[(u64, String)]| shown.iter().all(|frame| whole.shown.contains(frame));
    let shown = judge::shown(&copy);
    assert!(shown.len() >= complete && is_in_whole(&shown), "{context}: {} of {complete} frames play", shown.len());
    assert_eq!(recover(&copy).unwrap(), complete as u64, "{context}");
    let shown = judge::shown(&copy);
    assert!(shown.len() == complete && is_in_whole(&shown), "{context}: {} of {complete} recovered", shown.len());
    complete
}

/// Recovers a file in place and into another, and returns the number of frames.
fn recover(path: &Path) -> kinetograph::Result<u64> {
    let to = path.with_file_name("recovered.mp4");
    let recovered = kinetograph::recover(path, &to)?;
    assert_eq!((recovered.impaired_frames, recovered.left_out.len()), (0, 0), "{recovered}");
    let in_place = kinetograph::recover_in_place(path)?;
    assert_eq!(in_place.frames, recovered.frames);
    assert!(judge::shown(&to) == judge::shown(path));
    Ok(in_place.frames)
}

/// Kills a process that makes a movie before its calls, one after another.
fn kill_at_every_call(name: &str) {
    let scenario = SCENARIOS.iter().find(|scenario| scenario.name == name).unwrap();
    let movie = scenario.movie();
    let reference = Place::new(scenario);
    assert!(!reference.make(scenario, 0));
    let whole =
        Whole { bytes: reference.read(scenario.result), shown: judge::shown(&reference.place.join(scenario.result)) };
    let calls = std::fs::read_to_string(reference.beside.join("calls")).unwrap().lines().count() as u32;
    let stride = if clips::number(1) > 1 { 1 } else { STRIDE };
    let mut already = 0;
    // The last calls are those that finish the movie.
    for at in (1..calls + 1).filter(|at| at % stride == 1 % stride || *at + stride > calls) {
        let place = Place::new(scenario);
        let earlier = (at % 2 == 0 && scenario.result == movie).then(|| [&whole.bytes[..], b"\0\0\0\x08free"].concat());
        if let Some(earlier) = &earlier {
            std::fs::write(place.place.join(movie), earlier).unwrap();
        }
        let is_killed = place.make(scenario, at);
        let context = format!("{name}, killed before call {at} of {calls}");
        assert!(is_killed || !scenario.is_ordered, "{context}: it was not");
        let frames = judge_what_is_left(&place, scenario, earlier.as_deref(), &whole, already, &context);
        if scenario.is_ordered && place.names().contains(&format!("{movie}.part")) {
            already = frames;
        }
        // Killed again, at another call.
        place.make(scenario, 1 + at * 5 % calls);
        judge_what_is_left(&place, scenario, earlier.as_deref(), &whole, 0, &format!("{context}, and again"));
        let left = place.names();
        assert!(!place.make(scenario, 0), "{context}");
        assert!(place.read(scenario.result) == whole.bytes, "{context}: the next run makes another movie");
        let (names, expected) = (place.names(), reference.names());
        let numbered = format!("{movie}.1.part");
        // A progressive file that has been finished, but not renamed, is kept.
        let others = |names: &[String]| names.iter().filter(|name| *name != movie).count();
        let may_stay = scenario.layout == Layout::Progressive && others(&names) <= others(&left);
        assert!(names == expected || may_stay && names == [movie, &numbered], "{context}: {left:?}, then {names:?}");
    }
}

#[test]
fn crash_safe_movies_of_known_length_survive_kills() {
    kill_at_every_call("crash-safe of known length");
}

#[test]
fn crash_safe_movies_of_unknown_length_survive_kills() {
    kill_at_every_call("crash-safe of unknown length");
}

#[test]
fn progressive_movies_survive_kills() {
    kill_at_every_call("progressive");
}

#[test]
fn fragmented_movies_survive_kills() {
    kill_at_every_call("fragmented");
}

#[test]
fn bare_streams_survive_kills() {
    kill_at_every_call("Annex B");
}

#[test]
fn resumed_movies_survive_kills() {
    kill_at_every_call("resume");
}

#[test]
fn joined_movies_survive_kills() {
    kill_at_every_call("join");
}

#[test]
fn recovery_survives_kills() {
    kill_at_every_call("recover");
}

#[test]
fn recovery_of_fragments_survives_kills() {
    kill_at_every_call("recover fragments");
}

#[test]
fn recovery_in_place_survives_kills() {
    kill_at_every_call("recover in place");
}

#[test]
fn recovery_in_place_by_a_copy_survives_kills() {
    kill_at_every_call("recover in place by a copy");
}

/// A power cut may undo the last calls. So the new name is on the disk before the recording is removed.
#[test]
fn the_recording_is_removed_last() {
    let scenario = SCENARIOS.iter().find(|scenario| scenario.name == "crash-safe of unknown length").unwrap();
    let place = Place::new(scenario);
    place.make(scenario, 0);
    let calls = std::fs::read_to_string(place.beside.join("calls")).unwrap();
    let calls: Vec<_> = calls.lines().filter(|line| !line.starts_with("close")).collect();
    let at = |name: &str| place.place.join(name).display().to_string();
    let expected = [
        format!("sync {}", at("movie.mp4.finishing")),
        format!("rename {}", at("movie.mp4")),
        format!("sync {}", place.place.display()),
        format!("remove {}", at("movie.mp4.part")),
    ];
    assert_eq!(calls[calls.len() - 4..], expected, "{calls:#?}");
}
