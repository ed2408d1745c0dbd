"""Interfering waves, computed with NumPy and drawn without matplotlib, on every core.

python examples/python/waves.py waves.mp4
"""

import sys

import numpy as np

import kinetograph

WIDTH, HEIGHT, FRAMES = 640, 360, 300

y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)


def draw(index):
    turn = 2 * np.pi * index / 100
    sources = [(0.3, 0.4), (0.7, 0.5), (0.5, 0.8)]
    height = sum(np.sin(np.hypot(x - a * WIDTH, y - b * HEIGHT) / 9 - turn) for a, b in sources) / len(sources)
    level = (127.5 * (1 + height)).astype(np.uint8)
    return np.dstack([level, level // 2 + 60, 255 - level])


target = sys.argv[1] if len(sys.argv) > 1 else "waves.mp4"
animation = kinetograph.Animation(draw, frames=FRAMES, size=(WIDTH, HEIGHT), fps=30, title="Waves")
print(animation.save(target, progress=True))
