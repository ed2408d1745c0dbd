"""The frames of the writer are those that matplotlib pipes to ffmpeg, sample by sample."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pytest
from conftest import Bytes, decode, planes
from matplotlib.animation import FFMpegWriter, FuncAnimation

FRAMES = 6
Made = tuple[Any, float]


def lines() -> Made:
    figure, axes = plt.subplots(figsize=(6.4, 3.6))
    x = np.linspace(0, 6, 200)
    curves = [axes.plot(x, x, label=f"wave {wave}")[0] for wave in range(5)]
    axes.set(ylim=(-1, 1), xlabel="time (s)", ylabel="height (m)", title="Waves")
    axes.legend()

    def update(frame: int) -> list[Any]:
        for wave, curve in enumerate(curves):
            curve.set_ydata(np.sin(x * (1 + wave) + frame / 3))
        return curves

    return FuncAnimation(figure, update, FRAMES), 100


def image() -> Made:
    figure, axes = plt.subplots(figsize=(5, 5))
    shown = axes.imshow(np.zeros((300, 300)), cmap="gray", vmin=0, vmax=1)

    def update(frame: int) -> list[Any]:
        shown.set_array(np.random.default_rng(frame).random((300, 300)))
        return [shown]

    return FuncAnimation(figure, update, FRAMES), 100


def scatter() -> Made:
    figure, axes = plt.subplots(figsize=(5, 4))
    x, y = np.random.default_rng(1).random((2, 100))
    points = axes.scatter(x, y, s=80, alpha=0.5, c=np.arange(100))

    def update(frame: int) -> list[Any]:
        points.set_offsets(np.random.default_rng(frame).random((100, 2)))
        return [points]

    return FuncAnimation(figure, update, FRAMES), 100


def three_dimensions() -> Made:
    axes: Any
    figure, axes = plt.subplots(subplot_kw={"projection": "3d"}, figsize=(5, 4))
    x, y = np.meshgrid(*2 * [np.linspace(-2, 2, 20)])
    axes.plot_surface(x, y, np.cos(x) * np.sin(y), cmap="viridis")

    def update(frame: int) -> list[Any]:
        axes.view_init(azim=10 * frame)
        return []

    return FuncAnimation(figure, update, FRAMES), 80


def mathematical_text() -> Made:
    figure = plt.figure(figsize=(5, 3))
    text = figure.text(0.1, 0.5, "", fontsize=18)

    def update(frame: int) -> list[Any]:
        text.set_text(rf"$\int_0^{{{frame}}} \frac{{\sin x}}{{x}}\,dx = {frame / 7:.3f}$ Größe")
        return [text]

    return FuncAnimation(figure, update, FRAMES), 100


def laid_out(layout: str) -> Callable[[], Made]:
    def make() -> Made:
        figure, axes = plt.subplots(2, 2, figsize=(6, 4), layout=layout)
        shown = axes[0, 0].imshow(np.random.default_rng(0).random((20, 20)))
        figure.colorbar(shown, ax=axes[0, 0])
        (curve,) = axes[1, 1].plot([0, 1], [0, 1])
        axes[1, 1].set_ylabel("a label")

        def update(frame: int) -> list[Any]:
            curve.set_ydata([0, 10.0**frame])
            axes[1, 1].set_ylim(0, 10.0**frame)
            return [curve]

        return FuncAnimation(figure, update, FRAMES), 90

    return make


def laid_out_once() -> Made:
    animation, dpi = laid_out("none")()
    animation._fig.tight_layout()
    return animation, dpi


def blitted() -> Made:
    figure, axes = plt.subplots(figsize=(4, 3))
    (curve,) = axes.plot([0, 1], [0, 1], "o-")

    def update(frame: int) -> list[Any]:
        curve.set_ydata([frame / FRAMES, 1])
        return [curve]

    return FuncAnimation(figure, update, FRAMES, blit=True), 100


def translucent() -> Made:
    animation, dpi = lines()
    animation._fig.set_facecolor((0.2, 0.4, 0.9, 0.3))
    animation._fig.axes[0].patch.set_alpha(0.5)
    return animation, dpi


def odd_size() -> Made:
    animation, _ = lines()
    animation._fig.set_size_inches(5, 3.33)
    return animation, 61


KINDS: dict[str, Callable[[], Made]] = {
    "lines": lines,
    "imshow": image,
    "scatter": scatter,
    "3-D": three_dimensions,
    "mathtext": mathematical_text,
    "constrained layout": laid_out("constrained"),
    "tight layout": laid_out("tight"),
    "tight layout once": laid_out_once,
    "blit": blitted,
    "translucent face": translucent,
    "odd size at 61 dpi": odd_size,
}


class PipedFrames(FFMpegWriter):
    """Keeps what matplotlib would pipe to the ffmpeg program."""

    def _run(self) -> None:
        self.frames: list[Bytes] = []
        pipe = SimpleNamespace(write=lambda pixels: self.frames.append(np.array(pixels)), seek=None)
        self._proc = SimpleNamespace(stdin=pipe)

    def finish(self) -> None:
        """End without a program."""

    def _supports_transparency(self) -> bool:
        return False


@pytest.mark.filterwarnings("ignore:The figure layout has changed to tight")
@pytest.mark.parametrize("kind", KINDS)
def test_frames_are_those_that_ffmpeg_would_get(kind: str, tmp_path: Path) -> None:
    # Another codec than h264 keeps odd sizes, as kinetograph does.
    piped = PipedFrames(fps=30, codec="rawvideo")
    animation, dpi = KINDS[kind]()
    animation.save("unused.avi", writer=piped, dpi=dpi)
    plt.close("all")

    movie = tmp_path / "movie.mp4"
    animation, dpi = KINDS[kind]()
    lossless = ["-qp", "0", "-pix_fmt", "yuv444p", "-preset", "ultrafast"]
    animation.save(movie, writer="kinetograph", dpi=dpi, extra_args=lossless)
    plt.close("all")

    assert len(piped.frames) == FRAMES
    assert len({frame.tobytes() for frame in piped.frames}) == FRAMES
    height, width, _ = piped.frames[0].shape
    decoded = np.frombuffer(decode(movie, "yuv444p"), np.uint8).reshape(-1, 3, height, width)
    assert all((frame[..., 3] == 255).all() for frame in piped.frames)
    expected = np.stack([planes(frame[..., :3]) for frame in piped.frames])
    assert decoded.shape == expected.shape
    assert (decoded == expected).all(), f"{(decoded != expected).sum()} samples differ"
