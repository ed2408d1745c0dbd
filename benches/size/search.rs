//! What finding the rate factor costs, and how many of the bytes the movie has.

use kinetograph::{Error, Quality};

use crate::clip::Clip;
use crate::timing::{Run, timed};
use crate::{Result, log};

/// The bounds, as multiples of the size at the usual rate factor.
const BOUNDS: [f64; 5] = [0.1, 0.25, 0.5, 1.0, 2.0];

const USUAL: Quality = Quality::Crf(23.0);

/// The lowest rate factor that is tried.
const LOWEST: f32 = 12.0;

/// The fraction of the bytes that a movie has at least, unless a lower factor exceeds them or it has the lowest.
const LEAST: f64 = 0.95;

/// The CPU time of a movie that is measured is at least this, since the system counts hundredths of a second.
const SECONDS: f64 = 0.2;

/// A search that has ended.
struct Outcome {
    scene: &'static str,
    kind: Kind,
    /// The fraction of the bytes that the movie has.
    used: f64,
    tries: f64,
    /// Frames that were encoded, as a multiple of the clip's.
    frames: f64,
    /// CPU time, as a multiple of that of one movie at the factor that was found.
    cpu: f64,
}

#[derive(PartialEq)]
enum Kind {
    Full,
    /// The next factor, lower by 0.05, exceeds the bytes.
    NextExceeds,
    Lowest,
    TooLarge,
    /// What must not be.
    Wrong,
}

/// Prints a table of clips of one length.
pub fn print(clips: &[Clip]) -> Result<()> {
    let Some(first) = clips.first() else { return Ok(()) };
    println!("{} frames, {} scenes\n", first.frames, clips.len());
    println!(
        "| bytes, × CRF 23 | used, least | mean | other | tries, mean | most | frames, mean | most | CPU time, mean | most | of |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    let mut all = Vec::new();
    for bound in BOUNDS {
        let outcomes = clips.iter().map(|clip| measure(clip, bound)).collect::<Result<Vec<_>>>()?;
        row(&bound.to_string(), &outcomes.iter().collect::<Vec<_>>());
        all.extend(outcomes);
    }
    row("**all**", &all.iter().collect::<Vec<_>>());
    println!();
    Ok(())
}

fn row(name: &str, outcomes: &[&Outcome]) {
    let full: Vec<f64> =
        outcomes.iter().filter(|outcome| outcome.kind == Kind::Full).map(|outcome| 100.0 * outcome.used).collect();
    let least = full.iter().copied().fold(100.0, f64::min);
    let mean = full.iter().sum::<f64>() / full.len() as f64;
    let kinds = [
        (Kind::NextExceeds, "of which 0.05 lower exceeds"),
        (Kind::Lowest, "at 12"),
        (Kind::TooLarge, "too large at 51"),
        (Kind::Wrong, "WRONG"),
    ];
    let count = |kind| outcomes.iter().filter(|outcome| outcome.kind == kind).count();
    let others = kinds.map(|(kind, name)| (count(kind), name)).into_iter().filter(|(count, _)| *count > 0);
    let others: Vec<String> = others.map(|(count, name)| format!("{count} {name}")).collect();
    let numbers = |of: fn(&Outcome) -> f64| {
        let most = outcomes.iter().max_by(|one, other| of(one).total_cmp(&of(other))).expect("an outcome");
        let mean = outcomes.iter().map(|outcome| of(outcome)).sum::<f64>() / outcomes.len() as f64;
        (mean, of(most), most.scene)
    };
    let (tries, frames, cpu) =
        (numbers(|outcome| outcome.tries), numbers(|outcome| outcome.frames), numbers(|outcome| outcome.cpu));
    println!(
        "| {name} | {least:.1} % | {mean:.1} % | {} | {:.1} | {} | {:.2} | {:.2} | {:.2} | {:.2} | {} |",
        others.join(", "),
        tries.0,
        tries.1,
        frames.0,
        frames.1,
        cpu.0,
        cpu.1,
        cpu.2
    );
}

fn measure(clip: &Clip, bound: f64) -> Result<Outcome> {
    let make = |quality| clip.animation(clip.settings(), quality).into_bytes();
    let most = (make(USUAL)?.1.bytes as f64 * bound) as u64;
    clip.supplied();
    log::tries();
    let mut ended = None;
    let search = cpu_of(|| {
        let result = make(Quality::MaxBytes(most));
        ended = Some(result.map(|(_, report)| (report.bytes, report.rate_factor)));
    });
    let runs = f64::from(search.1);
    let (frames, tries) = (clip.supplied() as f64 / clip.frames as f64 / runs, f64::from(log::tries()) / runs);
    let (bytes, factor) = match ended.expect("a run") {
        Ok((bytes, factor)) => (bytes, factor.ok_or("no factor")?),
        Err(Error::TooLarge { bytes, .. }) => (bytes, 51.0),
        Err(error) => return Err(error.into()),
    };
    let once = cpu_of(|| drop(make(Quality::Crf(factor))));
    let used = bytes as f64 / most as f64;
    let kind = if used > 1.0 {
        if factor == 51.0 { Kind::TooLarge } else { Kind::Wrong }
    } else if used >= LEAST {
        Kind::Full
    } else if factor == LOWEST {
        Kind::Lowest
    } else if make(Quality::Crf(factor - 0.05))?.1.bytes > most {
        Kind::NextExceeds
    } else {
        Kind::Wrong
    };
    let cpu = search.0 / once.0;
    if log::is_printed() {
        eprintln!(
            "{}, {} frames, {most} bytes: {:.1} % at {factor}, {tries} tries, {frames:.2} × the frames, {cpu:.2} × the CPU",
            clip.name,
            clip.frames,
            100.0 * used
        );
    }
    Ok(Outcome { scene: clip.name, kind, used, tries, frames, cpu })
}

/// Returns the CPU seconds of a run, the mean of as many as it takes to measure them, and their number.
fn cpu_of(mut run: impl FnMut()) -> (f64, u32) {
    let (mut seconds, mut runs) = (0.0, 0);
    while seconds < SECONDS {
        let Run { cpu, .. } = timed(|| {
            run();
            0
        });
        (seconds, runs) = (seconds + cpu, runs + 1);
    }
    (seconds / f64::from(runs), runs)
}
