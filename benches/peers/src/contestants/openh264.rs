//! A program that uses openh264 and muxide.

use std::fs::File;
use std::io::BufWriter;

use kinetograph::Preset;
use muxide::api::{MuxerBuilder, VideoCodec};
use openh264::OpenH264API;
use openh264::encoder::{BitRate, Complexity, Encoder, EncoderConfig, FrameRate, FrameType, RateControlMode};
use openh264::formats::{RgbaSliceU8, YUVBuffer};

use super::{Frames, Outcome};
use crate::case::{Job, RATE};

pub fn encode(job: &Job) -> Outcome {
    let (width, height) = (job.case.size.0 as usize, job.case.size.1 as usize);
    let config = EncoderConfig::new()
        .max_frame_rate(FrameRate::from_hz(RATE as f32))
        .rate_control_mode(RateControlMode::Bitrate)
        .bitrate(BitRate::from_bps(job.bit_rate))
        .skip_frames(false)
        .complexity(complexity(job.case.preset));
    let mut encoder = Encoder::with_api_config(OpenH264API::from_source(), config)?;
    let mut muxer = MuxerBuilder::new(BufWriter::new(File::create(&job.output)?))
        .video(VideoCodec::H264, job.case.size.0, job.case.size.1, RATE.into())
        .build()?;
    let mut frames = Frames::open(job)?;
    let mut rgba = vec![0; 4 * width * height];
    let mut planes = YUVBuffer::new(width, height);
    let mut access_unit = Vec::new();
    for index in 0..job.case.frames {
        frames.read(&mut rgba)?;
        planes.read_rgba8(RgbaSliceU8::new(&rgba, (width, height)));
        let stream = encoder.encode(&planes)?;
        access_unit.clear();
        stream.write_vec(&mut access_unit);
        let is_key = matches!(stream.frame_type(), FrameType::IDR);
        muxer.write_video(f64::from(index) / f64::from(RATE), &access_unit, is_key)?;
    }
    Ok(muxer.finish()?)
}

fn complexity(preset: Preset) -> Complexity {
    match preset {
        Preset::Ultrafast | Preset::Superfast => Complexity::Low,
        Preset::Veryfast | Preset::Faster | Preset::Fast => Complexity::Medium,
        _ => Complexity::High,
    }
}
