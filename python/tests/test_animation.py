"""Animations that are drawn in separate processes: the same bytes for every number of them, and what an error does."""

from __future__ import annotations

import io
import os
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np
import pytest
import scenes
from conftest import FAST, decode, md5, names, planes, probe

import kinetograph
from kinetograph import Animation, Segment, SegmentError

pytestmark = pytest.mark.usefixtures("nothing_is_left")


def test_the_bytes_are_the_same_for_every_number_of_workers(tmp_path: Path) -> None:
    animation = Animation(scenes.draw, frames=700, size=scenes.SIZE, **FAST)
    sums = set()
    for workers in (0, 1, 2, 3, 5):
        report = animation.save(tmp_path / "movie.mp4", workers=workers)
        assert report.frames == 700
        sums.add(md5(tmp_path / "movie.mp4"))
    animation.join((animation.encode_segment(index) for index in range(animation.segments)), tmp_path / "movie.mp4")
    sums.add(md5(tmp_path / "movie.mp4"))
    assert len(sums) == 1


def test_frames_have_the_pixels_that_were_drawn(tmp_path: Path) -> None:
    animation = Animation(scenes.draw, frames=40, lossless=True, chroma="444", preset="ultrafast")
    animation.save(tmp_path / "movie.mp4", workers=2)
    decoded = np.frombuffer(decode(tmp_path / "movie.mp4", "yuv444p"), np.uint8).reshape(-1, 3, 48, 64)
    assert (decoded == np.stack([planes(scenes.draw(index)) for index in range(40)])).all()
    assert (animation.frames, animation.size) == (40, (64, 48))


@pytest.mark.parametrize("layout", [None, "constrained", "tight"])
def test_a_figure_comes_out_the_same_in_every_process(layout: Any, tmp_path: Path) -> None:
    scene = lambda: scenes.lines(layout)  # noqa: E731 it cannot be pickled without cloudpickle
    animation = Animation.from_scene(scene, frames=60, keyframe_interval=20, **FAST)
    sums = set()
    for workers in (1, 3):
        animation.save(tmp_path / "movie.mp4", workers=workers, check=4)
        sums.add(md5(tmp_path / "movie.mp4"))
    assert len(sums) == 1
    assert animation.size == (200, 100)


def test_an_animation_of_matplotlib_has_the_frames_that_its_writer_saves(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"lossless": True, "chroma": "444", "preset": "ultrafast"}
    Animation.from_scene(scenes.animated, **settings).save(tmp_path / "movie.mp4", workers=2)
    writer = kinetograph.MatplotlibWriter(fps=25, **settings)
    scenes.animated().save(tmp_path / "written.mp4", writer=writer)
    assert decode(tmp_path / "movie.mp4", "yuv444p") == decode(tmp_path / "written.mp4", "yuv444p")
    shown = probe(tmp_path / "movie.mp4")
    assert (shown["nb_read_frames"], shown["r_frame_rate"]) == ("40", "25/1")


def test_a_scene_may_return_a_function_that_draws(tmp_path: Path) -> None:
    Animation.from_scene(lambda: scenes.draw, frames=300, **FAST).save(tmp_path / "movie.mp4", workers=2)
    Animation(scenes.draw, frames=300, **FAST).save(tmp_path / "other.mp4", workers=1)
    assert md5(tmp_path / "movie.mp4") == md5(tmp_path / "other.mp4")
    with pytest.raises(TypeError, match="a scene returns"):
        Animation.from_scene(lambda: 3, frames=3).save(tmp_path / "movie.mp4", workers=1)
    with pytest.raises(ValueError, match="pass frames="):
        Animation.from_scene(lambda: scenes.draw).save(tmp_path / "movie.mp4", workers=1)


@pytest.mark.parametrize(
    ("scene", "workers"), [(scenes.demo, 0), (scenes.demo, 2), (scenes.growing, 1), (scenes.growing, 2)]
)
def test_scenes_that_do_not_depend_on_the_index_alone_are_found(scene: Any, workers: int, tmp_path: Path) -> None:
    animation = Animation.from_scene(scene, frames=30, **FAST)
    with pytest.raises(ValueError, match=r"default_rng\(index\)"):
        animation.save(tmp_path / "movie.mp4", workers=workers)
    assert names(tmp_path) == []
    animation.save(tmp_path / "movie.mp4", workers=workers, check=False)


def test_frames_of_a_generator_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="come from a generator"):
        Animation.from_scene(scenes.generated).save(tmp_path / "movie.mp4", workers=2)


@pytest.mark.parametrize("workers", [0, 2])
def test_an_exception_comes_back_with_its_frame_and_traceback(workers: int, tmp_path: Path) -> None:
    (tmp_path / "movie.mp4").write_bytes(b"an earlier movie")
    animation = Animation(scenes.failing, frames=600, size=scenes.SIZE)
    with pytest.raises(ZeroDivisionError, match="at frame 17") as caught:
        animation.save(tmp_path / "movie.mp4", workers=workers)
    assert "Drawing frame 17 failed." in caught.value.__notes__
    if workers:
        assert 'raise ZeroDivisionError("at frame 17")' in str(caught.value.__cause__)
    assert (tmp_path / "movie.mp4").read_bytes() == b"an earlier movie"
    assert names(tmp_path) == ["movie.mp4"]


@pytest.mark.parametrize("workers", [0, 2])
def test_an_exception_of_a_frame_that_is_drawn_twice_names_that_frame(workers: int, tmp_path: Path) -> None:
    # Frame 300 is in the middle, so it is among the first that are drawn.
    animation = Animation(lambda index: scenes.draw(index) if index != 300 else 1 / 0, frames=600, size=scenes.SIZE)
    with pytest.raises(ZeroDivisionError) as caught:
        animation.save(tmp_path / "movie.mp4", workers=workers, check=4)
    assert [note for note in caught.value.__notes__ if "frame" in note] == ["Drawing frame 300 failed."]


def test_an_exception_that_cannot_be_pickled_comes_back_as_text(tmp_path: Path) -> None:
    def draw(index: int) -> Any:
        class StubbornError(Exception):
            def __init__(self, one: int, two: int) -> None:
                super().__init__(f"{one} and {two}")
                self.lock = threading.Lock()

        raise StubbornError(1, 2)

    with pytest.raises(RuntimeError, match="StubbornError: 1 and 2"):
        Animation(draw, frames=3, size=(16, 16)).save(tmp_path / "movie.mp4", workers=1)


def test_a_function_that_cannot_be_sent_is_drawn_here(tmp_path: Path) -> None:
    lock = threading.Lock()

    def draw(index: int) -> Any:
        with lock:
            return scenes.draw(index)

    animation = Animation(draw, frames=10, size=scenes.SIZE)
    with pytest.raises(TypeError, match="cannot pickle") as caught:
        animation.save(tmp_path / "movie.mp4", workers=2)
    assert "workers=0 draws in this one" in caught.value.__notes__[0]
    assert animation.save(tmp_path / "movie.mp4", workers=0).frames == 10


def test_a_dead_process_is_an_error_that_names_the_frame(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="drew frame 17 has died, with exit code -9"):
        Animation(scenes.dying, frames=600, size=scenes.SIZE).save(tmp_path / "movie.mp4", workers=2)
    with pytest.raises(RuntimeError, match="SystemExit: 3"):
        Animation(scenes.leaving, frames=600, size=scenes.SIZE).save(tmp_path / "movie.mp4", workers=2)
    assert names(tmp_path) == []


def test_frames_of_another_size_or_type_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="frame 17 is 64×46 pixels; the movie is 64×48"):
        Animation(scenes.uneven, frames=30).save(tmp_path / "movie.mp4", workers=2)
    with pytest.raises(ValueError, match="frame 0 is 64×48 pixels; the movie is 640×480"):
        Animation(scenes.draw, frames=30, size=(640, 480)).save(tmp_path / "movie.mp4", workers=1)
    with pytest.raises(TypeError, match="float64"):
        Animation(lambda _: np.zeros((4, 4)), frames=3).save(tmp_path / "movie.mp4", workers=1)


def test_settings_are_refused_at_once() -> None:
    for arguments, error in [
        ({"frames": 0}, ValueError),
        ({"frames": "3"}, TypeError),
        ({"frames": 2.5}, TypeError),
        ({"frames": 3, "crf": 99}, ValueError),
        ({"frames": 3, "speed": 1}, TypeError),
    ]:
        with pytest.raises(error):
            Animation(scenes.draw, **arguments)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="needs a function"):
        Animation(3, frames=3)  # type: ignore[arg-type]
    animation = Animation(scenes.draw, frames=3)
    for arguments in [{"workers": -1}, {"workers": 1025}, {"max_pending": 3}]:
        with pytest.raises(ValueError, match=r"workers|executor"):
            animation.save("unused.mp4", **arguments)  # type: ignore[arg-type]


def test_movies_go_to_memory_and_file_objects(tmp_path: Path) -> None:
    animation = Animation(scenes.draw, frames=60, **FAST)
    video = animation.show(workers=2)
    assert video.to_html().startswith("<video")
    (tmp_path / "memory.mp4").write_bytes(video.data)
    buffer = io.BytesIO()
    streamed = Animation(scenes.draw, frames=60, layout="fragmented", **FAST)
    streamed.save(buffer, workers=2)
    (tmp_path / "stream.mp4").write_bytes(buffer.getvalue())
    for name in ("memory.mp4", "stream.mp4"):
        assert probe(tmp_path / name)["nb_read_frames"] == "60"


def test_progress_is_reported_and_can_cancel(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    reports: list[kinetograph.Progress] = []
    animation = Animation(scenes.slow, frames=20, size=scenes.SIZE)
    animation.save(tmp_path / "movie.mp4", workers=2, progress=reports.append)
    assert reports[-1].phase == "finished"
    assert all(0 <= report.fraction < 1 for report in reports[:-1] if report.fraction is not None)
    assert [report.finished for report in reports] == [False] * (len(reports) - 1) + [True]
    assert (reports[-1].encoded, reports[-1].fraction, reports[-1].remaining is not None) == (20, 1.0, True)
    assert len(reports) > 5

    def cancel(progress: kinetograph.Progress) -> None:
        raise InterruptedError("enough")

    with pytest.raises(InterruptedError, match="enough"):
        animation.save(tmp_path / "other.mp4", workers=2, progress=cancel)
    assert names(tmp_path) == ["movie.mp4"]
    animation.save(tmp_path / "movie.mp4", workers=2, progress=True)
    assert "20 drawn, 20 encoded of 20 frames, 100 %" in capfd.readouterr().err


def test_a_run_that_failed_is_resumed(tmp_path: Path) -> None:
    drawn = tmp_path / "drawn"
    drawn.mkdir()
    folder = tmp_path / "segments"

    def draw(index: int) -> Any:
        if index == 600 and not (tmp_path / "second").exists():
            raise ZeroDivisionError
        return scenes.noted(str(drawn))(index)

    animation = Animation(draw, frames=750, size=scenes.SIZE, **FAST)
    with pytest.raises(ZeroDivisionError):
        animation.save(tmp_path / "movie.mp4", workers=1, resume=folder, check=False)
    first = names(drawn)
    (tmp_path / "second").touch()
    animation.save(tmp_path / "movie.mp4", workers=2, resume=folder, check=False)
    kept = [name for name in first if len((drawn / name).read_text().split()) == 1]
    assert len(kept) == 500
    assert not folder.exists()
    Animation(scenes.draw, frames=750, size=scenes.SIZE, **FAST).save(tmp_path / "whole.mp4", workers=2)
    assert md5(tmp_path / "movie.mp4") == md5(tmp_path / "whole.mp4")


def test_segments_are_pickled_and_saved(tmp_path: Path) -> None:
    animation = Animation(scenes.draw, frames=600, size=scenes.SIZE, **FAST)
    segments = [animation.encode_segment(index) for index in range(3)]
    assert pickle.loads(pickle.dumps(segments)) == segments
    assert (segments[1].index, segments[1].count, segments[1].frames) == (1, 3, 200)
    segments[1].save(tmp_path / "1.segment")
    assert Segment.open(tmp_path / "1.segment").to_bytes() == segments[1].to_bytes()
    with pytest.raises(SegmentError, match="missing"):
        animation.join(segments[:2], tmp_path / "movie.mp4")
    with pytest.raises(SegmentError, match="segment 2 is in its place"):
        animation.join([segments[0], segments[2], segments[1]], tmp_path / "movie.mp4")
    other = Animation(scenes.draw, frames=600, size=scenes.SIZE, crf=30, **FAST).encode_segment(1)
    with pytest.raises(SegmentError, match=r"quality is Crf\(30"):
        animation.join([segments[0], other, segments[2]], tmp_path / "movie.mp4")
    with pytest.raises(SegmentError, match="not a segment"):
        Segment.from_bytes(b"nothing")
    with pytest.raises(SegmentError, match="counted from 0"):
        animation.encode_segment(3)
    with pytest.raises(ZeroDivisionError):
        animation.join((segments[1 // 0] for _ in range(1)), tmp_path / "movie.mp4")
    with pytest.raises(TypeError):
        animation.join([3], tmp_path / "movie.mp4")  # type: ignore[list-item]
    assert names(tmp_path) == ["1.segment"]
    kinetograph.join(segments, tmp_path / "joined.mp4", title="Joined")
    assert probe(tmp_path / "joined.mp4")["metadata"]["title"] == "Joined"


def test_an_animation_is_pickled_with_its_function() -> None:
    animation = Animation(lambda index: scenes.draw(index), frames=600, size=scenes.SIZE, **FAST)  # noqa: PLW0108
    copy = pickle.loads(pickle.dumps(animation))
    assert copy.encode_segment(1) == animation.encode_segment(1)
    assert cloudpickle.loads(cloudpickle.dumps(animation)).segments == 3


def test_threads_encode_segments_of_one_scene(tmp_path: Path) -> None:
    animation = Animation.from_scene(scenes.lines, frames=60, keyframe_interval=20, **FAST)
    with ThreadPoolExecutor(3) as executor:
        animation.save(tmp_path / "threads.mp4", executor=executor)
    animation.save(tmp_path / "movie.mp4", workers=2)
    assert md5(tmp_path / "threads.mp4") == md5(tmp_path / "movie.mp4")


SCRIPT = """
import sys
import numpy as np
import kinetograph

print("the script runs", flush=True)
speed = 3

def draw(index):
    {body}
    return np.full((48, 64), speed * index % 256, np.uint8)

# Without `if __name__ == "__main__"`.
kinetograph.Animation(draw, frames={frames}, fps=30, preset="ultrafast").save(sys.argv[1], workers=2)
"""


def script(folder: Path, frames: int, body: str = "pass") -> Path:
    path = folder / "script.py"
    path.write_text(SCRIPT.format(frames=frames, body=textwrap.indent(body, "    ").strip()))
    return path


def test_a_script_is_not_run_again_by_the_processes(tmp_path: Path) -> None:
    command = [sys.executable, str(script(tmp_path, 100)), str(tmp_path / "movie.mp4")]
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    assert printed == "the script runs\n"
    command = [sys.executable, "-c", script(tmp_path, 100).read_text(), str(tmp_path / "other.mp4")]
    subprocess.run(command, check=True, stdout=subprocess.PIPE)
    assert md5(tmp_path / "movie.mp4") == md5(tmp_path / "other.mp4")


def children(process: int) -> set[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process)], stdout=subprocess.PIPE, text=True, check=False)
    return {int(line) for line in found.stdout.split()}


@pytest.mark.parametrize("body", ["import time; time.sleep(0.01)", "import time; time.sleep(100 if index else 0)"])
def test_ctrl_c_ends_every_process_and_leaves_nothing(body: str, tmp_path: Path) -> None:
    command = [sys.executable, str(script(tmp_path, 100_000, body)), str(tmp_path / "movie.mp4")]
    run = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, start_new_session=True
    )
    deadline = time.monotonic() + 60
    # Two drawing processes, and multiprocessing's tracker of shared memory.
    while len(children(run.pid)) < 3 or not (tmp_path / "movie.mp4.part").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(1)
    processes = children(run.pid)
    begin = time.monotonic()
    os.killpg(run.pid, signal.SIGINT)
    _, errors = run.communicate(timeout=60)
    assert run.returncode == -signal.SIGINT
    assert time.monotonic() - begin < 10
    assert errors.rstrip().endswith("KeyboardInterrupt"), errors
    assert names(tmp_path) == ["script.py"]
    for process in processes:
        while Path(f"/proc/{process}").exists():
            assert time.monotonic() < deadline + 60
            time.sleep(0.05)
