//! The example `live`, watched in a browser while it records.
#![cfg(feature = "plotters")]

#[path = "judge/boxes.rs"]
mod boxes;
mod judge;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

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

/// Starts a recording that lasts until its input ends, and returns it with its address.
fn record(folder: &std::path::Path) -> (Child, String) {
    let mut command = Command::new(judge::example("live"));
    command.arg("inf").current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut live = command.spawn().unwrap();
    let mut address = String::new();
    BufReader::new(live.stdout.as_mut().unwrap()).read_line(&mut address).unwrap();
    let host = address.trim().trim_start_matches("http://").trim_end_matches('/');
    (live, host.into())
}

/// A number in the kernel's report of a process, such as "Threads" or "VmHWM", the most memory so far in kB.
#[cfg(target_os = "linux")]
fn status(process: &Child, name: &str) -> u64 {
    let report = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = report.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn an_endless_request_is_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let (mut live, host) = record(folder.path());
    let before = status(&live, "VmHWM");
    let mut stream = TcpStream::connect(&host).unwrap();
    let block = [b'x'; 1 << 16];
    // 600 MB, of which the program takes little before it closes the connection.
    let taken = (0..10_000).take_while(|_| stream.write_all(&block).is_ok()).count();
    assert!(taken < 1000, "{taken} blocks");
    let grown = status(&live, "VmHWM") - before;
    assert!(grown < 50_000, "{grown} kB");
    live.kill().unwrap();
    live.wait().unwrap();
}

#[test]
#[cfg(target_os = "linux")]
fn connections_that_wait_hold_few_threads_and_not_for_long() {
    let folder = tempfile::tempdir().unwrap();
    let (mut live, host) = record(folder.path());
    let before = status(&live, "Threads");
    let mut idle: Vec<_> = (0..200).map(|_| TcpStream::connect(&host).unwrap()).collect();
    // Half of them send a byte now and then.
    let begin = Instant::now();
    let mut most = 0;
    // First the threads of connections come, then they go.
    while most < 20 + status(&live, "Threads") {
        for stream in idle.iter_mut().step_by(2) {
            let _ = stream.write(b"x"); // it may be closed already
        }
        most = most.max(status(&live, "Threads"));
        assert!(begin.elapsed() < Duration::from_secs(60), "{most} threads at most, {before} before");
        std::thread::sleep(Duration::from_millis(50));
    }
    // A thread that has ended may still be counted.
    assert!(most < before + 100, "{most} threads, {before} before");
    // A viewer is served again, while readers that take nothing are dropped.
    let mut stuck: Vec<_> = (0..20).map(|_| TcpStream::connect(&host).unwrap()).collect();
    for stream in &mut stuck {
        stream.write_all(b"GET /movie.mp4 HTTP/1.1\r\n\r\n").unwrap();
    }
    let viewer = std::thread::spawn(move || watch(&host));
    std::thread::sleep(Duration::from_secs(1));
    drop(live.stdin.take());
    assert!(live.wait().unwrap().success());
    assert!(viewer.join().unwrap() == std::fs::read(folder.path().join("target/gallery/live.mp4")).unwrap());
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
