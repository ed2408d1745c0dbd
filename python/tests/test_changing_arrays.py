"""Arrays that another thread changes while they are pushed."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Bytes, decode

from kinetograph import Movie

# Large enough that reading a frame takes longer than a thread to take its turn.
HEIGHT, WIDTH, FRAMES = 1080, 1920, 60
SETTINGS: dict[str, Any] = {"qp": 0, "chroma": "gray", "preset": "ultrafast", "range": "full"}


@pytest.fixture(autouse=True)
def _threads_take_turns_often() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


@contextlib.contextmanager
def repeated(change: Callable[[int], object]) -> Iterator[None]:
    """Call a function again and again on another thread."""
    is_done = threading.Event()

    def run() -> None:
        count = 0
        while not is_done.is_set():
            change(count)
            count += 1

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        is_done.set()
        thread.join()


def pushed(frame: Any, path: Path) -> Bytes:
    """Push a frame again and again, and return the decoded frames."""
    with Movie(path, **SETTINGS) as movie:
        for _ in range(FRAMES):
            movie.push(frame)
    return np.frombuffer(decode(path, "gray"), np.uint8).reshape(-1, HEIGHT, WIDTH)


@pytest.mark.parametrize("step", [1, -1])
def test_a_frame_that_python_code_changes_is_one_picture(step: int, tmp_path: Path) -> None:
    # Transparent pixels, which take longest to read.
    memory = bytearray(HEIGHT * WIDTH * 4)
    pictures = [bytes([level]) * len(memory) for level in (50, 200)]

    def change(count: int) -> None:
        # Python holds its lock meanwhile.
        memory[:] = pictures[count % 2]

    change(0)
    with repeated(change):
        frames = pushed(np.frombuffer(memory, np.uint8).reshape(HEIGHT, WIDTH, 4)[::step], tmp_path / "movie.mp4")
    assert len(frames) == FRAMES
    assert {len(np.unique(frame)) for frame in frames} == {1}
    assert len(np.unique(frames)) == 2


def test_a_frame_that_numpy_changes_has_pixels_of_both_pictures_and_no_others(tmp_path: Path) -> None:
    frame = np.full((HEIGHT, WIDTH), 50, np.uint8)

    # NumPy gives the lock to others while it fills an array.
    with repeated(lambda count: frame.fill((50, 200)[count % 2])):
        frames = pushed(frame, tmp_path / "movie.mp4")
    assert len(frames) == FRAMES
    assert set(np.unique(frames)) == {50, 200}
