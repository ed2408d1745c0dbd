"""Encodes existing frames with matplotlib, as the only image of a figure: width height rate frames crf preset RGBA OUTPUT."""

import sys

import matplotlib
import numpy

matplotlib.use("Agg")
from matplotlib.animation import FFMpegWriter
from matplotlib.figure import Figure

width, height, rate, frames, crf = map(int, sys.argv[1:6])
preset, source, output = sys.argv[6:9]

figure = Figure(figsize=(width / 100, height / 100), dpi=100)
picture = figure.figimage(numpy.zeros((height, width, 4), numpy.uint8))
writer = FFMpegWriter(fps=rate, codec="h264", extra_args=["-pix_fmt", "yuv420p", "-preset", preset, "-crf", str(crf)])
with open(source, "rb") as raw, writer.saving(figure, output, dpi=100):
    for _ in range(frames):
        picture.set_data(numpy.frombuffer(raw.read(width * height * 4), numpy.uint8).reshape(height, width, 4))
        writer.grab_frame()
