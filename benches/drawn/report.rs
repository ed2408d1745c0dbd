//! Tables of the presets with x264's own tunes and with ours, and a picture of their fronts.

use std::error::Error;
use std::path::Path;

use kinetograph::plot::PixmapBackend;
use kinetograph::{Preset, Settings, Tune};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use tiny_skia::Pixmap;

use crate::curve::{Curve, Ratio};
use crate::scenes::Scene;

/// The presets from ultrafast to slow.
pub const PRESETS: &[Preset] = Preset::ALL.split_at(7).0;

const TUNES: [Option<Tune>; 3] = [None, Some(Tune::Animation), Some(Tune::Drawn)];

/// The presets that are compared at equal CPU time: veryfast to medium.
const COMPARED: std::ops::Range<usize> = 2..6;

const MEDIUM: usize = 5;

/// What a scene's presets are, without a tune, with `animation` and with ours, as multiples of medium.
pub struct Result {
    pub scene: &'static Scene,
    pub ratios: Ratios,
}

impl Result {
    /// Makes the result of a scene of what sets of options make of it.
    pub fn new<E>(
        scene: &'static Scene,
        mut curve: impl FnMut(&str) -> std::result::Result<Curve, E>,
    ) -> std::result::Result<Self, E> {
        let medium = curve(&options(Preset::Medium, None))?;
        let mut ratios = [const { Vec::new() }; 3];
        for (ratios, tune) in ratios.iter_mut().zip(TUNES) {
            for preset in PRESETS {
                ratios.push(curve(&options(*preset, tune))?.against(&medium));
            }
        }
        Ok(Self { scene, ratios })
    }
}

/// What every preset is, without a tune, with `animation` and with ours, as multiples of medium.
type Ratios = [Vec<Ratio>; 3];

/// Returns a preset with our tune as a multiple of the smallest that x264 makes in the same CPU time.
fn at_equal_time(ratios: &Ratios, preset: usize) -> Ratio {
    let ours = ratios[2][preset];
    let x264 = || ratios[..2].iter().flatten().copied();
    let pairs = x264().flat_map(|fast| x264().map(move |slow| (fast, slow)));
    let around = pairs.filter(|(fast, slow)| fast.cpu <= ours.cpu && ours.cpu < slow.cpu);
    let between = around.map(|(fast, slow)| fast.toward(slow, (ours.cpu / fast.cpu).ln() / (slow.cpu / fast.cpu).ln()));
    let sets: Vec<Ratio> = between.chain(x264().filter(|set| set.cpu <= ours.cpu)).collect();
    let least = |size: fn(&Ratio) -> f64| sets.iter().min_by(|a, b| size(a).total_cmp(&size(b))).expect("a faster set");
    let (best, best_ssim) = (least(|ratio| ratio.psnr), least(|ratio| ratio.ssim));
    Ratio {
        cpu: ours.cpu,
        psnr: ours.psnr / best.psnr,
        ssim: ours.ssim / best_ssim.ssim,
        worst: ours.worst / best.worst,
    }
}

/// Returns the x264 program's options for a preset and a tune, without those of the input and of the rate.
fn options(preset: Preset, tune: Option<Tune>) -> String {
    let arguments = Settings::new(2, 2).preset(preset).tune(tune).x264_arguments();
    let begin = arguments.iter().position(|argument| argument == "--preset").expect("the preset");
    arguments[begin..].join(" ").replace(" --crf 23", "")
}

pub fn print(results: &[Result]) {
    let drawn: Vec<&Result> = results.iter().filter(|result| !result.scene.camera).collect();
    println!(
        "| preset | tune | CPU time | size at equal PSNR | at equal SSIM | worst blocks | best scene | worst scene |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for (index, preset) in PRESETS.iter().enumerate() {
        for (column, tune) in TUNES.iter().enumerate() {
            let tune = tune.map_or("–", |tune| tune.name());
            row(&format!("{preset} | {tune}"), &drawn, |result| result.ratios[column][index]);
        }
    }
    println!(
        "\n| preset with the tune | CPU time | size at equal PSNR | at equal SSIM | worst blocks | best scene | worst scene |"
    );
    println!("|---|---|---|---|---|---|---|");
    for index in COMPARED {
        row(PRESETS[index].name(), &drawn, |result| at_equal_time(&result.ratios, index));
    }
    println!(
        "\n| preset with the tune | CPU time | size at equal PSNR | at equal SSIM | worst blocks |\n|---|---|---|---|---|"
    );
    let mean = |tune: usize, preset| Ratio::mean(drawn.iter().map(|result| result.ratios[tune][preset]));
    let means = std::array::from_fn(|tune| (0..PRESETS.len()).map(|preset| mean(tune, preset)).collect());
    for index in COMPARED {
        let Ratio { cpu, psnr, ssim, worst } = at_equal_time(&means, index);
        println!("| {} | {cpu:.2} | {psnr:.2} | {ssim:.2} | {worst:.2} |", PRESETS[index]);
    }
    println!("\n| scene | CPU time | size at equal PSNR | at equal SSIM | worst blocks |\n|---|---|---|---|---|");
    for result in results {
        let Ratio { cpu, psnr, ssim, worst } = result.ratios[2][MEDIUM];
        println!("| {} | {cpu:.2} | {psnr:.2} | {ssim:.2} | {worst:.2} |", result.scene.name);
    }
}

/// Prints the mean over the scenes, and the scenes where the size at equal PSNR is least and greatest.
fn row(name: &str, results: &[&Result], ratio: impl Fn(&Result) -> Ratio) {
    let ratios: Vec<_> = results.iter().map(|result| (ratio(result), result.scene.name)).collect();
    let Ratio { cpu, psnr, ssim, worst } = Ratio::mean(ratios.iter().map(|(ratio, _)| *ratio));
    let extreme =
        |sign: f64| ratios.iter().min_by(|a, b| (sign * a.0.psnr).total_cmp(&(sign * b.0.psnr))).expect("scenes");
    let (least, most) = (extreme(1.0), extreme(-1.0));
    let scenes = format!("{} {:.2} | {} {:.2}", least.1, least.0.psnr, most.1, most.0.psnr);
    println!("| {name} | {cpu:.2} | {psnr:.2} | {ssim:.2} | {worst:.2} | {scenes} |");
}

/// Draws CPU time against size, on the mean of the drawn scenes, for each tune.
pub fn picture(results: &[Result], path: &Path) -> std::result::Result<(), Box<dyn Error + Send + Sync>> {
    let mut canvas = Pixmap::new(900, 420).expect("a valid size");
    let panels = PixmapBackend::new(&mut canvas).into_drawing_area();
    panels.fill(&WHITE)?;
    let drawn = || results.iter().filter(|result| !result.scene.camera);
    for (panel, title) in panels.split_evenly((1, 2)).iter().zip(["Size at equal PSNR", "Size at equal SSIM"]) {
        let size = |mean: &Ratio| if title.ends_with("PSNR") { mean.psnr } else { mean.ssim };
        let mut chart = ChartBuilder::on(panel)
            .caption(title, ("sans-serif", 20))
            .margin(14)
            .set_left_and_bottom_label_area_size(44)
            .build_cartesian_2d((0.1..2.0).log_scale(), (0.7..3.5).log_scale())?;
        chart
            .configure_mesh()
            .x_desc("CPU time, × medium")
            .y_desc("size, × medium")
            .max_light_lines(0)
            .label_style(("sans-serif", 14))
            .draw()?;
        let looks =
            [("x264", RGBColor(120, 120, 120)), ("animation", RGBColor(230, 159, 0)), ("drawn", RGBColor(0, 114, 178))];
        for (column, (name, color)) in looks.into_iter().enumerate() {
            let points: Vec<(f64, f64)> = (0..PRESETS.len())
                .map(|index| {
                    let mean = Ratio::mean(drawn().map(|result| result.ratios[column][index]));
                    (mean.cpu, size(&mean))
                })
                .collect();
            chart
                .draw_series(LineSeries::new(points.clone(), color.stroke_width(2)))?
                .label(name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], color.stroke_width(2)));
            chart.draw_series(points.iter().map(|point| Circle::new(*point, 4, color.filled())))?;
            let below = Pos::new(HPos::Right, VPos::Top);
            let label = ("sans-serif", 13).into_font().color(&color).pos(below);
            for (point, preset) in points.iter().zip(PRESETS).filter(|_| column == 2) {
                let name = Text::new(preset.name(), (-6, 6), label.clone());
                chart.draw_series([EmptyElement::at(*point) + name])?;
            }
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperRight)
            .border_style(BLACK.mix(0.3))
            .draw()?;
    }
    drop(panels);
    Ok(canvas.save_png(path)?)
}
