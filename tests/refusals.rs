//! What is refused before anything is made, with the text that says why.

use std::path::Path;

use kinetograph::{
    Animation, ContainerSettings, Error, Frame, Layout, Movie, PixelFormat, Settings, Tag, join, join_to_bytes,
};

mod judge;

use judge::{chain, listing};

const WIDTH: u32 = 20;
const HEIGHT: u32 = 10;

fn settings() -> Settings {
    Settings::new(WIDTH, HEIGHT)
}

fn blank(settings: Settings) -> Animation<'static> {
    Animation::new(settings, 2, |_, _| Ok(()))
}

/// Fails unless every function that makes a movie at `path` refuses it with this text, causes included.
fn assert_refused(path: &Path, layout: Layout, text: &str) {
    let settings = settings().layout(layout);
    let segment = blank(settings.clone()).encode_segment(0);
    let folder = path.parent().unwrap().join("segments");
    let mut errors = vec![
        chain(&Movie::create(path, &settings).unwrap_err()),
        chain(&blank(settings.clone()).save(path).unwrap_err()),
        chain(&blank(settings).resume(&folder).save(path).unwrap_err()),
        chain(&join([segment], &ContainerSettings::new().layout(layout), path).unwrap_err()),
    ];
    // What is recovered is no bare stream.
    if layout != Layout::AnnexB {
        errors.push(chain(&kinetograph::recover("movie.mp4.part", path).unwrap_err()));
    }
    assert!(!folder.exists(), "the folder of segments was made");
    errors.iter().for_each(|error| assert_eq!(error, text));
}

#[test]
fn buffers_of_another_length_are_refused_with_both_lengths() {
    for format in PixelFormat::ALL {
        let exact = WIDTH as usize * HEIGHT as usize * format.bytes_per_pixel();
        let mut movie = Movie::in_memory(&settings()).unwrap();
        for length in exact - 100..=exact + 100 {
            let pixels = vec![7; length];
            let frame = Frame::new(&pixels, WIDTH, HEIGHT, *format);
            let pushed = movie.push(frame);
            if length == exact {
                pushed.unwrap();
                continue;
            }
            let needs = if length > exact { "without a stride has exactly" } else { "needs at least" };
            assert_eq!(
                pushed.unwrap_err().to_string(),
                format!("the buffer is {length} bytes; a 20×10 {format} frame {needs} {exact}")
            );
            // With a stride, the buffer may be longer.
            let pushed = movie.push(frame.stride(WIDTH as usize * format.bytes_per_pixel()));
            assert_eq!(pushed.is_ok(), length > exact, "{length} bytes");
        }
        assert_eq!(movie.finish().unwrap().1.frames, 101);
    }
}

#[test]
fn pixels_of_another_format_are_refused() {
    let rgba = [0; 20 * 10 * 4];
    let mut movie = Movie::in_memory(&settings()).unwrap();
    let error = movie.push(Frame::rgb8(&rgba, 20, 10)).unwrap_err();
    assert_eq!(error.to_string(), "the buffer is 800 bytes; a 20×10 rgb frame without a stride has exactly 600");
    let animation = Animation::from_frames(settings(), 2, |_| Ok(Frame::gray8(&rgba, 20, 10)));
    let error = animation.into_bytes().unwrap_err();
    assert_eq!(error.to_string(), "the buffer is 800 bytes; a 20×10 gray frame without a stride has exactly 200");
}

#[test]
fn extensions_of_other_formats_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.gif", "a.webm", "a.mkv", "a.avi", "a.mov", "a.MOV", "a.ts", "a.png", "a.rgba", "a.y4m", "a.h265"] {
        let path = folder.path().join(name);
        let text = format!(
            "path is {path:?}; a movie can be written as .mp4 or .m4v, or as .264 or .h264 in the layout annexb"
        );
        for layout in Layout::ALL {
            assert_refused(&path, *layout, &text);
        }
    }
    assert_eq!(listing(folder.path()), [""; 0]);
}

#[test]
fn names_that_the_layout_contradicts_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a.mp4", "a.m4v", "a.Mp4"] {
        let path = folder.path().join(name);
        let text = format!("path is {path:?}; the layout annexb is written as .264 or .h264");
        assert_refused(&path, Layout::AnnexB, &text);
    }
    for name in ["a.264", "a.h264"] {
        let path = folder.path().join(name);
        let text = format!(
            "path is {path:?}; the layout crash-safe is written as .mp4 or .m4v; the layout of .264 and .h264 is annexb"
        );
        assert_refused(&path, Layout::CrashSafe, &text);
    }
    assert_eq!(listing(folder.path()), [""; 0]);
}

#[test]
fn names_that_suit_the_layout_are_written() {
    let folder = tempfile::tempdir().unwrap();
    for (name, layout) in [
        ("a.mp4", Layout::CrashSafe),
        ("a.M4V", Layout::Fragmented),
        ("a.264", Layout::AnnexB),
        ("a.h264", Layout::AnnexB),
        ("no extension", Layout::Progressive),
        ("a.own", Layout::CrashSafe),
        (".mp4", Layout::CrashSafe),
    ] {
        blank(settings().layout(layout)).save(folder.path().join(name)).unwrap();
        assert_eq!(judge::ffprobe(&folder.path().join(name), "nb_read_frames"), "2", "{name}");
    }
}

#[test]
fn a_missing_folder_is_reported_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let path = missing.join("a.mp4");
    let text = format!("creating {}: there is no folder {}", path.display(), missing.display());
    assert_refused(&path, Layout::CrashSafe, &text);
    assert_eq!(listing(folder.path()), [""; 0]);
}

#[test]
fn paths_that_name_no_file_are_refused() {
    for (path, text) in [
        ("", "path is \"\"; it must name a file"),
        ("a\0b.mp4", "path is \"a\\0b.mp4\"; it must not contain a NUL character"),
    ] {
        for error in [Movie::create(path, &settings()).unwrap_err(), blank(settings()).save(path).unwrap_err()] {
            assert!(matches!(error, Error::Setting { name: "path", .. }), "{error}");
            assert_eq!(error.to_string(), text);
        }
    }
}

#[test]
fn a_nul_in_a_tag_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mp4");
    let text = "tag is title \"Wa\\0ves\"; its text must not contain a NUL character";
    assert_eq!(Movie::create(&path, &settings().title("Wa\0ves")).unwrap_err().to_string(), text);
    assert_eq!(blank(settings().title("Wa\0ves")).save(&path).unwrap_err().to_string(), text);
    let container = ContainerSettings::new().tag(Tag::Comment, "\0".repeat(1000));
    let error = join_to_bytes([blank(settings()).encode_segment(0)], &container).unwrap_err().to_string();
    assert!(error.starts_with("tag is comment \"\\0\\0") && error.len() < 250, "{error}");
    assert_eq!(listing(folder.path()), [""; 0]);
}

#[test]
fn holds_that_cannot_be_are_refused_with_their_duration() {
    let mut movie = Movie::in_memory(&settings()).unwrap();
    assert_eq!(movie.hold(1.0).unwrap_err().to_string(), "a hold of 1 s: there is no frame yet to hold");
    movie.push(Frame::gray8(&[0; 200], WIDTH, HEIGHT)).unwrap();
    for seconds in [f64::NAN, f64::INFINITY, -0.5] {
        assert_eq!(
            movie.hold(seconds).unwrap_err().to_string(),
            format!("a hold of {seconds} s: it must be a non-negative number of at most 2^53 ticks")
        );
    }
    let error = movie.hold(1e6).unwrap_err();
    assert!(matches!(error, Error::Hold { seconds: 1e6, .. }), "{error}");
    assert!(error.to_string().starts_with("a hold of 1000000 s: a frame can be presented for at most "), "{error}");
    movie.hold(0.4).unwrap();
    assert_eq!(movie.finish().unwrap().1.seconds, 0.44);
}
