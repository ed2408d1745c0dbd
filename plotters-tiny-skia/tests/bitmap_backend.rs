//! Compares charts on this backend with the same charts on the bitmap backend of plotters.

mod canvas;
mod charts;

use std::path::Path;

use canvas::{draw, gray_darkness, rgb, white};
use charts::{SIZE, chart, swing};
use plotters::prelude::*;
use plotters_tiny_skia::PixmapBackend;
use tiny_skia::Pixmap;

#[test]
fn axes_and_text_are_within_a_pixel() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/bitmap_backend.png");
    let theirs = gray_darkness(&Pixmap::load_png(golden).unwrap());
    let mut canvas = Pixmap::new(SIZE.0, SIZE.1).unwrap();
    draw(&mut canvas, |area| chart(area).unwrap());
    let ours = gray_darkness(&canvas);
    let (width, height) = (SIZE.0 as usize, SIZE.1 as usize);
    // Wherever one is dark, the other is about as dark within a distance of one pixel.
    let mut dark = 0;
    for (name, from, to) in [("ours", &ours, &theirs), ("theirs", &theirs, &ours)] {
        for (x, y) in (1..width - 1).flat_map(|x| (1..height - 1).map(move |y| (x, y))) {
            // Not where coloured lines cross the grid lines or shine through the legend.
            let inside = (69..627).contains(&x) && (43..305).contains(&y);
            let there = from[y * width + x];
            if inside || there < 150 {
                continue;
            }
            dark += 1;
            let nearby = (y - 1..=y + 1).flat_map(|y| to[y * width + x - 1..=y * width + x + 1].iter()).max().unwrap();
            assert!(*nearby > there / 2, "({x}, {y}) is {there} in {name}, and {nearby} at most beside it");
        }
    }
    assert!(dark > 3000, "only {dark} dark pixels were compared");
}

/// Returns the mean row of the drawn pixels of each column except the outermost ones, in pixels from the top.
fn middles(canvas: &Pixmap) -> Vec<f64> {
    let middle = |x| {
        let ink = |y| f64::from(255 - rgb(canvas, x, y)[1]);
        let rows = 0..canvas.height();
        rows.clone().map(|y| ink(y) * (f64::from(y) + 0.5)).sum::<f64>() / rows.map(ink).sum::<f64>()
    };
    (2..canvas.width() - 2).map(middle).collect()
}

/// Returns the root mean square of the second differences of a curve, in pixels.
fn roughness(curve: &[f64]) -> f64 {
    let squares: f64 = curve.windows(3).map(|at| (at[0] - 2.0 * at[1] + at[2]).powi(2)).sum();
    (squares / (curve.len() - 2) as f64).sqrt()
}

#[test]
fn a_curve_is_three_times_smoother() {
    let (width, height) = (400, 200);
    for stroke in 1..=3 {
        fn wave<B: DrawingBackend<ErrorType: std::fmt::Debug>>(backend: B, stroke: u32) {
            let area = backend.into_drawing_area();
            area.fill(&WHITE).unwrap();
            let mut chart = ChartBuilder::on(&area).build_cartesian_2d(0.0..10.0, -1.2..1.2).unwrap();
            let points = (0..=2000).map(|step| f64::from(step) / 200.0).map(|x| (x, swing(x, 0.1)));
            chart.draw_series(LineSeries::new(points, RED.stroke_width(stroke))).unwrap();
        }
        let mut ours = Pixmap::new(width, height).unwrap();
        wave(PixmapBackend::new(&mut ours), stroke);
        let mut bytes = vec![0; (width * height * 3) as usize];
        wave(BitMapBackend::with_buffer(&mut bytes, (width, height)), stroke);
        let mut theirs = white(width, height);
        for (to, from) in theirs.data_mut().chunks_exact_mut(4).zip(bytes.chunks_exact(3)) {
            to[..3].copy_from_slice(from);
        }
        let (ours, theirs) = (middles(&ours), middles(&theirs));
        let shift = ours.iter().zip(&theirs).map(|(ours, theirs)| ours - theirs).sum::<f64>() / ours.len() as f64;
        assert!(shift.abs() < 0.5, "stroke {stroke}: {shift} px lower");
        let exact: Vec<f64> = (2..width - 2).map(|x| 83.0 * swing(f64::from(x) / 40.0, 0.1)).collect();
        let (exact, ours, theirs) = (roughness(&exact), roughness(&ours), roughness(&theirs));
        assert!(
            ours - exact < (theirs - exact) / 3.0,
            "stroke {stroke}: {ours} px, plotters {theirs} px, exactly {exact}"
        );
    }
}
