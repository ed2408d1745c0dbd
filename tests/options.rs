//! x264 options with hostile values are refused or harmless.

use std::time::Duration;

use kinetograph::{Error, Frame, Movie, Preset, Settings};

mod child;
mod judge;

use judge::listing;

/// Names that x264 reads besides those that the help of its program lists.
const MORE_NAMES: &str = "analyse cabac-idc cplx-blur cqm4ic cqm4p cqm4pc cqm4py cqm8 cqm8i cqm8p direct-pred dpb-size \
    filter frameref fullrange global-header interlaced ip-factor keyint-min level-idc log me-range mv-range \
    mv-range-thread n-deterministic nf pb-factor qp-constant qp-max qp-min qp-step repeat-headers annexb subq weight-b \
    no-zones no-cqm no_stats no";

/// A pipe in the folder. Opening it blocks for ever.
const PIPE: &str = "pipe";

/// In a usual run, each option gets every 8th value: about 800 pairs, with each option and each value in some of them.
/// tests/soak.sh tries all pairs, about 6,000: `KINETOGRAPH_SOAK` is the factor by which a run has more pairs.
const SHARE: usize = 8;

/// Returns values that are too large, too small, of the wrong kind, not numbers, paths, formats; each is right for some
/// option.
fn values() -> Vec<String> {
    let short = "  -1 0 1 16 100000 2147483647 -2147483648 99999999999999999999 0.5 nan -inf 1e39 1e999 true auto all \
        avx512,mmx 4294967295 -99:99 nan:nan tesa temporal jvt vbr 1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1 0,5,q=99999 \
        0,5,b=nan 5,0,q=1 0,5,stats=written 0,5,ref=16,bframes=0 0,5,q=20/nonsense 0,3,q=20/4,5,b=0.5 \
        G(-1,9)B(1,1)R(1,1)WP(1,1)L(99999999999,-1) 70000,70000 %s%n%s%n zwölf pipe ./written =1";
    let mut values: Vec<String> = short.split_whitespace().map(str::to_string).collect();
    values.push(String::new());
    // Longer than x264's buffer for the message that quotes it.
    values.push("0,1,q=20/".repeat(200_000) + "2,3,q=20");
    values
}

/// Returns the values that this run tries with an option: for neighbouring options, different ones.
fn values_for(option: usize) -> impl Iterator<Item = String> {
    let factor = std::env::var("KINETOGRAPH_SOAK").map_or(1, |factor| factor.parse().expect("a number"));
    let share = (SHARE / factor).max(1);
    values().into_iter().skip(option % share).step_by(share)
}

fn movie_with(name: &str, value: &str) -> Result<(), Error> {
    // Each thread has rows of macroblocks: frame threads, slice threads and the lookahead thread all work.
    let settings = Settings::new(32, 96).threads(3).preset(Preset::Faster).x264_option(name, value);
    let mut movie = Movie::in_memory(&settings)?;
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..8 {
        let pixels: Vec<u8> = (0..32 * 96).map(|_| random.u8(..)).collect();
        movie.push(Frame::gray8(&pixels, 32, 96))?;
    }
    movie.finish().map(drop)
}

#[test]
fn no_option_does_io_crashes_or_hangs() {
    if let Some(role) = child::role() {
        let (first, names) = role.split_once(' ').expect("the number of the first option, and names");
        for (name, option) in names.split(' ').zip(first.parse().expect("a number")..) {
            for value in values_for(option) {
                println!("{name}={value:.60}");
                let _ = movie_with(name, &value);
            }
        }
        return;
    }
    let help = String::from_utf8(judge::run("x264", ["--fullhelp"])).unwrap();
    let mut names: Vec<&str> = help.split_whitespace().filter_map(|word| word.strip_prefix("--")).collect();
    names.extend(MORE_NAMES.split_whitespace());
    names.retain(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)));
    names.sort();
    names.dedup();
    assert!(names.len() > 130, "{names:?}");
    for (chunk, names) in names.chunks(16).enumerate() {
        let folder = tempfile::tempdir().unwrap();
        judge::run("mkfifo", [folder.path().join(PIPE)]);
        let test = "no_option_does_io_crashes_or_hangs";
        let role = format!("{} {}", 16 * chunk, names.join(" "));
        let outcome = child::run(test, &role, &[], folder.path(), Duration::from_secs(120));
        let last = outcome.stdout.lines().rfind(|line| line.contains('=')).unwrap_or_default();
        assert!(outcome.passed() && outcome.stderr.is_empty(), "at {last}: {outcome}");
        assert_eq!(listing(folder.path()), [PIPE], "{names:?}");
    }
}
