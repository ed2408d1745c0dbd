"""The scenes of benches/drawn that matplotlib draws: writes their frames as RGBA to standard output.

python3 benches/drawn/matplotlib_scenes.py SCENE WIDTH HEIGHT FRAMES
"""

import sys

import matplotlib

matplotlib.use("agg")
import matplotlib.pyplot as plt
import numpy as np

DPI = 100


def waves(figure):
    axes = figure.add_subplot(xlabel="x [m]", ylabel="amplitude", ylim=(-2, 2), title="Damped waves")
    x = np.linspace(0, 10, 500)
    curves = [axes.plot(x, x, label=f"mode {mode}")[0] for mode in range(1, 6)]
    axes.legend(loc="upper right")
    axes.grid(True)

    def draw(time):
        for mode, curve in enumerate(curves, 1):
            curve.set_ydata(np.sin(mode * x - 2 * time) * np.exp(-0.1 * x) * (1 + 0.3 * np.sin(time * mode)))

    return draw


def surface(figure):
    axes = figure.add_subplot(projection="3d")
    x, y = np.meshgrid(np.linspace(-3, 3, 50), np.linspace(-3, 3, 50))

    def draw(time):
        axes.clear()
        axes.plot_surface(x, y, np.sin(np.hypot(x, y) * 2 - 2 * time), cmap="coolwarm", vmin=-1, vmax=1)
        axes.set(zlim=(-2, 2), xlabel="x", ylabel="y", title=f"t = {time:.2f} s")
        axes.view_init(elev=30, azim=30 + 12 * time)

    return draw


def contours(figure):
    axes = figure.add_subplot()
    x, y = np.meshgrid(np.linspace(-4, 4, 160), np.linspace(-2.5, 2.5, 90))
    part = np.s_[::8, ::8]

    def draw(time):
        axes.clear()
        z = np.sin(x + time) * np.cos(y - 0.5 * time) + 0.3 * np.sin(2 * x - time)
        axes.contourf(x, y, z, levels=np.linspace(-1.4, 1.4, 15), cmap="viridis")
        axes.contour(x, y, z, levels=np.linspace(-1.4, 1.4, 8), colors="black", linewidths=0.6)
        dy, dx = np.gradient(z)
        axes.quiver(x[part], y[part], dx[part], dy[part], color="white", scale=3)
        axes.set(title=f"Flow at t = {time:.2f} s", xlabel="x", ylabel="y")

    return draw


name, width, height, frames = sys.argv[1], *map(int, sys.argv[2:])
figure = plt.figure(figsize=(width / DPI, height / DPI), dpi=DPI)
draw = {"mpl-waves": waves, "mpl-surface": surface, "mpl-contours": contours}[name](figure)
for frame in range(frames):
    draw(frame / 30)
    figure.canvas.draw()
    sys.stdout.buffer.write(figure.canvas.buffer_rgba())
