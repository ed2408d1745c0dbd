"""`Animation`: frames that are functions of their index, drawn and encoded on every core or on a cluster."""

from __future__ import annotations

import hashlib
import operator
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, Unpack, cast

import cloudpickle

from kinetograph import _kinetograph, _progress, _write
from kinetograph._distributed import SegmentFolder, Submission
from kinetograph._drawing import Check, DrawingProcesses, LocalDrawer
from kinetograph._kinetograph import Progress, Report, Segment, SegmentError
from kinetograph._scenes import Drawing, Facts, Recipe
from kinetograph._settings import AnimationSettings, ContainerSettings

if TYPE_CHECKING:
    from kinetograph._kinetograph import Target

_CHECKED_FRAMES = 3

# The scenes of this process by their pickled recipe, so that the segments of a movie share one.
_scenes: dict[bytes, _Scene] = {}
_scenes_lock = threading.Lock()
_MAX_SCENES = 4


class Animation:
    """A movie whose frames are functions of their index, drawn and encoded on every core or on a cluster.

    Frames are drawn in any order and in several processes, so a frame must depend on its index alone: random numbers
    are seeded with the index, and a state is computed from the index. The bytes of the movie are then the same for
    every number of processes and for every executor.

    Parameters
    ----------
    draw : callable
        ``draw(index)`` returns a frame as `Movie.push` takes it: a ``uint8`` array of shape (height, width),
        (height, width, 3) or (height, width, 4).
    frames : int
        The number of frames of the movie.
    size : tuple of int, optional
        Width and height in pixels. By default, those of frame 0.
    **settings
        The settings of the movie, such as ``fps=30, crf=20`` or ``max_size="10MB"``; see `AnimationSettings`.

    Raises
    ------
    TypeError, ValueError
        If there is no such setting, or its value cannot be used.

    Examples
    --------
    >>> def draw(index):
    ...     return numpy.full((360, 640), index % 256, numpy.uint8)
    >>> kinetograph.Animation(draw, frames=900, fps=30).save("grey.mp4", workers=8)
    """

    def __init__(
        self,
        draw: Callable[[int], Any],
        *,
        frames: int,
        size: tuple[int, int] | None = None,
        **settings: Unpack[AnimationSettings],
    ) -> None:
        self._set_up(Recipe(draw, False, _whole("frames", frames), size), settings)

    @classmethod
    def from_scene(
        cls,
        scene: Callable[[], Any],
        *,
        frames: int | None = None,
        dpi: float | None = None,
        savefig_kwargs: Mapping[str, Any] | None = None,
        **settings: Unpack[AnimationSettings],
    ) -> Self:
        """Create an animation of a scene, which each drawing process makes once.

        Parameters
        ----------
        scene : callable
            ``scene()`` returns one of:

            - ``(figure, update)``: a figure of matplotlib, and a function that changes it to frame ``index``. What it
              returns is ignored.
            - a ``FuncAnimation`` or ``ArtistAnimation`` of matplotlib, whose frames and interval are then used. Frames
              that come from a generator are refused.
            - ``draw(index)``, which returns a frame as for `Animation`.
        frames : int, optional
            The number of frames. By default, that of the animation.
        dpi : float, optional
            Pixels per inch of a figure. The default is that of ``savefig``.
        savefig_kwargs : mapping, optional
            Passed to ``savefig``, such as ``{"facecolor": "black"}``.
        **settings
            The settings of the movie, such as ``fps=30, crf=20`` or ``max_size="10MB"``; see `AnimationSettings`. The
            default rate of an animation is that of its interval.

        Returns
        -------
        Animation
            The animation. Nothing is drawn yet.

        Notes
        -----
        A figure with a layout engine is laid out for frame 0, and its axes stay in place then. Otherwise the axes would
        move between frames of different processes.
        """
        animation = cls.__new__(cls)
        count = None if frames is None else _whole("frames", frames)
        animation._set_up(Recipe(scene, True, count, None, dpi, dict(savefig_kwargs or {})), settings)
        return animation

    def _set_up(self, recipe: Recipe, settings: AnimationSettings) -> None:
        if not callable(recipe.function):
            raise TypeError(f"an animation needs a function, not {type(recipe.function).__name__}")
        if recipe.frames is not None and recipe.frames < 1:
            raise ValueError(f"frames is {recipe.frames}; it must be at least 1")
        _kinetograph.check_settings(recipe.size or (16, 16), True, **settings)
        self._recipe = recipe
        self._settings = settings
        self._facts: Facts | None = None
        if recipe.size is not None and not recipe.is_scene:
            self._facts = Facts(recipe.size, recipe.frames, None)
        self._pickled: bytes | None = None
        self._scene: _Scene | None = None

    def save(
        self,
        target: Target,
        *,
        workers: int | None = None,
        executor: Executor | None = None,
        max_pending: int | None = None,
        resume: str | os.PathLike[str] | None = None,
        progress: bool | Callable[[Progress], object] = False,
        check: bool | int = True,
    ) -> Report:
        """Make the movie.

        Parameters
        ----------
        target : path or file object
            Where the movie goes. A file gets its name when the movie is finished; if anything fails, an earlier file
            stays as it was.
        workers : int, optional
            Processes that draw, and threads that encode beside them. The default is the number of cores. 0 draws in
            this process, for functions that cannot be pickled and for debuggers.
        executor : concurrent.futures.Executor, optional
            Encodes segments in place of own processes: a ``ProcessPoolExecutor``, loky's, or that of a Dask cluster,
            ``client.get_executor()``. It excludes ``max_size``: segments that are encoded alone have one rate factor,
            and the movie as a whole decides which.
        max_pending : int, optional
            The maximum number of segments that are submitted and not yet joined. The default is twice the number of the
            executor's workers, or 64 if it does not say.
        resume : path, optional
            A folder for finished segments, so that a killed run can be continued. It is removed when the movie is
            finished. It excludes ``max_size``, as an executor does.
        progress : bool or callable, default: False
            True for a bar of tqdm, or a line if tqdm is not installed. A callable receives a `Progress` up to ten times
            a second, and may raise an exception to cancel the movie.
        check : bool or int, default: True
            How many frames are drawn twice and compared, to find scenes whose frames do not depend on their index
            alone. True means 3 frames, or one for each task of an executor that makes the scene.

        Returns
        -------
        Report
            Facts about the movie.

        Raises
        ------
        ValueError
            If a setting cannot be used, frames that were drawn twice differ, or no movie is as small as ``max_size``.
        RuntimeError
            If a drawing process has died. The message names the frame.
        Exception
            Whatever drawing raises, with the traceback of the process as its cause.
        KeyboardInterrupt
            After Ctrl-C. All processes and threads have ended then.
        """
        return self._save(target, workers, executor, max_pending, resume, progress, check)[1]

    def show(
        self,
        *,
        workers: int | None = None,
        executor: Executor | None = None,
        progress: bool | Callable[[Progress], object] = False,
        check: bool | int = True,
    ) -> _write.Video:
        """Make the movie in memory, for a notebook, which displays the result of a cell.

        Parameters
        ----------
        workers, executor, progress, check
            As for `save`.

        Returns
        -------
        Video
            The movie.
        """
        data, report = self._save(None, workers, executor, None, None, progress, check)
        assert data is not None
        return _write.Video(data, report)

    @property
    def frames(self) -> int:
        """The number of frames of the movie. A process makes the scene if it is not known yet."""
        return self._known()[1]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels. A process makes the scene if they are not known yet."""
        return self._known()[0]

    @property
    def segments(self) -> int:
        """The number of segments, each of which one task can encode. It depends on frames and settings alone."""
        return _kinetograph.segment_count(*self._known())

    def encode_segment(self, index: int, *, check: bool = False) -> Segment:
        """Draw and encode one segment in this process, for `join` here or on another machine.

        Parameters
        ----------
        index : int
            Which segment, counted from 0.
        check : bool, default: False
            Whether a frame is drawn twice and compared when this process has just made the scene.

        Returns
        -------
        Segment
            The segment, a small object that can be pickled and saved.

        Raises
        ------
        SegmentError
            If there is no such segment. Otherwise as `save`.
        """
        scene = self._open_scene()
        with scene.lock:
            self._learn(scene.drawing.facts)
            size, frames, settings = self._known()
            if index < 0:
                raise SegmentError(f"segment {index}: segments are counted from 0")
            comparison = Check(frames, 1) if check and scene.is_new else None
            if comparison is not None:
                # A frame of this segment, so that it is drawn again.
                comparison.indices = [min(frames - 1, frames * index // self.segments + 3)]
            scene.is_new = False
            drawer = LocalDrawer(scene.drawing, size, comparison)
            return _kinetograph.encode_segment(size, frames, settings, index, drawer)

    def join(self, segments: Iterable[Segment], target: Target) -> Report:
        """Make the movie of all its segments, in order, without drawing or encoding.

        Parameters
        ----------
        segments : iterable of Segment
            The segments. One is held in memory at a time.
        target : path or file object
            Where the movie goes.

        Returns
        -------
        Report
            Facts about the movie.

        Raises
        ------
        SegmentError
            If a segment is missing, out of order or of another movie.
        """
        return _kinetograph.join(segments, target, **cast(ContainerSettings, self._settings))[1]

    def _save(
        self,
        target: Target,
        workers: int | None,
        executor: Executor | None,
        max_pending: int | None,
        resume: str | os.PathLike[str] | None,
        progress: bool | Callable[[Progress], object],
        check: bool | int,
    ) -> tuple[bytes | None, Report]:
        with _progress.reporter(progress) as report:
            if executor is not None:
                if workers is not None:
                    raise ValueError("workers and executor exclude each other: the executor has its own workers")
                return self._save_on(executor, target, max_pending, resume, report, check)
            if max_pending is not None:
                raise ValueError("max_pending is for an executor")
            if workers == 0:
                return self._save_alone(target, resume, report, check)
            return self._save_here(target, workers, resume, report, check)

    def _save_here(
        self,
        target: Target,
        workers: int | None,
        resume: str | os.PathLike[str] | None,
        report: Callable[[Progress], object] | None,
        check: bool | int,
    ) -> tuple[bytes | None, Report]:
        """Draw in own processes."""
        count = _cores() if workers is None else workers
        if not 1 <= count <= 1024:
            raise ValueError(f"workers is {count}; it must be 0 to 1024")
        known = self._recipe.frames
        with DrawingProcesses(self._pickle(), min(count, known or count)) as processes:
            self._learn(processes.facts())
            size, frames, settings = self._known()
            processes.prepare(size, _comparison(frames, check))
            return _kinetograph.encode(
                size, frames, settings, target, processes.drawers, report, processes.kill, resume
            )

    def _save_alone(
        self,
        target: Target,
        resume: str | os.PathLike[str] | None,
        report: Callable[[Progress], object] | None,
        check: bool | int,
    ) -> tuple[bytes | None, Report]:
        """Draw in this process."""
        scene = self._open_scene()
        with scene.lock:
            self._learn(scene.drawing.facts)
            size, frames, settings = self._known()
            drawer = LocalDrawer(scene.drawing, size, _comparison(frames, check))
            scene.is_new = False
            return _kinetograph.encode(size, frames, settings, target, [drawer], report, lambda: None, resume)

    def _save_on(
        self,
        executor: Executor,
        target: Target,
        max_pending: int | None,
        resume: str | os.PathLike[str] | None,
        report: Callable[[Progress], object] | None,
        check: bool | int,
    ) -> tuple[bytes | None, Report]:
        """Draw and encode on the workers of an executor."""
        max_size = self._settings.get("max_size")
        if max_size is not None:
            raise ValueError(
                f"max_size is {max_size!r}; the tasks of an executor encode segments alone, and the movie as a whole "
                "decides which rate factor they have: save once with workers=, and set crf to the rate_factor of its "
                "report"
            )
        folder = SegmentFolder(Path(resume)) if resume is not None else None
        submission = Submission(executor, _encode, (self, bool(check)), self.segments, self.frames, max_pending)
        made = _kinetograph.join(submission.segments(folder, report), target, **cast(ContainerSettings, self._settings))
        submission.report_end(report)
        if folder is not None:
            folder.clear()
        return made

    def _known(self) -> tuple[tuple[int, int], int, AnimationSettings]:
        """Return size, frames and settings, which may need the scene."""
        if self._facts is None:
            if self._scene is not None:
                self._learn(self._scene.drawing.facts)
            else:
                with DrawingProcesses(self._pickle(), 1) as processes:
                    self._learn(processes.facts())
        facts = cast(Facts, self._facts)
        settings = self._settings
        if facts.fps is not None and settings.get("fps") is None:
            settings = cast(AnimationSettings, {**settings, "fps": facts.fps})
        if facts.frames is None:
            raise ValueError("the scene does not say how many frames it has; pass frames=")
        return facts.size, facts.frames, settings

    def _learn(self, facts: Facts) -> None:
        if self._facts is None:
            self._facts = facts
        elif self._facts.size != facts.size:
            raise ValueError(f"the scene has frames of {facts.size} pixels here and of {self._facts.size} elsewhere")

    def _pickle(self) -> bytes:
        if self._pickled is None:
            try:
                self._pickled = cloudpickle.dumps(self._recipe)
            except Exception as exception:
                exception.add_note(
                    "What draws, and what it uses, is sent to other processes. workers=0 draws in this one."
                )
                raise
        return self._pickled

    def _open_scene(self) -> _Scene:
        """Return the scene of this process."""
        with _scenes_lock:
            if self._scene is None:
                self._scene = (
                    _Scene(self._recipe.open()) if self._pickled is None else _shared_scene(self._pickled, self._recipe)
                )
            return self._scene

    def __reduce__(self) -> tuple[Callable[..., Animation], tuple[Any, ...]]:
        # Facts that are known here need no scene there.
        return _restore, (type(self), self._pickle(), self._settings, self._facts)


class _Scene:
    """A scene that this process has made. One thread at a time draws it."""

    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing
        self.lock = threading.Lock()
        self.is_new = True


def _shared_scene(pickled: bytes, recipe: Recipe) -> _Scene:
    """Return the scene of this recipe, which other segments of this process may have made."""
    key = hashlib.blake2b(pickled).digest()
    scene = _scenes.pop(key, None) or _Scene(recipe.open())
    # The last one used is at the end.
    _scenes[key] = scene
    while len(_scenes) > _MAX_SCENES:
        oldest = _scenes.pop(next(iter(_scenes)))
        # Nobody else can find it, but a thread may still draw it.
        if oldest.lock.acquire(blocking=False):
            oldest.drawing.close()
    return scene


def _restore(cls: type[Animation], pickled: bytes, settings: AnimationSettings, facts: Facts | None) -> Animation:
    animation = cls.__new__(cls)
    animation._set_up(cloudpickle.loads(pickled), settings)
    animation._pickled = pickled
    animation._facts = facts
    return animation


def _encode(animation: Animation, check: bool, index: int) -> Segment:
    return animation.encode_segment(index, check=check)


def _whole(name: str, value: Any) -> int:
    """Return a whole number, of NumPy too."""
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{name} is {value!r}; it must be a whole number") from None


def _comparison(frames: int, check: bool | int) -> Check | None:
    count = _CHECKED_FRAMES if check is True else int(check)
    return Check(frames, count) if count > 0 else None


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return min(1024, len(os.sched_getaffinity(0)))
    return min(1024, os.cpu_count() or 1)
