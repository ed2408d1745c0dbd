"""What a process draws: a function of the index, a figure, or an animation of matplotlib."""

from __future__ import annotations

import dataclasses
import itertools
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclasses.dataclass(frozen=True)
class Facts:
    """What the drawing process knows about the movie."""

    size: tuple[int, int]
    frames: int | None
    fps: float | None


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How to make a drawing in any process. It can be pickled if its function can be."""

    function: Callable[..., Any]
    is_scene: bool
    frames: int | None = None
    size: tuple[int, int] | None = None
    dpi: float | None = None
    savefig_kwargs: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def open(self) -> Drawing:
        """Call the scene, once in each process that draws."""
        if not self.is_scene:
            return _Function(self.function, self)
        made = self.function()
        if isinstance(made, tuple) and len(made) == 2 and callable(made[1]):
            return _Figure(made[0], made[1], self)
        if hasattr(made, "new_frame_seq"):
            return _Animation(made, self)
        if callable(made):
            return _Function(made, self)
        raise TypeError(
            "a scene returns (figure, update), an animation of matplotlib, or a function that draws a frame, "
            f"not {type(made).__name__}"
        )


class Drawing(Protocol):
    """Draws frames by their index."""

    facts: Facts

    def draw(self, index: int) -> Any:
        """Return a frame, whose pixels are valid until the next one is drawn."""

    def close(self) -> None:
        """Free what was made for drawing."""


class _Function:
    def __init__(self, draw: Callable[[int], Any], recipe: Recipe) -> None:
        self.draw = draw
        size = recipe.size
        if size is None:
            frame = draw(0)
            shape: tuple[int, ...] = getattr(frame, "shape", None) or memoryview(frame).shape or ()
            if len(shape) < 2:
                raise ValueError(f"a frame has the shape (height, width, …), not {tuple(shape)}")
            size = (int(shape[1]), int(shape[0]))
        self.facts = Facts(size, recipe.frames, None)

    def close(self) -> None:
        pass


class _Figure:
    """A figure that a function updates for each frame."""

    def __init__(
        self, figure: Figure, update: Callable[[int], object], recipe: Recipe, fps: float | None = None
    ) -> None:
        import matplotlib as mpl
        import matplotlib.colors

        from kinetograph._figures import FigureFrames

        dpi = recipe.dpi if recipe.dpi is not None else mpl.rcParams["savefig.dpi"]
        self._update = update
        self._pixels: memoryview | None = None
        self._frames = FigureFrames(figure, figure.dpi if dpi == "figure" else dpi, self._keep)
        self._savefig_kwargs = dict(recipe.savefig_kwargs)
        # As matplotlib saves animations to formats without transparency.
        face = self._savefig_kwargs.get("facecolor", mpl.rcParams["savefig.facecolor"])
        red, green, blue, alpha = matplotlib.colors.to_rgba(figure.get_facecolor() if face == "auto" else face)
        white = 1 - alpha
        self._savefig_kwargs["facecolor"] = (alpha * red + white, alpha * green + white, alpha * blue + white)
        self._savefig_kwargs["transparent"] = False
        self.facts = Facts(self._frames.size, recipe.frames, fps)
        # Updates must not draw, and must not start the animation in a window.
        canvas: Any = figure.canvas
        canvas._is_saving = True
        self._frames.mute(always=True)
        self._freeze_layout(figure)

    def draw(self, index: int) -> memoryview | None:
        self._update(index)
        self._frames.draw(**self._savefig_kwargs)
        return self._pixels

    def close(self) -> None:
        self._frames.close()
        pyplot = sys.modules.get("matplotlib.pyplot")
        if pyplot is not None:
            pyplot.close(self._frames.figure)

    def _keep(self, pixels: memoryview) -> None:
        self._pixels = pixels

    def _freeze_layout(self, figure: Figure) -> None:
        """Lay the figure out for the first frame, and no more.

        A layout depends on what was drawn before. Processes that draw different frames would place axes differently.
        """
        import matplotlib as mpl

        from kinetograph._figures import moves_axes

        if moves_axes(figure):
            self.draw(0)
            with mpl.rc_context({"figure.autolayout": False, "figure.constrained_layout.use": False}):
                figure.set_layout_engine(None)


class _Animation(_Figure):
    """An animation of matplotlib, which has a figure, values of frames and a function that draws them."""

    def __init__(self, animation: Any, recipe: Recipe) -> None:
        values = _values(animation, recipe.frames)
        interval = getattr(animation, "_interval", None)
        animation._draw_was_started = True
        is_prepared = False

        def update(index: int) -> None:
            nonlocal is_prepared
            if not is_prepared:
                # As matplotlib does before the first frame.
                animation._init_draw()
                is_prepared = True
            animation._draw_next_frame(values[index], blit=False)

        recipe = dataclasses.replace(recipe, frames=len(values))
        super().__init__(animation._fig, update, recipe, 1000 / interval if interval else None)


def _values(animation: Any, frames: int | None) -> Sequence[Any]:
    """Return the values of the frames of an animation, which any process can look up by their index.

    Raises
    ------
    ValueError
        If they come from a generator or have no end.
    """
    source = getattr(animation, "_tee_from", None)
    if source is not None and hasattr(source, "__len__"):
        return _cut(list(source), frames)
    sequence = animation.new_frame_seq()
    if isinstance(sequence, types.GeneratorType):
        raise ValueError(
            "the frames of this animation come from a generator, which several processes cannot share; pass "
            "FuncAnimation a number of frames or a list, and compute each frame from its value alone. "
            'animation.save(…, writer="kinetograph") draws the frames of a generator in one process.'
        )
    count = frames if frames is not None else getattr(animation, "_save_count", None)
    if count is None and isinstance(sequence, itertools.count):
        raise ValueError("this animation has no end; pass frames=")
    if isinstance(sequence, itertools.count):
        return range(count or 0)
    return _cut(list(itertools.islice(sequence, count)), frames)


def _cut(values: list[Any], frames: int | None) -> list[Any]:
    if frames is not None and len(values) < frames:
        raise ValueError(f"frames is {frames}; the animation has {len(values)}")
    return values[:frames]
