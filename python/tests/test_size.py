"""Animations of at most so many bytes: the size, the same bytes for every number of workers, and what is refused."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scenes
from conftest import FAST, Bytes, md5, names, probe

import kinetograph
from kinetograph import Animation, Movie

# Three segments, so that windows of them are sampled first.
FRAMES = 700
MOST = 300_000

pytestmark = pytest.mark.usefixtures("nothing_is_left")


def noise(index: int) -> Bytes:
    """Draw a frame whose size depends on the rate factor."""
    return np.random.default_rng(index // 4).integers(0, 60 + index % 7, (48, 64, 3), np.uint8)


def sized(most: Any = MOST, frames: int = FRAMES) -> Animation:
    return Animation(noise, frames=frames, size=scenes.SIZE, max_size=most, **FAST)


def test_a_sized_movie_fits_closely_and_has_the_same_bytes_for_every_number_of_workers(tmp_path: Path) -> None:
    sums = set()
    for workers in (0, 1, 2, 3):
        report = sized().save(tmp_path / "movie.mp4", workers=workers)
        assert 0.95 * MOST <= report.bytes <= MOST
        assert report.bytes == (tmp_path / "movie.mp4").stat().st_size
        sums.add((md5(tmp_path / "movie.mp4"), report.rate_factor))
    ((made, factor),) = sums
    assert factor is not None
    assert f"crf {factor}" in str(report)
    assert probe(tmp_path / "movie.mp4")["nb_read_frames"] == str(FRAMES)
    animation = Animation(noise, frames=FRAMES, size=scenes.SIZE, crf=factor, **FAST)
    report = animation.save(tmp_path / "movie.mp4", workers=2)
    assert (md5(tmp_path / "movie.mp4"), report.rate_factor) == (made, None)


def test_the_drawing_processes_of_a_sized_movie_draw_every_frame_again(tmp_path: Path) -> None:
    drawn = tmp_path / "drawn"
    drawn.mkdir()
    note = scenes.noted(str(drawn))

    def draw(index: int) -> Bytes:
        note(index)
        return noise(index)

    animation = Animation(draw, frames=FRAMES, size=scenes.SIZE, max_size=MOST, **FAST)
    animation.save(tmp_path / "movie.mp4", workers=2)
    processes = [(drawn / name).read_text().split() for name in names(drawn)]
    # The windows and the movie at least, and other frames in the movie alone.
    assert len(processes) == FRAMES
    assert len(processes[0]) > 1
    assert len({process for frame in processes for process in frame}) == 2


def test_a_scene_has_the_same_bytes_at_a_size(tmp_path: Path) -> None:
    animation = Animation.from_scene(scenes.lines, frames=24, keyframe_interval=12, max_size="40 kB", **FAST)
    sums = set()
    for workers in (1, 3):
        assert animation.save(tmp_path / "movie.mp4", workers=workers, check=4).bytes <= 40_000
        sums.add(md5(tmp_path / "movie.mp4"))
    assert len(sums) == 1


@pytest.mark.parametrize(
    ("text", "most"),
    [("30kB", 30_000), ("0.03MB", 30_000), ("30 kB", 30_000), (np.int64(30_000), 30_000), ("29KiB", 29 * 1024)],
)
def test_a_size_is_a_number_or_a_text_with_a_unit(text: Any, most: int) -> None:
    assert sized(text, 60).show(workers=0).data == sized(most, 60).show(workers=0).data


def test_sized_movies_go_to_file_objects() -> None:
    buffer = io.BytesIO()
    animation = Animation(noise, frames=60, max_size=30_000, layout="fragmented", **FAST)
    assert animation.save(buffer, workers=2).bytes == len(buffer.getvalue()) <= 30_000
    assert buffer.getvalue() == animation.show(workers=0).data


@pytest.mark.parametrize(
    "make",
    [
        lambda: Movie(None, max_size="10MB"),  # type: ignore[call-arg]
        lambda: Movie(None, size=(64, 48), max_size="10MB"),  # type: ignore[call-arg]
        lambda: kinetograph.write("unused.mp4", [noise(0)], max_size="10MB"),  # type: ignore[call-arg]
        lambda: kinetograph.show([noise(0)], max_size="10MB"),  # type: ignore[call-arg]
        lambda: kinetograph.MatplotlibWriter(fps=30, max_size="10MB"),  # type: ignore[call-arg]
    ],
)
def test_frames_that_come_once_refuse_a_size_and_say_what_to_use(make: Any) -> None:
    with pytest.raises(ValueError, match=r"max_size is '10MB'; .* come once, .* use kinetograph.Animation or"):
        make()


def test_segments_that_are_made_alone_refuse_a_size_and_say_what_to_use(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as executor, pytest.raises(ValueError, match="max_size is '1MB'; the tasks of an exec"):
        sized("1MB").save(tmp_path / "movie.mp4", executor=executor)
    for use in (lambda: sized("1MB").encode_segment(0), lambda: sized("1MB").segments):
        with pytest.raises(ValueError, match=r"max_size is 1000000; segments that are made alone .* set crf to"):
            use()
    with pytest.raises(ValueError, match=r"max_size is 1000000; a folder of segments .* set it as crf with resume"):
        sized("1MB").save(tmp_path / "movie.mp4", workers=1, resume=tmp_path / "segments")
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"max_size": "big"}, ValueError, 'max_size is "big"; it must be a number of bytes, or a text like "10MB"'),
        ({"max_size": "10 parsecs"}, ValueError, 'max_size is "10 parsecs"'),
        ({"max_size": 0}, ValueError, "max_size is 0; max_size must be 1 to"),
        ({"max_size": -5}, ValueError, "max_size is -5"),
        ({"max_size": 1e7}, TypeError, "max_size is 10000000.0"),
        ({"max_size": "10MB", "crf": 20}, ValueError, "max_size and crf exclude each other"),
        ({"max_size": "10MB", "bitrate": 900}, ValueError, "max_size and bitrate exclude each other"),
    ],
)
def test_sizes_that_cannot_be_used_are_refused_at_once(settings: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        Animation(noise, frames=3, **settings)
    assert Animation(noise, frames=3, crf=20, max_size=None).show(workers=0).report.rate_factor is None


@pytest.mark.parametrize("workers", [0, 2])
def test_a_size_that_no_rate_factor_reaches_is_an_error_with_the_size_that_was_reached(
    workers: int, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=r"the movie has \d+ bytes at crf 51, .* at most 2000 were asked for"):
        sized("2kB", 60).save(tmp_path / "movie.mp4", workers=workers)
    assert names(tmp_path) == []


@pytest.mark.parametrize("workers", [0, 2])
def test_what_stops_a_try_leaves_no_movie(workers: int, tmp_path: Path) -> None:
    def draw(index: int) -> Bytes:
        if index == 650:
            raise ZeroDivisionError("at frame 650")
        return noise(index)

    def cancel(progress: kinetograph.Progress) -> None:
        raise InterruptedError("enough")

    # The sample has no frame 650, so a try fails.
    failing = Animation(draw, frames=FRAMES, size=scenes.SIZE, max_size=MOST, **FAST)
    with pytest.raises(ZeroDivisionError, match="at frame 650"):
        failing.save(tmp_path / "movie.mp4", workers=workers)
    with pytest.raises(InterruptedError, match="enough"):
        sized().save(tmp_path / "movie.mp4", workers=workers, progress=cancel)
    with pytest.raises(ValueError, match=r"default_rng\(index\)"):
        Animation.from_scene(scenes.demo, max_size="1MB", **FAST).save(tmp_path / "movie.mp4", workers=workers)
    assert names(tmp_path) == []
