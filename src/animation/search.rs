//! `Search`: finds the lowest rate factor with which a movie has at most so many bytes. It is pure state: it sees the
//! sizes of packets, and knows neither frames nor encoders.
//!
//! What is tried next depends on sizes in the order of the packets alone, so it never depends on which worker was faster.

mod factor;
mod model;

use std::ops::ControlFlow;

pub(super) use self::factor::Factor;
use self::model::{PartCurve, SizeModel};

/// The maximum number of parts into which a movie is divided.
const MAX_PARTS: u64 = 64;

/// The size that a movie has at least, unless its rate factor is the lowest, as a fraction of the size that it may have.
const LEAST: f64 = 0.95;

/// The size that is aimed at.
const AIM: f64 = 0.976;

/// How far from a sample's rate factor a movie is predicted, after one sample, two, and so on.
const REACH: [f64; 2] = [1.5, 4.0];

/// The number of frames below which no try is stopped: encoders have seen most of them when they return the first packets,
/// and the sizes of all parts tell more.
const MIN_STOPPED: u64 = 400;

/// The fraction of a movie's packets after which a try may be stopped. The first ones tell little: an encoder returns
/// them after it has seen many more.
const FIRST_PACKETS: f64 = 0.25;

/// The fraction of a movie's bytes after which a prediction does not stop it.
const LAST_BYTES: f64 = 0.75;

/// The error of a prediction when nothing of a movie is known, and when its sizes at another rate factor are.
const ERRORS: [f64; 2] = [0.25, 0.1];

/// The maximum number of tries that a prediction stops.
const MAX_STOPS: u32 = 2;

/// The number of tries after which every second one is in the middle of the range, so that the search ends even if the
/// predictions creep towards the factor.
const PATIENCE: u32 = 6;

/// What to try next.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    /// Make the movie with this factor.
    Try(Factor),
    /// Nothing: with the highest factor, the movie has this many bytes, which are too many.
    TooLarge { bytes: u64 },
}

/// The search for a rate factor.
pub(super) struct Search {
    most: u64,
    frames: u64,
    parts: usize,
    model: SizeModel,
    /// The bytes of the container, estimated until a movie was complete.
    container: f64,
    /// The highest factor that is known to give too many bytes.
    over: Option<Factor>,
    /// The bytes of the movie with the highest factor, if they are too many.
    too_large: Option<u64>,
    /// The lowest factor that is known to give few enough.
    under: Option<Factor>,
    tries: u32,
    /// The number of tries that a prediction has stopped.
    stops: u32,
    current: Try,
}

/// The movie that is being made.
struct Try {
    factor: Factor,
    packets: u64,
    bytes: u64,
    /// The bytes of the parts so far, the last of which is incomplete.
    parts: Vec<f64>,
    /// The predicted bytes of all parts.
    predicted: Vec<f64>,
    /// Whether a prediction may stop it.
    is_stoppable: bool,
    /// Whether it is the movie, as long as it fits.
    is_last: bool,
}

impl Search {
    /// Begins the search for a movie of at most `most` bytes and this many frames, with about `container` bytes of
    /// container.
    pub fn new(most: u64, frames: u64, container: f64) -> Self {
        let parts = frames.clamp(1, MAX_PARTS) as usize;
        Self {
            most,
            frames,
            parts,
            model: SizeModel::new(parts),
            container,
            over: None,
            too_large: None,
            under: None,
            tries: 0,
            stops: 0,
            current: Try::new(Factor::FIRST, Vec::new()),
        }
    }

    /// Returns the frames of each part.
    pub fn parts(&self) -> impl Iterator<Item = std::ops::Range<u64>> + use<> {
        let (frames, parts) = (u128::from(self.frames), self.parts as u128);
        let begin = move |part: u128| (frames * part).div_ceil(parts) as u64;
        (0..parts).map(move |part| begin(part)..begin(part + 1))
    }

    /// Returns the factor of which a sample is to be taken, or `None` if what is known suffices.
    pub fn next_sample(&self) -> Option<Factor> {
        let sampled: Vec<f64> = self.model.estimated().collect();
        let Some(reach) = sampled.len().checked_sub(1).map(|place| REACH.get(place)) else {
            return Some(Factor::FIRST);
        };
        let factor = self.proposal();
        let distance = |crf: f64| (crf - f64::from(factor.crf())).abs();
        let nearest = sampled.into_iter().map(distance).fold(f64::INFINITY, f64::min);
        reach.is_some_and(|reach| nearest > *reach).then_some(factor)
    }

    /// Adds the sizes of the movie's parts that a sample predicts.
    pub fn sampled(&mut self, factor: Factor, parts: Vec<f64>) {
        self.model.estimate(factor, parts);
    }

    /// Returns what to try next.
    pub fn next(&mut self) -> Next {
        if let Some(bytes) = self.too_large {
            return Next::TooLarge { bytes };
        }
        let factor = self.proposal();
        let is_again = self.current.factor == factor && self.tries > 0;
        let curves = self.model.curves();
        self.current = Try::new(factor, curves.iter().map(|curve| curve.bytes(factor)).collect());
        self.current.is_last = factor == Factor::LOWEST || self.under == Some(factor);
        let can_end = factor == Factor::HIGHEST || self.current.is_last;
        self.current.is_stoppable = !is_again && !can_end && self.stops < MAX_STOPS;
        self.tries += 1;
        Next::Try(factor)
    }

    /// Adds the next packet of the movie that is being made. Returns whether to go on with it.
    pub fn add(&mut self, bytes: u64) -> ControlFlow<()> {
        let Try { packets, .. } = self.current;
        let part = (u128::from(packets) * self.parts as u128 / u128::from(self.frames)) as usize;
        let is_new = part >= self.current.parts.len();
        if is_new && self.misses() {
            self.stops += 1;
            return ControlFlow::Break(());
        }
        let current = &mut self.current;
        current.parts.resize(part + 1, 0.0);
        current.parts[part] += bytes as f64;
        current.packets += 1;
        current.bytes += bytes;
        // The size with the highest factor is reported.
        if current.bytes > self.most && current.factor != Factor::HIGHEST {
            self.over = self.over.max(Some(current.factor));
            if self.has_first_packets() {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }

    /// Returns whether enough of the movie is made to tell its size, and enough is left to save.
    fn has_first_packets(&self) -> bool {
        self.frames >= MIN_STOPPED && self.current.packets as f64 >= FIRST_PACKETS * self.frames as f64
    }

    /// Returns whether the movie that is being made is predicted to have too many bytes, or too few. All parts so far
    /// are complete.
    fn misses(&self) -> bool {
        let current = &self.current;
        let (known, unknown) = current.predicted.split_at(current.parts.len());
        let [known, unknown] = [known, unknown].map(|parts| parts.iter().sum::<f64>());
        let fraction = known / (known + unknown);
        if !current.is_stoppable || !self.has_first_packets() || fraction > LAST_BYTES {
            return false;
        }
        let bytes = self.container + current.bytes as f64 * (1.0 + unknown / known);
        let error = 1.0 + ERRORS[usize::from(self.model.has_whole())] * (1.0 - fraction);
        let most = self.most as f64;
        bytes > most * error || (bytes * error < most * LEAST)
    }

    /// Ends a try that was stopped, and returns the number of its packets.
    pub fn stopped(&mut self) -> u64 {
        let mut parts = std::mem::take(&mut self.current.parts);
        let complete = u128::from(self.current.packets) * self.parts as u128 / u128::from(self.frames);
        // Little is better than nothing.
        parts.truncate((complete as usize).max(1));
        self.model.measure(self.current.factor, parts);
        self.current.packets
    }

    /// Ends a try that is complete, with the size of the file. Returns whether it is the movie.
    pub fn completed(&mut self, bytes: u64) -> bool {
        let Try { factor, is_last, .. } = self.current;
        self.container = bytes as f64 - self.current.bytes as f64;
        self.model.measure(factor, std::mem::take(&mut self.current.parts));
        if bytes > self.most {
            self.over = self.over.max(Some(factor));
            self.too_large = (factor == Factor::HIGHEST).then_some(bytes);
            return false;
        }
        let is_next = self.over.is_some_and(|over| over.0 + 1 == factor.0);
        if is_last || is_next || bytes as f64 >= self.most as f64 * LEAST {
            return true;
        }
        self.under = Some(self.under.map_or(factor, |under| under.min(factor)));
        false
    }

    /// Returns the factor that is best known to give the size that is aimed at.
    fn proposal(&self) -> Factor {
        let lowest = self.over.map_or(Factor::LOWEST.0, |over| over.0 + 1);
        let highest = self.under.map_or(Factor::HIGHEST.0, |under| under.0 - 1);
        if lowest > highest {
            // The factor below it gives too many bytes.
            return self.under.unwrap_or(Factor::HIGHEST);
        }
        let aim = self.most as f64 * AIM - self.container;
        if self.model.is_empty() && aim > 0.0 {
            return Factor::FIRST;
        }
        let curves = self.model.curves();
        // The first that fits, because the size falls with the factor.
        let (mut factor, mut fits) = (lowest, highest);
        while factor < fits {
            let middle = factor.midpoint(fits);
            if total(&curves, Factor(middle)) <= aim { fits = middle } else { factor = middle + 1 }
        }
        let is_in_the_middle = self.tries >= PATIENCE && self.tries.is_multiple_of(2);
        Factor(if is_in_the_middle { lowest.midpoint(highest) } else { factor })
    }
}

impl Try {
    fn new(factor: Factor, predicted: Vec<f64>) -> Self {
        Self { factor, packets: 0, bytes: 0, parts: Vec::new(), predicted, is_stoppable: true, is_last: false }
    }
}

fn total(curves: &[PartCurve], factor: Factor) -> f64 {
    curves.iter().map(|curve| curve.bytes(factor)).sum()
}

#[cfg(test)]
mod tests;
