"""The plot of examples/waves with matplotlib: a FuncAnimation, saved through the ffmpeg program.

    python3 -m venv venv && venv/bin/pip install matplotlib
    venv/bin/python benches/matplotlib_waves.py --size 1280x720 --frames 300 matplotlib.mp4
    cargo run --release --example waves -- --size 1280x720 --frames 300 kinetograph.mp4

Both draw the same curves, markers, grid and frame, anti-aliased, and encode with the same preset and CRF.
"""

import argparse
import time

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.animation import FFMpegWriter, FuncAnimation

WAVES, POINTS, MARKERS, DPI = 5, 500, 40, 100

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--size", default="640x480")
parser.add_argument("--frames", type=int, default=300)
parser.add_argument("--fps", type=int, default=30)
parser.add_argument("--preset", default="medium")
parser.add_argument("--crf", default="23")
parser.add_argument("output")
arguments = parser.parse_args()
width, height = map(int, arguments.size.split("x"))

figure = plt.figure(figsize=(width / DPI, height / DPI), dpi=DPI)
axes = figure.add_axes((0.08, 0.08, 0.89, 0.86), xlim=(0, 1), ylim=(1, 0))
axes.set_xticks(np.arange(1, 10) / 10)
axes.set_yticks(np.arange(1, 10) / 10)
axes.grid(True, color="#cccccc", linewidth=72 / DPI)
axes.tick_params(length=0, labelbottom=False, labelleft=False)

x = np.linspace(0, 1, POINTS)
curves = [axes.plot(x, x, linewidth=1.5 * 72 / DPI)[0] for _ in range(WAVES)]
markers = [
    axes.plot([], [], "o", color=curve.get_color(), markersize=8 * 72 / DPI, markeredgewidth=0)[0] for curve in curves
]


def height_of(wave, x, turn):
    angle = 2 * np.pi * (1 + 0.5 * wave) * x + turn * (1 + 0.25 * wave)
    return 0.5 - (0.42 - 0.06 * wave) * np.sin(angle)


def update(frame):
    turn = 2 * np.pi * frame / 120
    for wave in range(WAVES):
        curves[wave].set_ydata(height_of(wave, x, turn))
        at = (np.arange(wave, MARKERS, WAVES) / MARKERS + frame / 300) % 1
        markers[wave].set_data(at, height_of(wave, at, turn))
    return curves + markers


begin = time.perf_counter()
writer = FFMpegWriter(
    fps=arguments.fps,
    codec="h264",
    extra_args=["-preset", arguments.preset, "-crf", arguments.crf, "-pix_fmt", "yuv420p"],
)
FuncAnimation(figure, update, arguments.frames).save(arguments.output, writer=writer, dpi=DPI)
seconds = time.perf_counter() - begin
print(f"{arguments.frames} frames, {seconds:.3f} s, {arguments.frames / seconds:.0f} frames/s")
