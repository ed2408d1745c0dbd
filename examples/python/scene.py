"""A figure of matplotlib that every core draws.

python examples/python/scene.py scene.mp4
"""

import sys

import numpy as np

import kinetograph


def scene():
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(12.8, 7.2), dpi=100)
    x = np.linspace(0, 4 * np.pi, 500)
    curves = [axes.plot(x, x, label=f"wave {wave + 1}")[0] for wave in range(5)]
    axes.set(xlim=(0, 4 * np.pi), ylim=(-1.2, 1.2), xlabel="position (m)", ylabel="height (m)", title="Waves")
    axes.legend(loc="upper right")

    def update(index):
        for wave, curve in enumerate(curves):
            curve.set_ydata(np.sin(x * (1 + wave / 2) - index / 10) * (1 - wave / 10))

    return figure, update


target = sys.argv[1] if len(sys.argv) > 1 else "scene.mp4"
print(kinetograph.Animation.from_scene(scene, frames=300, fps=30, crf=20).save(target, progress=True))
