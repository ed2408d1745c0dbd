"""Draws the frames of a figure as matplotlib's own writers do, once each."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, cast

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.layout_engine import PlaceHolderLayoutEngine

RGBA = "rgba"


class FigureFrames:
    """The frames of a figure at some resolution, each a whole number of pixels wide and high.

    matplotlib draws each frame twice on a canvas without a window: ``draw_idle``, which an animation calls after each
    change, draws at once, and ``savefig`` draws again. Without a layout engine the first drawing leaves no trace, so
    ``draw_idle`` does nothing until `close`. With one, each drawing moves the axes, so both are needed.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    dpi : float
        Pixels per inch.
    write : callable
        Receives the pixels of each frame as a memoryview of shape (height, width, 4).
    """

    def __init__(self, figure: Figure, dpi: float, write: Callable[[memoryview], object]) -> None:
        self.figure = figure
        self.dpi = dpi
        inches = figure.get_size_inches()
        # The tolerance is matplotlib's own.
        self.size = (int(inches[0] * dpi + 1e-8), int(inches[1] * dpi + 1e-8))
        self._inches = (float(inches[0]), float(inches[1]))
        self._sink = _Sink(write)
        self._canvas: Any = None

    def mute(self, *, always: bool = False) -> None:
        """Let ``draw_idle`` do nothing, unless a layout engine needs it."""
        if always or not moves_axes(self.figure):
            self._canvas = self.figure.canvas
            self._canvas.draw_idle = _do_nothing

    def draw(self, **savefig_kwargs: Any) -> None:
        """Draw the figure and pass its pixels on."""
        # As matplotlib's writers do. An update may have changed the size, and a size in inches that is no whole number
        # of pixels moves text by a fraction of a pixel.
        self.figure.set_size_inches(self.size[0] / self.dpi, self.size[1] / self.dpi)
        with _without_placeholder(self.figure):
            self.figure.savefig(cast(Any, self._sink), format=RGBA, dpi=self.dpi, **savefig_kwargs)

    def close(self) -> None:
        """Give the figure back as it was."""
        if self._canvas is not None:
            del self._canvas.draw_idle
            self._canvas = None
        self.figure.set_size_inches(*self._inches)


def moves_axes(figure: Figure) -> bool:
    """Return whether each drawing of a figure lays it out again.

    ``figure.tight_layout()`` lays it out once, and leaves an engine that does nothing.
    """
    engine = figure.get_layout_engine()
    return engine is not None and not isinstance(engine, PlaceHolderLayoutEngine)


@contextlib.contextmanager
def _without_placeholder(figure: Figure) -> Iterator[None]:
    """Take away an engine that does nothing. For any engine, ``savefig`` goes through the figure once more."""
    engine = figure.get_layout_engine()
    if not isinstance(engine, PlaceHolderLayoutEngine):
        yield
        return
    with mpl.rc_context({"figure.autolayout": False, "figure.constrained_layout.use": False}):
        figure.set_layout_engine(None)
    try:
        yield
    finally:
        figure.set_layout_engine(engine)


class _Sink:
    """What ``savefig`` accepts as a file."""

    def __init__(self, write: Callable[[memoryview], object]) -> None:
        self.write = write

    def seek(self, offset: int, /) -> None:
        """Exist, because matplotlib takes an object with this method for an open file."""


def _do_nothing(*_args: Any, **_kwargs: Any) -> None:
    pass
