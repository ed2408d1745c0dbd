"""Segments that the workers of executors encode: of the standard library, of loky and of a Dask cluster."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
import scenes
from conftest import FAST, md5, names

import kinetograph
from kinetograph import Animation

FRAMES = 2000  # 8 segments of 250


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> str:
    movie = tmp_path_factory.mktemp("expected") / "movie.mp4"
    Animation(scenes.draw, frames=FRAMES, size=scenes.SIZE, **FAST).save(movie, workers=2)
    return md5(movie)


def test_a_pool_of_processes_makes_the_same_bytes(expected: str, tmp_path: Path) -> None:
    animation = Animation(scenes.draw, frames=FRAMES, size=scenes.SIZE, **FAST)
    reports: list[kinetograph.Progress] = []
    with ProcessPoolExecutor(2, get_context("spawn")) as executor:
        animation.save(tmp_path / "movie.mp4", executor=executor, progress=reports.append)
        assert md5(tmp_path / "movie.mp4") == expected
        assert (reports[-1].finished, reports[-1].encoded) == (True, FRAMES)
        with pytest.raises(ValueError, match="exclude each other"):
            animation.save(tmp_path / "movie.mp4", executor=executor, workers=2)
        with pytest.raises(ZeroDivisionError, match="at frame 17"):
            Animation(scenes.failing, frames=600, size=scenes.SIZE).save(tmp_path / "other.mp4", executor=executor)
        with pytest.raises(ValueError, match="was drawn twice"):
            Animation.from_scene(scenes.growing, frames=20).save(tmp_path / "other.mp4", executor=executor)
    assert names(tmp_path) == ["movie.mp4"]


def test_loky_makes_the_same_bytes_of_a_lambda(expected: str, tmp_path: Path) -> None:
    import loky

    draw = lambda index: scenes.draw(index)  # noqa: E731, PLW0108 it cannot be pickled without cloudpickle
    animation = Animation(draw, frames=FRAMES, size=scenes.SIZE, **FAST)
    executor = loky.ProcessPoolExecutor(2)
    try:
        animation.save(tmp_path / "movie.mp4", executor=executor)
    finally:
        executor.shutdown()
    assert md5(tmp_path / "movie.mp4") == expected


class CountingExecutor(Executor):
    """Encodes in threads, and counts what is submitted and not yet taken."""

    def __init__(self) -> None:
        self.submitted = 0
        self.taken = 0
        self.most = 0

    def submit(self, function: Any, /, *arguments: Any, **keywords: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.submitted += 1
        self.most = max(self.most, self.submitted - self.taken)
        original = future.result

        def result(timeout: float | None = None) -> Any:
            segment = original(timeout)
            self.taken += 1
            return segment

        future.result = result  # type: ignore[method-assign]

        def work() -> None:
            try:
                future.set_result(function(*arguments, **keywords))
            except BaseException as exception:
                future.set_exception(exception)

        threading.Thread(target=work).start()
        return future


def test_a_bounded_number_of_segments_is_submitted(expected: str, tmp_path: Path) -> None:
    executor = CountingExecutor()
    animation = Animation(scenes.draw, frames=FRAMES, size=scenes.SIZE, **FAST)
    animation.save(tmp_path / "movie.mp4", executor=executor, max_pending=3)
    assert md5(tmp_path / "movie.mp4") == expected
    assert (executor.submitted, executor.most) == (8, 3)
    with pytest.raises(ValueError, match="max_pending is 0"):
        animation.save(tmp_path / "movie.mp4", executor=executor, max_pending=0)


def test_finished_segments_are_kept_for_the_next_run(expected: str, tmp_path: Path) -> None:
    folder = tmp_path / "segments"
    animation = Animation(scenes.draw, frames=FRAMES, size=scenes.SIZE, **FAST)
    failing = Animation(
        lambda index: scenes.draw(index) if index < 1900 else 1 / 0, frames=FRAMES, size=scenes.SIZE, **FAST
    )
    with pytest.raises(ZeroDivisionError):
        failing.save(tmp_path / "movie.mp4", executor=CountingExecutor(), resume=folder, max_pending=2)
    assert len(names(folder)) == 7
    executor = CountingExecutor()
    animation.save(tmp_path / "movie.mp4", executor=executor, resume=folder)
    assert executor.submitted == 1
    assert md5(tmp_path / "movie.mp4") == expected
    assert not folder.exists()


class Cluster:
    """A Dask scheduler and two workers, each in a separate process."""

    def __init__(self, folder: Path) -> None:
        file = folder / "scheduler.json"
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent), "MPLBACKEND": "agg"}
        log = (folder / "log").open("w")

        def start(*command: str) -> subprocess.Popen[bytes]:
            full = [sys.executable, "-m", "dask", *command, "--scheduler-file", str(file)]
            return subprocess.Popen(full, env=environment, cwd=folder, stdout=log, stderr=log)

        loopback = ["--host", "127.0.0.1"]
        self.scheduler = start("scheduler", *loopback, "--port", "0", "--no-dashboard")
        worker = ["worker", *loopback, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
        self.workers = [start(*worker) for _ in range(2)]
        self.file = file

    def close(self) -> None:
        """End all processes."""
        for process in [*self.workers, self.scheduler]:
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    folder = tmp_path / "cluster"
    folder.mkdir()
    made = Cluster(folder)
    yield made
    made.close()


@pytest.mark.filterwarnings("ignore")
def test_a_dask_cluster_makes_the_same_bytes_even_if_a_worker_is_killed(
    cluster: Cluster, expected: str, tmp_path: Path
) -> None:
    from distributed import Client

    connect: Any = Client

    drawn = tmp_path / "drawn"
    drawn.mkdir()
    folder = str(drawn)

    def draw(index: int) -> Any:
        time.sleep(0.002)
        return scenes.noted(folder)(index)

    whole = Animation(lambda index: scenes.draw(index), frames=FRAMES, size=scenes.SIZE, **FAST)  # noqa: PLW0108
    noted = Animation(draw, frames=FRAMES, size=scenes.SIZE, **FAST)
    deadline = time.monotonic() + 60
    while not cluster.file.exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    with connect(scheduler_file=str(cluster.file), set_as_default=False) as client:
        client.wait_for_workers(2, timeout=120)
        whole.save(tmp_path / "movie.mp4", executor=client.get_executor())
        assert md5(tmp_path / "movie.mp4") == expected

        killed = []

        def kill() -> None:
            while len(os.listdir(drawn)) < 700:
                time.sleep(0.01)
            killed.append(cluster.workers[0].pid)
            cluster.workers[0].send_signal(signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        noted.save(tmp_path / "other.mp4", executor=client.get_executor(), check=False)
        killer.join()
    assert md5(tmp_path / "other.mp4") == expected
    assert len(names(drawn)) == FRAMES
    processes = {int(path.name): path.read_text().split() for path in drawn.iterdir()}
    assert len({process for lines in processes.values() for process in lines}) == 2
    twice = {index: lines for index, lines in processes.items() if len(lines) > 1}
    # The worker was killed while it encoded one segment, and may not have delivered the one before.
    assert {lines[0] for lines in twice.values()} <= {str(killed[0])}
    assert len({index // 250 for index in twice}) in (1, 2)
