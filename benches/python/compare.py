"""Compares the Python package with what people use today, in turn, each run in a process of its own.

    make peers-python
    target/python/bin/python benches/python/compare.py animations --rounds 5
    target/python/bin/python benches/python/compare.py arrays --rounds 5

``animations``: matplotlib's FFMpegWriter, the writer of this package, and `Animation.from_scene` with a worker for each
core, on five lines at 1280×720 and on the demo of the original question, 300 frames each. ``arrays``: frames of
1280×720 that exist, with PyAV, imageio-ffmpeg, mediapy, this package, and the program of this repository.

All use x264 with the same rate, CRF and preset. Wall time is that of the call that makes the movie; CPU time is that of
all its processes. The table has medians, and wall times as multiples of the fastest peer's.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FPS, CRF = 30, 23
SIZE = (1280, 720)
ANIMATION_FRAMES, ARRAY_FRAMES = 300, 200


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

    figure, axes = plt.subplots(figsize=(5, 5), dpi=100)
    axes.set_aspect("equal")
    axes.set_axis_off()
    image = axes.imshow(np.zeros((300, 300)), cmap="gray", interpolation="nearest", vmin=0, vmax=1)

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


def ffmpeg_writer(scene: str, preset: str, movie: str) -> float:
    from matplotlib.animation import FFMpegWriter

    animation = SCENES[scene]()
    options = ["-crf", str(CRF), "-preset", preset, "-pix_fmt", "yuv420p"]
    begin = time.perf_counter()
    animation.save(movie, writer=FFMpegWriter(fps=FPS, codec="libx264", extra_args=options), dpi=100)
    return time.perf_counter() - begin


def our_writer(scene: str, preset: Any, movie: str) -> float:
    import kinetograph

    animation = SCENES[scene]()
    begin = time.perf_counter()
    animation.save(movie, writer=kinetograph.MatplotlibWriter(fps=FPS, crf=CRF, preset=preset), dpi=100)
    return time.perf_counter() - begin


def our_processes(scene: str, preset: Any, movie: str) -> float:
    import matplotlib.pyplot  # noqa: F401 the user's script has imported it too

    import kinetograph

    animation = kinetograph.Animation.from_scene(SCENES[scene], dpi=100, fps=FPS, crf=CRF, preset=preset)
    begin = time.perf_counter()
    animation.save(movie)
    return time.perf_counter() - begin


def our_arrays(channels: int) -> Callable[[str, Any, str], float]:
    def run(_: str, preset: Any, movie: str) -> float:
        import kinetograph

        made = frames(channels)
        begin = time.perf_counter()
        kinetograph.write(movie, made, fps=FPS, crf=CRF, preset=preset)
        return time.perf_counter() - begin

    return run


def pyav(_: str, preset: str, movie: str) -> float:
    av = importlib.import_module("av")
    made = frames(3)
    begin = time.perf_counter()
    with av.open(movie, "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": str(CRF), "preset": preset})
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for frame in made:
            for packet in stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return time.perf_counter() - begin


def imageio_ffmpeg(_: str, preset: str, movie: str) -> float:
    module = importlib.import_module("imageio_ffmpeg")
    made = frames(3)
    begin = time.perf_counter()
    options = ["-crf", str(CRF), "-preset", preset]
    writer = module.write_frames(movie, SIZE, fps=FPS, codec="libx264", quality=None, output_params=options)
    writer.send(None)
    for frame in made:
        writer.send(frame)
    writer.close()
    return time.perf_counter() - begin


def mediapy(_: str, preset: str, movie: str) -> float:
    module = importlib.import_module("mediapy")
    made = frames(3)
    begin = time.perf_counter()
    with module.VideoWriter(movie, SIZE[::-1], fps=FPS, crf=CRF, ffmpeg_args=["-preset", preset]) as writer:
        for frame in made:
            writer.add_image(frame)
    return time.perf_counter() - begin


def program(_: str, preset: str, movie: str) -> float:
    """The same RGB frames through the program, which reads them from a file."""
    raw = Path(movie).with_suffix(".rgb")
    frames(3).tofile(raw)
    binary = ROOT / "target" / "release" / "kinetograph"
    options = ["--size", "x".join(map(str, SIZE)), "--format", "rgb", "--fps", str(FPS), "--crf", str(CRF)]
    begin = time.perf_counter()
    subprocess.run([binary, "encode", *options, "--preset", preset, raw, movie], check=True, stderr=subprocess.DEVNULL)
    seconds = time.perf_counter() - begin
    raw.unlink()
    return seconds


Contestant = Callable[[str, Any, str], float]
CONTESTS: dict[str, tuple[list[str], list[str], dict[str, Contestant], list[str]]] = {
    "animations": (
        list(SCENES),
        ["medium"],
        {"FFMpegWriter": ffmpeg_writer, "our writer": our_writer, "our processes": our_processes},
        ["FFMpegWriter"],
    ),
    "arrays": (
        ["plot-like"],
        ["veryfast", "medium"],
        {
            "PyAV": pyav,
            "imageio-ffmpeg": imageio_ffmpeg,
            "mediapy": mediapy,
            "ours, RGB": our_arrays(3),
            "ours, RGBA": our_arrays(4),
            "the program, RGB": program,
        },
        ["PyAV", "imageio-ffmpeg", "mediapy"],
    ),
}


def run_here(contest: str, contestant: str, case: str, preset: str) -> None:
    """Run one contestant once, and print its wall and CPU seconds and the size of its movie."""

    def spent() -> float:
        usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return sum(usage.ru_utime + usage.ru_stime for usage in usages)

    with tempfile.TemporaryDirectory() as folder:
        movie = str(Path(folder) / "movie.mp4")
        before = spent()
        wall = CONTESTS[contest][2][contestant](case, preset, movie)
        print(json.dumps([wall, spent() - before, Path(movie).stat().st_size]))


def compare(contest: str, rounds: int) -> None:
    """Run all contestants in turn, and print a table of medians."""
    cases, presets, contestants, peers = CONTESTS[contest]
    cores = len(os.sched_getaffinity(0))
    for case in cases:
        for preset in presets:
            results: dict[str, list[list[float]]] = {name: [] for name in contestants}
            for _ in range(rounds):
                for name in contestants:
                    command = [sys.executable, __file__, contest, "--run", name, case, preset]
                    environment = os.environ | {"MPLBACKEND": "agg"}
                    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment)
                    results[name].append(json.loads(done.stdout))
            medians = {
                name: [statistics.median(column) for column in zip(*runs, strict=True)]
                for name, runs in results.items()
            }
            best = min(medians[name][0] for name in peers)
            print(f"\n{case}, {preset}, {cores} cores, medians of {rounds}\n")
            print("| | wall, s | CPU, s | of the fastest peer's wall | times as fast | kB |")
            print("|---|---|---|---|---|---|")
            for name, (wall, cpu, size) in medians.items():
                columns = [
                    f"{wall:.2f}",
                    f"{cpu:.2f}",
                    f"{wall / best:.2f}",
                    f"{best / wall:.2f}",
                    f"{size / 1000:.0f}",
                ]
                print(f"| {name} | {' | '.join(columns)} |")
            if contest == "animations":
                conclude(medians, cores)


def conclude(medians: dict[str, list[float]], cores: int) -> None:
    """Print how near the processes come to what the cores can do, and what more cores would do."""
    once = medians["our writer"][1]
    wall = medians["our processes"][0]
    print(
        f"\nDrawing each frame once and encoding takes {once:.2f} s of CPU time, {once / cores:.2f} s on {cores} cores."
    )
    print(f"The processes take {wall:.2f} s, {wall * cores / once:.2f} times that.")
    for more in (8, 32):
        # Calculated, not measured: the same waste, with the start of the processes once for all.
        calculated = once / more * wall * cores / once
        print(
            f"Calculated for {more} cores: {medians['FFMpegWriter'][0] / calculated:.1f} times as fast as FFMpegWriter."
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("contest", choices=CONTESTS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--run", nargs=3, metavar=("NAME", "CASE", "PRESET"), help="run one contestant, once")
    arguments = parser.parse_args()
    if arguments.run:
        run_here(arguments.contest, *arguments.run)
    else:
        compare(arguments.contest, arguments.rounds)


if __name__ == "__main__":
    main()
