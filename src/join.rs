//! `join`, `join_to_bytes` and `join_to_writer`: make a movie of encoded segments, without drawing or encoding.

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use crate::recording::Recording;
use crate::report::Report;
use crate::segment::{Batch, PacketBuffer, Segment, SegmentHeader, splice};
use crate::settings::ContainerSettings;
use crate::sink::Sink;
use crate::stream::StreamInfo;
use crate::{Error, Result, SegmentError};

/// Joins the segments of a movie, in order, in a file at `path`.
///
/// The file is byte for byte what [`Animation::save`](crate::Animation::save) makes with the same container settings. A
/// segment carries whatever else the movie needs, so a program can join segments that it did not encode. It draws and
/// encodes nothing, and holds one segment at a time in memory.
///
/// ```no_run
/// use kinetograph::{ContainerSettings, Segment, join};
///
/// let segments = (0..4).map(|index| Segment::open(format!("{index:06}.segment")));
/// let report = join(segments, &ContainerSettings::new().title("Four segments"), "joined.mp4")?;
/// println!("{report}");
/// # Ok::<(), kinetograph::Error>(())
/// ```
///
/// # Errors
/// - The errors of the segments.
/// - [`Error::Segment`] for a segment that is missing, out of order, or of another movie.
/// - [`Error::Setting`] for container settings or a path that cannot be used.
/// - [`Error::StillRecording`] if another movie is being made at `path`.
/// - [`Error::Output`] if there is a file at `path` that must not be replaced.
/// - [`Error::Io`] if writing fails.
///
/// On an error, no file appears under the final name, and an earlier file stays as it was.
pub fn join(
    segments: impl IntoIterator<Item = Result<Segment>>,
    settings: &ContainerSettings,
    path: impl AsRef<Path>,
) -> Result<Report> {
    let record = |settings: &ContainerSettings, stream: &StreamInfo| Recording::create(path.as_ref(), settings, stream);
    join_into(segments, settings, record).map(|((), report)| report)
}

/// Joins the segments of a movie as [`join`] does, in memory.
///
/// # Errors
/// As [`join`].
pub fn join_to_bytes(
    segments: impl IntoIterator<Item = Result<Segment>>,
    settings: &ContainerSettings,
) -> Result<(Vec<u8>, Report)> {
    join_into(segments, settings, Recording::in_memory)
}

/// Joins the segments of a movie as [`join`] does, and writes it without seeking. Pass `&mut writer` to keep the writer.
///
/// # Errors
/// As [`join`]; [`Error::Setting`] for a layout that is not [`Fragmented`](crate::Layout::Fragmented) or
/// [`AnnexB`](crate::Layout::AnnexB).
pub fn join_to_writer(
    segments: impl IntoIterator<Item = Result<Segment>>,
    settings: &ContainerSettings,
    writer: impl Write,
) -> Result<Report> {
    let record = |settings: &ContainerSettings, stream: &StreamInfo| Recording::stream(writer, settings, stream);
    join_into(segments, settings, record).map(|(_, report)| report)
}

fn join_into<S: Sink>(
    segments: impl IntoIterator<Item = Result<Segment>>,
    settings: &ContainerSettings,
    record: impl FnOnce(&ContainerSettings, &StreamInfo) -> Result<Recording<S>>,
) -> Result<(S::Output, Report)> {
    let begin = Instant::now();
    let mut segments = segments.into_iter().peekable();
    let movie = match segments.peek() {
        Some(Ok(first)) => first.header.clone(),
        Some(Err(_)) => return Err(segments.next().and_then(Result::err).unwrap_or(Error::NoFrames)),
        None => return Err(Error::Segment { index: Some(0), path: None, problem: SegmentError::Missing }),
    };
    let SegmentHeader { plan, stream, .. } = &movie;
    settings.validate()?;
    settings.validate_for(stream.coded_size, stream.pixel_aspect)?;
    let expected_frames = (!plan.is_unbounded()).then_some(plan.frames);
    let settings = ContainerSettings { expected_frames, ..settings.clone() };
    let mut recording = record(&settings, stream)?;
    let deliver = &mut |packets: PacketBuffer| packets.packets().try_for_each(|packet| recording.push(&packet));
    let next = &mut |index| -> Result<Option<Batch>> {
        let missing = || Error::Segment { index: Some(index), path: None, problem: SegmentError::Missing };
        Ok(Some(segments.next().ok_or_else(missing)??.into()))
    };
    splice(&movie, 0..plan.count, next, deliver)?;
    if let Some(extra) = segments.next() {
        let Segment { header, path, .. } = extra?;
        let problem = SegmentError::NoSuchSegment { count: plan.count };
        return Err(Error::Segment { index: Some(header.index), path, problem });
    }
    let end = plan.frames as i64 * i64::from(stream.clock.frame);
    let (output, bytes) = recording.finish(end)?;
    let (width, height) = stream.coded_size;
    let (seconds, elapsed) = (stream.clock.seconds(end), begin.elapsed());
    Ok((output, Report { frames: plan.frames, seconds, bytes, width, height, elapsed, rate_factor: None }))
}
