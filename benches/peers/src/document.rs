//! The results as Markdown: the output of the program, and BENCHMARKS.md.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use crate::case::{CRF, Job, RATE};
use crate::comparison::{Row, Table};
use crate::contestants::{Contestant, Entry, Programs};
use crate::goals::Goal;
use crate::machine;

/// Formats a case as a table, with the contestants that failed below it.
pub fn table(table: &Table) -> String {
    let mut text = format!("### {}\n\n", table.case.name());
    let mut cells = vec![
        ["", "CPU s", "× x264", "wall s", "× x264", "frames/s", "memory MB", "file kB", "PSNR dB", "SSIM", "matrix"]
            .map(String::from)
            .to_vec(),
    ];
    let Some(limit) = table.row(Contestant::X264) else { return format!("{text}The x264 program has failed.\n") };
    cells.extend(table.rows.iter().filter_map(|row| line(table, row, limit)));
    text += &aligned(&cells);
    for row in &table.rows {
        if let Err(error) = &row.picture {
            let _ = writeln!(text, "\n{} failed: {error}", row.who.name());
        }
    }
    text
}

fn line(table: &Table, row: &Row, limit: &Row) -> Option<Vec<String>> {
    let picture = row.picture.as_ref().ok()?;
    let wall = row.median(|cost| cost.wall);
    Some(vec![
        row.who.name().into(),
        format!("{:.2}", row.median(|cost| cost.cpu)),
        row.ratio(limit, |cost| cost.cpu).to_string(),
        format!("{wall:.2}"),
        row.ratio(limit, |cost| cost.wall).to_string(),
        format!("{:.0}", f64::from(table.case.frames) / wall),
        format!("{:.0}", row.median(|cost| cost.memory) / 1e6),
        format!("{:.0}", row.median(|cost| cost.bytes as f64) / 1e3),
        format!("{:.2}", picture.psnr),
        format!("{:.4}", picture.ssim),
        picture.matrix.clone().unwrap_or("untagged".into()),
    ])
}

/// Formats a Markdown table whose columns are also aligned as plain text. All columns but the first are right-aligned.
pub fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0).max(3);
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        for (column, cell) in row.iter().enumerate() {
            let width = width(column);
            let _ = if column == 0 { write!(text, "| {cell:<width$} ") } else { write!(text, "| {cell:>width$} ") };
        }
        text += "|\n";
        if index == 0 {
            for column in 0..columns {
                let dashes = "-".repeat(width(column));
                let _ = if column == 0 { write!(text, "| {dashes} ") } else { write!(text, "| {dashes}:") };
            }
            text += "|\n";
        }
    }
    text
}

/// Lists the contestants, and those that are missing.
pub fn field(field: &[Entry]) -> String {
    let mut text = String::new();
    for Entry { who, found } in field {
        let _ = match found {
            Ok(version) => writeln!(text, "- **{}** ({version}): {}.", who.name(), who.includes()),
            Err(reason) => writeln!(text, "- **{}**: missing. {reason}.", who.name()),
        };
    }
    text
}

/// Formats the goals with what was measured.
pub fn goals(goals: &[Goal]) -> String {
    let head = ["", "goal", "measured", ""].map(String::from).to_vec();
    let line = |goal: &Goal| {
        let outcome = match &goal.most {
            _ if goal.holds => "holds".into(),
            Some(most) => format!("missed; at most {most}"),
            None => "missed".into(),
        };
        vec![goal.what.clone(), goal.limit.clone(), goal.measured.clone(), outcome]
    };
    aligned(&std::iter::once(head).chain(goals.iter().map(line)).collect::<Vec<_>>())
}

/// Formats the warning about figures of a machine that was busy with other work.
pub fn disturbed(load: f64) -> String {
    format!(
        "**The machine was busy with other work**, which kept {load:.1} cores busy when the measurement began. Wall \
         times then say little; ratios of CPU times remain meaningful.\n"
    )
}

/// Formats BENCHMARKS.md.
pub fn page(
    entries: &[Entry],
    tables: &[Table],
    all_goals: &[Goal],
    disturbance: Option<f64>,
    benches: Option<&str>,
    others: &str,
) -> String {
    let disturbed = disturbance.map_or(String::new(), |load| disturbed(load) + "\n");
    let results: Vec<String> = tables.iter().map(table).collect();
    format!(
        "# Benchmarks\n\n\
         How fast is kinetograph, compared with what people use today? `make bench` measures that on your machine. \
         This page is its output on one machine.\n\n\
         ```sh\nmake bench                             # the benches of the library, then this comparison\n\
         make peers                             # this comparison alone\n\
         make peers PEERS=--quick               # in a minute or two\n\
         make bench PEERS=\"--write . --benches target/bench.txt\"  # writes this page and the chart\n\
         make peers PYTHON=venv/bin/python3     # with a Python that has PyAV, imageio-ffmpeg, matplotlib\n\
         make peers-python                      # the Python package; PEERS=--write writes its sections of this page\n\
         cargo bench --workspace --bench color  # or encode, mux, animation, plot: one bench alone\n```\n\n\
         Machine: {}.\n\nWritten by `{}`.\n\n{disturbed}\
         ![Time of each contestant as a multiple of the x264 program's](docs/benchmarks.png)\n\n\
         *Each dot is the median of one case; its line goes from the smallest to the largest ratio. Left of 1 is \
         faster than the x264 program, which reads frames that are converted already.*\n\n\
         ## How it is measured\n\n\
         Every contestant is a separate process. All encode the same frames from the same files, which are in the page \
         cache, at {RATE} frames per second, CRF {CRF}, the preset in the title, and with as many threads as they \
         choose. The contestants take turns, and each round begins with another one. A figure is the median of the \
         rounds. A ratio is the median of the ratios to the x264 program in the same round, with the smallest and the \
         largest in parentheses. CPU time is the user and system time of all processes of a contestant; memory is its \
         peak resident memory. ffmpeg computes PSNR and SSIM of the luma plane, against the frames converted with the \
         matrix that the movie names, or with BT.601 if it names none. *plot* is five moving curves with forty markers \
         over grid lines. *photo* is a textured scene under a moving camera, with grain.\n\n\
         {}\n\
         The command line of each contestant, where `…` is the folder of the frames:\n\n```sh\n{}```\n\n\
         ## Goals\n\n{}\n\
         *At most*: the threads of x264 keep the cores busy nearly all the time. A program that needs the CPU time of \
         the x264 program and never leaves a core idle is faster by that factor. An `Animation` also converts colours \
         and writes the container. An animation of fewer than 8 segments (2000 frames) has several threads for each \
         segment. They serve larger machines and cost some CPU time on small ones, because the machine must not affect \
         how a movie is encoded. The program *kinetograph* reads RGBA, 2.7 times the bytes of the I420 that the x264 \
         program reads. It spends most of its additional time on copying them out of the page cache and on converting them. *waves, \
         drawn* compares the example `waves` with `benches/matplotlib_waves.py` and the ffmpeg program.\n\n\
         {}{others}## Results\n\n{}",
        machine::describe(),
        own_command_line(),
        field(entries),
        commands(entries, tables),
        goals(all_goals),
        benches.map_or(String::new(), criterion),
        results.join("\n"),
    )
}

/// Returns the sections of a page that do not come from the output of this program or of one run of the benches.
pub fn other_sections(page: &str) -> String {
    let others = ["Python: ", "Drawn pictures", "At most so many bytes", "Colour, before and after"];
    let is_other = |section: &&str| others.iter().any(|other| section.starts_with(other));
    let sections = page.split("\n## ").filter(is_other);
    sections.map(|section| format!("## {}\n\n", section.trim_end())).collect()
}

/// Formats the benches of animation, colour and charts from the output of `cargo bench`.
fn criterion(printed: &str) -> String {
    let section = |name: &str| {
        let lines = printed.lines().skip_while(|line| !line.contains(&format!("Running benches/{name}.rs"))).skip(1);
        lines.take_while(|line| !line.trim_start().starts_with("Running ")).collect::<Vec<_>>().join("\n")
    };
    format!(
        "## Animation, colour and charts alone\n\n\
         `cargo bench --bench animation` encodes the same frames with each contestant. The goals: for frames that \
         exist already, segments reach 1.2 times the frame rate of the x264 program (1.15 times at medium), and the \
         file is not larger. For frames that are drawn, the wall time is at most 1.1 times the CPU time divided by the \
         number of cores, and two workers take at most 0.55 of the time of one. Segments cost at most 2 % in size.\n\n\
         {}\n\n\
         Where a goal is missed: *by CPU time* is the ratio that would result if no core were ever idle, at the CPU \
         time that the segments took. Only a faster x264 could exceed it. 500 frames are two segments with four \
         threads each, as explained above, which keep both cores busy even with one worker. Without macroblock trees, \
         as at ultrafast, x264 quantises a keyframe like the pictures before it. To provide such pictures, the encoder \
         of a segment first encodes its first two pictures 8 times each, which costs some time. The dB are what \
         segments gain in PSNR. With macroblock trees, segments that begin where one encoder would begin a group of \
         pictures (all but those of 261 and 300 frames) are encoded as that encoder would encode them. x264 quantises \
         the first keyframe of a stream more coarsely than later ones. Where segments bring the second keyframe \
         earlier, more of the movie has the better quality. The growing curve shows this most, because most of it \
         is copied from the keyframe.\n\n\
         `cargo bench --bench color`. The goals, up to 1920×1080: the best instruction set reaches 1.3 times the speed \
         of the professional mode of yuv, and the speed of its fast mode; AVX2 reaches the speed of the professional \
         mode.\n\n```text\n{}\n```\n\n\
         *No conversion* reads all pixels and writes all samples, and computes almost nothing. Where the pixels do not \
         fit in the caches, the best instruction set takes about as long as that alone.\n\n\
         `cargo bench --workspace --bench plot`. The goal: a chart on our backend takes at most 1.5 times as long as \
         on the bitmap backend of plotters. That backend rounds points to whole pixels first, which makes the noise of \
         steep lines cheap; ours blends every line by its distance.\n\n```text\n{}\n```\n\n",
        section("animation").trim(),
        section("color").trim_matches('\n'),
        section("plot").trim_matches('\n'),
    )
}

/// Returns the command line of this program.
fn own_command_line() -> String {
    std::iter::once("peers".to_string()).chain(std::env::args().skip(1)).collect::<Vec<_>>().join(" ")
}

/// Returns the command lines of all contestants for the case of the first table.
fn commands(entries: &[Entry], tables: &[Table]) -> String {
    let Some(table) = tables.first() else { return String::new() };
    let file = |name: &str| Path::new("…").join(name);
    let (rgba, i420) = (file("frames.rgba"), file("frames.i420"));
    let programs = Programs { python: "python3".into(), kinetograph: "kinetograph".into() };
    let mut text = String::new();
    for Entry { who, .. } in entries.iter().filter(|entry| entry.found.is_ok()) {
        let job = Job {
            case: table.case,
            rgba: rgba.clone(),
            i420: i420.clone(),
            bit_rate: table.bit_rate,
            output: file(if *who == Contestant::X264 { "movie.264" } else { "movie.mp4" }),
        };
        let stages = who.stages(&job, &programs);
        let lines: Vec<String> = stages.iter().map(command_line).collect();
        text += &lines.join(" |\n    ");
        text.push('\n');
    }
    text
}

/// Formats a command as one types it, with programs by their names alone.
fn command_line(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let package = concat!(env!("CARGO_MANIFEST_DIR"), "/");
    let arguments = command.get_args().map(|argument| argument.to_string_lossy().replace(package, "benches/peers/"));
    std::iter::once(name).chain(arguments).collect::<Vec<_>>().join(" ")
}
