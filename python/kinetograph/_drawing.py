"""Processes that draw, and reach the encoder through shared memory."""

from __future__ import annotations

import contextlib
import dataclasses
import gc
import hashlib
import multiprocessing
import os
import signal
import sys
import threading
import traceback
import types
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from multiprocessing.shared_memory import SharedMemory
from typing import Any, Self, cast

import cloudpickle

from kinetograph._kinetograph import copy_frame
from kinetograph._scenes import Drawing, Facts, Recipe

_CHANNELS = 4

# What the main module is while a process starts.
_main_lock = threading.Lock()


class RemoteTracebackError(Exception):
    """The traceback of an exception in a drawing process, as the cause of the exception here."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return f"\n\n{self.text}"


@dataclasses.dataclass(frozen=True)
class _Failure:
    """An exception on its way from a drawing process."""

    text: str
    pickled: bytes | None

    @classmethod
    def of(cls, exception: BaseException) -> _Failure:
        text = "".join(traceback.format_exception(exception))
        pickled = None
        # SystemExit and the like must not end the process that encodes.
        if isinstance(exception, Exception):
            with contextlib.suppress(Exception):
                pickled = cloudpickle.dumps(exception)
                cloudpickle.loads(pickled)
        return cls(text, pickled)

    def exception(self) -> Exception:
        last = self.text.strip().splitlines()[-1]
        found: Exception = RuntimeError(last)
        if self.pickled is not None:
            with contextlib.suppress(Exception):
                found = cloudpickle.loads(self.pickled)
        found.__cause__ = RemoteTracebackError(self.text)
        return found


class Check:
    """Compares frames that are drawn twice: early in a process, and after others.

    Parameters
    ----------
    frames : int
        Frames in the movie.
    count : int
        The number of frames that are compared.
    """

    def __init__(self, frames: int, count: int) -> None:
        # Early frames, so that a scene that fails fails soon, and others over the whole movie.
        early = [frame for frame in (3, 7, 12)[:count] if frame < frames] or [frames - 1][:count]
        rest = max(0, min(count, frames) - len(early))
        self.indices = sorted({*early, *(frames * (step + 1) // (rest + 1) for step in range(rest))})
        self._digests: dict[int, bytes] = {}
        self._lock = threading.Lock()

    def share(self, worker: int, workers: int) -> list[int]:
        """Return the frames that a worker draws before all others."""
        return self.indices[worker::workers]

    def add(self, index: int, shape: tuple[int, int, int], pixels: memoryview) -> None:
        """Compare a frame with the same one that was drawn before, if it was.

        Raises
        ------
        ValueError
            If they differ.
        """
        if index not in self.indices:
            return
        height, width, channels = shape
        digest = hashlib.blake2b(pixels[: height * width * channels], digest_size=16)
        digest.update(repr(shape).encode())
        with self._lock:
            if self._digests.setdefault(index, digest.digest()) == digest.digest():
                return
        raise ValueError(
            f"frame {index} was drawn twice, first in a new process and then after other frames, and differs. Frames "
            "are drawn in any order and in several processes, so each must depend on its index alone: seed random "
            "numbers with the index, as numpy.random.default_rng(index), and compute states from the index. "
            'animation.save(…, writer="kinetograph") draws frames in order in one process. check=False leaves this out.'
        )


class LocalDrawer:
    """Draws in this process."""

    def __init__(self, drawing: Drawing, size: tuple[int, int], check: Check | None = None) -> None:
        self.pixels = memoryview(bytearray(size[0] * size[1] * _CHANNELS))
        self._drawing = drawing
        self._size = size
        self._check = check
        self._probes = check.share(0, 1) if check else []

    def draw(self, index: int) -> tuple[int, int, int]:
        """Draw a frame to `pixels` and return its shape."""
        while self._probes:
            self._draw(self._probes.pop())
        return self._draw(index)

    def _draw(self, index: int) -> tuple[int, int, int]:
        with _frame_noted(index):
            shape = copy_frame(self._drawing.draw(index), self.pixels, self._size)
        if self._check is not None:
            self._check.add(index, shape, self.pixels)
        return shape


@contextlib.contextmanager
def _frame_noted(index: int) -> Iterator[None]:
    """Name the frame in a note of an exception."""
    try:
        yield
    except Exception as exception:
        exception.add_note(f"Drawing frame {index} failed.")
        raise


class DrawingProcess:
    """A process that draws one frame at a time into memory that it shares with this one."""

    def __init__(self, recipe: bytes) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, child = context.Pipe()
        self._process = context.Process(target=_serve, args=(child, recipe), name="kinetograph", daemon=True)
        with _hidden_main_module():
            self._process.start()
        child.close()
        self._memory: SharedMemory | None = None
        self._check: Check | None = None
        self._probes: list[int] = []
        self._is_killed = False
        self.pixels = memoryview(b"")

    def facts(self) -> Facts:
        """Wait until the scene is made."""
        facts = self._receive("made the scene")
        assert isinstance(facts, Facts)
        return facts

    def prepare(self, size: tuple[int, int], check: Check | None, probes: Sequence[int]) -> None:
        """Share memory for frames of this size."""
        self._memory = SharedMemory(create=True, size=max(1, size[0] * size[1] * _CHANNELS))
        self.pixels = cast(memoryview, self._memory.buf)
        self._check = check
        self._probes = list(probes)
        self._connection.send((self._memory.name, size))
        self._receive("attached the memory")

    def draw(self, index: int) -> tuple[int, int, int]:
        """Draw a frame to `pixels` and return its shape."""
        while self._probes:
            self._draw(self._probes.pop())
        return self._draw(index)

    def _draw(self, index: int) -> tuple[int, int, int]:
        with contextlib.suppress(OSError):
            # Receiving finds out why nobody reads.
            self._connection.send(index)
        with _frame_noted(index):
            shape: tuple[int, int, int] = self._receive(f"drew frame {index}")
        if self._check is not None:
            self._check.add(index, shape, self.pixels)
        return shape

    def kill(self) -> None:
        """End the process, so that a thread that waits for a frame goes on."""
        self._is_killed = True
        self._process.kill()

    def end(self) -> None:
        """Let the process end by itself, unless it is drawing."""
        self._connection.close()

    def close(self) -> None:
        """End the process and free the memory."""
        self.end()
        self._process.join(0.5)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()
        self._process.close()
        if self._memory is not None:
            self.pixels.release()
            self._memory.close()
            self._memory.unlink()

    def _receive(self, doing: str) -> Any:
        try:
            answer = self._connection.recv()
        except (EOFError, OSError):
            self._process.join(5)
            code = self._process.exitcode
            raise RuntimeError(f"the process that {doing} has died, with exit code {code}") from None
        if isinstance(answer, _Failure):
            raise answer.exception()
        return answer


class DrawingProcesses:
    """The drawing processes of a movie, which end with a ``with`` block."""

    def __init__(self, recipe: bytes, count: int) -> None:
        self.drawers: list[DrawingProcess] = []
        self._recipe = recipe
        self._count = count

    def __enter__(self) -> Self:
        try:
            for _ in range(self._count):
                self.drawers.append(DrawingProcess(self._recipe))
        except BaseException:
            self.kill()
            self._close()
            raise
        return self

    def __exit__(self, exception_type: type[BaseException] | None, *_: object) -> None:
        if exception_type is not None:
            self.kill()
        self._close()

    def facts(self) -> Facts:
        """Wait until all processes have made the scene, and return what they know."""
        facts = [drawer.facts() for drawer in self.drawers]
        different = next((other for other in facts if other != facts[0]), None)
        if different is not None:
            raise ValueError(f"two calls of the scene differ: {facts[0]} and {different}")
        return facts[0]

    def prepare(self, size: tuple[int, int], check: Check | None) -> None:
        """Share memory for frames of this size, and divide the frames that are drawn twice."""
        for number, drawer in enumerate(self.drawers):
            probes = check.share(number, len(self.drawers)) if check else ()
            drawer.prepare(size, check, probes)

    def kill(self) -> None:
        """End all processes at once."""
        for drawer in self.drawers:
            drawer.kill()

    def _close(self) -> None:
        # Each takes a moment to end, so all begin at once.
        for drawer in self.drawers:
            drawer.end()
        for drawer in self.drawers:
            drawer.close()


@contextlib.contextmanager
def _hidden_main_module() -> Iterator[None]:
    """Start processes without running the script again.

    A process that is spawned imports the main module, and a script without ``if __name__ == "__main__"`` would start
    processes from there. cloudpickle carries functions of the main module by value, so nobody needs the import.
    """
    with _main_lock:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = types.ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


def _serve(connection: Connection[Any, Any], pickled: bytes) -> None:
    """Draw the frames that the other process asks for, until it closes the connection."""
    # Ctrl-C reaches all processes of a terminal. The one that encodes ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # One process draws on each core.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    # No process opens windows.
    os.environ["MPLBACKEND"] = "agg"
    with contextlib.suppress(EOFError, OSError):
        try:
            recipe: Recipe = cloudpickle.loads(pickled)
            drawing = recipe.open()
        except BaseException as exception:
            connection.send(_Failure.of(exception))
            return
        connection.send(drawing.facts)
        name, size = connection.recv()
        memory = SharedMemory(name)
        pixels = cast(memoryview, memory.buf)
        connection.send(None)
        try:
            while True:
                index = connection.recv()
                try:
                    answer: Any = copy_frame(drawing.draw(index), pixels, size)
                except BaseException as exception:
                    answer = _Failure.of(exception)
                connection.send(answer)
        finally:
            pixels.release()
            memory.close()
    # A process that ends looks for garbage among all objects, which takes a tenth of a second with matplotlib.
    gc.freeze()
