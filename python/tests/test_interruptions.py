"""Programs that are interrupted or that end with unfinished movies, and memory that stays flat."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from conftest import names, probe

# tests/soak.sh makes more of both.
FACTOR = int(os.environ.get("KINETOGRAPH_SOAK", "1"))
MOVIES = 1000 * FACTOR
FRAMES = 4000 * FACTOR


def start(program: str, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)


def test_ctrl_c_ends_a_movie_and_keeps_its_frames(tmp_path: Path) -> None:
    program = """
import sys, threading, numpy, kinetograph
with kinetograph.Movie(sys.argv[1], fps=30) as movie:
    for index in range(10**9):
        movie.push(numpy.full((48, 64), index % 256, numpy.uint8))
        if index == 100:
            print("ready", flush=True)
"""
    run = start(program, str(tmp_path / "movie.mp4"))
    assert run.stdout is not None
    assert run.stdout.readline() == "ready\n"
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=30)
    assert run.returncode == -signal.SIGINT
    assert "KeyboardInterrupt" in errors
    (unfinished,) = names(tmp_path)
    assert unfinished in errors
    assert int(probe(tmp_path / unfinished)["nb_read_frames"]) > 100


def test_ctrl_c_ends_a_movie_whose_file_never_takes_its_bytes() -> None:
    program = """
import os, numpy, kinetograph
reader, writer = os.pipe()
noise = numpy.random.default_rng(1)
with os.fdopen(writer, "wb", buffering=0) as file:
    with kinetograph.Movie(file, qp=0, keyframe_interval=1, preset="ultrafast") as movie:
        print("ready", flush=True)
        while True:
            movie.push(noise.integers(0, 256, (256, 256), numpy.uint8))
"""
    run = start(program)
    assert run.stdout is not None
    assert run.stdout.readline() == "ready\n"
    time.sleep(3)
    begin = time.monotonic()
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=30)
    assert run.returncode == -signal.SIGINT
    assert time.monotonic() - begin < 10


def test_a_program_that_ends_with_an_unfinished_movie_ends(tmp_path: Path) -> None:
    program = """
import io, sys, numpy, kinetograph, logging
logging.basicConfig(level=logging.DEBUG)
movies = [kinetograph.Movie(sys.argv[1]), kinetograph.Movie(io.BytesIO()), kinetograph.Movie()]
for movie in movies:
    movie.push(numpy.zeros((48, 64), numpy.uint8))
"""
    run = start(program, str(tmp_path / "movie.mp4"))
    _, errors = run.communicate(timeout=60)
    assert run.returncode == 0, errors
    assert names(tmp_path) == []


MEMORY = """
import os

def memory(process=os.getpid()):
    with open(f"/proc/{process}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
"""


def test_movies_leave_no_memory_behind(tmp_path: Path) -> None:
    program = f"""{MEMORY}
import sys, numpy, kinetograph
frame = numpy.zeros((48, 64, 3), numpy.uint8)

def make(count):
    for index in range(count):
        movie = kinetograph.Movie(None if index % 3 else sys.argv[1], threads=1, preset="ultrafast")
        movie.push(frame)
        movie.push(frame[::-1])
        if index % 5:
            movie.finish()

make(200)
before = memory()
make({MOVIES})
print(memory() - before)
"""
    run = start(program, str(tmp_path / "movie.mp4"))
    printed, errors = run.communicate()
    assert run.returncode == 0, errors
    # A leak of the smallest buffer of each movie, 64 × 48 samples, would be more.
    assert int(printed) < 3000 * MOVIES, printed


def test_a_long_animation_leaves_memory_flat_in_every_process(tmp_path: Path) -> None:
    program = f"""{MEMORY}
import json, multiprocessing, sys, numpy, kinetograph

def draw(index):
    frame = numpy.zeros((240, 320, 3), numpy.uint8)
    frame[:, index % 320] = index % 256
    return frame

sizes = []

def note(progress):
    children = [child.pid for child in multiprocessing.active_children()]
    sizes.append((progress.encoded, *map(memory, [os.getpid(), *children])))

animation = kinetograph.Animation(draw, frames={FRAMES}, size=(320, 240), preset="ultrafast")
animation.save(sys.argv[1], workers=2, progress=note)
print(json.dumps(sizes))
"""
    import json

    run = start(program, str(tmp_path / "movie.mp4"))
    printed, errors = run.communicate()
    assert run.returncode == 0, errors
    sizes = [size for size in json.loads(printed) if len(size) == 4]
    for process in (1, 2, 3):
        early = max(size[process] for size in sizes if size[0] < FRAMES / 3)
        late = max(size[process] for size in sizes if size[0] > 2 * FRAMES / 3)
        # Besides 16 bytes of index for a frame in the first process.
        assert late - early < 8e6 + 16 * FRAMES, sizes[:: max(1, len(sizes) // 20)]
