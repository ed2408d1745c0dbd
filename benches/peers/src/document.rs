//! The results in Markdown: what is printed, and what BENCHMARKS.md is made of.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use crate::case::{CRF, Job, RATE};
use crate::comparison::{Row, Table};
use crate::contestants::{Contestant, Entry, Programs};
use crate::goals::Goal;
use crate::machine;

/// One case as a table, and below it who has failed.
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

/// A Markdown table whose columns also stand in line when it is read as text; all but the first are right-aligned.
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

/// Who takes part, and who is missing.
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

/// What was promised and what became of it.
pub fn goals(goals: &[Goal]) -> String {
    let head = ["", "goal", "measured", ""].map(String::from).to_vec();
    let line = |goal: &Goal| {
        let verdict = match &goal.most {
            _ if goal.holds => "holds".into(),
            Some(most) => format!("missed, of {most} at most"),
            None => "missed".into(),
        };
        vec![goal.what.clone(), goal.limit.clone(), goal.measured.clone(), verdict]
    };
    aligned(&std::iter::once(head).chain(goals.iter().map(line)).collect::<Vec<_>>())
}

/// What a reader must know of figures from a machine that has other work.
pub fn disturbed(load: f64) -> String {
    format!(
        "**The machine was busy with other work**: it kept {load:.1} cores busy when this began. Wall times then say \
         little; ratios of CPU times still do.\n"
    )
}

/// The whole of BENCHMARKS.md.
pub fn page(
    entries: &[Entry],
    tables: &[Table],
    all_goals: &[Goal],
    disturbance: Option<f64>,
    benches: Option<&str>,
) -> String {
    let disturbed = disturbance.map_or(String::new(), |load| disturbed(load) + "\n");
    let results: Vec<String> = tables.iter().map(table).collect();
    format!(
        "# Benchmarks\n\n\
         How fast is it, against what people use today? `make bench` answers that on your own machine. This page is \
         its output on one machine, written by the program:\n\n\
         ```sh\nmake bench                             # the library's own benches, then this comparison\n\
         make peers                             # this comparison alone\n\
         make peers PEERS=--quick               # in a minute or two\n\
         make bench PEERS=\"--write . --benches target/bench.txt\"  # writes this page and the chart\n\
         make peers PYTHON=venv/bin/python3     # with a Python that has PyAV, imageio-ffmpeg, matplotlib\n\
         cargo bench --bench color              # or encode, mux, animation, plot: one bench alone\n```\n\n\
         Machine: {}.\n\nWritten by `{}`.\n\n{disturbed}\
         ![Time of each contestant as a multiple of the x264 program's](docs/benchmarks.png)\n\n\
         *One dot a case: the median, and from the smallest to the largest as a line. Left of 1 is faster than the \
         x264 program with frames that are converted already.*\n\n\
         ## How it is measured\n\n\
         Every contestant is a process of its own that encodes the same frames from the same files, which are in the \
         page cache, at {RATE} frames a second, CRF {CRF}, the preset in the title, and as many threads as it chooses. \
         The contestants take turns, and another one begins each round. A figure is the median of the rounds; a ratio \
         is the median of the rounds' ratios to the x264 program of the same round, with the smallest and the largest. \
         CPU time is user and system time of all of a contestant's processes, memory its peak resident memory. PSNR \
         and SSIM are of the brightness plane, by ffmpeg, against the frames converted with the matrix that the movie \
         names (BT.601 if it names none). *plot* is five moving curves with forty markers over grid lines; *photo* is \
         a textured scene under a moving camera, with grain.\n\n\
         {}\n\
         Each as it is started, `…` being the folder of the frames:\n\n```sh\n{}```\n\n\
         ## What the library promises\n\n{}\n\
         *At most*: x264's own threads keep the cores busy nearly all the time; who needs the CPU time of the x264 \
         program and never lets a core idle is faster by that factor. An `Animation` also converts colours and writes \
         the container. One of fewer than 8 parts (2000 frames) has several threads for each, which serve larger \
         machines and cost some CPU time on small ones: how a movie is encoded never depends on the machine. \
         *encode_raw* reads RGBA, 2.7 times the bytes of the I420 that the x264 program reads; to copy them out of the \
         page cache and to convert them is most of what it takes more. *waves, drawn* is the example, and `benches/matplotlib_waves.py` with the ffmpeg program.\n\n\
         {}## Results\n\n{}",
        machine::describe(),
        own_command_line(),
        field(entries),
        commands(entries, tables),
        goals(all_goals),
        benches.map_or(String::new(), criterion),
        results.join("\n"),
    )
}

/// The library's own benches of animation, colour and charts, from what `cargo bench` has printed.
fn criterion(printed: &str) -> String {
    let section = |name: &str| {
        let lines = printed.lines().skip_while(|line| !line.contains(&format!("Running benches/{name}.rs"))).skip(1);
        lines.take_while(|line| !line.trim_start().starts_with("Running ")).collect::<Vec<_>>().join("\n")
    };
    format!(
        "## Animation, colour and charts by themselves\n\n\
         `cargo bench --bench animation`, the same frames for all ways. We ask of parts 1.2 times the x264 program's \
         rate, at medium 1.15, of frames that are ready, and a file that is no larger; of frames that are drawn at most \
         1.1 for the wall time, and of two workers 0.55 of the time of one; of parts at most 2 % in size.\n\n{}\n\n\
         Where that is missed: *by CPU time* is what the rate would be if no core ever idled, at the CPU time that parts \
         took; more than that only a faster x264 could give. 500 frames are two parts with four threads each, as above, \
         which keep both cores busy for one worker. Without macroblock trees, as at ultrafast, x264 makes a keyframe as \
         fine as the pictures before; so that there are some, the encoder of a part gets its first two pictures 8 times \
         each before it begins, which costs it some time. The dB are what parts gain in PSNR. With \
         macroblock trees, parts that begin where one encoder would begin a group of pictures (all but those of 261 and 300 \
         frames) are coded as that would code them. x264 makes the first keyframe of a stream coarser than those that \
         follow; where the second comes earlier in parts, more of the film is fine: the curve that grows, most of which is \
         copied from the keyframe, shows it most.\n\n\
         `cargo bench --bench color`. We ask of the best instruction set 1.3 times the rate of yuv's professional mode \
         and that of its fast mode, up to 1920×1080, and of AVX2 that of its professional mode.\n\n```text\n{}\n```\n\n\
         *No conversion* reads all pixels and writes all samples, with next to nothing in between. From 1280×720 on \
         pixels come from beyond the caches, and the best set needs about as long as that alone.\n\n\
         `cargo bench --bench plot`. A chart on our backend may take 1.5 times as long as on plotters' own. plotters \
         rounds points to whole pixels first, which makes the noise of steep lines cheap; ours blends every line by \
         its distance.\n\n```text\n{}\n```\n\n",
        section("animation").trim(),
        section("color").trim_matches('\n'),
        section("plot").trim_matches('\n'),
    )
}

/// How this program was started.
fn own_command_line() -> String {
    std::iter::once("peers".to_string()).chain(std::env::args().skip(1)).collect::<Vec<_>>().join(" ")
}

/// The command lines of the first table's case.
fn commands(entries: &[Entry], tables: &[Table]) -> String {
    let Some(table) = tables.first() else { return String::new() };
    let file = |name: &str| Path::new("…").join(name);
    let (rgba, i420) = (file("frames.rgba"), file("frames.i420"));
    let programs = Programs { python: "python3".into(), encode_raw: "encode_raw".into() };
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

/// A command as it is typed; of programs only the name.
fn command_line(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let package = concat!(env!("CARGO_MANIFEST_DIR"), "/");
    let arguments = command.get_args().map(|argument| argument.to_string_lossy().replace(package, "benches/peers/"));
    std::iter::once(name).chain(arguments).collect::<Vec<_>>().join(" ")
}
