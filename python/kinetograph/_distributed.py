"""Segments that the workers of an executor encode."""

from __future__ import annotations

import collections
import contextlib
import datetime
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from kinetograph._kinetograph import Progress, Segment

_MAX_PENDING = 64
_INTERVAL = 0.1  # seconds between two reports


class SegmentFolder:
    """A folder of finished segments, which has the files of the library's own."""

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self._path = path

    def load(self, index: int) -> Segment | None:
        """Return a segment of an earlier run, if it is there."""
        try:
            return Segment.open(self._file(index))
        except FileNotFoundError:
            return None

    def store(self, segment: Segment) -> None:
        """Store a segment that is finished."""
        segment.save(self._file(segment.index))

    def clear(self) -> None:
        """Remove the segments, and the folder if nothing else is in it."""
        for file in self._path.glob("*.segment"):
            file.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self._path.rmdir()

    def _file(self, index: int) -> Path:
        return self._path / f"{index:06}.segment"


class Submission:
    """The segments of a movie, submitted a bounded number at a time and taken in order.

    Parameters
    ----------
    executor : concurrent.futures.Executor
        Where the segments are encoded.
    encode : callable
        ``encode(*arguments, index)`` returns a segment.
    arguments : tuple
        Its first arguments.
    count, frames : int
        Segments and frames of the movie.
    max_pending : int or None
        How many segments may be submitted and not yet taken.
    """

    def __init__(
        self,
        executor: Executor,
        encode: Callable[..., Segment],
        arguments: tuple[Any, ...],
        count: int,
        frames: int,
        max_pending: int | None,
    ) -> None:
        if max_pending is not None and max_pending < 1:
            raise ValueError(f"max_pending is {max_pending}; it must be at least 1")
        self._executor = executor
        self._encode = encode
        self._arguments = arguments
        self._count = count
        self._frames = frames
        self._max_pending = max_pending or _pending(executor)
        self._begin = self._reported = time.monotonic()
        self._kept = self._written = 0

    def segments(self, folder: SegmentFolder | None, report: Callable[[Progress], object] | None) -> Iterator[Segment]:
        """Yield the segments in order. What is still submitted when an exception ends this is cancelled."""
        pending: collections.deque[Segment | Future[Segment]] = collections.deque()
        following = iter(range(self._count))
        try:
            while True:
                while len(pending) < self._max_pending and (index := next(following, None)) is not None:
                    pending.append((folder and folder.load(index)) or self._submit(index))
                if not pending:
                    return
                first = pending[0]
                if isinstance(first, Future):
                    segment = self._wait(first, pending, report)
                    if folder is not None:
                        folder.store(segment)
                else:
                    segment = first
                    self._kept += segment.frames
                pending.popleft()
                self._written += segment.frames
                yield segment
        finally:
            for other in pending:
                if isinstance(other, Future):
                    other.cancel()

    def report_end(self, report: Callable[[Progress], object] | None) -> None:
        """Report that the movie is finished."""
        if report is not None:
            report(self._progress(self._frames, True))

    def _submit(self, index: int) -> Future[Segment]:
        return self._executor.submit(self._encode, *self._arguments, index)

    def _wait(
        self,
        first: Future[Segment],
        pending: collections.deque[Segment | Future[Segment]],
        report: Callable[[Progress], object] | None,
    ) -> Segment:
        while True:
            try:
                return first.result(timeout=_INTERVAL if report else None)
            except TimeoutError:
                if first.done():
                    # Encoding itself has raised it.
                    raise
            if report is not None and time.monotonic() - self._reported >= _INTERVAL:
                self._reported = time.monotonic()
                average = self._frames / self._count
                finished = sum(1 for other in pending if isinstance(other, Future) and other.done())
                report(self._progress(min(self._frames, self._written + round(finished * average)), False))

    def _progress(self, encoded: int, finished: bool) -> Progress:
        elapsed = datetime.timedelta(seconds=time.monotonic() - self._begin)
        written = self._frames if finished else self._written
        return Progress(
            self._frames, kept=self._kept, encoded=encoded, written=written, elapsed=elapsed, finished=finished
        )


def _pending(executor: Executor) -> int:
    """Return twice the number of workers, so that none waits for the next segment."""
    workers = getattr(executor, "_max_workers", None)
    client = getattr(executor, "_client", None)
    if workers is None and client is not None:
        # Dask's executor. Its cores may come and go.
        workers = sum(client.ncores().values())
    return min(2 * workers if workers else _MAX_PENDING, 2 * (os.cpu_count() or 1) * _MAX_PENDING)
