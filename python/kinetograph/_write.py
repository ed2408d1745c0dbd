"""Functions that make a movie in one call: of frames, or of segments."""

from __future__ import annotations

from collections.abc import Iterable, Sized
from typing import TYPE_CHECKING, Any, Unpack

from kinetograph import _kinetograph
from kinetograph._kinetograph import Movie, Report, Segment
from kinetograph._settings import ContainerSettings, Settings

if TYPE_CHECKING:
    from kinetograph._kinetograph import PixelFormat, Target


class Video:
    """A movie in memory, which a notebook displays.

    Attributes
    ----------
    data : bytes
        The movie.
    report : Report
        Facts about the movie.
    """

    def __init__(self, data: bytes, report: Report) -> None:
        self.data = data
        self.report = report

    def to_html(self) -> str:
        """Return a ``<video>`` element that contains the movie. It autoplays, muted, and loops.

        Returns
        -------
        str
            The element. It needs no file and no server.
        """
        return _kinetograph.video_element(self.data, self.report.width, self.report.height)

    def _repr_html_(self) -> str:
        return self.to_html()

    def __repr__(self) -> str:
        return f"<kinetograph.Video {self.report}>"


def write(
    target: Target,
    frames: Iterable[Any],
    *,
    pixel_format: PixelFormat | None = None,
    **settings: Unpack[Settings],
) -> Report:
    """Make a movie of frames.

    Parameters
    ----------
    target : path or file object
        Where the movie goes. A file gets its name when the movie is finished.
    frames : iterable of array
        The frames, as `Movie.push` takes them: ``uint8`` arrays of shape (height, width), (height, width, 3) or
        (height, width, 4), all of one size. An array of shape (frames, height, width, …) is such an iterable.
    pixel_format : str, optional
        The order of the components of a pixel, if it is not grey, RGB or RGBA.
    **settings
        The settings of the movie, such as ``fps=30, crf=20``; see `Settings`.

    Returns
    -------
    Report
        Facts about the movie.

    Raises
    ------
    ValueError
        If there are no frames, or a setting or a frame cannot be used.
    OSError
        If the movie cannot be written.

    Examples
    --------
    >>> import numpy
    >>> frames = numpy.zeros((60, 48, 64, 3), numpy.uint8)
    >>> report = kinetograph.write("black.mp4", frames, fps=30)
    >>> report.frames, report.seconds
    (60, 2.0)
    """
    if isinstance(frames, Sized):
        settings.setdefault("expected_frames", len(frames))
    with Movie(target, pixel_format=pixel_format, **settings) as movie:
        for frame in frames:
            movie.push(frame)
    return movie.finish()


def show(
    frames: Iterable[Any],
    *,
    pixel_format: PixelFormat | None = None,
    **settings: Unpack[Settings],
) -> Video:
    """Make a movie of frames for a notebook, which displays the result of a cell.

    Parameters
    ----------
    frames : iterable of array
        The frames, as for `write`.
    pixel_format : str, optional
        The order of the components of a pixel, if it is not grey, RGB or RGBA.
    **settings
        The settings of the movie, such as ``fps=30, crf=20``; see `Settings`.

    Returns
    -------
    Video
        The movie in memory.
    """
    with Movie(None, pixel_format=pixel_format, **settings) as movie:
        for frame in frames:
            movie.push(frame)
    return Video(movie.getvalue(), movie.finish())


def join(segments: Iterable[Segment], target: Target, **settings: Unpack[ContainerSettings]) -> Report:
    """Join the segments of a movie, without drawing or encoding.

    The file is byte for byte what `Animation.save` makes with the same settings of the container.

    Parameters
    ----------
    segments : iterable of Segment
        All segments, in order. One is held in memory at a time.
    target : path or file object
        Where the movie goes.
    **settings
        The settings of the container, such as ``title="Waves"``; see `ContainerSettings`.

    Returns
    -------
    Report
        Facts about the movie.

    Raises
    ------
    SegmentError
        If a segment is missing, out of order or of another movie.
    """
    return _kinetograph.join(segments, target, **settings)[1]
