"""Shows the progress of an animation."""

from __future__ import annotations

import contextlib
import math
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
        # The text is that of the progress. tqdm's own count and rate would be those of hundredths.
        with tqdm(total=100, bar_format="{bar:20} {desc}") as bar:

            def update(progress: Progress) -> None:
                bar.set_description_str(str(progress), refresh=False)
                bar.n = math.floor(100 * (progress.fraction or 0))
                bar.refresh()

            yield update


@contextlib.contextmanager
def _line() -> Iterator[Callable[[Progress], object]]:
    try:
        yield lambda progress: print(f"\r{progress}", end="", file=sys.stderr, flush=True)
    finally:
        print(file=sys.stderr)
