"""Encodes existing frames with PyAV: width height rate frames crf preset RGBA OUTPUT."""

import sys
from fractions import Fraction

import av
import numpy

width, height, rate, frames, crf = map(int, sys.argv[1:6])
preset, source, output = sys.argv[6:9]

with av.open(output, "w") as movie, open(source, "rb") as raw:
    stream = movie.add_stream("libx264", rate=Fraction(rate))
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    stream.options = {"preset": preset, "crf": str(crf)}
    # The default of the x264 program.
    stream.codec_context.thread_count = 0
    for _ in range(frames):
        pixels = numpy.frombuffer(raw.read(width * height * 4), numpy.uint8).reshape(height, width, 4)
        for packet in stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgba")):
            movie.mux(packet)
    for packet in stream.encode():
        movie.mux(packet)
