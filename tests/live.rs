//! The example `live`, watched in a browser while it records.
#![cfg(feature = "plotters")]

#[path = "judge/boxes.rs"]
mod boxes;
mod judge;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

/// Returns what the example sends to a viewer, to the end.
fn watch(address: &str) -> Vec<u8> {
    let host = address.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(host).unwrap();
    // In pieces, as any network may deliver it.
    for piece in ["GET /movie", ".mp4 HTTP/1.1\r\n", &format!("Host: {host}\r\n"), "\r\n"] {
        stream.write_all(piece.as_bytes()).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let body = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("a header") + 4;
    answer.split_off(body)
}

#[test]
fn a_live_movie_plays_in_a_browser_before_it_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    // It records until its input ends: a busy machine may take long to open a browser.
    let mut live = Command::new(judge::example("live"))
        .arg("inf")
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(live.stdout.take().unwrap()).lines();
    let address = lines.next().unwrap().unwrap();
    let viewer = std::thread::spawn({
        let address = address.clone();
        move || watch(&address)
    });

    let page = format!(
        "<!DOCTYPE html><video src={address}movie.mp4 autoplay muted></video><script>
            const video = document.querySelector('video');
            const report = text => fetch('/report', {{ method: 'POST', body: text }});
            video.onerror = () => report('error ' + video.error.message);
            video.ontimeupdate = () => {{
                if (video.currentTime < 1) return;
                video.ontimeupdate = null;
                report([video.videoWidth, video.videoHeight].join(' '));
            }};
        </script>"
    );
    assert_eq!(judge::browser::visit(&page, "", Vec::new()), "640 360");
    assert!(live.try_wait().unwrap().is_none(), "the movie was finished before it was watched");

    drop(live.stdin.take()); // which ends the movie
    let report = lines.next().unwrap().unwrap();
    assert!(live.wait().unwrap().success(), "{report}");
    let movie = folder.path().join("target/gallery/live.mp4");
    let frames: u32 = judge::ffprobe(&movie, "nb_read_frames").parse().unwrap();
    assert!(report.starts_with(&format!("{frames} frames")) && frames >= 30, "{report}, {frames} counted");
    // At 30 frames a second, one for every 0.2 s; fewer where a scene begins with another keyframe.
    let fragments = boxes::boxes(&std::fs::read(&movie).unwrap()).iter().filter(|found| &found.name == b"moof").count();
    assert!(fragments as u32 > frames / 7, "{fragments} fragments of {frames} frames");
    // The viewer saw the end, too.
    let (sent, received) = (std::fs::read(&movie).unwrap(), viewer.join().unwrap());
    assert!(sent == received, "{} bytes of {}", received.len(), sent.len());
}
