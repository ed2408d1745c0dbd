//! Movies in pages, judged by a browser.

mod judge;

use kinetograph::{Animation, Html, Layout, Movie, Settings};
use tiny_skia::{Color, Pixmap};

/// Two seconds: red, then green.
fn movie() -> Vec<u8> {
    let mut movie = Movie::in_memory(&Settings::new(160, 90).frame_rate(20)).unwrap();
    let mut canvas = Pixmap::new(160, 90).unwrap();
    for frame in 0..40 {
        canvas.fill(if frame < 20 { Color::from_rgba8(200, 0, 0, 255) } else { Color::from_rgba8(0, 160, 0, 255) });
        movie.push(&canvas).unwrap();
    }
    movie.finish().unwrap().0
}

#[test]
fn a_movie_in_a_page_plays_by_itself_in_a_browser() {
    // Reports after 1.2 seconds, or an error, with the size, the duration and the colour shown.
    let watch = "<script>
        const video = document.querySelector('video');
        const report = text => fetch('/report', { method: 'POST', body: text });
        document.querySelector('source').onerror = () => report('the source cannot be played');
        video.ontimeupdate = () => {
            if (video.currentTime < 1.2) return;
            video.ontimeupdate = null;
            const canvas = document.createElement('canvas').getContext('2d');
            canvas.drawImage(video, 0, 0);
            const pixel = canvas.getImageData(80, 45, 1, 1).data;
            report([video.videoWidth, video.videoHeight, video.duration, ...pixel].join(' '));
        };
    </script>";
    let page = format!("<!DOCTYPE html><title>movie</title>{}{watch}", Html::video(movie(), 160, 90));
    let report = judge::browser::visit(&page, "", Vec::new());
    let seen: Vec<f64> = report.split(' ').map(|value| value.parse().expect(&report)).collect();
    assert_eq!(seen[..3], [160.0, 90.0, 2.0], "width, height, duration");
    for (seen, drawn) in seen[3..6].iter().zip([0.0, 160.0, 0.0]) {
        // The browser converts with fewer bits than ffmpeg; the wrong matrix would be off by 20.
        assert!((seen - drawn).abs() <= 8.0, "{report}");
    }
}

#[test]
fn the_page_holds_the_movie_as_the_base64_program_reads_it() {
    let bytes = movie();
    let page = Html::video(bytes.clone(), 160, 90).to_string();
    let encoded = page.split("base64,").nth(1).unwrap().split('"').next().unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), encoded).unwrap();
    assert!(judge::run("base64", ["-d".as_ref(), file.path().as_os_str()]) == bytes);
}

#[test]
fn what_no_browser_plays_is_not_put_into_a_page() {
    let refusal = |settings: Settings| Animation::new(settings, 5, |_, _| Ok(())).into_html().unwrap_err().to_string();
    assert_eq!(
        refusal(Settings::new(16, 16).layout(Layout::AnnexB)),
        "layout is annexb; browsers do not play a bare H.264 stream"
    );
    assert_eq!(refusal(Settings::new(u32::MAX, 9)), "width is 4294967295; it must be 1 to 16384");
}
