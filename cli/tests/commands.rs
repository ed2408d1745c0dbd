//! What all commands promise: exit codes, lines of errors, inputs that are left alone, output that may be closed.

use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;

use kinetograph::{Animation, Layout, MovieInfo, Settings};

#[path = "../../tests/judge/mod.rs"]
mod judge;
mod program;

use program::{fail, feed, kinetograph, run, text};

fn movie(settings: Settings, frames: u64) -> Animation<'static> {
    Animation::new(settings, frames, |canvas, frame| {
        canvas.data_mut().fill(frame.index() as u8);
        Ok(())
    })
}

fn settings() -> Settings {
    Settings::new(32, 32).frame_rate(30)
}

/// Writes an unfinished movie: a crash-safe one, as a killed process leaves it.
fn unfinished(path: &str) {
    let folder = tempfile::tempdir().unwrap();
    let output = text(folder.path(), "movie.mp4");
    let mut child = kinetograph(["encode", "--size", "32x32", "--format", "gray", "--x264", "bframes=0", "-", &output])
        .args(["--keyframe-interval", "10", "--tune", "zerolatency"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), &[60; 32 * 32 * 200]).unwrap();
    let part = text(folder.path(), "movie.mp4.part");
    let begin = std::time::Instant::now();
    while MovieInfo::open(&part).map_or(0, |info| info.frames) < 100 {
        assert!(begin.elapsed().as_secs() < 60, "nothing is written");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    fs::copy(part, path).unwrap();
}

#[test]
fn wrong_arguments_exit_with_2_and_failures_with_1() {
    for arguments in [&["encode"][..], &["encode", "one.png"], &["unknown"], &[], &["recover", "one.part"], &["info"]] {
        let output = kinetograph(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{arguments:?}");
    }
    for arguments in [
        &["encode", "--crf", "x", "a", "b"][..],
        &["encode", "--crf", "1", "--qp", "1", "a", "b"],
        &["encode", "--preset", "quick", "a", "b"],
        &["encode", "--size", "64", "a", "b"],
        &["encode", "--fps", "0", "a", "b"],
        &["encode", "--background", "white", "a", "b"],
        &["recover", "--in-place", "a", "b"],
    ] {
        assert_eq!(kinetograph(arguments).output().unwrap().status.code(), Some(2), "{arguments:?}");
    }
    fail(["info", "/nowhere/movie.mp4"]);
    for arguments in [&["--help"][..], &["--version"], &["help", "encode"], &["recover", "--help"]] {
        assert!(!run(arguments).is_empty());
    }
}

#[test]
fn an_error_has_its_causes_on_one_line_whatever_a_name_is() {
    let folder = tempfile::tempdir().unwrap();
    let name = text(folder.path(), "two\nlines\x1b[31m");
    let error = fail(["info", &name]);
    assert_eq!(
        error,
        format!("reading {}/two\\nlines\\u{{1b}}[31m: No such file or directory (os error 2)", folder.path().display())
    );
}

#[test]
fn an_output_that_is_an_input_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| text(folder.path(), name);
    let frames = vec![7; 16 * 16 * 3];
    fs::write(at("same.mp4"), &frames).unwrap();
    std::os::unix::fs::symlink(at("same.mp4"), at("soft.mp4")).unwrap();
    fs::hard_link(at("same.mp4"), at("hard.mp4")).unwrap();
    let name = folder.path().file_name().unwrap().to_str().unwrap();
    let roundabout = format!("{}/../{name}/same.mp4", folder.path().display());
    let before = judge::listing(folder.path());
    let raw = ["encode", "--size", "16x16", "--format", "gray"];
    for other in ["same.mp4", "soft.mp4", "hard.mp4"].map(at).into_iter().chain([roundabout]) {
        for (input, output) in [(at("same.mp4"), other.clone()), (other.clone(), at("same.mp4"))] {
            let error = format!("{output} is an input; the movie would replace it");
            assert_eq!(fail([&raw[..], &[&input, &output]].concat()), error);
            assert_eq!(fail(["encode", &input, &output]), error);
            assert_eq!(fail(["encode", &at("none.png"), &input, &output]), error);
            assert_eq!(fail(["recover", &input, &output]), error);
            assert_eq!(fail(["join", &input, &output]), error);
            let redirected =
                kinetograph([&raw[..], &["-", &output]].concat()).stdin(File::open(input).unwrap()).output();
            assert_eq!(program::failure(&redirected.unwrap()), error);
        }
    }
    assert_eq!(fs::read(at("same.mp4")).unwrap(), frames);
    assert_eq!(judge::listing(folder.path()), before);
}

/// Makes a pipe that nobody reads.
fn closed() -> std::io::PipeWriter {
    std::io::pipe().unwrap().1
}

#[test]
fn nobody_need_read_what_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| text(folder.path(), name);
    movie(settings(), 300).save(at("movie.mp4")).unwrap();
    unfinished(&at("unfinished.mp4.part"));
    let movies = vec![at("movie.mp4"); 2000];
    let mut all =
        vec![vec!["info"], vec!["completions", "bash"], vec!["--help"], vec!["encode", "--help"], vec!["--version"]];
    all[0].extend(movies.iter().map(|movie| &**movie));
    let (from, to) = (at("unfinished.mp4.part"), at("recovered.mp4"));
    all.push(vec!["recover", &from, &to]);
    for arguments in &all {
        let output = kinetograph(arguments).stdout(closed()).stderr(Stdio::piped()).spawn().unwrap().wait_with_output();
        let output = output.unwrap();
        let begin = &arguments[..2.min(arguments.len())];
        assert_eq!((output.status.code(), &*output.stderr), (Some(0), &b""[..]), "{begin:?}");
    }
    assert!(MovieInfo::open(to).unwrap().is_finished);
    // Neither need anyone read standard error.
    let status = kinetograph(["info", "/nowhere"]).stderr(closed()).status().unwrap();
    assert_eq!(status.code(), Some(1));
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = kinetograph(["info", &at("movie.mp4")]).stdout(full).stderr(Stdio::piped()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = "kinetograph: writing to standard output: No space left on device (os error 28)\n";
    assert_eq!(String::from_utf8_lossy(&output.stderr), text);
}

/// As `yes | head` ends: with the status of a program that SIGPIPE has ended, and without a message.
#[test]
fn a_movie_that_nobody_reads_ends_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| text(folder.path(), name);
    fs::write(at("frames"), vec![0; 64 * 64 * 20]).unwrap();
    fs::write(at("1.pgm"), [&b"P5 64 64 255\n"[..], &[0; 64 * 64]].concat()).unwrap();
    fs::write(at("in.y4m"), [&b"YUV4MPEG2 W64 H64 Cmono\nFRAME\n"[..], &[0; 64 * 64]].concat()).unwrap();
    let raw = ["encode", "--size", "64x64", "--format", "gray", &at("frames"), "-"].map(String::from).to_vec();
    for arguments in
        [raw, vec!["encode".into(), at("1.pgm"), "-".into()], vec!["encode".into(), at("in.y4m"), "-".into()]]
    {
        let child = kinetograph(&arguments).stdout(closed()).stderr(Stdio::piped()).spawn().unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), &*output.stderr), (Some(141), &b""[..]), "{arguments:?}");
    }
}

#[test]
fn info_says_what_a_movie_holds() {
    let folder = tempfile::tempdir().unwrap();
    let path = text(folder.path(), "movie.mp4");
    let settings = settings().pixel_aspect(4, 3).rotation(kinetograph::Rotation::Deg90).layout(Layout::Fragmented);
    let report = movie(settings, 300).save(&path).unwrap();
    let expected = format!(
        "{path}\n  codec     avc1.64000a\n  size      32×32, pixels of 4:3, rotated by 90°\n  frames    300\n  \
         rate      30 frames/s\n  duration  10.000 s\n  samples   4:2:0, 8 bits\n  colours   matrix bt709, range limited, \
         primaries bt709, transfer iec61966-2-1\n  crf       23\n  layout    fragmented\n  finished  yes\n  bytes     {}\n",
        report.bytes
    );
    assert_eq!(String::from_utf8(run(["info", &path])).unwrap(), expected);
    assert_eq!(String::from_utf8(run(["info", &path, &path])).unwrap(), format!("{expected}\n{expected}"));
    let part = text(folder.path(), "movie.mp4.part");
    unfinished(&part);
    let printed = String::from_utf8(run(["info", &part])).unwrap();
    assert!(printed.contains("finished  no; `kinetograph recover` finishes it"), "{printed}");
}

#[test]
fn recover_finishes_a_movie_beside_it_or_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let (part, output) = (text(folder.path(), "movie.mp4.part"), text(folder.path(), "movie.mp4"));
    unfinished(&part);
    let before = fs::read(&part).unwrap();
    let frames = MovieInfo::open(&part).unwrap().frames;
    let printed = String::from_utf8(run(["recover", &part, &output])).unwrap();
    assert!(printed.starts_with(&format!("{output}: {frames} frames, ")) && printed.lines().count() == 1, "{printed}");
    assert_eq!(fs::read(&part).unwrap(), before);
    assert_eq!(fail(["recover", &part, &output]), format!("{output} exists already; name a file that does not"));
    assert!(fail(["recover", &part, &text(folder.path(), "movie.avi")]).contains("a movie can be written as .mp4"));
    let printed = String::from_utf8(run(["recover", "--in-place", &part])).unwrap();
    assert!(printed.starts_with(&format!("{part}: {frames} frames, ")), "{printed}");
    for movie in [&part, &output] {
        assert!(MovieInfo::open(movie).unwrap().is_finished);
        assert_eq!(judge::ffprobe(Path::new(movie), "nb_read_frames"), frames.to_string());
    }
}

#[test]
fn join_makes_the_movie_of_its_segments() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| text(folder.path(), name);
    let settings = || settings().layout(Layout::Progressive).title("Joined");
    let animation = movie(settings(), 3000);
    let segments = animation.segments().unwrap();
    assert!(segments > 10);
    for index in 0..segments {
        animation.encode_segment(index).unwrap().save(at(&format!("{index}.segment"))).unwrap();
    }
    let paths: Vec<String> = (0..segments).rev().map(|index| at(&format!("{index}.segment"))).collect();
    let paths = || paths.iter().map(|path| &**path);
    let join = ["join", "--layout", "progressive", "--title", "Joined"];
    let (output, other) = (at("movie.mp4"), at("other.mp4"));
    run(join.into_iter().chain(paths()).chain([&*output]));
    assert_eq!(fs::read(&output).unwrap(), movie(settings(), 3000).into_bytes().unwrap().0);
    let error = fail(join.into_iter().chain(["--as-given"]).chain(paths()).chain([&*other]));
    assert!(error.contains(&at(&format!("{}.segment", segments - 1))), "{error}");
    let error = fail(join.into_iter().chain(paths()));
    assert!(error.contains("a movie can be written as .mp4"), "the output was forgotten: {error}");
    fs::remove_file(output).unwrap();
    assert_eq!(judge::listing(folder.path()).len() as u64, segments);
}

#[test]
fn man_pages_and_completions_have_every_command_and_option() {
    let folder = tempfile::tempdir().unwrap();
    let man = folder.path().join("man1");
    run(["man", man.to_str().unwrap()]);
    let names = ["-bench", "-completions", "-encode", "-info", "-join", "-recover", ""];
    assert_eq!(judge::listing(&man), names.map(|name| format!("kinetograph{name}.1")));
    for name in names {
        let path = man.join(format!("kinetograph{name}.1"));
        let shown = judge::run("man", ["--warnings", "-l", path.to_str().unwrap()]);
        assert!(String::from_utf8_lossy(&shown).contains("SYNOPSIS"), "{name}");
    }
    let text = fs::read_to_string(man.join("kinetograph-encode.1")).unwrap();
    assert!(text.contains("as\\-given") && text.contains("rgb24") && text.contains("Examples:"), "{text}");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = String::from_utf8(run(["completions", shell])).unwrap();
        assert!(script.contains("recover") && script.contains("pixel-aspect"), "{shell}");
    }
    let script = folder.path().join("kinetograph.bash");
    fs::write(&script, run(["completions", "bash"])).unwrap();
    judge::run("bash", ["-n", script.to_str().unwrap()]);
}

#[test]
fn a_terminal_is_no_place_for_a_movie() {
    // script(1) gives the program a terminal.
    let folder = tempfile::tempdir().unwrap();
    let frames = text(folder.path(), "frames");
    fs::write(&frames, [0; 16 * 16]).unwrap();
    let command = format!("{} encode --size 16x16 --format gray {frames} -", env!("CARGO_BIN_EXE_kinetograph"));
    let output =
        std::process::Command::new("script").args(["-qec", &command, "/dev/null"]).stdin(Stdio::null()).output();
    let output = output.unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("kinetograph: standard output is a terminal"), "{text}");
    assert_eq!(output.status.code(), Some(1));
    // On a terminal, the facts about the movie are printed.
    let movie = program::text(folder.path(), "movie.mp4");
    let command = command.replace(&format!("{frames} -"), &format!("{frames} {movie}"));
    let output =
        std::process::Command::new("script").args(["-qec", &command, "/dev/null"]).stdin(Stdio::null()).output();
    let text = String::from_utf8_lossy(&output.unwrap().stdout).into_owned();
    assert!(text.contains("1 frame, 0.040 s, "), "{text}");
}

#[test]
fn an_earlier_movie_is_replaced_only_by_a_finished_one() {
    let folder = tempfile::tempdir().unwrap();
    let output = text(folder.path(), "movie.mp4");
    fs::write(&output, "an earlier movie").unwrap();
    fail(["encode", "--size", "16x16", "/dev/null", &output]);
    assert_eq!(fs::read(&output).unwrap(), b"an earlier movie");
    let made = feed(["encode", "--size", "16x16", "--format", "gray", "-", &output], &[0; 256 * 3]);
    assert!(made.status.success());
    assert_eq!(MovieInfo::open(&output).unwrap().frames, 3);
    assert_eq!(judge::listing(folder.path()), ["movie.mp4"]);
}
