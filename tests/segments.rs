//! Segments that are encoded alone, by other processes, and by runs that are killed.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use kinetograph::{
    Animation, BitDepth, Chroma, ColorSpace, ContainerSettings, Error, FrameInfo, Layout, Preset, Quality, Report,
    Rotation, Segment, Settings, join, join_to_bytes,
};
use tiny_skia::{Color, Pixmap};

mod child;

/// Four segments of 120 frames.
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

fn segments() -> Vec<Segment> {
    (0..movie().segments().unwrap()).map(|index| movie().encode_segment(index).unwrap()).collect()
}

fn join_all(segments: Vec<Segment>) -> Result<(Vec<u8>, Report), Error> {
    join_to_bytes(segments.into_iter().map(Ok), &ContainerSettings::new())
}

fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> String {
    let error = result.unwrap_err();
    assert!(matches!(error, Error::Segment { .. }), "{error:?}");
    error.to_string()
}

#[test]
fn joined_segments_are_the_movie() {
    let folder = tempfile::tempdir().unwrap();
    let (saved, joined) = (folder.path().join("saved.mp4"), folder.path().join("joined.mp4"));
    let report = movie().save(&saved).unwrap();
    let segments = segments();
    assert!(segments.len() > 3);
    assert_eq!(segments.iter().map(Segment::frames).sum::<u64>(), FRAMES);
    // Through files and through bytes.
    let paths = segments.iter().map(|segment| {
        let path = folder.path().join(format!("{}.segment", segment.index()));
        segment.save(&path).unwrap();
        path
    });
    let paths: Vec<PathBuf> = paths.collect();
    let joined_report = join(paths.iter().map(Segment::open), &ContainerSettings::new(), &joined).unwrap();
    assert_eq!((joined_report.frames, joined_report.bytes), (report.frames, report.bytes));
    assert!(fs::read(&joined).unwrap() == fs::read(&saved).unwrap());
    let copies = segments.iter().map(|segment| Segment::from_bytes(&segment.to_bytes()));
    assert!(join_to_bytes(copies, &ContainerSettings::new()).unwrap().0 == movie().into_bytes().unwrap().0);
}

#[test]
fn a_segment_carries_what_the_container_says_of_the_stream() {
    let settings = Settings::new(98, 54)
        .frame_rate((30000, 1001))
        .variable_rate(true)
        .preset(Preset::Veryfast)
        .quality(Quality::Crf(30.0))
        .chroma(Chroma::Yuv422)
        .bit_depth(BitDepth::Ten)
        .color_space(ColorSpace::BT2020.full_range())
        .pixel_aspect(4, 3);
    let container = ContainerSettings::new().layout(Layout::Fragmented).title("Joined").rotation(Rotation::Deg90);
    let movie = |settings: Settings| Animation::new(settings, 600, shade);
    let segments: Vec<_> = (0..3).map(|index| movie(settings.clone()).encode_segment(index)).collect();
    let (joined, _) = join_to_bytes(segments, &container).unwrap();
    assert!(joined == movie(settings.container(container)).into_bytes().unwrap().0);
}

#[test]
fn segments_that_do_not_fit_are_refused_by_name() {
    let segments = segments();
    let count = segments.len();
    assert_eq!(refusal(join_all(vec![])), "segment 0: missing");
    assert_eq!(refusal(join_all(segments[..2].to_vec())), "segment 2: missing");
    let without_1 = segments.iter().filter(|segment| segment.index() != 1).cloned().collect();
    assert_eq!(refusal(join_all(without_1)), "segment 1: missing; segment 2 is in its place");
    let mut twice = segments.clone();
    twice.push(segments[0].clone());
    assert_eq!(refusal(join_all(twice)), format!("segment 0: the movie has {count} segments, counted from 0"));

    let other = |settings: Settings, frames| {
        let mut segments = segments.clone();
        segments[1] = Animation::new(settings, frames, shade).encode_segment(1).unwrap();
        refusal(join_all(segments))
    };
    assert_eq!(
        other(settings().quality(Quality::Crf(20.0)), FRAMES),
        "segment 1: its quality is Crf(20.0), not Crf(23.0)"
    );
    assert_eq!(other(settings().preset(Preset::Fast), FRAMES), "segment 1: its preset is Fast, not Veryfast");
    assert_eq!(other(settings(), FRAMES + 1), "segment 1: its number of frames is 481, not 480");
}

#[test]
fn container_settings_that_cannot_be_used_are_refused_before_joining() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("joined.mp4");
    let container = ContainerSettings::new().fragment_seconds(-1.0);
    let error = join(segments().into_iter().map(Ok), &container, &path).unwrap_err();
    assert_eq!(error.to_string(), "fragment_seconds is -1; it must be 0.01 to 3600");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_damaged_segment_is_refused() {
    let segment = movie().encode_segment(0).unwrap();
    let bytes = segment.to_bytes();
    assert_eq!(Segment::from_bytes(&bytes).unwrap(), segment);
    for cut in [0, 10, 16, 20, 28, 40, bytes.len() / 2, bytes.len() - 1] {
        assert!(Segment::from_bytes(&bytes[..cut]).is_err(), "cut at {cut}");
    }
    for at in (0..bytes.len()).step_by(7) {
        let mut changed = bytes.clone();
        changed[at] ^= 0x10;
        let refused = refusal(Segment::from_bytes(&changed));
        let expected = if at < 16 { "a segment: not a segment" } else { "a segment: damaged" };
        assert!(refused.starts_with(expected), "changed at {at}: {refused}");
    }
    let count = movie().segments().unwrap();
    let expected = format!("segment 77: the movie has {count} segments, counted from 0");
    assert_eq!(refusal(movie().encode_segment(77)), expected);
}

#[test]
fn a_segment_exchanged_during_the_run_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, path) = (folder.path().join("kept"), folder.path().join("movie.mp4"));
    fs::create_dir(&kept).unwrap();
    let last = kept.join("000003.segment");
    let other = |settings: Settings| Animation::new(settings, FRAMES, shade).encode_segment(3).unwrap();
    let exchanges = [
        (other(settings().quality(Quality::Crf(30.0))), "its quality is Crf(30.0), not Crf(23.0)"),
        (movie().encode_segment(2).unwrap(), "missing; segment 2 is in its place"),
    ];
    for (exchanged, problem) in exchanges {
        movie().encode_segment(3).unwrap().save(&last).unwrap();
        // Frames are drawn after the folder has been read, and before its last segment is used.
        let exchange = |canvas: &mut Pixmap, frame: FrameInfo| {
            if frame.index() == 0 {
                exchanged.save(&last)?;
            }
            shade(canvas, frame)
        };
        let refused = refusal(Animation::new(settings(), FRAMES, exchange).workers(1).resume(&kept).save(&path));
        assert_eq!(refused, format!("segment 3 in {}: {problem}", last.display()));
        assert!(!path.exists());
        fs::remove_dir_all(&kept).unwrap();
        fs::create_dir(&kept).unwrap();
    }
}

#[test]
fn a_resumed_movie_draws_only_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, path) = (folder.path().join("segments"), folder.path().join("movie.mp4"));
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
    let (kept, path) = (folder.path().join("segments"), folder.path().join("movie.mp4"));
    fs::create_dir(&kept).unwrap();
    let file = kept.join("one.segment");
    let other = settings().quality(Quality::Qp(30));
    Animation::new(other, FRAMES, shade).encode_segment(1).unwrap().save(&file).unwrap();
    let refused = refusal(movie().resume(&kept).save(&path));
    assert_eq!(refused, format!("segment 1 in {}: its quality is Qp(30), not Crf(23.0)", file.display()));
    fs::write(&file, b"no segment at all").unwrap();
    let refused = refusal(movie().resume(&kept).save(&path));
    assert_eq!(refused, format!("{}: not a segment that this version of kinetograph can read", file.display()));
    assert!(!path.exists());
}

/// The frames of the segments that are finished in a folder.
fn finished_frames(folder: &Path) -> BTreeSet<u64> {
    let count = movie().segments().unwrap();
    let mut frames = BTreeSet::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "segment") {
            let index = Segment::open(path).unwrap().index();
            frames.extend(FRAMES * index / count..FRAMES * (index + 1) / count);
        }
    }
    frames
}

/// Makes the movie in another process, which notes each frame before it draws it.
fn child(folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "the_other_process", "--include-ignored"]).env("KINETOGRAPH_TEST_FOLDER", folder);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

#[test]
#[ignore = "the process that other tests start and kill"]
fn the_other_process() {
    let Some(folder) = std::env::var_os("KINETOGRAPH_TEST_FOLDER").map(PathBuf::from) else { return };
    let notes = fs::OpenOptions::new().create(true).append(true).open(folder.join("drawn")).unwrap();
    let slowly = |canvas: &mut Pixmap, frame: FrameInfo| {
        (&notes).write_all(format!("{}\n", frame.index()).as_bytes())?;
        std::thread::sleep(Duration::from_micros(500));
        shade(canvas, frame)
    };
    let movie = Animation::new(settings(), FRAMES, slowly).workers(2).resume(folder.join("segments"));
    movie.save(folder.join("movie.mp4")).unwrap();
}

#[test]
fn a_run_killed_at_any_moment_can_be_continued() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.mp4");
    movie().save(&whole).unwrap();
    let (movie, segments, drawn) =
        (folder.path().join("movie.mp4"), folder.path().join("segments"), folder.path().join("drawn"));
    let mut random = fastrand::Rng::with_seed(4);
    let (mut kills, mut runs) = (0, 0);
    while kills < 20 {
        let finished = finished_frames(&segments);
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

#[cfg(unix)]
#[test]
fn only_regular_files_are_opened() {
    let folder = tempfile::tempdir().unwrap();
    let (kept, path) = (folder.path().join("segments"), folder.path().join("movie.mp4"));
    fs::create_dir(&kept).unwrap();
    let fifo = kept.join("000001.segment");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let device = folder.path().join("device.segment");
    std::os::unix::fs::symlink("/dev/zero", &device).unwrap();
    // In a separate thread, because it might never end.
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for path in [fifo.clone(), device, kept.clone()] {
            let refused = (refusal(Segment::open(&path)), format!("{}: not a regular file", path.display()));
            sender.send(refused).unwrap();
        }
        let refused = refusal(movie().resume(&kept).save(&path));
        sender.send((refused, format!("{}: not a regular file", fifo.display()))).unwrap();
    });
    for _ in 0..4 {
        let (refused, expected) = receiver.recv_timeout(Duration::from_secs(20)).expect("it does not wait");
        assert_eq!(refused, expected);
    }
}

#[cfg(unix)]
#[test]
fn segments_have_the_permissions_of_any_new_file() {
    use std::os::unix::fs::PermissionsExt;
    let segment = Path::new("0.segment");
    if child::role().is_some() {
        return movie().encode_segment(0).unwrap().save(segment).unwrap();
    }
    for (umask, expected) in [("0022", 0o644), ("0002", 0o664), ("0077", 0o600)] {
        let folder = tempfile::tempdir().unwrap();
        let shell = ["sh", "-c", &format!("umask {umask}; exec \"$@\""), "sh"];
        let name = "segments_have_the_permissions_of_any_new_file";
        let outcome = child::run(name, "save", &shell, folder.path(), Duration::from_secs(60));
        assert!(outcome.passed(), "{outcome}");
        let mode = fs::metadata(folder.path().join(segment)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, expected, "with umask {umask}");
    }
}
