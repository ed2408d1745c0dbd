//! Animations whose parts are made alone, by other processes, and by runs that are killed.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use kinetograph::{Animation, Error, FrameInfo, Preset, Quality, Segment, Settings};
use tiny_skia::{Color, Pixmap};

/// Four parts of 120 frames.
const FRAMES: u64 = 480;

type Drawn = Result<(), Box<dyn std::error::Error + Send + Sync>>;

fn settings() -> Settings {
    Settings::new(48, 32).frame_rate(30).preset(Preset::Veryfast).keyframe_interval(150)
}

fn shade(canvas: &mut Pixmap, frame: FrameInfo) -> Drawn {
    canvas.fill(Color::from_rgba8(frame.index() as u8, (frame.index() / 2) as u8, 90, 255));
    Ok(())
}

fn movie() -> Animation<'static> {
    Animation::new(settings(), FRAMES, shade)
}

fn pieces() -> Vec<Segment> {
    (0..movie().segments().unwrap()).map(|part| movie().encode_segment(part).unwrap()).collect()
}

fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    let error = result.unwrap_err();
    assert!(matches!(error, Error::Segment { .. }), "{error:?}");
    error.to_string()
}

#[test]
fn joined_parts_are_the_movie() {
    let folder = tempfile::tempdir().unwrap();
    let (saved, joined) = (folder.path().join("saved.mp4"), folder.path().join("joined.mp4"));
    let report = movie().save(&saved).unwrap();
    let pieces = pieces();
    assert!(pieces.len() > 3);
    assert_eq!(pieces.iter().map(Segment::frames).sum::<u64>(), FRAMES);
    // Through files and through bytes.
    let paths = pieces.iter().map(|piece| {
        let path = folder.path().join(format!("{}.piece", piece.part()));
        piece.save(&path).unwrap();
        path
    });
    let paths: Vec<PathBuf> = paths.collect();
    let joined_report = movie().join(paths.iter().map(Segment::open), &joined).unwrap();
    assert_eq!((joined_report.frames, joined_report.bytes), (report.frames, report.bytes));
    assert!(fs::read(&joined).unwrap() == fs::read(&saved).unwrap());
    let copies = pieces.iter().map(|piece| Segment::from_bytes(&piece.to_bytes()));
    assert!(movie().join_to_bytes(copies).unwrap() == movie().into_bytes().unwrap());
}

#[test]
fn pieces_that_do_not_fit_are_refused_by_name() {
    let pieces = pieces();
    let join = |pieces: Vec<Segment>| movie().join_to_bytes(pieces.into_iter().map(Ok));
    let count = pieces.len();
    assert_eq!(refusal(join(vec![])), "part 0: its piece is missing");
    assert_eq!(refusal(join(pieces[..2].to_vec())), "part 2: its piece is missing");
    let without_1 = pieces.iter().filter(|piece| piece.part() != 1).cloned().collect();
    assert_eq!(refusal(join(without_1)), "part 1: its piece is missing: that of part 2 is in its place");
    let mut twice = pieces.clone();
    twice.push(pieces[0].clone());
    assert_eq!(refusal(join(twice)), format!("the piece of part 0: it comes after the movie's {count} parts"));

    let other = |settings: Settings, frames| {
        let mut pieces = pieces.clone();
        pieces[1] = Animation::new(settings, frames, shade).encode_segment(1).unwrap();
        refusal(join(pieces))
    };
    assert_eq!(
        other(settings().quality(Quality::Crf(20.0)), FRAMES),
        "the piece of part 1: its quality is Crf(20.0), not Crf(23.0)"
    );
    assert_eq!(other(settings().preset(Preset::Fast), FRAMES), "the piece of part 1: its preset is Fast, not Veryfast");
    assert_eq!(other(settings(), FRAMES + 1), "the piece of part 1: its number of frames is 481, not 480");
    // What only the container says may differ.
    let titled = Animation::new(settings().title("Shades"), FRAMES, shade);
    assert!(titled.join_to_bytes(pieces.into_iter().map(Ok)).is_ok());
}

#[test]
fn a_damaged_piece_is_refused() {
    let piece = movie().encode_segment(0).unwrap();
    let bytes = piece.to_bytes();
    assert_eq!(Segment::from_bytes(&bytes).unwrap(), piece);
    for cut in [0, 10, 16, 20, 28, 40, bytes.len() / 2, bytes.len() - 1] {
        assert!(Segment::from_bytes(&bytes[..cut]).is_err(), "cut at {cut}");
    }
    for at in (0..bytes.len()).step_by(7) {
        let mut changed = bytes.clone();
        changed[at] ^= 0x10;
        let refused = refusal(Segment::from_bytes(&changed));
        assert!(refused.starts_with("a piece: it is"), "changed at {at}: {refused}");
    }
    let no_such_part = movie().encode_segment(77);
    assert_eq!(
        refusal(no_such_part),
        format!("part 77: the movie has {} parts, counted from 0", movie().segments().unwrap())
    );
}

#[test]
fn a_resumed_movie_draws_only_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, path) = (folder.path().join("parts"), folder.path().join("movie.mp4"));
    let whole = folder.path().join("whole.mp4");
    movie().save(&whole).unwrap();

    let stops = |canvas: &mut Pixmap, frame: FrameInfo| match frame.index() {
        400 => Err("the light went out".into()),
        _ => shade(canvas, frame),
    };
    Animation::new(settings(), FRAMES, stops).workers(1).resume(&kept).save(&path).unwrap_err();
    let finished = finished_frames(&kept);
    assert!(!finished.is_empty() && !path.exists());

    let drawn = Mutex::new(BTreeSet::new());
    let notes = |canvas: &mut Pixmap, frame: FrameInfo| {
        drawn.lock().unwrap().insert(frame.index());
        shade(canvas, frame)
    };
    let mut last = None;
    let again = Animation::new(settings(), FRAMES, notes).resume(&kept);
    let report = again.on_progress(|progress| last = Some(progress.clone())).save(&path).unwrap();
    let missing: BTreeSet<u64> = (0..FRAMES).filter(|frame| !finished.contains(frame)).collect();
    assert_eq!(drawn.into_inner().unwrap(), missing);
    assert_eq!(report.frames, FRAMES);
    let last = last.unwrap();
    assert_eq!((last.kept, last.written), (finished.len() as u64, FRAMES));
    assert!(fs::read(&path).unwrap() == fs::read(&whole).unwrap());
    assert!(!kept.exists(), "the folder is removed when the movie is finished");
}

#[test]
fn a_folder_of_another_movie_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, path) = (folder.path().join("parts"), folder.path().join("movie.mp4"));
    fs::create_dir(&kept).unwrap();
    let file = kept.join("one.piece");
    let other = settings().quality(Quality::Qp(30));
    Animation::new(other, FRAMES, shade).encode_segment(1).unwrap().save(&file).unwrap();
    let refused = refusal(movie().resume(&kept).save(&path));
    assert_eq!(refused, format!("{}: its quality is Qp(30), not Crf(23.0)", file.display()));
    fs::write(&file, b"no piece at all").unwrap();
    let refused = refusal(movie().resume(&kept).save(&path));
    assert_eq!(refused, format!("{}: it is not a piece that this version can read", file.display()));
    assert!(!path.exists());
}

/// The frames of the parts that are finished in a folder.
fn finished_frames(folder: &Path) -> BTreeSet<u64> {
    let parts = movie().segments().unwrap();
    let mut frames = BTreeSet::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "piece") {
            let part = Segment::open(path).unwrap().part();
            frames.extend(FRAMES * part / parts..FRAMES * (part + 1) / parts);
        }
    }
    frames
}

/// Makes the movie in a process of its own, which notes each frame before it draws it.
fn child(folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "a_process_of_its_own", "--include-ignored"]).env("KINETOGRAPH_TEST_FOLDER", folder);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

#[test]
#[ignore = "the process that other tests start and kill"]
fn a_process_of_its_own() {
    let Some(folder) = std::env::var_os("KINETOGRAPH_TEST_FOLDER").map(PathBuf::from) else { return };
    let notes = fs::OpenOptions::new().create(true).append(true).open(folder.join("drawn")).unwrap();
    let slowly = |canvas: &mut Pixmap, frame: FrameInfo| {
        (&notes).write_all(format!("{}\n", frame.index()).as_bytes())?;
        std::thread::sleep(Duration::from_micros(500));
        shade(canvas, frame)
    };
    let movie = Animation::new(settings(), FRAMES, slowly).workers(2).resume(folder.join("parts"));
    movie.save(folder.join("movie.mp4")).unwrap();
}

#[test]
fn killed_at_any_moment_a_run_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.mp4");
    movie().save(&whole).unwrap();
    let (movie, parts, drawn) =
        (folder.path().join("movie.mp4"), folder.path().join("parts"), folder.path().join("drawn"));
    let mut random = fastrand::Rng::with_seed(4);
    let (mut kills, mut runs) = (0, 0);
    while kills < 20 {
        let finished = finished_frames(&parts);
        let mut process = child(folder.path()).spawn().unwrap();
        let end = Instant::now() + Duration::from_millis(random.u64(1..400));
        let status = loop {
            if let Some(status) = process.try_wait().unwrap() {
                break Some(status);
            }
            if Instant::now() > end {
                process.kill().unwrap();
                process.wait().unwrap();
                break None;
            }
            std::thread::sleep(Duration::from_millis(1));
        };
        for frame in fs::read_to_string(&drawn).unwrap_or_default().lines() {
            assert!(!finished.contains(&frame.parse().unwrap()), "frame {frame} was finished, and drawn again");
        }
        let _ = fs::remove_file(&drawn);
        match status {
            None => kills += 1,
            Some(status) => {
                assert!(status.success());
                assert!(fs::read(&movie).unwrap() == fs::read(&whole).unwrap());
                fs::remove_file(&movie).unwrap();
                runs += 1;
            }
        }
        // A kill between the movie's name and the end of the process leaves a finished movie.
        assert!(!movie.exists() || fs::read(&movie).unwrap() == fs::read(&whole).unwrap());
        assert!(runs < 100, "the runs are too short to be killed");
    }
    assert!(child(folder.path()).status().unwrap().success());
    assert!(fs::read(&movie).unwrap() == fs::read(&whole).unwrap());
}
