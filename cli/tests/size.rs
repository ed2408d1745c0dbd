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
    assert!(fail(["encode", "--max-size", "1kB", &y4m, &movie]).contains("at most 1000 were asked for"));
    fs::write(&y4m, &head[..head.len() - 1]).unwrap();
    assert!(fail(["encode", "--max-size", "1MB", &y4m, &movie]).ends_with("it ends before the samples of frame 59"));
    assert!(!fs::exists(&movie).unwrap());
}
