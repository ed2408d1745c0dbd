//! `Pipeline`: the thread on which a `Movie` encodes and writes, behind a short queue of recycled planes.

use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::encoder::{Coding, Encoder};
use crate::packet::Packet;
use crate::planes::Planes;
use crate::progress::estimate::Stopwatch;
use crate::recording::Recording;
use crate::settings::Settings;
use crate::sink::Sink;
use crate::{Error, Result};

/// The number of planes in circulation: one is filled, one is queued, and x264 copies one.
const PLANES: usize = 3;

/// A command to the encoder's thread.
enum Command {
    Encode {
        planes: Planes,
        pts: i64,
        is_keyframe: bool,
    },
    /// Write the pictures that x264 still holds, and finish the movie at this tick.
    Finish {
        end: i64,
    },
    /// Write the pictures that x264 still holds, and keep the unfinished file.
    Keep,
}

/// How a movie ended on the thread.
enum End<Output> {
    /// The result of [`Recording::finish`].
    Finished(Output, u64),
    /// The unfinished file, if one was kept.
    Unfinished(Option<PathBuf>),
}

/// What the encoder's thread has done so far.
#[derive(Debug, Default)]
pub(crate) struct Done {
    /// Packets written, and their bytes.
    pub frames: AtomicU64,
    pub bytes: AtomicU64,
    /// The time of calls at which x264 only took a frame, and of others with writing.
    pub taking: Stopwatch,
    pub encoding: Stopwatch,
    /// Whether the movie is given up while it is being finished.
    is_cancelled: AtomicBool,
}

/// Encodes and writes pictures on a dedicated thread, in the order in which they are submitted.
///
/// A pipeline that is dropped before it has finished waits for the thread and removes the unfinished file. During a
/// panic it keeps the file.
pub(crate) struct Pipeline<Output> {
    commands: SyncSender<Command>,
    /// Planes that x264 has copied. The mutex is never locked: it makes a `Pipeline` `Sync`, which a `Receiver` is not.
    free: Mutex<Receiver<Planes>>,
    /// The planes being filled. They stay here until they are submitted, even if a frame is refused.
    filling: Option<Planes>,
    done: Arc<Done>,
    /// How long the caller has waited for free planes.
    waited: Duration,
    /// `None` when its result has been taken.
    thread: Option<JoinHandle<Result<End<Output>>>>,
}

impl<Output: Send + 'static> Pipeline<Output> {
    pub fn start<S>(settings: &Settings, encoder: Encoder, recording: Recording<S>) -> Result<Self>
    where
        S: Sink<Output = Output> + Send + 'static,
    {
        let (commands, next_command) = sync_channel(PLANES);
        let (give_back, free) = sync_channel(PLANES);
        for _ in 0..PLANES {
            let planes = Planes::new(settings.width, settings.height, settings.chroma, settings.bit_depth);
            // The channel has room for all of them, and its receiver exists.
            let _ = give_back.send(planes);
        }
        let done = Arc::new(Done::default());
        let work = EncoderThread { encoder, recording, done: Arc::clone(&done) };
        let thread = std::thread::Builder::new()
            .name("kinetograph encoder".into())
            .spawn(move || work.run(&next_command, &give_back))
            .map_err(Error::io("starting the encoder's thread"))?;
        let (free, waited) = (Mutex::new(free), Duration::ZERO);
        Ok(Self { commands, free, filling: None, done, waited, thread: Some(thread) })
    }
}

impl<Output> Pipeline<Output> {
    /// Returns planes to fill. Waits while the encoder has all of them.
    pub fn free_planes(&mut self) -> Result<&mut Planes> {
        self.wait(Duration::MAX)?;
        self.filling.as_mut().ok_or(Error::Ended)
    }

    /// Waits at most `timeout` until there are planes to fill. Returns whether there are.
    pub fn wait(&mut self, timeout: Duration) -> Result<bool> {
        if self.filling.is_some() {
            return Ok(true);
        }
        let free = self.free.get_mut().unwrap_or_else(PoisonError::into_inner);
        let begin = Instant::now();
        let received = free.recv_timeout(timeout);
        self.waited += begin.elapsed();
        match received {
            Ok(planes) => self.filling = Some(planes),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(self.failure()),
        }
        Ok(self.filling.is_some())
    }

    /// Returns what the encoder's thread has done so far.
    pub fn done(&self) -> &Done {
        &self.done
    }

    /// Returns how long the caller has waited for planes to fill.
    pub fn waited(&self) -> Duration {
        self.waited
    }

    /// Submits the planes that [`free_planes`](Self::free_planes) returned last, to be presented at `pts` ticks.
    pub fn submit(&mut self, pts: i64, is_keyframe: bool) -> Result<()> {
        let Some(planes) = self.filling.take() else { return Ok(()) };
        self.commands.send(Command::Encode { planes, pts, is_keyframe }).map_err(|_| self.failure())
    }

    /// Finishes the movie, whose last frame is presented until `end` ticks. Returns as [`Recording::finish`] does. Calls
    /// `report` every `interval` meanwhile. If it fails, the movie is given up.
    pub fn finish(
        mut self,
        end: i64,
        interval: Duration,
        mut report: impl FnMut(&Self) -> Result<()>,
    ) -> Result<(Output, u64)> {
        // If the thread has ended, its result says why.
        let _ = self.commands.send(Command::Finish { end });
        loop {
            // Planes come back until the thread ends.
            match self.free.get_mut().unwrap_or_else(PoisonError::into_inner).recv_timeout(interval) {
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => {
                    if let Err(error) = report(&self) {
                        self.cancel();
                        return Err(error);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        match self.join()? {
            End::Finished(output, bytes) => Ok((output, bytes)),
            End::Unfinished(_) => Err(Error::Ended),
        }
    }

    /// Gives up the movie. Whatever is called next fails.
    pub fn cancel(&mut self) {
        self.done.is_cancelled.store(true, Relaxed);
        // The thread ends when no sender is left.
        self.commands = sync_channel(0).0;
        // Whoever gives up a movie has no use for its error.
        let _ = self.join();
    }

    /// Ends the movie unfinished, and returns the path of the file that is kept, if it is playable.
    pub fn keep(mut self) -> Result<Option<PathBuf>> {
        // As above.
        let _ = self.commands.send(Command::Keep);
        match self.join()? {
            End::Finished(..) => Ok(None),
            End::Unfinished(kept) => Ok(kept),
        }
    }

    /// Returns why the thread has ended early.
    fn failure(&mut self) -> Error {
        match self.join() {
            Err(error) => error,
            Ok(_) => Error::Ended,
        }
    }

    /// Waits for the thread's result. If the user's writer or logger panicked on that thread, the panic continues here.
    fn join(&mut self) -> Result<End<Output>> {
        let thread = self.thread.take().ok_or(Error::Ended)?;
        thread.join().unwrap_or_else(|panic| resume_unwind(panic))
    }
}

impl<Output> Drop for Pipeline<Output> {
    fn drop(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        if std::thread::panicking() {
            let _ = self.commands.send(Command::Keep);
        }
        // The thread ends when no sender is left.
        self.commands = sync_channel(0).0;
        // Whoever drops a movie has given it up, and has no use for its error or panic.
        let _ = thread.join();
    }
}

/// What the encoder's thread works with.
struct EncoderThread<S: Sink> {
    encoder: Encoder,
    recording: Recording<S>,
    done: Arc<Done>,
}

impl<S: Sink> EncoderThread<S> {
    fn run(mut self, commands: &Receiver<Command>, give_back: &SyncSender<Planes>) -> Result<End<S::Output>> {
        for command in commands {
            let written = match &command {
                Command::Encode { planes, pts, is_keyframe } => {
                    let coding = if *is_keyframe { Coding::Keyframe } else { Coding::Any };
                    self.write(|encoder| encoder.encode(planes, *pts, coding)).map(drop)
                }
                Command::Finish { .. } | Command::Keep => self.flush(),
            };
            if self.done.is_cancelled.load(Relaxed) {
                break;
            }
            if let Err(error) = written {
                return Err(self.recording.fail(error));
            }
            match command {
                // Nobody receives planes any more when the movie is being finished.
                Command::Encode { planes, .. } => drop(give_back.send(planes)),
                Command::Finish { end } => {
                    let (output, bytes) = self.recording.finish(end)?;
                    return Ok(End::Finished(output, bytes));
                }
                Command::Keep => return Ok(End::Unfinished(self.recording.keep())),
            }
        }
        Ok(End::Unfinished(None))
    }

    fn flush(&mut self) -> Result<()> {
        loop {
            if self.done.is_cancelled.load(Relaxed) || !self.write(Encoder::flush)? {
                return Ok(());
            }
        }
    }

    /// Calls the encoder, and writes the packet that it returns. Returns whether there is one.
    fn write(&mut self, encode: impl FnOnce(&mut Encoder) -> Result<Option<Packet<'_>>>) -> Result<bool> {
        let begin = Instant::now();
        let packet = encode(&mut self.encoder)?;
        if let Some(packet) = &packet {
            self.recording.push(packet)?;
            self.done.bytes.fetch_add(packet.data.len() as u64, Relaxed);
            self.done.frames.fetch_add(1, Relaxed);
        }
        if packet.is_some() { &self.done.encoding } else { &self.done.taking }.add(begin);
        Ok(packet.is_some())
    }
}
