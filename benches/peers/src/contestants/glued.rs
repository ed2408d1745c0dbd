//! A program that combines the crates yuv, x264 and mp4.

use std::fs::File;
use std::io::{BufWriter, Seek, Write};

use kinetograph::Preset;
use mp4::{AvcConfig, Mp4Config, Mp4Sample, Mp4Writer, TrackConfig};
use x264::{Colorspace, Data, Image, Picture, Plane, Setup, Tune};
use yuv::{YuvChromaSubsampling, YuvConversionMode, YuvPlanarImageMut, YuvRange, YuvStandardMatrix, rgba_to_yuv420};

use super::{Frames, Outcome};
use crate::case::{Job, RATE};

pub fn encode(job: &Job) -> Outcome {
    let (width, height) = job.case.size;
    // The default is CRF 23; the crate cannot set another.
    let setup = Setup::preset(preset(job.case.preset), Tune::None, false, false);
    let setup = setup.fps(RATE, 1).timebase(1, RATE).annexb(false).high();
    let mut encoder =
        setup.build(Colorspace::I420, width as i32, height as i32).map_err(|_| "x264 cannot be opened")?;
    let (sps, pps) = {
        let headers = encoder.headers().map_err(|_| "no headers")?;
        let set = |index: usize| headers.unit(index).as_ref()[4..].to_vec();
        (set(0), set(1))
    };
    let mut output = Output::create(job, sps, pps)?;
    let mut frames = Frames::open(job)?;
    let mut rgba = vec![0; 4 * width as usize * height as usize];
    let mut planes = YuvPlanarImageMut::<u8>::alloc(width, height, YuvChromaSubsampling::Yuv420);
    for index in 0..job.case.frames {
        frames.read(&mut rgba)?;
        rgba_to_yuv420(
            &mut planes,
            &rgba,
            4 * width,
            YuvRange::Limited,
            YuvStandardMatrix::Bt601,
            YuvConversionMode::default(),
        )?;
        let image = Image::new(
            Colorspace::I420,
            width as i32,
            height as i32,
            &[
                Plane { stride: planes.y_stride as i32, data: planes.y_plane.borrow() },
                Plane { stride: planes.u_stride as i32, data: planes.u_plane.borrow() },
                Plane { stride: planes.v_stride as i32, data: planes.v_plane.borrow() },
            ],
        );
        let (data, picture) = encoder.encode(index.into(), image).map_err(|_| "x264 fails")?;
        output.write(&data, &picture)?;
    }
    let mut flush = encoder.flush();
    while let Some(result) = flush.next() {
        let (data, picture) = result.map_err(|_| "x264 fails")?;
        output.write(&data, &picture)?;
    }
    output.writer.write_end()?;
    Ok(output.writer.into_writer().flush()?)
}

struct Output<W> {
    writer: Mp4Writer<W>,
    /// The ticks that make the first decoding time 0.
    shift: Option<i64>,
}

impl Output<BufWriter<File>> {
    fn create(job: &Job, sps: Vec<u8>, pps: Vec<u8>) -> mp4::Result<Self> {
        let config = Mp4Config {
            major_brand: (*b"isom").into(),
            minor_version: 512,
            compatible_brands: [b"isom", b"iso2", b"avc1", b"mp41"].map(|brand| (*brand).into()).to_vec(),
            timescale: RATE,
        };
        let mut writer = Mp4Writer::write_start(BufWriter::new(File::create(&job.output)?), &config)?;
        let (width, height) = (job.case.size.0 as u16, job.case.size.1 as u16);
        let track = AvcConfig { width, height, seq_param_set: sps, pic_param_set: pps };
        writer.add_track(&TrackConfig { timescale: RATE, ..track.into() })?;
        Ok(Self { writer, shift: None })
    }
}

impl<W: Write + Seek> Output<W> {
    fn write(&mut self, data: &Data, picture: &Picture) -> mp4::Result<()> {
        if data.len() == 0 {
            return Ok(());
        }
        let shift = *self.shift.get_or_insert(-picture.dts());
        let sample = Mp4Sample {
            start_time: (picture.dts() + shift) as u64,
            duration: 1,
            rendering_offset: (picture.pts() - picture.dts()) as i32,
            is_sync: picture.keyframe(),
            bytes: data.entirety().to_vec().into(),
        };
        self.writer.write_sample(1, &sample)
    }
}

fn preset(preset: Preset) -> x264::Preset {
    match preset {
        Preset::Ultrafast => x264::Preset::Ultrafast,
        Preset::Superfast => x264::Preset::Superfast,
        Preset::Veryfast => x264::Preset::Veryfast,
        Preset::Faster => x264::Preset::Faster,
        Preset::Fast => x264::Preset::Fast,
        Preset::Medium => x264::Preset::Medium,
        Preset::Slow => x264::Preset::Slow,
        Preset::Slower => x264::Preset::Slower,
        Preset::Veryslow => x264::Preset::Veryslow,
        _ => x264::Preset::Placebo,
    }
}
