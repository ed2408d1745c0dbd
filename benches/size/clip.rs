//! `Clip`: the frames of a scene, scaled down, in memory.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use kinetograph::color::{Converter, Planes};
use kinetograph::{Animation, BitDepth, Chroma, ColorSpace, Frame, Quality, Settings};
use tiny_skia::{FilterQuality, Pixmap, PixmapPaint, Transform};

use crate::Result;
use crate::scenes::{Draw, SCENES, Source};

/// The frames of a scene in I420.
pub struct Clip {
    pub name: &'static str,
    pub size: (u32, u32),
    pub frames: u64,
    /// The frames in I420, one after another.
    pub planes: Arc<Vec<u8>>,
    pub path: PathBuf,
    /// The number of frames that encoders were given.
    supplied: Arc<AtomicU64>,
}

impl Clip {
    /// Reads the frames from their file. If there is none, draws them first and writes it.
    pub fn open(name: &str, frames: u64) -> Result<Self> {
        let scene = SCENES.iter().find(|scene| scene.name == name).ok_or("no such scene")?;
        let Source::Library(draw) = scene.source else { return Err("a scene of matplotlib".into()) };
        let path = PathBuf::from(format!("target/size/{name}-{frames}.i420"));
        // 320×180, or 500×500.
        let size = if scene.size.0 > 640 { (scene.size.0 / 4, scene.size.1 / 4) } else { scene.size };
        if !path.exists() {
            fs::create_dir_all("target/size")?;
            let unfinished = path.with_extension("unfinished");
            fs::write(&unfinished, draw_all(draw, scene.size, size, frames as usize)?)?;
            fs::rename(unfinished, &path)?;
        }
        let planes = Arc::new(fs::read(&path)?);
        Ok(Self { name: scene.name, size, frames, planes, path, supplied: Arc::default() })
    }

    pub fn settings(&self) -> Settings {
        Settings::new(self.size.0, self.size.1).frame_rate(30)
    }

    /// Returns an animation of the frames.
    pub fn animation(&self, settings: Settings, quality: Quality) -> Animation<'_> {
        let (size, bytes) = (self.size, self.frame_bytes());
        Animation::from_planes(settings.quality(quality), self.frames, move |planes, frame| {
            self.supplied.fetch_add(1, Ordering::Relaxed);
            planes.read(&self.planes[frame.index() as usize * bytes..], size)?;
            Ok(())
        })
    }

    pub fn frame_bytes(&self) -> usize {
        (self.size.0 * self.size.1 * 3 / 2) as usize
    }

    /// Returns the number of frames that encoders were given since the last call.
    pub fn supplied(&self) -> u64 {
        self.supplied.swap(0, Ordering::Relaxed)
    }
}

/// Draws all frames, and returns them in I420.
fn draw_all(draw: Draw, large: (u32, u32), size: (u32, u32), frames: usize) -> Result<Vec<u8>> {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let part = |begin: usize, end: usize| -> Result<Vec<u8>> {
        let converter = Converter::new(ColorSpace::BT709, Chroma::Yuv420, BitDepth::Eight, [255; 3]);
        let mut planes = Planes::new(size.0, size.1, Chroma::Yuv420, BitDepth::Eight);
        let mut canvas = Pixmap::new(large.0, large.1).ok_or("a size of nothing")?;
        let mut bytes = Vec::new();
        for index in begin..end {
            draw(&mut canvas, index, frames)?;
            let mut small = canvas.clone();
            while small.width() > size.0 {
                small = halve(&small)?;
            }
            converter.convert(&Frame::from(&small), &mut planes)?;
            for plane in 0..planes.count() {
                (0..planes.size(plane).1).for_each(|y| bytes.extend_from_slice(planes.row(plane, y)));
            }
        }
        Ok(bytes)
    };
    thread::scope(|scope| {
        let parts = (0..workers).map(|worker| (frames * worker / workers, frames * (worker + 1) / workers));
        let threads: Vec<_> = parts.map(|(begin, end)| scope.spawn(move || part(begin, end))).collect();
        threads.into_iter().try_fold(Vec::new(), |mut all, thread| {
            all.extend(thread.join().map_err(|_| "a panic")??);
            Ok(all)
        })
    })
}

/// Makes a picture smaller by half, so that each pixel is the mean of four.
fn halve(large: &Pixmap) -> Result<Pixmap> {
    let mut small = Pixmap::new(large.width() / 2, large.height() / 2).ok_or("a size of nothing")?;
    let mean = PixmapPaint { quality: FilterQuality::Bilinear, ..PixmapPaint::default() };
    small.draw_pixmap(0, 0, large.as_ref(), &mean, Transform::from_scale(0.5, 0.5), None);
    Ok(small)
}
