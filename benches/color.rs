//! Pixels per second of the converter with each instruction set of this machine, compared with other converters and
//! with a copy.
//!
//! All run in turn, in short slices, on one thread. The best slice of each counts, because other work of the machine
//! can only make a slice longer.

use std::hint::black_box;
use std::time::{Duration, Instant};

use dcv_color_primitives as dcv;
use kinetograph::color::{Converter, Isa, Planes};
use kinetograph::{BitDepth, Chroma, ColorSpace, Frame, PixelFormat};
use yuv::{YuvChromaSubsampling, YuvConversionMode, YuvPlanarImageMut, YuvRange, YuvStandardMatrix};

const SIZES: [(u32, u32); 4] = [(500, 500), (1280, 720), (1920, 1080), (3840, 2160)];
const TURNS: usize = 200;
const SLICE: Duration = Duration::from_micros(300);

/// A name and the function that is measured.
type Contender<'a> = (String, Box<dyn FnMut() + 'a>);

fn main() {
    println!(
        "Gpixel/s on one core, opaque RGBA to I420, 8 bits, BT.709 limited range; and the speed relative to others"
    );
    for (width, height) in SIZES {
        let pixels = pixels(width, height);
        let mut contenders = ours(&pixels, width, height);
        let own = contenders.len();
        contenders.extend(others(&pixels, width, height));
        let times = measure(&mut contenders);

        print!("\n{:>11}         ", format!("{width}×{height}"));
        (0..own).for_each(|i| print!("{:>10}", contenders[i].0));
        println!();
        for (i, (name, _)) in contenders.iter().enumerate() {
            let pixels = f64::from(width) * f64::from(height);
            print!("{name:>24} {:6.2} ", pixels / best(&times[i]) / 1e9);
            if i >= own {
                (0..own).for_each(|j| print!("{:9.2}×", best(&times[i]) / best(&times[j])));
            }
            println!();
        }
    }

    println!("\nGpixel/s of other conversions, 1920×1080");
    let pixels = pixels(1920, 1080);
    let opaque: fn(usize) -> u8 = |_| 255;
    for (name, chroma, depth, format, alpha) in [
        ("BGRA to I420", Chroma::Yuv420, BitDepth::Eight, PixelFormat::Bgra8, opaque),
        ("RGBA to I422", Chroma::Yuv422, BitDepth::Eight, PixelFormat::Rgba8, opaque),
        ("RGBA to I444", Chroma::Yuv444, BitDepth::Eight, PixelFormat::Rgba8, opaque),
        ("RGBA to I400", Chroma::Gray, BitDepth::Eight, PixelFormat::Rgba8, opaque),
        ("RGB to I420", Chroma::Yuv420, BitDepth::Eight, PixelFormat::Rgb8, opaque),
        ("grey to I420", Chroma::Yuv420, BitDepth::Eight, PixelFormat::Gray8, opaque),
        ("translucent RGBA to I420", Chroma::Yuv420, BitDepth::Eight, PixelFormat::Rgba8Premultiplied, |_| 128),
        // Like a drawing on a transparent canvas: a sixteenth is opaque, a sixteenth translucent.
        ("drawn RGBA to I420", Chroma::Yuv420, BitDepth::Eight, PixelFormat::Rgba8Premultiplied, |at| {
            match at / 16 % 16 {
                7 => 255,
                8 => 128,
                _ => 0,
            }
        }),
        ("RGBA to I420, 10 bits", Chroma::Yuv420, BitDepth::Ten, PixelFormat::Rgba8, opaque),
    ] {
        let mut pixels = pixels.clone();
        if format.bytes_per_pixel() == 4 {
            pixels.chunks_exact_mut(4).enumerate().for_each(|(at, pixel)| pixel[3] = alpha(at));
        }
        let frame = Frame::new(&pixels[..1920 * 1080 * format.bytes_per_pixel()], 1920, 1080, format);
        let mut contenders: Vec<Contender<'_>> = Isa::available()
            .into_iter()
            .map(|isa| {
                let converter = Converter::new(ColorSpace::BT709, chroma, depth, [255; 3]).with_isa(isa);
                let mut planes = Planes::new(1920, 1080, chroma, depth);
                let run =
                    move || converter.convert(black_box(&frame), black_box(&mut planes)).expect("planes that fit");
                (isa.name().to_owned(), Box::new(run) as Box<dyn FnMut()>)
            })
            .collect();
        print!("{name:>24} ");
        for times in measure(&mut contenders) {
            print!("{:10.2}", 1920.0 * 1080.0 / best(&times) / 1e9);
        }
        println!();
    }
}

/// Makes opaque noise.
fn pixels(width: u32, height: u32) -> Vec<u8> {
    let mut state = 1u64;
    let mut pixels = Vec::new();
    for _ in 0..width * height {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        pixels.extend([state as u8, (state >> 8) as u8, (state >> 16) as u8, 255]);
    }
    pixels
}

fn ours(pixels: &[u8], width: u32, height: u32) -> Vec<Contender<'_>> {
    let contender = |isa: Isa| -> Contender<'_> {
        let converter = Converter::new(ColorSpace::BT709, Chroma::Yuv420, BitDepth::Eight, [255; 3]).with_isa(isa);
        let mut planes = Planes::new(width, height, Chroma::Yuv420, BitDepth::Eight);
        let frame = Frame::rgba8(pixels, width, height).premultiplied();
        let run = move || converter.convert(black_box(&frame), black_box(&mut planes)).expect("planes that fit");
        (isa.name().to_owned(), Box::new(run))
    };
    Isa::available().into_iter().map(contender).collect()
}

fn others(pixels: &[u8], width: u32, height: u32) -> Vec<Contender<'_>> {
    let yuv = |(name, mode): (&str, YuvConversionMode)| -> Contender<'_> {
        let mut image = YuvPlanarImageMut::<u8>::alloc(width, height, YuvChromaSubsampling::Yuv420);
        let (range, matrix) = (YuvRange::Limited, YuvStandardMatrix::Bt709);
        let run = move || {
            yuv::rgba_to_yuv420(black_box(&mut image), black_box(pixels), 4 * width, range, matrix, mode)
                .expect("an image that fits")
        };
        (format!("yuv, {name}"), Box::new(run))
    };
    let modes = [
        ("professional", YuvConversionMode::Professional),
        ("balanced", YuvConversionMode::Balanced),
        ("fast", YuvConversionMode::Fast),
    ];
    let mut others: Vec<_> = modes.into_iter().map(yuv).collect();

    // It does not take RGBA. The order of the bytes does not affect its speed.
    let format = |pixel_format, color_space, num_planes| dcv::ImageFormat { pixel_format, color_space, num_planes };
    let from = format(dcv::PixelFormat::Bgra, dcv::ColorSpace::Rgb, 1);
    let to = format(dcv::PixelFormat::I420, dcv::ColorSpace::Bt709, 3);
    let mut planes = [
        vec![0; (width * height) as usize],
        vec![0; (width * height / 4) as usize],
        vec![0; (width * height / 4) as usize],
    ];
    let run = move || {
        let [y, cb, cr] = black_box(&mut planes);
        dcv::convert_image(width, height, &from, None, black_box(&[pixels]), &to, None, &mut [y, cb, cr])
            .expect("planes that fit")
    };
    others.push(("dcv-color-primitives".to_owned(), Box::new(run)));

    others.push(("no conversion".to_owned(), no_conversion(pixels, width as usize)));
    let mut copy = vec![0; pixels.len()];
    others.push(("memcpy".to_owned(), Box::new(move || black_box(&mut copy[..]).copy_from_slice(black_box(pixels)))));
    others
}

/// Reads all pixels and writes all samples, as a conversion to I420 must, and computes almost nothing: the limit that
/// memory sets.
fn no_conversion(pixels: &[u8], width: usize) -> Box<dyn FnMut() + '_> {
    let (samples, half) = (pixels.len() / 4, width / 2);
    let [mut luma, mut cb, mut cr] = [vec![0; samples], vec![0; samples / 4], vec![0; samples / 4]];
    Box::new(move || {
        let (pixels, luma) = (black_box(pixels), black_box(&mut luma[..]));
        let chroma = black_box(&mut cb[..]).chunks_exact_mut(half).zip(black_box(&mut cr[..]).chunks_exact_mut(half));
        let rows = pixels.chunks_exact(8 * width).zip(luma.chunks_exact_mut(2 * width)).zip(chroma);
        for ((pixels, luma), (cb, cr)) in rows {
            for (pixels, luma) in pixels.chunks_exact(4 * width).zip(luma.chunks_exact_mut(width)) {
                let quarter = |number| &pixels[number * width..][..width];
                let [a, b, c, d] = [quarter(0), quarter(1), quarter(2), quarter(3)];
                for i in 0..width {
                    luma[i] = a[i] | b[i] | c[i] | d[i];
                }
            }
            cb.copy_from_slice(&luma[..half]);
            cr.copy_from_slice(&luma[width..][..half]);
        }
    })
}

/// Measures the seconds of one run of each contender, once per turn.
fn measure(contenders: &mut [Contender<'_>]) -> Vec<Vec<f64>> {
    let mut times = vec![Vec::new(); contenders.len()];
    let slice = |run: &mut dyn FnMut()| {
        let (start, mut runs) = (Instant::now(), 0);
        while start.elapsed() < SLICE {
            run();
            runs += 1;
        }
        start.elapsed().as_secs_f64() / f64::from(runs)
    };
    for (_, run) in contenders.iter_mut() {
        slice(run); // touches the pages and fills the caches
    }
    for _ in 0..TURNS {
        for ((_, run), times) in contenders.iter_mut().zip(&mut times) {
            times.push(slice(run));
        }
    }
    times
}

fn best(times: &[f64]) -> f64 {
    times.iter().copied().fold(f64::INFINITY, f64::min)
}
