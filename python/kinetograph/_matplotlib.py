"""The writer for matplotlib's animations."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Unpack, cast

import matplotlib as mpl
from matplotlib.animation import AbstractMovieWriter, writers
from matplotlib.figure import Figure

from kinetograph import _ffmpeg
from kinetograph._figures import FigureFrames
from kinetograph._kinetograph import Movie, Report, check_settings
from kinetograph._settings import EncoderSettings, Settings

# Formats that other writers make by the name of the file.
_OTHER_FORMATS = {
    ".apng", ".avi", ".avif", ".gif", ".htm", ".html", ".mkv", ".ogg", ".ogv", ".png", ".webm", ".webp", ".wmv",
}  # fmt: skip


@writers.register("kinetograph")
class MatplotlibWriter(AbstractMovieWriter):
    """Writes the frames of matplotlib's animations to an MP4, without another program.

    ``import kinetograph`` registers it, so that ``animation.save("movie.mp4", writer="kinetograph")`` works, and
    ``matplotlib.rcParams["animation.writer"] = "kinetograph"``. The frames are those that matplotlib's ``FFMpegWriter``
    gets, pixel for pixel; a figure without a layout engine is drawn once for each, where ``FFMpegWriter`` draws twice.
    Odd sizes are kept, and the last column or row is repeated in the file.

    Parameters
    ----------
    fps : float, default: 5
        Frames per second. ``animation.save`` passes that of the animation.
    codec : str, optional
        ``"h264"``, which is the default of matplotlib. Others are refused.
    bitrate : int, optional
        Average bit rate in kbit/s. By default, and at −1, the quality is constant.
    extra_args : sequence of str, optional
        Options of the ffmpeg program that have a counterpart, such as ``["-crf", "18", "-preset", "slow"]``. Others
        are refused by name.
    metadata : mapping of str to str, optional
        Title, artist, comment, date, copyright, genre and the like.
    **settings
        Settings of the movie, such as ``crf=18, preset="slow"``; see `Settings`.

    Attributes
    ----------
    report : Report or None
        Facts about the finished movie.

    Raises
    ------
    ValueError
        If a setting cannot be used.

    Notes
    -----
    After an exception, no file appears under the name of the movie. The frames so far stay in a file beside it, which
    plays and which a note of the exception names. `recover` makes a finished movie of it.

    Examples
    --------
    >>> writer = kinetograph.MatplotlibWriter(fps=30, crf=18, preset="slow")
    >>> animation.save("movie.mp4", writer=writer)
    """

    def __init__(
        self,
        fps: float = 5,
        codec: str | None = None,
        bitrate: int | None = None,
        extra_args: Sequence[str] | None = None,
        metadata: Mapping[str, str] | None = None,
        **settings: Unpack[EncoderSettings],
    ) -> None:
        # Rates of animations are not whole: 1000/interval.
        super().__init__(fps=cast(int, fps), metadata=dict(metadata or {}), codec=codec, bitrate=bitrate)
        if self.codec not in ("h264", "libx264"):
            raise ValueError(f"codec is {self.codec!r}; kinetograph encodes h264")
        chosen = cast(Settings, {**_ffmpeg.settings(extra_args or ()), **settings})
        chosen["tags"] = {**_ffmpeg.tags(self.metadata), **(chosen.get("tags") or {})}
        chosen["fps"] = fps
        # The bit rate of rcParams gives way to a quality of this call.
        has_quality = any(chosen.get(name) is not None for name in ("crf", "qp", "lossless"))
        if self.bitrate > 0 and (bitrate is not None or not has_quality):
            chosen["bitrate"] = self.bitrate
        check_settings((16, 16), False, **chosen)
        self.settings = chosen
        self.report: Report | None = None
        self._movie: Movie | None = None
        self._frames: FigureFrames | None = None

    @classmethod
    def isAvailable(cls) -> bool:  # noqa: N802 the name is matplotlib's
        """Return True: the writer needs no program."""
        return True

    def setup(self, fig: Figure, outfile: str | PathLike[str], dpi: float | None = None) -> None:
        """Begin the movie. `animation.save` calls this.

        Parameters
        ----------
        fig : matplotlib.figure.Figure
            The figure that is drawn.
        outfile : path
            Where the movie goes.
        dpi : float, optional
            Pixels per inch. The default is that of the figure.
        """
        super().setup(fig, fspath(outfile), dpi=dpi)
        suffix = Path(self.outfile).suffix.lower()
        if suffix in _OTHER_FORMATS:
            raise ValueError(f"{self.outfile} asks for another format; kinetograph writes .mp4 (also .m4v and .mov)")
        movie = self._movie = Movie(self.outfile, size=self.frame_size, **self.settings)
        self._frames = FigureFrames(fig, self.dpi, movie.push)
        self._frames.mute()

    def grab_frame(self, **savefig_kwargs: Any) -> None:
        """Draw the figure and add it to the movie.

        Parameters
        ----------
        **savefig_kwargs
            Passed to `savefig`, except `dpi`, `bbox_inches` and `format`, which are refused.
        """
        if mpl.rcParams["savefig.bbox"] == "tight":
            raise ValueError("rcParams['savefig.bbox'] must not be 'tight', because the size of frames would vary")
        for name in ("dpi", "bbox_inches", "format"):
            if name in savefig_kwargs:
                raise TypeError(f"grab_frame got an unexpected keyword argument {name!r}")
        if self._frames is None:
            raise RuntimeError("grab_frame needs a movie; call setup or use saving")
        self._frames.draw(**savefig_kwargs)

    def finish(self) -> None:
        """Finish the movie, which gets its name. `animation.save` does this."""
        if self._movie is None:
            raise RuntimeError("finish needs a movie; call setup or use saving")
        self._close()
        self.report = self._movie.finish()

    @contextlib.contextmanager
    def saving(
        self, fig: Figure, outfile: str | PathLike[str], dpi: float | None, *args: Any, **kwargs: Any
    ) -> Iterator[MatplotlibWriter]:
        """Begin the movie and finish it at the end of the block, unless that raises an exception.

        Parameters
        ----------
        fig, outfile, dpi, *args, **kwargs
            Passed to `setup`.
        """
        self.setup(fig, outfile, dpi, *args, **kwargs)
        assert self._movie is not None
        try:
            # A movie that is left by an exception keeps its file unfinished.
            with self._movie, mpl.rc_context({"savefig.bbox": None}):
                yield self
        finally:
            self._close()
        self.report = self._movie.report

    def _close(self) -> None:
        if self._frames is not None:
            self._frames.close()
            self._frames = None
