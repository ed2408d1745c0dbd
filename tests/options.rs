//! x264 options with hostile values: refused, or harmless.

use std::time::Duration;

use kinetograph::{Error, Frame, Movie, Settings};

mod child;
mod judge;

/// Every name that `x264_param_parse` knows besides those in the help of x264's program.
const MORE_NAMES: &str = "analyse partitions cabac-idc cplx-blur cqm4ic cqm4p cqm4pc cqm4py cqm8 cqm8i cqm8p csp deblock \
    deterministic direct-pred dpb-size filter frameref fullrange global-header interlaced ip-factor keyint-min level-idc \
    log me-range mv-range mv-range-thread n-deterministic nf pb-factor qp-constant qp-max qp-min qp-step repeat-headers \
    annexb subq weight-b psy mbtree mixed-refs chroma-me fast-pskip dct-decimate 8x8dct weightb deblock scenecut cabac \
    asm deterministic";

/// A pipe in the folder: whoever opens it waits for ever.
const PIPE: &str = "pipe";

fn values() -> Vec<String> {
    let mut values: Vec<String> = [
        "",
        "0",
        "1",
        "2",
        "7",
        "-1",
        "-7",
        "250",
        "100000",
        "2147483647",
        "-2147483648",
        "99999999999999999999",
        "0.5",
        "nan",
        "-nan",
        "inf",
        "-inf",
        "1e39",
        "-1e39",
        "1e-320",
        "1e999",
        "true",
        "false",
        "auto",
        "none",
        "all",
        "avx512",
        "sse2,avx2",
        "4294967295",
        "mmx",
        "1:1",
        "-99:99",
        "nan:nan",
        "1,1",
        "esa",
        "tesa",
        "spatial",
        "strict",
        "jvt",
        "undef",
        "vbr",
        "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1",
        "0,5,q=99999",
        "0,5,b=nan",
        "0,5,b=1e-30",
        "5,0,q=1",
        "-1,5",
        "0,5,stats=written",
        "0,5,ref=16,bframes=0",
        "0,5/",
        "0,5,q=20/nonsense",
        "G(1,1)B(1,1)R(1,1)WP(1,1)L(1,1)",
        "G(-1,9)B(1,1)R(1,1)WP(1,1)L(99999999999,-1)",
        "70000,70000",
        "%s%n%s%n%s%n",
        "zwölf",
        PIPE,
        "written",
        "./written",
        "=1",
        "1/1",
    ]
    .map(str::to_string)
    .to_vec();
    values.push("0,1,q=20/".repeat(200_000) + "2,3");
    values
}

fn movie_with(name: &str, value: &str) -> Result<(), Error> {
    // Two rows of macroblocks for each thread: frame threads, slices and the lookahead's thread all have work.
    let settings = Settings::new(64, 96).threads(3).x264_option(name, value);
    let mut movie = Movie::in_memory(&settings)?;
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..12 {
        let pixels: Vec<u8> = (0..64 * 96).map(|_| random.u8(..)).collect();
        movie.push(Frame::gray8(&pixels, 64, 96))?;
    }
    movie.finish().map(drop)
}

fn child(name: &str) {
    let (name, skip) = name.split_once(' ').unwrap();
    for value in values().iter().skip(skip.parse().unwrap()) {
        println!("CASE");
        let outcome = movie_with(name, value);
        println!("{name}={:.60} {outcome:.200?}", value);
        // A threaded fault may come late.
    }
}

#[test]
fn no_option_reads_writes_prints_crashes_or_hangs() {
    if let Some(name) = child::role() {
        return child(&name);
    }
    let help = String::from_utf8(judge::run("x264", ["--fullhelp"])).unwrap();
    let mut names: Vec<&str> = help.split_whitespace().filter_map(|word| word.strip_prefix("--")).collect();
    names.extend(MORE_NAMES.split_whitespace());
    names.retain(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
    names.sort();
    names.dedup();
    let mut faults = Vec::new();
    for name in &names {
        let folder = tempfile::tempdir().unwrap();
        judge::run("mkfifo", [folder.path().join(PIPE)]);
        let mut skip = 0;
        while skip < values().len() {
            let outcome = child::run(
                "no_option_reads_writes_prints_crashes_or_hangs",
                &format!("{name} {skip}"),
                &[],
                folder.path(),
                Duration::from_secs(20),
            );
            skip += outcome.stdout.matches("CASE").count();
            let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
            println!("{}", outcome.stdout);
            if !outcome.passed() || !outcome.stderr.is_empty() || left != [PIPE] {
                faults.push(format!(
                    "{name}: {:.60} {:?} {} {left:?} {:.400}",
                    values()[skip - 1],
                    outcome.status,
                    outcome.stdout.lines().last().unwrap_or_default(),
                    outcome.stderr
                ));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
