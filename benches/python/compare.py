"""Compares the Python package with what people use today, in turn, each run in a separate process.

    make peers-python
    target/python/bin/python benches/python/compare.py animations --rounds 5
    target/python/bin/python benches/python/compare.py arrays --rounds 5

``animations``: matplotlib's FFMpegWriter, the writer of this package, and `Animation.from_scene` with a worker for each
core, on five lines at 1280×720 and on the demo of the original question, 300 frames each. ``arrays``: frames of
1280×720 that exist, with PyAV, imageio-ffmpeg, mediapy, this package, and the program of this repository.

All use x264 with the same rate, CRF and preset. One writer of ours has the tune for drawn pictures, and the CRF that
gives the same PSNR with it. Wall and CPU time are those of the call that makes the movie, with all its processes. A run
that other programs disturb is made again. The tables have medians, and wall times as multiples of the fastest peer's.
``--write`` puts them into BENCHMARKS.md.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from contestants import (
    CONTESTS,
    CRF,
    DRAWN_CRF,
    FPS,
    ROOT,
    Contestant,
    our_writer,
    our_writer_drawn,
    reference,
    start,
)

Medians = dict[str, list[float]]
CORES = len(os.sched_getaffinity(0))
# A run is made again if other programs keep this part of a core busy.
DISTURBED = 0.05
disturbances: list[float] = []


def busy() -> float:
    """Return the seconds that all cores have worked for all programs."""
    with open("/proc/stat") as file:
        user, nice, system = map(int, file.readline().split()[1:4])
    return (user + nice + system) / os.sysconf("SC_CLK_TCK")


def spent() -> float:
    """Return the CPU seconds of this process and of those that it has waited for."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def run_here(contest: str, contestant: str, case: str, preset: str) -> None:
    """Run one contestant once; print wall and CPU seconds, the movie's size, and the CPU seconds of other programs."""
    prepare = start if contestant == "start" else CONTESTS[contest].contestants[contestant]
    with tempfile.TemporaryDirectory() as folder:
        movie = str(Path(folder) / "movie.mp4")
        run = prepare(case, preset, movie)
        begin, busy_before, before = time.perf_counter(), busy(), spent()
        run()
        wall, cpu, others = time.perf_counter() - begin, spent() - before, busy() - busy_before
        print(json.dumps([wall, cpu, Path(movie).stat().st_size, others - cpu]))


def run_apart(attempts: int, *arguments: str) -> list[float]:
    """Run one contestant in a separate process, and again if other programs disturb it."""
    runs = []
    for _ in range(attempts):
        command = [sys.executable, __file__, arguments[0], "--run", *arguments[1:]]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=os.environ | {"MPLBACKEND": "agg"})
        *run, others = json.loads(done.stdout)
        runs.append((others / run[0], run))
        if runs[-1][0] < DISTURBED:
            break
    disturbance, best = min(runs)
    disturbances.append(disturbance)
    return best


def measure(contest: str, case: str, preset: str, rounds: int, attempts: int) -> Medians:
    """Run all contestants in turn."""
    names = list(CONTESTS[contest].contestants)
    if contest == "animations":
        names.append("start")
    results: dict[str, list[list[float]]] = {name: [] for name in names}
    for _ in range(rounds):
        for name in names:
            results[name].append(run_apart(attempts, contest, name, case, preset))
    return {name: [statistics.median(column) for column in zip(*runs, strict=True)] for name, runs in results.items()}


def compare(contest: str, rounds: int, attempts: int, only: str | None) -> Iterator[str]:
    """Yield the lines of a section of BENCHMARKS.md."""
    this = CONTESTS[contest]
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in this.distributions)
    ffmpeg = subprocess.run(["ffmpeg", "-version"], check=True, capture_output=True, text=True).stdout.split()[2]
    yield f"## {this.title}\n"
    yield (
        f"`benches/python/compare.py {contest}`, Python {platform.python_version()}, {versions}, ffmpeg {ffmpeg}; "
        f"{CORES} cores, {FPS} frames/s, CRF {CRF}, medians of {rounds} rounds."
    )
    for case in [only] if only else this.cases:
        for preset in this.presets:
            medians = measure(contest, case, preset, rounds, attempts)
            best = min(medians[name][0] for name in this.peers)
            yield f"\n### {case}, {preset}\n"
            yield "| | wall, s | CPU, s | × the fastest peer's wall | goal | times as fast | kB |"
            yield "|---|---|---|---|---|---|---|"
            for name in this.contestants:
                wall, cpu, size = medians[name]
                limit = this.goals.get((case, preset, name))
                goal = f"≤ {limit:.2f}" if limit else ""
                columns = [f"{wall:.2f}", f"{cpu:.2f}", f"{wall / best:.2f}", goal, f"{best / wall:.2f}"]
                yield f"| {name} | {' | '.join(columns)} | {size / 1000:.0f} |"
            if contest == "animations":
                yield from beside_tune(case, preset, medians)
                yield from beside_cores(medians)
            else:
                yield from beside_program(medians)
    if max(disturbances) >= DISTURBED:
        yield f"\n**Other programs were busy meanwhile**, with up to {max(disturbances):.1f} cores."


def psnr(case: str, preset: str, writers: list[Contestant]) -> Iterator[float]:
    """Yield the PSNR over all frames and planes of what each of these writers of ours makes, in dB."""
    with tempfile.TemporaryDirectory() as folder:
        lossless, movie = (str(Path(folder) / name) for name in ("lossless.mp4", "movie.mp4"))
        reference(case, preset, lossless)()
        for writer in writers:
            writer(case, preset, movie)()
            command = ["ffmpeg", "-i", movie, "-i", lossless, "-lavfi", "psnr", "-f", "null", "-"]
            done = subprocess.run(command, check=True, stderr=subprocess.PIPE, text=True)
            yield float(done.stderr.rpartition("average:")[2].split()[0])


def beside_tune(case: str, preset: str, medians: Medians) -> Iterator[str]:
    """Compare the writer with the tune for drawn pictures and without it, at equal quality."""
    (rival, _, _), (_, cpu, size) = medians["FFMpegWriter"], medians["our writer"]
    wall, drawn_cpu, drawn_size = medians["our writer, drawn"]
    without, drawn = psnr(case, preset, [our_writer, our_writer_drawn])
    yield (
        f'\nWith `tune="drawn"` and CRF {DRAWN_CRF[case]}, the movie has {drawn:.2f} dB of PSNR, without it '
        f"{without:.2f} dB. It has {drawn_size / size:.2f} times the bytes, takes {drawn_cpu / cpu:.2f} times the CPU "
        f"time, and is made {rival / wall:.2f} times as fast as by FFMpegWriter without the tune."
    )


def beside_cores(medians: Medians) -> Iterator[str]:
    """Say how near the processes come to what the cores can do, and what more cores would do."""
    once, (wall, _, _) = medians["our writer"][1], medians["our processes"]
    begin, rival = medians["start"][0], medians["FFMpegWriter"][0]
    yield (
        f"\nDrawing each frame once and encoding takes {once:.2f} s of CPU time, {once / CORES:.2f} s on {CORES} "
        f"cores. The processes take {wall:.2f} s, {wall * CORES / once:.2f} times that (goal: at most 1.12); "
        f"{begin:.2f} s of it pass until they have made the scene."
    )
    for more in (8, 32):
        # The start takes as long, the rest is divided. FFMpegWriter draws on one core, so its time stays.
        short = begin + (wall - begin) * CORES / more
        longer = (wall - begin) * CORES / more
        yield (
            f"Calculated, not measured, for {more} cores: {rival / short:.1f} times as fast as FFMpegWriter, and "
            f"{rival / longer:.1f} times for movies so long that the start takes no part."
        )


def beside_program(medians: Medians) -> Iterator[str]:
    """Compare with the program of this repository."""
    ratio = medians["ours, RGB"][0] / medians["the program, RGB"][0]
    yield f"\nRGB arrays take {ratio:.2f} of the wall time of the program (goal: at most 1.05)."


def replace_section(page: str, section: str) -> str:
    """Put a section in the place of the one with its heading, or before the results."""
    heading = section.splitlines()[0]
    before, found, after = page.partition(f"{heading}\n")
    if found:
        after = after.partition("\n## ")[2]
    else:
        before, _, after = page.partition("## Results\n")
        after = f"Results\n{after}"
    return f"{before}{section}\n## {after}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("contest", choices=CONTESTS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="put the tables into BENCHMARKS.md")
    parser.add_argument("--attempts", type=int, default=5, help="how often a disturbed run is made again at most")
    parser.add_argument("--case", help="one case alone")
    parser.add_argument("--run", nargs=3, metavar=("NAME", "CASE", "PRESET"), help="run one contestant, once")
    arguments = parser.parse_args()
    if arguments.run:
        return run_here(arguments.contest, *arguments.run)
    section = ""
    for line in compare(arguments.contest, arguments.rounds, arguments.attempts, arguments.case):
        print(line, flush=True)
        section += f"{line}\n"
    if arguments.write:
        page = ROOT / "BENCHMARKS.md"
        page.write_text(replace_section(page.read_text(), section))


if __name__ == "__main__":
    main()
