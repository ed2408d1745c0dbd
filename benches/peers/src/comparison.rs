//! Runs contestants in turn, round after round, on the same frames.

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::case::{Case, Job};
use crate::contestants::{Contestant, Programs};
use crate::judge::{self, Picture};
use crate::measure::{self, Cost};
use crate::statistics::{Ratio, median};

/// The results of one contestant in one case.
pub struct Row {
    pub who: Contestant,
    /// One per round; fewer if the contestant has failed.
    pub costs: Vec<Cost>,
    /// The picture quality of the last round's movie, or why there is no movie.
    pub picture: Result<Picture, String>,
}

/// A case with the results of each contestant.
pub struct Table {
    pub case: Case,
    /// Bit rate of the x264 program's stream, in bit/s.
    pub bit_rate: u32,
    pub rows: Vec<Row>,
}

impl Row {
    /// Returns the median over the rounds.
    pub fn median(&self, value: impl Fn(&Cost) -> f64) -> f64 {
        median(&self.values(value))
    }

    /// Returns the ratio to another contestant's values of the same rounds.
    pub fn ratio(&self, to: &Self, value: impl Fn(&Cost) -> f64 + Copy) -> Ratio {
        Ratio::of(&self.values(value), &to.values(value))
    }

    fn values(&self, value: impl Fn(&Cost) -> f64) -> Vec<f64> {
        self.costs.iter().map(value).collect()
    }
}

impl Table {
    pub fn row(&self, who: Contestant) -> Option<&Row> {
        self.rows.iter().find(|row| row.who == who && row.picture.is_ok())
    }
}

/// Runs cases on frames on disk, which cases of the same scene and size share.
pub struct Runner<'a> {
    pub folder: &'a Path,
    pub programs: &'a Programs,
    pub rounds: usize,
    /// The case whose frames are on disk.
    drawn: Option<Case>,
}

impl<'a> Runner<'a> {
    pub fn new(folder: &'a Path, programs: &'a Programs, rounds: usize) -> Self {
        Self { folder, programs, rounds, drawn: None }
    }

    /// Measures contestants on a case. The x264 program must be one of them.
    pub fn compare(&mut self, case: Case, contestants: &[Contestant]) -> Result<Table, Box<dyn Error>> {
        self.draw(case)?;
        let mut job = Job {
            case,
            rgba: self.path("frames.rgba"),
            i420: self.path("frames.i420"),
            bit_rate: 0,
            output: PathBuf::new(),
        };
        // This run does not count: its size is the target of encoders without a constant rate factor.
        let limit = self.run(Contestant::X264, &mut job)?;
        job.bit_rate = (8.0 * limit.bytes as f64 / case.seconds()) as u32;
        let mut rows: Vec<Row> =
            contestants.iter().map(|who| Row { who: *who, costs: Vec::new(), picture: Err(String::new()) }).collect();
        for round in 0..self.rounds {
            eprintln!("{}: round {} of {}", case.name(), round + 1, self.rounds);
            // Each round begins with another contestant, so that no contestant always follows the same one.
            let count = rows.len();
            rows.rotate_left(usize::from(round > 0).min(count));
            for row in &mut rows {
                if row.costs.len() < round {
                    continue;
                }
                match self.run(row.who, &mut job) {
                    Ok(cost) => row.costs.push(cost),
                    Err(error) => row.picture = Err(error),
                }
            }
        }
        rows.sort_by_key(|row| contestants.iter().position(|who| *who == row.who));
        for row in rows.iter_mut().filter(|row| row.costs.len() == self.rounds) {
            job.output = self.output(row.who);
            row.picture = judge::look(&job);
        }
        Ok(Table { case, bit_rate: job.bit_rate, rows })
    }

    fn run(&self, who: Contestant, job: &mut Job) -> Result<Cost, String> {
        job.output = self.output(who);
        measure::run(who.stages(job, self.programs), &job.output, &self.path("messages.txt"))
    }

    /// Draws the frames of a case in a separate process, because the peak memory of a process is never below that of
    /// the process that started it.
    fn draw(&mut self, case: Case) -> Result<(), Box<dyn Error>> {
        let same = |drawn: Case| (drawn.scene, drawn.size, drawn.frames) == (case.scene, case.size, case.frames);
        if self.drawn.is_some_and(same) {
            return Ok(());
        }
        eprintln!("{}: drawing", case.name());
        let mut draw = Command::new(env::current_exe()?);
        draw.args(["draw", "--scene", case.scene.name(), "--frames", &case.frames.to_string()]);
        draw.args(["--size", &format!("{}x{}", case.size.0, case.size.1)]);
        draw.arg(self.path("frames.rgba")).arg(self.path("frames.i420"));
        if !draw.status()?.success() {
            return Err("the frames cannot be drawn".into());
        }
        self.drawn = Some(case);
        Ok(())
    }

    fn output(&self, who: Contestant) -> PathBuf {
        // Debian's x264 program writes no MP4.
        let extension = if who == Contestant::X264 { "264" } else { "mp4" };
        self.path(&format!("{who:?}.{extension}"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}
