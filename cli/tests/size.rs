//! Movies of at most so many bytes, of files and of pictures.

use std::fs;

#[path = "../../tests/judge/mod.rs"]
mod judge;
mod program;

use program::{fail, failure, feed, run, text};

/// Writes a Y4M and the same frames as RGBA, and returns their paths and the number of frames.
fn inputs(folder: &std::path::Path) -> (String, String) {
    let (y4m, raw) = (text(folder, "in.y4m"), text(folder, "in.rgba"));
    let source = ["-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=96x48:rate=30:duration=2"];
    judge::run("ffmpeg", [&source[..], &["-pix_fmt", "yuv420p", &y4m]].concat());
    judge::run("ffmpeg", [&source[..], &["-pix_fmt", "rgba", "-f", "rawvideo", &raw]].concat());
    (y4m, raw)
}

#[test]
fn files_of_frames_make_the_best_movie_that_fits() {
    let folder = tempfile::tempdir().unwrap();
    let (y4m, raw) = inputs(folder.path());
    let movie = text(folder.path(), "movie.mp4");
    for (size, most) in [("12kB", 12_000), ("16KiB", 16_384), ("15000", 15_000)] {
        for input in [vec![&*y4m], vec!["--size", "96x48", "--fps", "30", &raw]] {
            run([&["encode", "--preset", "veryfast", "--max-size", size], &input[..], &[&movie]].concat());
            let bytes = fs::metadata(&movie).unwrap().len();
            assert!((most * 95 / 100..=most).contains(&bytes), "{input:?}, {size}: {bytes} bytes");
            assert_eq!(judge::ffprobe(movie.as_ref(), "nb_read_frames"), "60", "{input:?}");
        }
    }
    let streamed = run(["encode", "--preset", "veryfast", "--max-size", "15000", &y4m, "-"]);
    assert!((14_250..=15_000).contains(&streamed.len()), "{} bytes", streamed.len());
}

/// Two segments, so that a sample is made.
#[test]
fn five_hundred_frames_fit_at_the_factor_that_info_prints() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| text(folder.path(), name);
    fs::create_dir(at("frames")).unwrap();
    let source = ["-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=25:duration=20"];
    judge::run("ffmpeg", [&source[..], &[&at("frames/%d.png")]].concat());
    judge::run("ffmpeg", [&source[..], &["-pix_fmt", "yuv420p", &at("in.y4m")]].concat());
    let (sized, known) = (at("sized.mp4"), at("known.mp4"));
    // x264's macroblock tree for AVX-512 reads memory that it has not set: with it, equal movies differ now and then.
    let encode = ["encode", "--preset", "veryfast", "--fps", "25", "--x264", "mbtree=0"];
    for input in [at("frames"), at("in.y4m")] {
        run([&encode[..], &["--max-size", "150kB", &input, &sized]].concat());
        let movie = fs::read(&sized).unwrap();
        assert!((142_500..=150_000).contains(&movie.len()), "{input}: {} bytes", movie.len());
        assert_eq!(judge::ffprobe(sized.as_ref(), "nb_read_frames"), "500", "{input}");
        let info = String::from_utf8(run(["info", &sized])).unwrap();
        let factor = info.lines().find_map(|line| line.strip_prefix("  crf       ")).unwrap();
        run([&encode[..], &["--crf", factor, &input, &known]].concat());
        let known = fs::read(&known).unwrap();
        // Without a size, a file of frames is read once, in order, by one encoder.
        let is_same = if input.ends_with("y4m") { known.len().abs_diff(movie.len()) < 15_000 } else { known == movie };
        assert!(is_same, "{input}, crf {factor}: {} and {} bytes", movie.len(), known.len());
    }
    let names = judge::listing(folder.path());
    assert_eq!(names, ["frames", "in.y4m", "known.mp4", "sized.mp4"]);
}

#[test]
fn what_can_be_read_once_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let (y4m, raw) = inputs(folder.path());
    let movie = text(folder.path(), "movie.mp4");
    let reason = "standard input can be read only once, and --max-size reads the frames more than once; save them in a \
                  file, or use --crf or --bitrate";
    let head = fs::read(&y4m).unwrap();
    assert_eq!(failure(&feed(["encode", "--max-size", "10MB", "-", &movie], &head)), reason);
    let pixels = ["encode", "--max-size", "10MB", "--size", "96x48", "-", &movie];
    assert_eq!(failure(&feed(pixels, &fs::read(&raw).unwrap())), reason);
    // So is a pipe that has a name, such as that of `<(program)` in a shell.
    let pipe = text(folder.path(), "pipe");
    judge::run("mkfifo", [&pipe]);
    let refused = std::thread::scope(|scope| {
        // The program ends before it has read everything.
        scope.spawn(|| drop(fs::write(&pipe, &head)));
        fail(["encode", "--max-size", "10MB", &pipe, &movie])
    });
    assert_eq!(refused, reason.replace("standard input", &pipe));
    assert!(fail(["encode", "--max-size", "1kB", &y4m, &movie]).contains("at most 1000 were asked for"));
    fs::write(&y4m, &head[..head.len() - 1]).unwrap();
    assert!(fail(["encode", "--max-size", "1MB", &y4m, &movie]).ends_with("it ends before the samples of frame 59"));
    assert!(!fs::exists(&movie).unwrap());
}
