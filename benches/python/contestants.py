"""What compare.py compares: scenes, frames, and everyone who makes a movie of them.

Each contestant is called with the case, the preset and the name of the movie. It prepares what exists before, and
returns the function that makes the movie, which is measured.
"""

from __future__ import annotations

import dataclasses
import importlib
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FPS, CRF = 30, 23
SIZE = (1280, 720)
ANIMATION_FRAMES, ARRAY_FRAMES = 300, 200
# With the tune for drawn pictures, these rate factors give about the PSNR that CRF gives without it.
DRAWN_CRF = {"lines": 24.5, "demo": 25.1}

Run = Callable[[], object]
Contestant = Callable[[str, Any, str], Run]


def lines() -> Any:
    """Five lines with labels and a legend."""
    import matplotlib.pyplot as plt
    import numpy as np
    from matplotlib.animation import FuncAnimation

    figure, axes = plt.subplots(figsize=(12.8, 7.2), dpi=100)
    x = np.linspace(0, 4 * np.pi, 500)
    curves = [axes.plot(x, np.sin(x), label=f"wave {wave + 1}")[0] for wave in range(5)]
    axes.set(ylim=(-1.2, 1.2), xlabel="position (m)", ylabel="height (m)", title="Waves")
    axes.legend(loc="upper right")

    def update(index: int) -> list[Any]:
        for wave, curve in enumerate(curves):
            curve.set_ydata(np.sin(x * (1 + wave / 2) - index / 10))
        return curves

    return FuncAnimation(figure, update, ANIMATION_FRAMES, interval=1000 / FPS)


def demo() -> Any:
    """The demo of the original question, with seeded noise."""
    import matplotlib.pyplot as plt
    import numpy as np
    from matplotlib.animation import FuncAnimation

    figure, axes = plt.subplots(figsize=(5, 5))
    axes.set_aspect("equal")
    axes.get_xaxis().set_visible(False)
    axes.get_yaxis().set_visible(False)
    image = axes.imshow(np.zeros((300, 300)), cmap="gray", interpolation="nearest", vmin=0, vmax=1)
    figure.tight_layout()

    def update(index: int) -> list[Any]:
        image.set_data(np.random.default_rng(index).random((300, 300)))
        return [image]

    return FuncAnimation(figure, update, ANIMATION_FRAMES, interval=1000 / FPS)


SCENES: dict[str, Callable[[], Any]] = {"lines": lines, "demo": demo}


def frames(channels: int) -> Any:
    """Frames like those of a plot: lines that move on white."""
    import numpy as np

    width, height = SIZE
    made = np.full((ARRAY_FRAMES, height, width, channels), 255, np.uint8)
    x = np.arange(width)
    for index in range(ARRAY_FRAMES):
        for wave in range(5):
            y = height / 2 + (height / 2 - 20) * np.sin(x / 150 * (1 + wave / 2) - index / 10)
            for thickness in range(3):
                made[index, y.astype(int) + thickness, x, :3] = [50 * wave, 255 - 50 * wave, 40 * thickness]
    return made


def ffmpeg_writer(scene: str, preset: str, movie: str) -> Run:
    from matplotlib.animation import FFMpegWriter

    animation = SCENES[scene]()
    options = ["-crf", str(CRF), "-preset", preset, "-pix_fmt", "yuv420p"]
    writer = FFMpegWriter(fps=FPS, codec="libx264", extra_args=options)
    return lambda: animation.save(movie, writer=writer, dpi=100)


def our_writer(scene: str, preset: Any, movie: str) -> Run:
    import kinetograph

    animation = SCENES[scene]()
    writer = kinetograph.MatplotlibWriter(fps=FPS, crf=CRF, preset=preset)
    return lambda: animation.save(movie, writer=writer, dpi=100)


def our_writer_drawn(scene: str, preset: Any, movie: str) -> Run:
    import kinetograph

    animation = SCENES[scene]()
    writer = kinetograph.MatplotlibWriter(fps=FPS, crf=DRAWN_CRF[scene], preset=preset, tune="drawn")
    return lambda: animation.save(movie, writer=writer, dpi=100)


def reference(scene: str, _: Any, movie: str) -> Run:
    """The planes that the writer encodes, without loss."""
    import kinetograph

    animation = SCENES[scene]()
    writer = kinetograph.MatplotlibWriter(fps=FPS, qp=0, preset="ultrafast")
    return lambda: animation.save(movie, writer=writer, dpi=100)


def our_processes(scene: str, preset: Any, movie: str) -> Run:
    import kinetograph

    animation = kinetograph.Animation.from_scene(SCENES[scene], dpi=100, fps=FPS, crf=CRF, preset=preset)
    return lambda: animation.save(movie)


def start(scene: str, preset: Any, movie: str) -> Run:
    """The part of `our_processes` that more cores do not shorten: a process starts and makes the scene."""
    import kinetograph

    animation = kinetograph.Animation.from_scene(SCENES[scene], dpi=100, fps=FPS, crf=CRF, preset=preset)
    return lambda: Path(movie).write_text(f"{animation.size}")


def our_arrays(channels: int) -> Contestant:
    def prepare(_: str, preset: Any, movie: str) -> Run:
        import kinetograph

        made = frames(channels)
        return lambda: kinetograph.write(movie, made, fps=FPS, crf=CRF, preset=preset)

    return prepare


def pyav(_: str, preset: str, movie: str) -> Run:
    av = importlib.import_module("av")
    made = frames(3)

    def run() -> None:
        with av.open(movie, "w") as container:
            stream = container.add_stream("libx264", rate=FPS, options={"crf": str(CRF), "preset": preset})
            stream.width, stream.height = SIZE
            stream.pix_fmt = "yuv420p"
            for frame in made:
                for packet in stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")):
                    container.mux(packet)
            for packet in stream.encode():
                container.mux(packet)

    return run


def imageio_ffmpeg(_: str, preset: str, movie: str) -> Run:
    module = importlib.import_module("imageio_ffmpeg")
    made = frames(3)
    options = ["-crf", str(CRF), "-preset", preset]

    def run() -> None:
        writer = module.write_frames(movie, SIZE, fps=FPS, codec="libx264", quality=None, output_params=options)
        writer.send(None)
        for frame in made:
            writer.send(frame)
        writer.close()

    return run


def mediapy(_: str, preset: str, movie: str) -> Run:
    module = importlib.import_module("mediapy")
    made = frames(3)

    def run() -> None:
        with module.VideoWriter(movie, SIZE[::-1], fps=FPS, crf=CRF, ffmpeg_args=["-preset", preset]) as writer:
            for frame in made:
                writer.add_image(frame)

    return run


def program(_: str, preset: str, movie: str) -> Run:
    """The same RGB frames through the program, which reads them from a file."""
    raw = Path(movie).with_suffix(".rgb")
    frames(3).tofile(raw)
    binary = ROOT / "target" / "release" / "kinetograph"
    options = ["--size", "x".join(map(str, SIZE)), "--format", "rgb", "--fps", str(FPS), "--crf", str(CRF)]
    command = [binary, "encode", *options, "--preset", preset, raw, movie]
    return lambda: subprocess.run(command, check=True, stderr=subprocess.DEVNULL)


@dataclasses.dataclass(frozen=True)
class Contest:
    """Contestants that take turns, and the greatest wall times that ours may have, as multiples of a rival's."""

    title: str
    distributions: list[str]
    cases: list[str]
    presets: list[str]
    contestants: dict[str, Contestant]
    peers: list[str]
    goals: dict[tuple[str, str, str], float]


CONTESTS = {
    "animations": Contest(
        title="Python: animations of matplotlib",
        distributions=["matplotlib"],
        cases=list(SCENES),
        presets=["medium"],
        contestants={
            "FFMpegWriter": ffmpeg_writer,
            "our writer": our_writer,
            "our writer, drawn": our_writer_drawn,
            "our processes": our_processes,
        },
        peers=["FFMpegWriter"],
        goals={
            ("lines", "medium", "our writer"): 1 / 1.7,
            ("lines", "medium", "our processes"): 1 / 2.1,
            ("demo", "medium", "our writer"): 1 / 1.35,
            ("demo", "medium", "our processes"): 1 / 1.5,
        },
    ),
    "arrays": Contest(
        title="Python: NumPy frames",
        distributions=["numpy", "av", "imageio-ffmpeg", "mediapy"],
        cases=["plot-like"],
        presets=["veryfast", "medium"],
        contestants={
            "PyAV": pyav,
            "imageio-ffmpeg": imageio_ffmpeg,
            "mediapy": mediapy,
            "ours, RGB": our_arrays(3),
            "ours, RGBA": our_arrays(4),
            "the program, RGB": program,
        },
        peers=["PyAV", "imageio-ffmpeg", "mediapy"],
        goals={
            ("plot-like", "veryfast", "ours, RGB"): 0.82,
            ("plot-like", "veryfast", "ours, RGBA"): 0.82,
            ("plot-like", "medium", "ours, RGB"): 0.9,
            ("plot-like", "medium", "ours, RGBA"): 0.9,
        },
    ),
}
