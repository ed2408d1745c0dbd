//! Y4M: samples encoded as they are, and what the head states taken over.

use std::path::Path;

#[path = "../../tests/judge/mod.rs"]
mod judge;
mod program;

use program::{fail, failure, feed, run, text};

/// Has ffmpeg write a Y4M.
fn y4m(path: &str, pixels: &str, options: &[&str]) {
    let source = ["-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=98x50:rate=30000/1001:duration=0.5"];
    // ffmpeg's own names for more than 8 bits are not standard.
    let written = ["-pix_fmt", pixels, "-strict", "-1"];
    judge::run("ffmpeg", [&source[..], &written, options, &[path]].concat());
}

/// The samples of an input as ffmpeg decodes it. It adds planes to grey movies, which are left out.
fn samples(path: &str, pixels: &str) -> Vec<u8> {
    let filter = if pixels.starts_with("gray") { "extractplanes=y" } else { "null" };
    judge::run("ffmpeg", ["-v", "error", "-xerror", "-i", path, "-vf", filter, "-f", "rawvideo", "-"])
}

#[test]
fn lossless_movies_have_the_samples_of_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (text(folder.path(), "in.y4m"), text(folder.path(), "movie.mp4"));
    for (pixels, chroma) in [
        ("yuv420p", "420jpeg"),
        ("yuv422p", "422"),
        ("yuv444p", "444"),
        ("gray", "mono"),
        ("yuv420p10", "420p10"),
        ("yuv422p10", "422p10"),
        ("yuv444p10", "444p10"),
        ("gray10", "mono10"),
    ] {
        y4m(&input, pixels, &[]);
        let head = std::fs::read(&input).unwrap();
        assert!(String::from_utf8_lossy(&head[..80]).contains(&format!(" C{chroma}")), "{pixels}");
        run(["encode", "--lossless", "--preset", "ultrafast", &input, &output]);
        assert!(samples(&output, pixels) == samples(&input, pixels), "{pixels}");
        let movie = Path::new(&output);
        let shown = ["width", "height", "r_frame_rate", "nb_read_frames"].map(|field| judge::ffprobe(movie, field));
        assert_eq!(shown, ["98", "50", "30000/1001", "15"], "{pixels}");
        // From a pipe it is the same movie, apart from the reserve for the index.
        let piped = feed(["encode", "--lossless", "--preset", "ultrafast", "-", &output], &head);
        assert!(piped.status.success(), "{piped:?}");
        assert!(samples(&output, pixels) == samples(&input, pixels), "{pixels}");
    }
}

#[test]
fn odd_sizes_have_the_samples_of_the_file_and_its_last_ones_again() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (text(folder.path(), "in.y4m"), text(folder.path(), "movie.mp4"));
    y4m(&input, "yuv420p", &["-vf", "scale=97:49"]);
    run(["encode", "--lossless", "--preset", "ultrafast", &input, &output]);
    let crop = |path: &str, filter: &str| {
        judge::run("ffmpeg", ["-v", "error", "-i", path, "-vf", filter, "-f", "rawvideo", "-"])
    };
    assert_eq!(judge::ffprobe(Path::new(&output), "width"), "98");
    // Luma without the last column and row.
    assert!(crop(&output, "extractplanes=y,crop=97:49:0:0") == crop(&input, "extractplanes=y"));
    assert!(crop(&output, "extractplanes=u") == crop(&input, "extractplanes=u"));
    assert!(crop(&output, "extractplanes=v") == crop(&input, "extractplanes=v"));
}

#[test]
fn the_head_says_rate_aspect_range_and_location() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (text(folder.path(), "in.y4m"), text(folder.path(), "movie.mp4"));
    let shown = |field: &str| judge::ffprobe(Path::new(&output), field);
    for (format, options, location, range) in [
        ("yuv420p", &[][..], "center", "tv"),
        ("yuv420p", &["-chroma_sample_location", "left"], "left", "tv"),
        ("yuv420p", &["-chroma_sample_location", "topleft"], "topleft", "tv"),
        ("yuvj420p", &["-chroma_sample_location", "center"], "center", "pc"),
        ("yuv422p", &["-color_range", "pc"], "unspecified", "pc"),
    ] {
        let aspect = ["-vf", "scale=out_range=auto,setsar=4/3"];
        y4m(&input, format, &[&aspect[..], options].concat());
        run(["encode", &input, &output]);
        let head = String::from_utf8_lossy(&std::fs::read(&input).unwrap()[..120]).into_owned();
        // Old versions of ffmpeg do not show the default location, or any location of other formats than 4:2:0.
        let expected = if location == "unspecified" { shown("chroma_location") } else { location.to_string() };
        assert_eq!([shown("chroma_location"), shown("color_range")], [&*expected, range], "{head}");
        assert_eq!(shown("sample_aspect_ratio"), "4:3", "{head}");
    }
    run(["encode", "--fps", "12", "--pixel-aspect", "1:1", "--range", "full", &input, &output]);
    let fields = ["r_frame_rate", "sample_aspect_ratio", "color_range"];
    assert_eq!(fields.map(shown), ["12/1", "1:1", "pc"]);
}

/// A Y4M of two frames of 16×16 in grey, with this head and these lines before the frames.
fn small(head: &str, line: &str) -> Vec<u8> {
    let frame = [format!("{line}\n").as_bytes(), &[90; 256]].concat();
    [format!("YUV4MPEG2 {head}\n").as_bytes(), &frame, &frame].concat()
}

#[test]
fn heads_of_other_programs_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (text(folder.path(), "in.y4m"), text(folder.path(), "movie.mp4"));
    for (head, line) in [
        ("W16 H16 F25:1 Cmono", "FRAME"),
        ("H16 Cmono W16 I? A0:0 F0:0 XCOMMENT", "FRAME Ip"),
        ("W16 H16 Ip A1:1 Cmono  F50:2", "FRAME"),
    ] {
        std::fs::write(&input, small(head, line)).unwrap();
        run(["encode", &input, &output]);
        let movie = Path::new(&output);
        let shown = ["nb_read_frames", "r_frame_rate", "sample_aspect_ratio"].map(|field| judge::ffprobe(movie, field));
        assert_eq!(shown, ["2", "25/1", "1:1"], "{head}");
    }
}

#[test]
fn what_is_no_good_y4m_is_refused_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (text(folder.path(), "in.y4m"), text(folder.path(), "movie.mp4"));
    for (head, error) in [
        (
            "W16 H16 F25:1 C411",
            "its format is 411; it can be 420jpeg, 420mpeg2, 420paldv, 420, 422, 444, mono, 420p10, 422p10, 444p10, mono10",
        ),
        ("W16 H16 F25:1 It Cmono", "it is interlaced, which a movie of this program cannot be; deinterlace it first"),
        ("W16 F25:1 Cmono", "its head states no height"),
        ("Wx H16 F25:1 Cmono", "its head has the field \"Wx\", which is damaged"),
        ("W16 H16 F25 Cmono", "its head has the field \"F25\", which is damaged"),
        ("W16 H16 F25:1 Cmono é", "its head is damaged"),
    ] {
        std::fs::write(&input, small(head, "FRAME")).unwrap();
        assert_eq!(fail(["encode", &input, &output]), format!("{input}: {error}"));
    }
    std::fs::write(&input, small("W0 H16 Cmono", "FRAME")).unwrap();
    assert_eq!(fail(["encode", &input, &output]), "width is 0; it must be 1 to 16384");
    std::fs::write(&input, small("W16 H16 Cmono", "FRAME")).unwrap();
    let refused = |options: &[&str]| fail([&["encode"][..], options, &[&*input, &*output]].concat());
    assert_eq!(refused(&["--size", "16x16"]), format!("{input}: it is a Y4M, which states its size"));
    let kept = "its samples are encoded as they are, which is not";
    assert_eq!(refused(&["--chroma", "420"]), format!("{input}: {kept} 420"));
    assert_eq!(refused(&["--bit-depth", "10"]), format!("{input}: {kept} 10 bits"));
    std::fs::write(&input, "YUV4MPEG2 W16 H16").unwrap();
    assert_eq!(refused(&[]), format!("{input}: it ends inside a line, or a line is too long"));
    std::fs::write(&input, "YUV4MPEG2 W16 H16 Cmono\n").unwrap();
    assert_eq!(refused(&[]), format!("{input} has no frames"));
    assert_eq!(judge::listing(folder.path()), ["in.y4m"]);
}

#[test]
fn frames_before_a_cut_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let output = text(folder.path(), "movie.mp4");
    let whole = small("W16 H16 Cmono", "FRAME");
    let end = whole.len();
    for (input, error) in [
        (whole[..end - 1].to_vec(), "the planes' input ends after 255 of 256 bytes"),
        (whole[..end - 256].to_vec(), "it ends before the samples of a frame"),
        (whole[..end - 260].to_vec(), "it ends inside a line, or a line is too long"),
        (
            small("W16 H16 Cmono", "FRAME")[..end - 262].iter().copied().chain(*b"PHRASE\n").collect(),
            "no frame begins where one should",
        ),
    ] {
        let cut = failure(&feed(["encode", "-", &output], &input));
        let expected = format!("standard input, frame 1: {error}; the movie ends before it: 1 frame, ");
        assert!(cut.starts_with(&expected), "{cut}");
        assert_eq!(judge::ffprobe(Path::new(&output), "nb_read_frames"), "1", "{error}");
    }
}
