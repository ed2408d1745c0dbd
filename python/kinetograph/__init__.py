"""Movies of figures and arrays: H.264 in MP4, encoded in this process.

``import kinetograph`` registers the writer ``"kinetograph"`` with matplotlib, so that
``animation.save("movie.mp4", writer="kinetograph")`` works. `Movie` and `write` take arrays, `Animation` draws and
encodes frames on every core or on a cluster.
"""

import logging
from typing import TYPE_CHECKING, Any

from kinetograph import _registration
from kinetograph._animation import Animation
from kinetograph._kinetograph import (
    Movie,
    Mp4Error,
    Progress,
    Recovered,
    Report,
    Segment,
    SegmentError,
    X264Error,
    recover,
)
from kinetograph._settings import AnimationSettings, ContainerSettings, EncoderSettings, Settings
from kinetograph._write import Video, join, show, write

if TYPE_CHECKING:
    from kinetograph._matplotlib import MatplotlibWriter

__all__ = [
    "Animation",
    "AnimationSettings",
    "ContainerSettings",
    "EncoderSettings",
    "MatplotlibWriter",
    "Movie",
    "Mp4Error",
    "Progress",
    "Recovered",
    "Report",
    "Segment",
    "SegmentError",
    "Settings",
    "Video",
    "X264Error",
    "join",
    "recover",
    "show",
    "write",
]

_registration.register()
# x264's errors become exceptions. Without a handler, Python would print them as well.
logging.getLogger("kinetograph.x264").addHandler(logging.NullHandler())


def __getattr__(name: str) -> Any:
    # The writer is a subclass of matplotlib's, which takes half a second to import.
    if name == "MatplotlibWriter":
        from kinetograph._matplotlib import MatplotlibWriter

        return MatplotlibWriter
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
