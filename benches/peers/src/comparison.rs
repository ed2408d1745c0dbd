//! Contestants in turn, round after round, on the same frames.

use std::env;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::case::{Case, Job};
use crate::contestants::{Contestant, Programs};
use crate::judge::{self, Picture};
use crate::measure::{self, Cost};
use crate::statistics::{Ratio, median};

/// What one contestant did with one case.
pub struct Row {
    pub who: Contestant,
    /// One of each round; fewer if it has failed.
    pub costs: Vec<Cost>,
    /// How the movie of the last round looks, or why there is none.
    pub picture: Result<Picture, String>,
}

/// A case, and what each contestant did with it.
pub struct Table {
    pub case: Case,
    /// Of the x264 program's stream, in bits a second.
    pub bit_rate: u32,
    pub rows: Vec<Row>,
}

impl Row {
    /// The median over the rounds.
    pub fn median(&self, value: impl Fn(&Cost) -> f64) -> f64 {
        median(&self.values(value))
    }

    /// To another contestant's values of the same rounds.
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

/// Frames on disk, which cases of the same scene and size share.
pub struct Studio<'a> {
    pub folder: &'a Path,
    pub programs: &'a Programs,
    pub rounds: usize,
    /// What is on disk.
    drawn: Option<Case>,
}

impl<'a> Studio<'a> {
    pub fn new(folder: &'a Path, programs: &'a Programs, rounds: usize) -> Self {
        Self { folder, programs, rounds, drawn: None }
    }

    /// Measures contestants on a case, the x264 program among them.
    pub fn compare(&mut self, case: Case, contestants: &[Contestant]) -> Result<Table, Box<dyn Error>> {
        self.draw(case)?;
        let mut job = Job {
            case,
            rgba: self.path("frames.rgba"),
            i420: self.path("frames.i420"),
            bit_rate: 0,
            output: PathBuf::new(),
        };
        // Once without counting: its size is a goal for encoders without a constant rate factor.
        let limit = self.run(Contestant::X264, &mut job)?;
        job.bit_rate = (8.0 * limit.bytes as f64 / case.seconds()) as u32;
        let mut rows: Vec<Row> =
            contestants.iter().map(|who| Row { who: *who, costs: Vec::new(), picture: Err(String::new()) }).collect();
        for round in 0..self.rounds {
            eprintln!("{}: round {} of {}", case.name(), round + 1, self.rounds);
            // Another one begins each round, so that none has always the same one before it.
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

    /// Draws the case's frames in a process of its own: a process's peak memory is never below that of the one that
    /// started it.
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
