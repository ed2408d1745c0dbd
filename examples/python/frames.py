"""Frames pushed one by one: a picture that fades in and stays for two seconds.

python examples/python/frames.py frames.mp4
"""

import sys

import numpy as np

import kinetograph

picture = np.dstack([*np.meshgrid(np.arange(256), np.arange(256)), np.full((256, 256), 128)]).astype(np.uint8)

with kinetograph.Movie(sys.argv[1] if len(sys.argv) > 1 else "frames.mp4", fps=30) as movie:
    for step in range(31):
        movie.push((picture * (step / 30)).astype(np.uint8))
    movie.hold(2.0)
print(movie.report)
