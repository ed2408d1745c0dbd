//! Movies that are refused, and frames and times that are refused while the movie continues.

use std::path::Path;

use kinetograph::{Error, Frame, FrameRate, Movie, OddSize, Quality, Rotation, Settings, TimeError, Vbv};

mod judge;

use judge::listing;

/// Makes a movie of grey frames at `path`.
fn grey_movie(path: &Path, settings: &Settings, frames: u32) -> kinetograph::Result<kinetograph::Report> {
    let mut movie = Movie::create(path, settings)?;
    for frame in 0..frames {
        let pixels = vec![(frame * 5 % 256) as u8; (settings.width() * settings.height()) as usize];
        movie.push(Frame::gray8(&pixels, settings.width(), settings.height()))?;
    }
    movie.finish()
}

#[test]
fn a_movie_without_frames_is_an_error_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let error = grey_movie(&folder.path().join("none.mp4"), &Settings::new(32, 32), 0).unwrap_err();
    assert!(matches!(error, Error::NoFrames), "{error}");
    assert_eq!(listing(folder.path()), [""; 0]);
}

#[test]
fn invalid_settings_are_refused_before_a_file_exists() {
    let folder = tempfile::tempdir().unwrap();
    let movie = folder.path().join("refused.mp4");
    let sized = || Settings::new(64, 48);
    for (settings, message) in [
        (Settings::new(0, 48), "width is 0; it must be 1 to 16384"),
        (Settings::new(64, 16385), "height is 16385; it must be 1 to 16384"),
        (Settings::new(63, 48).odd_size(OddSize::Refuse), "width is 63; it must be even for chroma 420"),
        (
            sized().frame_rate((0, 1)),
            "frame_rate is 0; it must be 1/3600 to 1000000 frames per second, a fraction whose terms are at most 1000000",
        ),
        (
            sized().frame_rate(FrameRate::from(f64::NAN)),
            "frame_rate is NaN; it must be 1/3600 to 1000000 frames per second, a fraction whose terms are at most 1000000",
        ),
        (sized().quality(Quality::Crf(52.0)), "quality is crf=52; crf must be 0 to 51"),
        (sized().quality(Quality::Crf(f32::NAN)), "quality is crf=NaN; crf must be 0 to 51"),
        (sized().quality(Quality::Qp(52)), "quality is qp=52; qp must be 0 to 51"),
        (sized().quality(Quality::Bitrate(0)), "quality is bitrate=0; bitrate must be 1 to 2000000"),
        (
            sized().quality(Quality::Bitrate(500)).vbv(Vbv::new(400, 400)),
            "vbv is 400 kbit/s into 400 kbit; max_kbit_per_second must be at least the bitrate, 500",
        ),
        (
            sized().quality(Quality::Lossless).vbv(Vbv::new(400, 400)),
            "vbv is 400 kbit/s into 400 kbit; it needs a bit rate, or a rate factor that is not lossless",
        ),
        (
            Settings::new(16384, 16).pixel_aspect(3, 1).rotation(Rotation::Deg180),
            "pixel_aspect is 3:1; a frame of 16384×16 must have 1 to 32767 pixels when either side is scaled by it",
        ),
        (sized().keyframe_interval(0), "keyframe_interval is 0; it must be 1 to 100000"),
        (sized().threads(1000), "threads is 1000; it must be 1 to 128"),
        (sized().x264_option("colour", "red"), "x264 option \"colour\" is \"red\"; x264 has no option of that name"),
        (sized().x264_option("me", "best"), "x264 option \"me\" is \"best\"; x264 does not take that value"),
        (
            sized().x264_option("stats", "/etc/passwd"),
            "x264 option \"stats\" is \"/etc/passwd\"; it would read or write files",
        ),
        (sized().x264_option("no_annexb", "1"), "x264 option \"no_annexb\" is \"1\"; the crate decides it"),
    ] {
        let error = grey_movie(&movie, &settings, 1).unwrap_err();
        assert!(matches!(error, Error::Setting { .. } | Error::X264Option { .. }), "{error:?}");
        assert_eq!(error.to_string(), message);
        assert_eq!(listing(folder.path()), [""; 0], "after {message}");
    }
}

#[test]
fn a_wrong_frame_is_refused_and_the_movie_continues() {
    let mut movie = Movie::in_memory(&Settings::new(64, 48)).unwrap();
    let pixels = vec![0; 64 * 48];
    movie.push(Frame::gray8(&pixels, 64, 48)).unwrap();
    let error = movie.push(Frame::gray8(&pixels, 48, 64)).unwrap_err();
    assert_eq!(error.to_string(), "frame 1 is 48×64 pixels; the movie is 64×48");
    let error = movie.push(Frame::gray8(&pixels[1..], 64, 48)).unwrap_err();
    assert_eq!(error.to_string(), "the buffer is 3071 bytes; a 64×48 gray frame needs at least 3072");
    let error = movie.push(Frame::gray8(&pixels, 64, 48).stride(63)).unwrap_err();
    assert_eq!(error.to_string(), "the stride is 63 bytes; a 64×48 gray frame needs at least 64");
    let error = movie.push(Frame::gray8(&pixels, 64, 48).stride(usize::MAX)).unwrap_err();
    assert!(matches!(error, Error::FrameData { .. }), "{error}");
    movie.push(Frame::gray8(&pixels, 64, 48)).unwrap();
    let (_, report) = movie.finish().unwrap();
    assert_eq!(report.frames, 2);
}

#[test]
fn an_earlier_movie_stays_until_a_finished_one_replaces_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    std::fs::write(&path, "an earlier movie").unwrap();

    let settings = Settings::new(64, 48);
    let mut movie = Movie::create(&path, &settings).unwrap();
    movie.push(Frame::gray8(&[9; 64 * 48], 64, 48)).unwrap();
    assert_eq!(listing(folder.path()).len(), 2, "the movie grows beside the final name");
    assert_eq!(std::fs::read(&path).unwrap(), b"an earlier movie");
    movie.push(Frame::gray8(&[9; 64 * 47], 64, 47)).unwrap_err();
    drop(movie);
    assert_eq!(listing(folder.path()), ["movie.mp4"], "a dropped movie leaves nothing");
    assert_eq!(std::fs::read(&path).unwrap(), b"an earlier movie");

    grey_movie(&path, &settings, 5).unwrap();
    assert_eq!(judge::ffprobe(&path, "nb_read_frames"), "5");
    assert_eq!(listing(folder.path()), ["movie.mp4"]);
}

#[test]
fn an_error_names_the_path_that_cannot_be_written() {
    let mut paths = vec!["/nowhere/at/all/movie.mp4"];
    paths.extend(cfg!(target_os = "linux").then_some("/proc/movie.mp4"));
    for path in paths {
        let error = grey_movie(Path::new(path), &Settings::new(32, 32), 1).unwrap_err();
        assert!(matches!(error, Error::Io { .. }), "{error:?}");
        assert!(error.to_string().contains(path), "{error}");
    }
}

#[test]
fn times_must_increase_and_stay_countable() {
    let mut movie = Movie::in_memory(&Settings::new(16, 16).frame_rate(25).variable_rate(true)).unwrap();
    let grey = |level: u8| vec![level; 256];
    let error = movie.hold(1.0).unwrap_err();
    assert!(matches!(error, Error::Hold { reason: TimeError::NoFrame, .. }), "{error}");
    movie.push_at(Frame::gray8(&grey(0), 16, 16), 5.0).unwrap();
    for (seconds, message) in [
        (5.0, "frame 1 at 5 s: it must be later than the frame before, at 5 s"),
        (4.0, "frame 1 at 4 s: it must be later than the frame before, at 5 s"),
        (-1.0, "frame 1 at -1 s: it must be a non-negative number of at most 2^53 ticks"),
        (f64::NAN, "frame 1 at NaN s: it must be a non-negative number of at most 2^53 ticks"),
        (f64::INFINITY, "frame 1 at inf s: it must be a non-negative number of at most 2^53 ticks"),
    ] {
        let error = movie.push_at(Frame::gray8(&grey(1), 16, 16), seconds).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    let too_long = |error: &Error| matches!(error, Error::Time { frame: 1, reason: TimeError::TooLong { max_seconds, .. }, .. } if max_seconds.floor() == 1491.0);
    let error = movie.push_at(Frame::gray8(&grey(1), 16, 16), 1e6).unwrap_err();
    assert!(too_long(&error), "{error}");
    movie.push_at(Frame::gray8(&grey(2), 16, 16), 5.5).unwrap();
    let error = movie.hold(1e6).unwrap_err();
    assert!(matches!(error, Error::Hold { reason: TimeError::TooLong { .. }, .. }), "{error}");
    movie.hold(0.46).unwrap();
    let (_, report) = movie.finish().unwrap();
    assert_eq!((report.frames, report.seconds), (2, 1.0));
}

#[test]
fn times_after_pushed_frames_count_from_the_beginning() {
    let mut movie = Movie::in_memory(&Settings::new(16, 16).frame_rate(25)).unwrap();
    movie.push(Frame::gray8(&[0; 256], 16, 16)).unwrap();
    movie.push_at(Frame::gray8(&[9; 256], 16, 16), 5.0).unwrap();
    movie.push(Frame::gray8(&[0; 256], 16, 16)).unwrap();
    let error = movie.push_at(Frame::gray8(&[9; 256], 16, 16), 5.0).unwrap_err().to_string();
    assert_eq!(error, "frame 3 at 5 s: it must be later than the frame before, at 5.04 s");
    assert_eq!(movie.finish().unwrap().1.seconds, 5.08);
}
