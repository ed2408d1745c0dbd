"""The demo with seeded noise: the function returns its animation, and one line draws it on every core.

python examples/python/demo_on_every_core.py demo.mp4
"""

import sys

import matplotlib.pyplot as plt
import numpy as np
from matplotlib import animation

import kinetograph


def ani_frame():
    fig, ax = plt.subplots(figsize=(5, 5), dpi=100)
    ax.set_aspect("equal")
    ax.set_axis_off()
    im = ax.imshow(np.zeros((300, 300)), cmap="gray", interpolation="nearest", vmin=0, vmax=1)

    def update_img(n):
        # The seed is the index, so that every process draws the same noise for it.
        im.set_data(np.random.default_rng(n).random((300, 300)))
        return im

    return animation.FuncAnimation(fig, update_img, 300, interval=1000 / 30)


target = sys.argv[1] if len(sys.argv) > 1 else "demo.mp4"
print(kinetograph.Animation.from_scene(ani_frame).save(target, progress=True))
