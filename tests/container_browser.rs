//! Movies in a browser: headless Chromium plays and seeks them, and reports what it has shown.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use kinetograph::{Layout, Movie, Quality, Settings, Tune};
use tiny_skia::{Color, Pixmap};

#[path = "judge/boxes.rs"]
mod boxes;
mod judge;

const WIDTH: u32 = 320;
const HEIGHT: u32 = 180;
const RATE: u32 = 25;
/// One second of each. No strong blue: without a GPU, Chromium takes 2.0 for the weight of 2.112 that Cb has in blue.
const COLORS: [[u8; 3]; 4] = [[200, 30, 40], [20, 160, 60], [60, 80, 140], [128, 128, 128]];

/// What the browser is asked to do with one movie.
const PAGE: &str = r#"<!doctype html><meta charset="utf-8"><body><script>
const lines = [];
const tell = (name, value) => lines.push(name + '=' + value);
const happens = (target, event) => new Promise((resolve, reject) => {
  target.addEventListener(event, resolve, { once: true });
  target.addEventListener('error', () => reject(target.error ? target.error.message : event), { once: true });
});
async function open(video, name, codec) {
  if (!codec) {
    video.src = name;
    return happens(video, 'loadeddata');
  }
  const source = new MediaSource();
  video.src = URL.createObjectURL(source);
  await happens(source, 'sourceopen');
  const buffer = source.addSourceBuffer('video/mp4; codecs="' + codec + '"');
  const bytes = await (await fetch(name)).arrayBuffer();
  // In pieces that end anywhere, as they come from a network.
  for (let at = 0; at < bytes.byteLength; at += 5000) {
    buffer.appendBuffer(bytes.slice(at, at + 5000));
    await happens(buffer, 'updateend');
    if (at == 0) tell('stated duration', source.duration);
  }
  source.endOfStream();
  tell('buffered', buffer.buffered.length + ' ' + buffer.buffered.start(0) + ' ' + buffer.buffered.end(0));
  if (video.readyState < 2) await happens(video, 'loadeddata');
}
async function main() {
  const wish = new URLSearchParams(location.search);
  const video = document.createElement('video');
  video.muted = true;
  document.body.append(video);
  await open(video, wish.get('movie'), wish.get('codec'));
  tell('size', video.videoWidth + 'x' + video.videoHeight);
  tell('duration', video.duration);
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
  const paper = canvas.getContext('2d', { willReadFrequently: true });
  for (const time of wish.get('times').split(',')) {
    const seeked = happens(video, 'seeked');
    const painted = new Promise(resolve => video.requestVideoFrameCallback(resolve));
    video.currentTime = time;
    await seeked;
    await painted;
    paper.drawImage(video, 0, 0);
    const [red, green, blue] = paper.getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data;
    tell('color at ' + time, [red, green, blue].join(' '));
  }
  video.currentTime = 0;
  await happens(video, 'seeked');
  video.playbackRate = 4;
  const ended = happens(video, 'ended');
  await video.play();
  await ended;
  tell('ended at', video.currentTime);
}
const late = new Promise((_, reject) => setTimeout(() => reject('not done in a minute: ' + lines), 60000));
Promise.race([main(), late]).catch(error => tell('error', error)).then(() => fetch('/report', { method: 'POST', body: lines.join('\n') }));
</script>"#;

/// What Chromium tells of a movie: opened by itself, or appended to a MediaSource if `codec` is given.
fn in_chromium(movie: Vec<u8>, codec: Option<&str>, times: &str) -> HashMap<String, String> {
    let codec = codec.map_or(String::new(), |codec| format!("&codec={codec}"));
    let report = judge::browser::visit(PAGE, &format!("movie=movie.mp4{codec}&times={times}"), movie);
    let lines = report.lines().filter_map(|line| line.split_once('='));
    let told: HashMap<_, _> = lines.map(|(name, value)| (name.to_string(), value.to_string())).collect();
    assert_eq!(told.get("error"), None, "{told:?}");
    told
}

/// A movie of the four colours, a second of each.
fn colors<Output>(mut movie: Movie<Output>) -> Movie<Output> {
    let mut canvas = Pixmap::new(WIDTH, HEIGHT).unwrap();
    for [red, green, blue] in COLORS {
        canvas.fill(Color::from_rgba8(red, green, blue, 255));
        for _ in 0..RATE {
            movie.push(&canvas).unwrap();
        }
    }
    movie
}

fn settings() -> Settings {
    Settings::new(WIDTH, HEIGHT).frame_rate(RATE).quality(Quality::Crf(2.0))
}

/// What an avcC box says that a decoder must know: profile, constraints and level.
fn codec_of(movie: &[u8]) -> String {
    let avcc = boxes::table(movie, "avcC");
    format!("avc1.{:02x}{:02x}{:02x}", avcc[9], avcc[10], avcc[11])
}

fn check_colors(told: &HashMap<String, String>, times: &str) {
    for time in times.split(',') {
        let expected = COLORS[time.parse::<f64>().unwrap() as usize];
        let shown: Vec<u8> = told[&format!("color at {time}")].split(' ').map(|part| part.parse().unwrap()).collect();
        for (shown, expected) in shown.iter().zip(expected) {
            // Rounded to BT.709 and back; another matrix or range is off by more than ten.
            assert!(shown.abs_diff(expected) <= 4, "{expected} is shown as {shown} at {time} s: {told:?}");
        }
    }
}

#[test]
fn a_fragmented_movie_plays_in_a_media_source() {
    let settings = settings().layout(Layout::Fragmented).keyframe_interval(25);
    let movie = colors(Movie::in_memory(&settings).unwrap()).finish().unwrap().0;
    let times = "0.5,3.5,1.5,2.5,0.96,1.02";
    let told = in_chromium(movie.clone(), Some(&codec_of(&movie)), times);
    assert_eq!(told["size"], "320x180");
    assert_eq!((&*told["stated duration"], &*told["duration"]), ("4", "4"));
    assert_eq!(told["buffered"], "1 0 4");
    check_colors(&told, times);
    assert_eq!(told["ended at"], "4");

    // A stream is written before its end is known.
    let movie = colors(Movie::stream(Vec::new(), &settings).unwrap()).finish().unwrap().0;
    let told = in_chromium(movie.clone(), Some(&codec_of(&movie)), times);
    assert_eq!((&*told["stated duration"], &*told["duration"]), ("Infinity", "4"));
    check_colors(&told, times);
}

#[test]
fn a_finished_movie_plays_and_seeks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("movie.mp4");
    let times = "3.5,0.5,2.5,1.5,0.96,1.02";
    for expected in [None, Some(100)] {
        let mut settings = settings();
        settings = settings.expected_frames(expected);
        colors(Movie::create(&path, &settings).unwrap()).finish().unwrap();
        let told = in_chromium(std::fs::read(&path).unwrap(), None, times);
        assert_eq!(told["size"], "320x180");
        assert_eq!(told["duration"], "4");
        check_colors(&told, times);
        assert_eq!(told["ended at"], "4");
    }
}

#[test]
fn frames_of_any_length_play_in_a_media_source() {
    // Without B-frames: a MediaSource takes a frame's length from the times of decoding.
    let settings = settings().layout(Layout::Fragmented).variable_rate(true).x264_option("bframes", 0);
    let mut movie = Movie::in_memory(&settings).unwrap();
    let mut canvas = Pixmap::new(WIDTH, HEIGHT).unwrap();
    for (color, time) in (0..4).zip([0.0, 0.9, 2.01, 2.99]) {
        let [red, green, blue] = COLORS[color];
        canvas.fill(Color::from_rgba8(red, green, blue, 255));
        movie.push_at(&canvas, time).unwrap();
    }
    movie.hold(0.97).unwrap();
    let movie = movie.finish().unwrap().0;
    let times = "0.1,0.85,1.9,1.01,2.9,3.8";
    let told = in_chromium(movie.clone(), Some(&codec_of(&movie)), times);
    assert_eq!((&*told["duration"], &*told["buffered"], &*told["ended at"]), ("4", "1 0 4", "4"));
    check_colors(&told, times);
}

#[test]
fn an_unfinished_crash_safe_file_plays_and_seeks() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings().tune(Tune::ZeroLatency);
    let movie = colors(Movie::create(folder.path().join("movie.mp4"), &settings).unwrap());
    // The encoder has nearly all of them, so that three seconds will be there.
    let part = std::fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    let whole = |bytes: &[u8]| boxes::complete_fragments(bytes).0 >= 3 * RATE as usize;
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut unfinished = Vec::new();
    while !whole(&unfinished) {
        assert!(Instant::now() < deadline, "three fragments appear within a minute");
        unfinished = std::fs::read(&part).unwrap();
    }
    drop(movie);
    let times = "2.5,0.5,1.5,1.02";
    let told = in_chromium(unfinished, None, times);
    assert_eq!((&*told["size"], &*told["duration"]), ("320x180", "3"));
    check_colors(&told, times);
}
