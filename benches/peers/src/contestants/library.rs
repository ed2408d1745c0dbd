//! kinetograph, on frames that exist already.

use std::fs::File;
use std::os::unix::fs::FileExt;

use kinetograph::{Animation, Movie, Quality, Settings};
use tiny_skia::Pixmap;

use super::{Frames, Outcome};
use crate::case::{CRF, Job, RATE};

pub fn movie(job: &Job) -> Outcome {
    let settings = settings(job).expected_frames(u64::from(job.case.frames));
    let mut frames = Frames::open(job)?;
    let mut canvas = Pixmap::new(job.case.size.0, job.case.size.1).ok_or("the size")?;
    let mut movie = Movie::create(&job.output, &settings)?;
    for _ in 0..job.case.frames {
        frames.read(canvas.data_mut())?;
        movie.push(&canvas)?;
    }
    movie.finish()?;
    Ok(())
}

pub fn animation(job: &Job) -> Outcome {
    let file = File::open(&job.rgba)?;
    Animation::new(settings(job), job.case.frames.into(), |canvas, frame| {
        let pixels = canvas.data_mut();
        Ok(file.read_exact_at(pixels, frame.index() * pixels.len() as u64)?)
    })
    .save(&job.output)?;
    Ok(())
}

fn settings(job: &Job) -> Settings {
    Settings::new(job.case.size.0, job.case.size.1)
        .frame_rate(RATE)
        .quality(Quality::Crf(CRF as f32))
        .preset(job.case.preset)
}
