"""Drawing functions that other processes can import."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
from conftest import Bytes

SIZE = (64, 48)


def draw(index: int) -> Bytes:
    """Draw a frame that depends on its index alone."""
    frame = np.zeros((48, 64, 3), np.uint8)
    frame[..., 0] = index % 251
    frame[:, index % 64, 1] = 255
    return frame


def noted(folder: str) -> Any:
    """Return a function that draws and leaves a file for each frame that it has drawn."""

    def draw_noted(index: int) -> Bytes:
        with (Path(folder) / f"{index:05}").open("a") as file:
            file.write(f"{os.getpid()}\n")
        return draw(index)

    return draw_noted


def failing(index: int) -> Bytes:
    """Fail at frame 17."""
    if index == 17:
        raise ZeroDivisionError("at frame 17")
    return draw(index)


def dying(index: int) -> Bytes:
    """Die at frame 17."""
    if index == 17:
        os.kill(os.getpid(), signal.SIGKILL)
    return draw(index)


def leaving(index: int) -> Bytes:
    """Leave Python at frame 17."""
    if index == 17:
        raise SystemExit(3)
    return draw(index)


def slow(index: int) -> Bytes:
    """Take long."""
    time.sleep(0.2)
    return draw(index)


def uneven(index: int) -> Bytes:
    """Change the size at frame 17."""
    return draw(index)[: 48 - 2 * (index == 17)]


def lines(layout: Any = None) -> Any:
    """Make a figure with curves."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(4, 2), dpi=50, layout=layout)
    x = np.linspace(0, 6, 100)
    (curve,) = axes[0].plot(x, x)
    figure.colorbar(axes[1].imshow(np.eye(3)), ax=axes[1])

    def update(index: int) -> None:
        curve.set_ydata(np.sin(x + index / 10) * 10.0 ** (index % 5))
        axes[0].set_ylim(-(10.0 ** (index % 5)), 10.0 ** (index % 5))

    return figure, update


def animated() -> Any:
    """Make an animation of matplotlib."""
    from matplotlib.animation import FuncAnimation

    figure, update = lines()
    return FuncAnimation(figure, update, frames=[2 * step for step in range(40)], interval=40)


def demo() -> Any:
    """Make the demo of the original question, whose noise has no seed."""
    import matplotlib.pyplot as plt
    from matplotlib.animation import FuncAnimation

    fig = plt.figure(figsize=(5, 5), dpi=20)
    im = fig.add_subplot(111).imshow(np.random.rand(30, 30), cmap="gray", interpolation="nearest")

    def update_img(_: int) -> list[Any]:
        im.set_data(np.random.rand(30, 30))
        return [im]

    return FuncAnimation(fig, update_img, 30, interval=30)


def growing() -> Any:
    """Make a scene whose frames depend on those before."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(2, 2), dpi=20)
    (curve,) = axes.plot([], [])
    axes.set(xlim=(0, 30), ylim=(0, 1))
    points: list[int] = []

    def update(index: int) -> None:
        points.append(index)
        curve.set_data(points, [0.5] * len(points))

    return figure, update


def generated() -> Any:
    """Make an animation whose frames come from a generator."""
    import matplotlib.pyplot as plt
    from matplotlib.animation import FuncAnimation

    return FuncAnimation(plt.figure(), lambda _: [], (step for step in range(5)), save_count=5)
