"""Encodes existing frames with imageio-ffmpeg: width height rate frames crf preset RGBA OUTPUT."""

import sys

import imageio_ffmpeg

width, height, rate, frames, crf = map(int, sys.argv[1:6])
preset, source, output = sys.argv[6:9]

writer = imageio_ffmpeg.write_frames(
    output,
    (width, height),
    pix_fmt_in="rgba",
    fps=rate,
    quality=None,
    codec="libx264",
    macro_block_size=2,
    output_params=["-crf", str(crf), "-preset", preset],
)
writer.send(None)
with open(source, "rb") as raw:
    for _ in range(frames):
        writer.send(raw.read(width * height * 4))
writer.close()
