"""Movies of arrays: what is taken, what is refused, and what is left after an exception."""

from __future__ import annotations

import array
import datetime
import errno
import gc
import io
import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import Bytes, decode, names, planes, probe, ramp

import kinetograph
from kinetograph import Movie

LOSSLESS: dict[str, Any] = {"qp": 0, "chroma": "444", "preset": "ultrafast"}


def decoded(movie: Path, height: int = 48, width: int = 64) -> Bytes:
    return np.frombuffer(decode(movie, "yuv444p"), np.uint8).reshape(-1, 3, height, width)


def test_a_movie_has_the_pixels_of_its_frames(tmp_path: Path) -> None:
    frames = [ramp(5 * index) for index in range(20)]
    report = kinetograph.write(tmp_path / "movie.mp4", frames, fps=30, **LOSSLESS)
    assert (report.frames, report.width, report.height) == (20, 64, 48)
    assert report.bytes == (tmp_path / "movie.mp4").stat().st_size
    assert isinstance(report.elapsed, datetime.timedelta)
    assert str(report).startswith("20 frames, 0.667 s, ")
    assert (decoded(tmp_path / "movie.mp4") == np.stack([planes(frame) for frame in frames])).all()


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("transposed", lambda frame: frame.transpose(1, 0, 2).copy().transpose(1, 0, 2)),
        ("upside down", lambda frame: frame[::-1].copy()[::-1]),
        ("mirrored", lambda frame: frame[:, ::-1].copy()[:, ::-1]),
        ("every second pixel", lambda frame: np.repeat(frame, 2, axis=1)[:, ::2]),
        ("a part of a wider array", lambda frame: np.pad(frame, ((3, 3), (5, 7), (0, 0)))[3:-3, 5:-7]),
        ("BGR", lambda frame: frame[..., ::-1].copy()[..., ::-1]),
        ("three of four channels", lambda frame: np.dstack([frame, frame[..., 0]])[..., :3]),
        ("Fortran order", np.asfortranarray),
        ("a memoryview", memoryview),
        ("read-only", lambda frame: np.frombuffer(frame.tobytes(), np.uint8).reshape(frame.shape)),
        ("opaque RGBA", lambda frame: np.dstack([frame, np.full(frame.shape[:2], 255, np.uint8)])),
        ("an object that NumPy converts", lambda frame: Convertible(frame)),  # noqa: PLW0108 the class follows
    ],
)
def test_arrays_of_any_arrangement_are_right(name: str, change: Callable[[Bytes], Any], tmp_path: Path) -> None:
    frame = np.random.default_rng(len(name)).integers(0, 256, (48, 64, 3), np.uint8)
    kinetograph.write(tmp_path / "movie.mp4", [change(frame)], **LOSSLESS)
    assert (decoded(tmp_path / "movie.mp4")[0] == planes(frame)).all()


class Convertible:
    """An object without a buffer."""

    def __init__(self, frame: Bytes) -> None:
        self.frame = frame

    def __array__(self, dtype: object = None, copy: object = None) -> Bytes:
        return self.frame


def test_grey_frames_and_other_orders_are_right(tmp_path: Path) -> None:
    grey = np.arange(48 * 64, dtype=np.uint32).reshape(48, 64).astype(np.uint8)
    rgb = np.random.default_rng(3).integers(0, 256, (48, 64, 3), np.uint8)
    bgra = np.dstack([rgb[..., ::-1], np.full((48, 64), 255, np.uint8)])
    with Movie(tmp_path / "movie.mp4", **LOSSLESS) as movie:
        movie.push(grey)
        movie.push(grey[..., None])
        movie.push(bgra, pixel_format="bgra")
    expected = [planes(np.dstack(3 * [grey])), planes(np.dstack(3 * [grey])), planes(rgb)]
    assert (decoded(tmp_path / "movie.mp4") == np.stack(expected)).all()


def test_transparent_pixels_show_the_background(tmp_path: Path) -> None:
    kinetograph.write(tmp_path / "movie.mp4", [np.zeros((48, 64, 4), np.uint8)], background=(10, 20, 30), **LOSSLESS)
    expected = planes(np.full((48, 64, 3), (10, 20, 30), np.uint8))
    assert (decoded(tmp_path / "movie.mp4")[0] == expected).all()


def test_an_array_that_changes_after_push_does_not_change_the_movie(tmp_path: Path) -> None:
    canvas = np.zeros((48, 64, 3), np.uint8)
    with Movie(tmp_path / "movie.mp4", **LOSSLESS) as movie:
        for index in range(50):
            canvas[:] = ramp(5 * index)
            movie.push(canvas)
            canvas[:] = 0
    assert (decoded(tmp_path / "movie.mp4") == np.stack([planes(ramp(5 * index)) for index in range(50)])).all()


@pytest.mark.parametrize(
    ("frame", "error", "text"),
    [
        (np.zeros((48, 64)), TypeError, r"float64; .*\(255 \* frame\).round\(\).clip\(0, 255\).astype\(numpy.uint8\)"),
        (np.zeros((48, 64), np.float32), TypeError, "float32"),
        (np.zeros((48, 64), bool), TypeError, r"bool; .*astype\(numpy.uint8\) \* 255"),
        (np.zeros((48, 64), np.uint16), TypeError, r"uint16; .*frame / 257"),
        (np.zeros((48, 64), np.int64), TypeError, "int64"),
        (np.zeros((48, 64), complex), TypeError, "uint8"),
        (np.zeros((48, 64, 2), np.uint8), ValueError, r"not \(48, 64, 2\)"),
        (np.zeros((3, 48, 64), np.uint8), ValueError, r"not \(3, 48, 64\); .*numpy.moveaxis\(frame, 0, -1\)"),
        (np.zeros(48, np.uint8), ValueError, r"not \(48,\)"),
        (b"abc", ValueError, r"not \(3,\)"),
        (array.array("d", [1]), TypeError, "float64"),
        ([[0]], TypeError, "not list; convert it with numpy.asarray"),
        (None, TypeError, "not NoneType"),
        (np.zeros((0, 64), np.uint8), ValueError, "height is 0"),
    ],
)
def test_what_is_no_frame_is_refused_with_what_to_do(frame: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        Movie().push(frame)


def test_a_wrong_frame_is_refused_and_the_movie_continues(tmp_path: Path) -> None:
    with Movie(tmp_path / "movie.mp4") as movie:
        movie.push(ramp(0))
        with pytest.raises(ValueError, match="frame 1 is 63×48 pixels; the movie is 64×48"):
            movie.push(ramp(1, width=63))
        with pytest.raises(ValueError, match="pixel_format rgb has 3 channels, not 4"):
            movie.push(ramp(1, channels=4), pixel_format="rgb")
        movie.push(ramp(1))
    assert movie.frames == 2


@pytest.mark.parametrize(
    ("settings", "error", "text"),
    [
        ({"crf": 52}, ValueError, "quality is crf=52; crf must be 0 to 51"),
        ({"crf": "low"}, TypeError, "crf is 'low'"),
        ({"crf": 20, "qp": 20}, ValueError, "exclude each other"),
        ({"preset": "speedy"}, ValueError, "preset is .*veryslow"),
        ({"fps": 0}, ValueError, "fps is 0"),
        ({"fps": float("nan")}, ValueError, "fps is NaN"),
        ({"bitrate": -1}, ValueError, "bitrate is -1"),
        ({"background": (256, 0, 0)}, ValueError, "background"),
        ({"x264_options": {"stats": "x"}}, ValueError, "would read or write files"),
        ({"x264_options": {"bfames": 3}, "size": (16, 16)}, ValueError, "no option of that name"),
        ({"quality": 3}, TypeError, 'no setting "quality"; the settings are fps'),
        ({"size": (0, 5)}, ValueError, "width is 0"),
        ({"size": (-1, 5)}, ValueError, r"size is \(-1, 5\)"),
        ({"title": 3}, TypeError, "title is 3"),
        ({"layout": "webm"}, ValueError, "crash-safe"),
        ({"pixel_format": "yuv"}, ValueError, "pixel_format"),
    ],
)
def test_settings_are_refused_before_a_file_exists(
    settings: dict[str, Any], error: type[Exception], text: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=text):
        Movie(tmp_path / "movie.mp4", **settings)
    assert names(tmp_path) == []


def test_every_setting_has_its_effect(tmp_path: Path) -> None:
    path = tmp_path / "movie.mp4"
    with Movie(
        path,
        fps=Fraction(30000, 1001),
        crf=30,
        preset="fast",
        tune="animation",
        profile="high422",
        level="4.1",
        chroma="422",
        chroma_location=None,
        bit_depth=10,
        color_space="bt601",
        range="full",
        primaries="smpte170m",
        transfer="bt709",
        odd_size="pad",
        keyframe_interval=7,
        pixel_aspect=Fraction(4, 3),
        threads=1,
        vbv=(5000, 5000),
        x264_options={"bframes": 0, "weightb": False},
        layout="progressive",
        rotation=90,
        tags={"artist": "Ada", "©alb": "Album"},
        title="Title",
        creation_time=datetime.datetime(2026, 11, 25, tzinfo=datetime.UTC),
        fragment_seconds=2,
        expected_frames=20,
        variable_rate=False,
        background=(0, 0, 0),
        lossless=False,
    ) as movie:
        for index in range(20):
            movie.push(ramp(index))
    shown = probe(path)
    for name, value in {
        "r_frame_rate": "30000/1001",
        "profile": "High 4:2:2",
        "level": 41,
        "pix_fmt": "yuv422p10le",
        "color_range": "pc",
        "color_space": "smpte170m",
        "color_primaries": "smpte170m",
        "color_transfer": "bt709",
        "sample_aspect_ratio": "4:3",
        "has_b_frames": 0,
        "nb_read_frames": "20",
    }.items():
        assert shown[name] == value, name
    metadata = {key: shown["metadata"].get(key) for key in ("title", "artist", "album", "creation_time")}
    expected = {"title": "Title", "artist": "Ada", "album": "Album", "creation_time": "2026-11-25T00:00:00.000000Z"}
    assert metadata == expected
    assert shown["side_data_list"][0]["rotation"] == -90


@pytest.mark.parametrize(
    ("fps", "shown"),
    [(30, "30/1"), (29.97, "30000/1001"), ((30000, 1001), "30000/1001"), ("24000/1001", "24000/1001"), (None, "25/1")],
)
def test_rates_are_exact(fps: Any, shown: str, tmp_path: Path) -> None:
    kinetograph.write(tmp_path / "movie.mp4", [ramp(0), ramp(1)], fps=fps)
    assert probe(tmp_path / "movie.mp4")["avg_frame_rate"] == shown


def test_frames_have_their_own_times(tmp_path: Path) -> None:
    with Movie(tmp_path / "movie.mp4", fps=25, variable_rate=True) as movie:
        movie.push_at(ramp(0), 10)
        movie.push_at(ramp(1), datetime.timedelta(seconds=10.25))
        with pytest.raises(ValueError, match="later than the frame before"):
            movie.push_at(ramp(2), 10.1)
        movie.push(ramp(2))
        movie.hold(datetime.timedelta(milliseconds=500))
        with pytest.raises(ValueError, match="-1"):
            movie.hold(-1)
    assert movie.report is not None
    assert movie.report.seconds == pytest.approx(0.25 + 0.04 + 0.04 + 0.5)


def test_a_hold_needs_a_frame() -> None:
    with pytest.raises(ValueError, match="no frames"):
        Movie().hold(1)


def test_forced_keyframes_are_sync_samples(tmp_path: Path) -> None:
    with Movie(tmp_path / "movie.mp4") as movie:
        for index in range(12):
            if index == 5:
                movie.force_keyframe()
            movie.push(ramp(index))
    key = decode_keyframes(tmp_path / "movie.mp4")
    assert key == [0, 5]


def decode_keyframes(movie: Path) -> list[int]:
    import subprocess

    command = ["ffprobe", "-v", "error", "-show_entries", "frame=key_frame", "-of", "csv=p=0", str(movie)]
    shown = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    return [index for index, flag in enumerate(shown) if flag.startswith("1")]


def test_frames_are_read_from_a_file(tmp_path: Path) -> None:
    raw = tmp_path / "frames.rgb"
    raw.write_bytes(b"".join(ramp(index).tobytes() for index in range(9)) + b"half")
    with Movie(tmp_path / "movie.mp4", size=(64, 48), pixel_format="rgb", **LOSSLESS) as movie, raw.open("rb") as file:
        for _ in range(9):
            assert movie.push_from(file)
        with pytest.raises(ValueError, match="the remainder of the input is 4 bytes"):
            movie.push_from(file)
        assert not movie.push_from(file)
        with pytest.raises(TypeError, match="binary mode"):
            movie.push_from(io.StringIO("text"))  # type: ignore[arg-type]
    assert (decoded(tmp_path / "movie.mp4") == np.stack([planes(ramp(index)) for index in range(9)])).all()
    with pytest.raises(ValueError, match="size="):
        Movie().push_from(io.BytesIO())


def test_a_movie_goes_to_memory_or_to_a_file_object(tmp_path: Path) -> None:
    frames = [ramp(index) for index in range(60)]
    with Movie(None, fps=30) as movie:
        with pytest.raises(RuntimeError, match="only a finished movie in memory"):
            movie.getvalue()
        for frame in frames:
            movie.push(frame)
    kinetograph.write(tmp_path / "file.mp4", frames, fps=30, layout="progressive")
    assert movie.getvalue() == (tmp_path / "file.mp4").read_bytes()
    buffer = io.BytesIO()
    report = kinetograph.write(buffer, frames, fps=30)
    assert report.bytes == len(buffer.getvalue())
    (tmp_path / "stream.mp4").write_bytes(buffer.getvalue())
    assert probe(tmp_path / "stream.mp4")["nb_read_frames"] == "60"
    with pytest.raises(ValueError, match="fragmented or annexb"):
        kinetograph.write(io.BytesIO(), frames, layout="progressive")
    with pytest.raises(TypeError, match="the target is a path, a file object or None"):
        Movie(3)  # type: ignore[arg-type]


def test_the_exception_of_a_file_object_arrives(tmp_path: Path) -> None:
    class Full(io.RawIOBase):
        def write(self, data: Any, /) -> int:
            raise OSError(errno.ENOSPC, "the disk is full")

    with pytest.raises(OSError, match="the disk is full") as caught, Movie(Full(), keyframe_interval=1) as movie:
        for index in range(1000):
            movie.push(ramp(index))
    assert caught.value.errno == errno.ENOSPC


def test_an_exception_leaves_the_frames_so_far_in_a_file_that_is_named(tmp_path: Path) -> None:
    path = tmp_path / "movie.mp4"
    path.write_bytes(b"an earlier movie")
    with pytest.raises(ZeroDivisionError) as caught, Movie(path) as movie:
        for index in range(40):
            movie.push(ramp(index))
        1 / 0  # noqa: B018
    assert path.read_bytes() == b"an earlier movie"
    unfinished = Path(caught.value.unfinished)  # type: ignore[attr-defined]
    assert names(tmp_path) == sorted(["movie.mp4", unfinished.name])
    assert str(unfinished) in "".join(caught.value.__notes__)
    assert probe(unfinished)["nb_read_frames"] == "40"
    recovered = kinetograph.recover(unfinished, tmp_path / "recovered.mp4")
    assert (recovered.frames, recovered.lost_bytes) == (40, 0)
    assert probe(tmp_path / "recovered.mp4")["nb_frames"] == "40"
    assert kinetograph.recover(unfinished).frames == 40
    assert probe(unfinished)["nb_frames"] == "40"
    with pytest.raises(RuntimeError, match="ended"):
        movie.push(ramp(0))


def test_an_exception_before_the_first_frame_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), Movie(tmp_path / "movie.mp4", size=(64, 48)):
        1 / 0  # noqa: B018
    with pytest.raises(ValueError, match="no frames"), Movie(tmp_path / "movie.mp4"):
        pass
    assert names(tmp_path) == []


def test_files_that_cannot_be_written_are_os_errors_with_a_number(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as missing:
        Movie(tmp_path / "missing" / "movie.mp4")
    with pytest.raises(FileNotFoundError) as also_missing:
        Movie(tmp_path / "missing" / "movie.mp4", size=(64, 48))
    assert missing.value.errno == also_missing.value.errno == errno.ENOENT
    with pytest.raises(IsADirectoryError) as folder:
        Movie(tmp_path)
    assert folder.value.errno == errno.EISDIR
    with pytest.raises(FileNotFoundError):
        kinetograph.recover(tmp_path / "missing.part", tmp_path / "movie.mp4")
    (tmp_path / "text.part").write_text("no movie")
    with pytest.raises(kinetograph.Mp4Error, match="not an MP4"):
        kinetograph.recover(tmp_path / "text.part", tmp_path / "movie.mp4")


def test_files_that_must_not_change_are_os_errors_with_a_number(tmp_path: Path) -> None:
    path = tmp_path / "movie.mp4"
    path.write_text("a movie to keep")
    path.chmod(0o444)
    with pytest.raises(PermissionError) as protected:
        Movie(path, size=(64, 48))
    assert (protected.value.errno, path.read_text()) == (errno.EACCES, "a movie to keep")
    with Movie(tmp_path / "other.mp4") as movie:
        movie.push(ramp(0))
        with pytest.raises(OSError, match="being recorded") as recording:
            kinetograph.recover(tmp_path / "other.mp4.part", tmp_path / "recovered.mp4")
        assert recording.value.errno == errno.EBUSY
    assert names(tmp_path) == ["movie.mp4", "other.mp4"]


def test_what_x264_refuses_is_an_error_with_its_message(tmp_path: Path) -> None:
    with pytest.raises(kinetograph.X264Error, match="opening the encoder: content light levels"):
        Movie(tmp_path / "movie.mp4", size=(64, 48), x264_options={"cll": "70000,1"})
    assert names(tmp_path) == []


def test_a_movie_that_is_dropped_is_removed(tmp_path: Path) -> None:
    movie = Movie(tmp_path / "movie.mp4")
    movie.push(ramp(0))
    assert names(tmp_path) != []
    del movie
    gc.collect()
    assert names(tmp_path) == []


def test_threads_share_a_movie(tmp_path: Path) -> None:
    with Movie(tmp_path / "movie.mp4") as movie:

        def push() -> None:
            for index in range(50):
                movie.push(ramp(index))

        threads = [threading.Thread(target=push) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert movie.frames == 200
    assert probe(tmp_path / "movie.mp4")["nb_read_frames"] == "200"


def test_a_second_finish_returns_the_same_report(tmp_path: Path) -> None:
    movie = Movie(tmp_path / "movie.mp4")
    movie.push(ramp(0))
    assert movie.report is None
    assert movie.finish() == movie.finish() == movie.report
    assert repr(movie).endswith("movie.mp4'), 1 frame>")


def test_the_messages_of_x264_are_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="kinetograph"):
        kinetograph.write(tmp_path / "movie.mp4", [ramp(0)])
    assert any("profile High" in record.getMessage() for record in caplog.records if record.name == "kinetograph.x264")


def test_what_x264_refuses_is_not_printed_as_well() -> None:
    program = """
import kinetograph
try:
    kinetograph.Movie(None, size=(64, 48), x264_options={"cll": "70000,1"})
except kinetograph.X264Error:
    pass
"""
    run = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert (run.stdout, run.stderr) == (b"", b"")


def test_show_makes_an_element_of_a_page() -> None:
    video = kinetograph.show([ramp(index) for index in range(5)], fps=30)
    assert video._repr_html_().startswith('<video width="64" height="48"')
    assert video.report.frames == 5
    assert len(video.data) == video.report.bytes
