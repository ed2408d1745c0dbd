//! The encoder on a thread of its own, behind a short queue of planes that go round.

use std::panic::resume_unwind;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use crate::encoder::{Coding, Encoder};
use crate::planes::Planes;
use crate::recording::{Recording, Written};
use crate::settings::Settings;
use crate::{Error, Result};

/// Planes that go round: one being filled, one queued, one being copied by x264.
const PLANES: usize = 3;

/// What the encoder's thread is asked to do.
enum Job {
    Encode {
        planes: Planes,
        pts: i64,
        keyframe: bool,
    },
    /// Write what x264 still holds, and finish the movie at this tick.
    Finish {
        end: i64,
    },
    /// Write what x264 still holds, and leave the file unfinished.
    Keep,
}

/// Encodes and writes pictures in the order they come, on a thread of its own.
///
/// Dropped before its end, it waits for the thread and removes the unfinished file; during a panic it keeps the file.
pub(crate) struct Pipeline {
    jobs: SyncSender<Job>,
    /// Planes free to be filled.
    free: Receiver<Planes>,
    /// Those being filled; they stay here until a picture is in them, whatever becomes of the frame.
    filling: Option<Planes>,
    /// Until its result has been taken.
    thread: Option<JoinHandle<Result<Option<Written>>>>,
}

impl Pipeline {
    pub fn start(settings: &Settings, encoder: Encoder, recording: Recording) -> Result<Self> {
        let (jobs, next_job) = sync_channel(PLANES);
        let (give_back, free) = sync_channel(PLANES);
        for _ in 0..PLANES {
            let planes = Planes::new(settings.width, settings.height, settings.chroma, settings.bit_depth);
            // There is room for all of them, and the receiver is at hand.
            let _ = give_back.send(planes);
        }
        let thread = std::thread::Builder::new()
            .name("kinetograph encoder".into())
            .spawn(move || run(encoder, recording, &next_job, &give_back))
            .map_err(Error::io("starting the encoder's thread"))?;
        Ok(Self { jobs, free, filling: None, thread: Some(thread) })
    }

    /// Has a picture encoded that is shown at `pts` ticks, if `fill` makes one in the planes that it is given; waits for
    /// the encoder when it has all of them.
    pub fn encode(&mut self, pts: i64, keyframe: bool, fill: impl FnOnce(&mut Planes) -> Result<bool>) -> Result<bool> {
        let planes = match self.filling.take() {
            Some(planes) => planes,
            None => self.free.recv().map_err(|_| self.failure())?,
        };
        if !fill(self.filling.insert(planes))? {
            return Ok(false);
        }
        match self.filling.take().map(|planes| self.jobs.send(Job::Encode { planes, pts, keyframe })) {
            Some(Err(_)) => Err(self.failure()),
            _ => Ok(true),
        }
    }

    /// Has the movie finished, its last frame shown until `end` ticks.
    pub fn finish(mut self, end: i64) -> Result<Written> {
        // If the thread has ended, its result says why.
        let _ = self.jobs.send(Job::Finish { end });
        self.join()?.ok_or(Error::Ended)
    }

    /// Why the thread ended before its time.
    fn failure(&mut self) -> Error {
        match self.join() {
            Err(error) => error,
            Ok(_) => Error::Ended,
        }
    }

    /// Waits for the thread's result. A panic on it, of a user's writer or logger, goes on here.
    fn join(&mut self) -> Result<Option<Written>> {
        let thread = self.thread.take().ok_or(Error::Ended)?;
        thread.join().unwrap_or_else(|panic| resume_unwind(panic))
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        if std::thread::panicking() {
            let _ = self.jobs.send(Job::Keep);
        }
        // The thread ends when no job can come any more.
        self.jobs = sync_channel(0).0;
        // Whoever drops a movie has given it up: neither its error nor its panic is of use to them.
        let _ = thread.join();
    }
}

fn run(
    mut encoder: Encoder,
    mut recording: Recording,
    jobs: &Receiver<Job>,
    give_back: &SyncSender<Planes>,
) -> Result<Option<Written>> {
    for job in jobs {
        let written = match &job {
            Job::Encode { planes, pts, keyframe } => {
                let coding = if *keyframe { Coding::Keyframe } else { Coding::Any };
                let encoded = encoder.encode(planes, *pts, coding);
                encoded.and_then(|packet| packet.map_or(Ok(()), |packet| recording.push(&packet)))
            }
            Job::Finish { .. } | Job::Keep => flush(&mut encoder, &mut recording),
        };
        if let Err(error) = written {
            return Err(recording.fail(error));
        }
        match job {
            // Nobody takes planes any more when the movie is being finished.
            Job::Encode { planes, .. } => drop(give_back.send(planes)),
            Job::Finish { end } => return recording.finish(end).map(Some),
            Job::Keep => {
                recording.keep();
                return Ok(None);
            }
        }
    }
    Ok(None)
}

fn flush(encoder: &mut Encoder, recording: &mut Recording) -> Result<()> {
    while let Some(packet) = encoder.flush()? {
        recording.push(&packet)?;
    }
    Ok(())
}
