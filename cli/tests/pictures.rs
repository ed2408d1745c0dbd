//! Pictures: their order, their sizes, and what ffmpeg decodes of the movies against what it decodes of the pictures.

use std::path::Path;

#[path = "../../tests/judge/mod.rs"]
mod judge;
mod program;

use program::{fail, run, text};

/// Has ffmpeg write pictures of a moving test pattern.
fn pictures(pattern: &str, count: u32, options: &[&str]) {
    let source = format!("testsrc2=size=98x50:rate=25:duration={}", f64::from(count) / 25.0);
    judge::run("ffmpeg", [&["-v", "error", "-y", "-f", "lavfi", "-i", &source][..], options, &[pattern]].concat());
}

/// The samples of a movie as ffmpeg decodes them.
fn samples(movie: &str) -> Vec<u8> {
    judge::decode(Path::new(movie))
}

/// The samples of pictures that ffmpeg has decoded to RGB, converted with the formula of H.273, 8.3, for BT.709 and 4:4:4
/// with limited range, in 64-bit floating point.
fn converted(input: &[&str]) -> Vec<u8> {
    let arguments = [&["-v", "error"], input, &["-f", "rawvideo", "-pix_fmt", "rgb24", "-"]].concat();
    let pixels = judge::run("ffmpeg", arguments);
    let pixels: Vec<[f64; 3]> =
        pixels.chunks_exact(3).map(|pixel| [0, 1, 2].map(|color| f64::from(pixel[color]) / 255.0)).collect();
    let planes = pixels.chunks_exact(98 * 50).flat_map(|frame| {
        let luma = |[red, green, blue]: [f64; 3]| 0.2126 * red + 0.7152 * green + 0.0722 * blue;
        let y = frame.iter().map(move |pixel| 16.0 + 219.0 * luma(*pixel));
        let cb = frame.iter().map(move |pixel| 128.0 + 224.0 * (pixel[2] - luma(*pixel)) / 1.8556);
        let cr = frame.iter().map(move |pixel| 128.0 + 224.0 * (pixel[0] - luma(*pixel)) / 1.5748);
        y.chain(cb).chain(cr).collect::<Vec<_>>()
    });
    planes.map(|sample| sample.round() as u8).collect()
}

const EXACT: [&str; 7] = ["encode", "--lossless", "--chroma", "444", "--preset", "ultrafast", "--fps=25"];

#[test]
fn lossless_movies_have_the_colors_of_every_kind_of_picture() {
    let folder = tempfile::tempdir().unwrap();
    let (pattern, output) = (text(folder.path(), "%d.png"), text(folder.path(), "movie.mp4"));
    for (format, name) in [
        ("rgb24", "png"),
        ("rgba", "png"),
        ("gray", "png"),
        ("ya8", "png"),
        ("pal8", "png"),
        ("monob", "png"),
        ("rgb24", "ppm"),
        ("bgr24", "bmp"),
        ("rgb24", "tga"),
        ("rgb24", "qoi"),
    ] {
        let pattern = pattern.replace("png", name);
        if name == "qoi" && !ffmpeg_writes_qoi() {
            continue;
        }
        pictures(&pattern, 12, &["-pix_fmt", format]);
        let names: Vec<String> = (1..=12).map(|frame| pattern.replace("%d", &frame.to_string())).collect();
        run(EXACT.into_iter().chain(names.iter().map(|name| &**name)).chain([&*output]));
        // Alpha is opaque in this pattern.
        assert!(samples(&output) == converted(&["-i", &pattern]), "{format} {name}");
        names.iter().for_each(|name| std::fs::remove_file(name).unwrap());
    }
}

fn ffmpeg_writes_qoi() -> bool {
    String::from_utf8_lossy(&judge::run("ffmpeg", ["-hide_banner", "-encoders"])).contains(" qoi ")
}

#[test]
fn photographs_differ_by_no_more_than_decoders_do() {
    let folder = tempfile::tempdir().unwrap();
    let (pattern, output) = (text(folder.path(), "%d.jpg"), text(folder.path(), "movie.mp4"));
    pictures(&pattern, 5, &["-pix_fmt", "yuvj444p", "-q:v", "2"]);
    run(EXACT.into_iter().chain([&*text(folder.path(), ""), &*output]));
    let (ours, theirs) = (samples(&output), converted(&["-i", &pattern]));
    assert_eq!(ours.len(), theirs.len());
    let worst = ours.iter().zip(&theirs).map(|(one, other)| one.abs_diff(*other)).max();
    assert!(worst <= Some(4), "{worst:?}");
}

#[test]
fn numbers_give_the_order_unless_it_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let output = text(folder.path(), "movie.mp4");
    pictures(&text(folder.path(), "%d.png"), 12, &[]);
    let names = judge::listing(folder.path());
    assert_eq!(names[..3], ["1.png", "10.png", "11.png"], "as shells order them");
    let paths: Vec<String> = names.iter().map(|name| text(folder.path(), name)).collect();
    let paths = || paths.iter().map(|path| &**path);
    let in_order = converted(&["-i", &text(folder.path(), "%d.png")]);
    run(EXACT.into_iter().chain(paths()).chain([&*output]));
    assert!(samples(&output) == in_order);
    run(EXACT.into_iter().chain(paths().rev()).chain([&*output]));
    assert!(samples(&output) == in_order);
    // A folder stands for its pictures, and the movie in it is none.
    run(EXACT.into_iter().chain([&*text(folder.path(), ""), &*output]));
    assert!(samples(&output) == in_order);
    run(EXACT.into_iter().chain(["--as-given"]).chain(paths()).chain([&*output]));
    let frame = in_order.len() / 12;
    let place = |name: &String| name.strip_suffix(".png").unwrap().parse::<usize>().unwrap() - 1;
    let as_given: Vec<&[u8]> = names.iter().map(|name| &in_order[place(name) * frame..][..frame]).collect();
    assert!(samples(&output) == as_given.concat());
}

#[test]
fn transparent_pictures_show_the_background() {
    let folder = tempfile::tempdir().unwrap();
    let (picture, output) = (text(folder.path(), "1.png"), text(folder.path(), "movie.mp4"));
    let source = ["-v", "error", "-f", "lavfi", "-i", "color=red@0.0:size=32x32,format=rgba", "-frames:v", "1"];
    judge::run("ffmpeg", source.into_iter().chain([&*picture]));
    run(["encode", "--lossless", "--background", "0000ff", &picture, &output]);
    // Blue in BT.709 of limited range.
    let planes = [vec![32; 1024], vec![240; 256], vec![118; 256]].concat();
    assert_eq!(samples(&output), planes);
}

#[test]
fn photographs_are_shown_upright() {
    let folder = tempfile::tempdir().unwrap();
    let (picture, output) = (text(folder.path(), "1.jpg"), text(folder.path(), "movie.mp4"));
    pictures(&picture, 1, &["-frames:v", "1"]);
    let bytes = std::fs::read(&picture).unwrap();
    // An EXIF segment with one tag: orientation 6, to be rotated by 90°.
    let exif = b"\xff\xe1\0\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    std::fs::write(&picture, [&bytes[..2], exif, &bytes[2..]].concat()).unwrap();
    run(["encode", &picture, &output]);
    assert_eq!(["width", "height"].map(|field| judge::ffprobe(Path::new(&output), field)), ["50", "98"]);
}

#[test]
fn a_picture_that_does_not_fit_is_named_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| text(folder.path(), name);
    pictures(&at("%d.png"), 12, &[]);
    judge::run("ffmpeg", ["-v", "error", "-y", "-i", &at("7.png"), "-vf", "scale=96:50", &at("8.png")]);
    let (folder_path, output) = (at(""), at("movie.mp4"));
    let before = judge::listing(folder.path());
    let refused = |text: String| {
        assert_eq!(fail(["encode", &folder_path, &output]), text);
        assert_eq!(judge::listing(folder.path()), before);
    };
    refused(format!("{} is 96×50 pixels; {} is 98×50, and all pictures must have one size", at("8.png"), at("1.png")));
    std::fs::write(at("8.png"), "no picture").unwrap();
    let error = fail(["encode", &folder_path, &output]);
    assert!(error.starts_with(&format!("reading {}: ", at("8.png"))), "{error}");
    assert_eq!(judge::listing(folder.path()), before);
    // Its head is right, but not the rest.
    let good = std::fs::read(at("7.png")).unwrap();
    std::fs::write(at("8.png"), &good[..good.len() / 2]).unwrap();
    let error = fail(["encode", &folder_path, &output]);
    assert!(error.starts_with(&format!("drawing frame 7 failed: reading {}: ", at("8.png"))), "{error}");
    assert_eq!(judge::listing(folder.path()), before);
    assert_eq!(
        fail(["encode", &at("none.png"), &output]),
        format!("reading {}: No such file or directory (os error 2)", at("none.png"))
    );
    std::fs::create_dir(at("empty")).unwrap();
    assert_eq!(fail(["encode", &at("empty"), &output]), format!("the folder {} has no pictures", at("empty")));
}

#[test]
fn a_forgotten_output_does_not_cost_the_last_picture() {
    let folder = tempfile::tempdir().unwrap();
    pictures(&text(folder.path(), "%d.png"), 3, &[]);
    let paths = ["1.png", "2.png", "3.png"].map(|name| text(folder.path(), name));
    let last = std::fs::read(&paths[2]).unwrap();
    let error = fail(["encode"].into_iter().chain(paths.iter().map(|path| &**path)));
    assert!(error.starts_with(&format!("path is {:?}; a movie can be written as .mp4", paths[2])), "{error}");
    assert_eq!(std::fs::read(&paths[2]).unwrap(), last);
}
