//! Who does what next: the parts in flight, their frames, and the planes that go round.

use std::any::Any;
use std::collections::VecDeque;
use std::ops::Range;

use tiny_skia::Pixmap;

use super::frame_source::FrameSource;
use crate::Error;
use crate::planes::Planes;
use crate::segment::folder::Folder;
use crate::segment::plan::{PacketBuffer, SegmentEncoder, SegmentPlan};
use crate::settings::Settings;

/// SegmentPlan begun and not yet written, for each worker: one being encoded, one waiting for its turn.
const PARTS: u64 = 2;

/// Drawn pictures that wait for an encoder, for each worker.
const PICTURES: usize = 2;

/// What is to be made.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub settings: &'a Settings,
    pub parts: &'a SegmentPlan,
    pub source: &'a dyn FrameSource,
    /// What the canvas shows before a frame is drawn; the background colour if there is none.
    pub layer: Option<&'a Pixmap>,
    pub workers: usize,
    /// Where finished parts are kept.
    pub folder: Option<&'a Folder>,
}

/// Why the work has stopped.
pub(super) enum Failure {
    Error(Error),
    /// Of the user's closure.
    Panic(Box<dyn Any + Send>),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// What workers and writer share under a lock.
pub(super) struct State {
    /// The first part that nobody has begun.
    pub next: u64,
    /// The part being written.
    pub turn: u64,
    /// The end of the parts to make.
    pub end: u64,
    /// The encoder of the first of them that is to be drawn.
    pub first: Option<SegmentEncoder>,
    /// Of the parts `turn..next`.
    pub slots: VecDeque<SegmentSlot>,
    pub free: Vec<Planes>,
    /// Planes that are being filled or wait for an encoder.
    pub lent: usize,
    pub drawn: u64,
    pub encoded: u64,
    pub failure: Option<Failure>,
    pub stopped: bool,
}

/// A part that has been begun.
pub(super) struct SegmentSlot {
    pub frames: Range<u64>,
    /// The first frame that no worker draws yet.
    pub undrawn: u64,
    /// The first frame that the encoder has not got.
    pub unencoded: u64,
    /// Pictures of the frames from `unencoded` on; those still being drawn are missing.
    pub pictures: VecDeque<Option<Planes>>,
    /// `None` until it is open, and while a worker drives it.
    pub encoder: Option<SegmentEncoder>,
    pub film: PacketBuffer,
    /// Whether the part lies in the folder since an earlier run.
    pub kept: bool,
    pub done: bool,
}

pub(super) enum Task {
    /// Open the encoder of a part.
    Begin(u64, Option<Box<SegmentEncoder>>),
    /// Draw a frame of a part.
    Draw(u64, u64, Option<Planes>),
}

impl State {
    /// Nothing is begun of these parts yet.
    pub fn new(parts: Range<u64>, first: Option<SegmentEncoder>, kept: u64) -> Self {
        Self {
            next: parts.start,
            turn: parts.start,
            end: parts.end,
            first,
            slots: VecDeque::new(),
            free: Vec::new(),
            lent: 0,
            drawn: kept,
            encoded: kept,
            failure: None,
            stopped: false,
        }
    }

    /// Whether there will be nothing more for a worker to draw.
    pub fn is_drawn(&self) -> bool {
        self.next == self.end && self.slots.iter().all(|slot| slot.undrawn == slot.frames.end)
    }

    pub fn slot(&mut self, part: u64) -> &mut SegmentSlot {
        let index = (part - self.turn) as usize;
        &mut self.slots[index]
    }

    /// Something to do for a worker that has begun the part `mine`; `None` if there is nothing now.
    pub fn task(&mut self, job: &Job<'_>, mine: &mut Option<u64>) -> Option<Task> {
        if let Some(part) = *mine {
            if part >= self.turn && self.slot(part).undrawn < self.slot(part).frames.end {
                return self.draw(part, job);
            }
            *mine = None;
        }
        while self.next < self.end && self.next < self.turn + PARTS * job.workers as u64 {
            let part = self.next;
            let kept = job.folder.is_some_and(|folder| folder.has(part));
            let first = if kept { None } else { self.first.take() };
            self.next += 1;
            self.slots.push_back(SegmentSlot::new(job.parts.range(part), kept));
            if !kept {
                *mine = Some(part);
                return Some(Task::Begin(part, first.map(Box::new)));
            }
        }
        // The part whose encoder has the fewest pictures before it needs help most.
        let open = self.slots.iter().enumerate().filter(|(_, slot)| slot.undrawn < slot.frames.end);
        let (index, _) = open.min_by_key(|(_, slot)| slot.undrawn - slot.unencoded)?;
        self.draw(self.turn + index as u64, job)
    }

    fn draw(&mut self, part: u64, job: &Job<'_>) -> Option<Task> {
        let lent = self.lent;
        let slot = self.slot(part);
        // A part that has nothing under way always gets a picture: so all parts go on.
        if lent >= PICTURES * job.workers && slot.undrawn > slot.unencoded {
            return None;
        }
        let frame = slot.undrawn;
        slot.undrawn += 1;
        slot.pictures.push_back(None);
        self.lent += 1;
        Some(Task::Draw(part, frame, self.free.pop()))
    }
}

impl SegmentSlot {
    fn new(frames: Range<u64>, kept: bool) -> Self {
        Self {
            undrawn: if kept { frames.end } else { frames.start },
            unencoded: frames.start,
            frames,
            pictures: VecDeque::new(),
            encoder: None,
            film: PacketBuffer::default(),
            kept,
            done: kept,
        }
    }

    /// The next picture for the encoder, if it is drawn.
    pub fn take_picture(&mut self) -> Option<Planes> {
        let planes = self.pictures.front_mut()?.take()?;
        self.pictures.pop_front();
        self.unencoded += 1;
        Some(planes)
    }
}
