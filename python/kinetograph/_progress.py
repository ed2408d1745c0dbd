"""Shows the progress of an animation."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from kinetograph._kinetograph import Progress


@contextlib.contextmanager
def reporter(progress: bool | Callable[[Progress], object]) -> Iterator[Callable[[Progress], object] | None]:
    """Give a function that receives the progress.

    Parameters
    ----------
    progress : bool or callable
        True for a bar of tqdm, or a line if tqdm is not installed; False for nothing; or the function itself.
    """
    if callable(progress):
        yield progress
    elif not progress:
        yield None
    else:
        try:
            from tqdm.auto import tqdm
        except ImportError:
            with _line() as report:
                yield report
            return
        with tqdm(unit="frame") as bar:

            def update(progress: Progress) -> None:
                bar.total = progress.frames
                bar.update(progress.encoded - bar.n)

            yield update


@contextlib.contextmanager
def _line() -> Iterator[Callable[[Progress], object]]:
    try:
        yield lambda progress: print(f"\r{progress}", end="", file=sys.stderr, flush=True)
    finally:
        print(file=sys.stderr)
