"""What the tests share: figures, judges outside of the package, and a folder with nothing left in it."""

from __future__ import annotations

import gc
import hashlib
import json
import multiprocessing
import os
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pytest

import kinetograph  # noqa: F401 registers the writer

mpl.use("agg")

Bytes = npt.NDArray[np.uint8]

FAST: dict[str, Any] = {"preset": "ultrafast", "fps": 30}


def shared_memory() -> set[str]:
    """Return the names of the shared memory of all programs."""
    return {name for name in os.listdir("/dev/shm") if name.startswith("psm_")}


@pytest.fixture
def nothing_is_left() -> Any:
    """Check that a test leaves no process, no shared memory and no thread."""
    memory = shared_memory()
    threads = set(threading.enumerate())
    yield
    gc.collect()
    assert multiprocessing.active_children() == []
    # Other programs of the machine may draw at the same time. Theirs goes away.
    memory_after, deadline = shared_memory() - memory, time.monotonic() + 120
    while memory_after & shared_memory():
        assert time.monotonic() < deadline, memory_after
        time.sleep(0.1)
    assert {thread.name for thread in set(threading.enumerate()) - threads} <= {"tqdm_monitor"}


def md5(path: Path) -> str:
    """Return the checksum of a file."""
    return hashlib.md5(path.read_bytes()).hexdigest()


def decode(movie: Path, pixel_format: str) -> bytes:
    """Return the samples of all pictures as ffmpeg decodes them."""
    command = ["ffmpeg", "-v", "error", "-xerror", "-i", str(movie), "-fps_mode", "passthrough"]
    command += ["-pix_fmt", pixel_format, "-f", "rawvideo", "-"]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def probe(movie: Path) -> dict[str, Any]:
    """Return the fields of the video stream and the metadata as ffprobe shows them, frames counted by decoding."""
    command = ["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-show_format", "-of", "json", str(movie)]
    shown = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return {**shown["format"], **shown["streams"][0], "metadata": shown["format"].get("tags", {})}


def planes(rgb: Bytes) -> Bytes:
    """Return the correctly rounded BT.709 planes of limited range: shape (3, height, width).

    The formula is that of H.273 (8.3), with the weights of its Table 4, in whole numbers.
    """
    red, green, blue = (rgb[..., channel].astype(np.int64) for channel in range(3))
    luma = 2126 * red + 7152 * green + 722 * blue  # in units of 1/10,000

    def rounded(numerator: Any, denominator: int, offset: int) -> Any:
        return offset + (2 * numerator + denominator) // (2 * denominator)

    return np.stack(
        [
            rounded(219 * luma, 10_000 * 255, 16),
            rounded(112 * (10_000 * blue - luma), (10_000 - 722) * 255, 128),
            rounded(112 * (10_000 * red - luma), (10_000 - 2126) * 255, 128),
        ]
    ).astype(np.uint8)


def names(folder: Path) -> list[str]:
    """Return the names of what is in a folder, sorted."""
    return sorted(path.name for path in folder.iterdir())


def ramp(index: int, height: int = 48, width: int = 64, channels: int = 3) -> Bytes:
    """Return a frame that differs from all others of the first 256."""
    frame = np.zeros((height, width, channels), np.uint8)
    frame[..., 0] = index % 256
    frame[..., 1 % channels] += np.linspace(0, 99, width).astype(np.uint8)
    if channels == 4:
        frame[..., 3] = 255
    return frame
