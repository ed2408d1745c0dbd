"""The demo of the question that this project grew from: 300 frames of noise, saved by the writer.

    python examples/python/demo.py demo.mp4

Only the name of the writer and the import differ from the script for ffmpeg. Its frames are random, so they cannot be
drawn in several processes; demo_on_every_core.py seeds them.
"""

import sys

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import animation

import kinetograph  # noqa: F401 registers the writer

dpi = 100


def ani_frame():
    fig = plt.figure()
    ax = fig.add_subplot(111)
    ax.set_aspect("equal")
    ax.get_xaxis().set_visible(False)
    ax.get_yaxis().set_visible(False)

    im = ax.imshow(np.random.rand(300, 300), cmap="gray", interpolation="nearest")
    im.set_clim([0, 1])
    fig.set_size_inches([5, 5])
    plt.tight_layout()

    def update_img(n):
        tmp = np.random.rand(300, 300)
        im.set_data(tmp)
        return im

    ani = animation.FuncAnimation(fig, update_img, 300, interval=30)
    ani.save(sys.argv[1] if len(sys.argv) > 1 else "demo.mp4", writer="kinetograph", fps=30, dpi=dpi)
    return ani


ani_frame()
