//! `Settings::rgb_exact` keeps every colour.

mod judge;

use judge::run;
use kinetograph::{Frame, Movie, Preset, Settings};

/// The side of the pictures. 16 of them have each of the 2²⁴ colours once.
const SIDE: u32 = 1024;

#[test]
fn every_8_bit_color_comes_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("colors.mp4");
    let colors: Vec<u8> = (0..1u32 << 24).flat_map(|color| color.to_be_bytes().into_iter().skip(1)).collect();
    let mut movie = Movie::create(&path, &Settings::new(SIDE, SIDE).preset(Preset::Ultrafast).rgb_exact()).unwrap();
    for picture in colors.chunks(3 * (SIDE * SIDE) as usize) {
        movie.push(Frame::rgb8(picture, SIDE, SIDE)).unwrap();
    }
    movie.finish().unwrap();

    // The filters read the matrix and the range from the file.
    let path = path.to_str().expect("a path in UTF-8");
    for filter in ["format=rgb24", "zscale=matrix=gbr:range=full,format=gbrp,format=rgb24"] {
        let decoded = run("ffmpeg", ["-v", "error", "-i", path, "-vf", filter, "-f", "rawvideo", "-"]);
        let wrong = decoded.iter().zip(&colors).position(|(decoded, color)| decoded != color);
        assert!(decoded == colors, "{filter}: byte {wrong:?}");
    }
}
