"""The settings of a movie as keyword arguments."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from fractions import Fraction
from typing import Literal, TypedDict

Preset = Literal[
    "ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow", "placebo"
]


class ContainerSettings(TypedDict, total=False):
    """Settings of the file, which do not change the video in it.

    Attributes
    ----------
    layout : {"crash-safe", "progressive", "fragmented", "annexb"}
        How the file is arranged. The default is ``"crash-safe"``, which plays while it is recorded and has its index
        first when it is finished; for file objects it is ``"fragmented"``, which is written without seeking.
    fragment_seconds : float
        Duration of a fragment in seconds, 0.01 to 3600. The default is 1.
    rotation : {0, 90, 180, 270}
        Degrees by which players rotate the movie clockwise. The default is 0.
    tags : mapping of str to str
        Metadata by name: title, artist, comment, date, copyright, encoder, or a key of four characters such as
        ``"©alb"``.
    title : str
        The title, as ``tags={"title": …}``.
    creation_time : datetime.datetime
        The creation time in the file, with a time zone. Without one, equal movies are equal files.
    """

    layout: Literal["crash-safe", "progressive", "fragmented", "annexb"] | None
    fragment_seconds: float | None
    rotation: Literal[0, 90, 180, 270] | None
    tags: Mapping[str, str] | None
    title: str | None
    creation_time: datetime.datetime | None


class EncoderSettings(ContainerSettings, total=False):
    """Settings of the encoder and of the file, except the rates.

    Attributes
    ----------
    variable_rate : bool
        Whether frames may begin at any time, and not only at multiples of a frame's duration.
    crf : float
        Constant rate factor, 0 to 51; lower is better. The default quality is ``crf=23``. A movie has one of `crf`,
        `qp`, `lossless` and `bitrate`.
    qp : int
        Constant quantiser, 0 (lossless) to 51, or to 63 at 10 bits.
    lossless : bool
        Whether every decoded sample equals the converted one.
    vbv : tuple of int
        Limits of a decoder's buffer: the rate in kbit/s and the size in kbit.
    preset : str
        How much time x264 spends, from ``"ultrafast"`` to ``"placebo"``. The default is ``"medium"``.
    tune : {"drawn", "film", "animation", "grain", "stillimage", "psnr", "ssim", "fastdecode", "zerolatency", "none"}
        What the encoder optimises for: charts, text and heat maps with ``"drawn"``. The others are x264's. The default
        is nothing in particular, ``"none"``.
    profile : {"baseline", "main", "high", "high10", "high422", "high444"}
        The profile that the stream must not exceed. The default is the lowest that the other settings allow.
    level : str
        The level that the stream signals, such as ``"4.1"``. The default is the lowest that suffices.
    chroma : {"420", "422", "444", "gray"}
        The chroma format. The default is ``"420"``, which every player supports.
    chroma_location : {"left", "center", "topleft", "top", "bottomleft", "bottom"}
        Where the chroma samples are. The default, ``"center"``, is true of all frames that the package converts.
    bit_depth : {8, 10}
        Bits per sample. The default is 8.
    color_space : {"bt709", "bt601", "bt2020"}
        Matrix and tags of the colours. The default is ``"bt709"``.
    matrix, range, primaries, transfer : str
        Parts of the colour space that differ from it.
    background : tuple of int
        The colour behind transparent pixels: red, green and blue, 0 to 255. The default is white.
    odd_size : {"pad", "refuse"}
        What happens to an odd width or height. By default, the last column or row is repeated.
    keyframe_interval : int
        The maximum number of frames from one keyframe to the next, 1 to 100,000. The default is 250.
    pixel_aspect : tuple of int or fractions.Fraction
        The ratio of a pixel's width to its height.
    threads : int
        Threads of the encoder, 1 to 128. Another number of threads gives other bytes.
    x264_options : mapping of str to object
        Any other option of x264 by name, such as ``{"bframes": 3}``.
    expected_frames : int
        The number of frames, if it is known, so that there is space for the index at the beginning of the file.
    """

    variable_rate: bool | None
    crf: float | None
    qp: int | None
    lossless: bool | None
    vbv: tuple[int, int] | None
    preset: Preset | None
    tune: (
        Literal[
            "drawn", "film", "animation", "grain", "stillimage", "psnr", "ssim", "fastdecode", "zerolatency", "none"
        ]
        | None
    )
    profile: Literal["baseline", "main", "high", "high10", "high422", "high444"] | None
    level: str | None
    chroma: Literal["420", "422", "444", "gray"] | None
    chroma_location: Literal["left", "center", "topleft", "top", "bottomleft", "bottom"] | None
    bit_depth: Literal[8, 10] | None
    color_space: Literal["bt709", "bt601", "bt2020"] | None
    matrix: Literal["bt601", "bt709", "bt2020"] | None
    range: Literal["limited", "full"] | None
    primaries: Literal["bt709", "bt470bg", "smpte170m", "bt2020", "smpte432"] | None
    transfer: Literal["iec61966-2-1", "bt709", "smpte170m", "linear", "bt2020-10", "smpte2084", "arib-std-b67"] | None
    background: tuple[int, int, int] | None
    odd_size: Literal["pad", "refuse"] | None
    keyframe_interval: int | None
    pixel_aspect: tuple[int, int] | Fraction | None
    threads: int | None
    x264_options: Mapping[str, object] | None
    expected_frames: int | None


class Settings(EncoderSettings, total=False):
    """Settings of a movie. All are keyword arguments, and ``None`` is the default of each.

    They are these, those of `EncoderSettings` and those of `ContainerSettings`.

    Attributes
    ----------
    fps : int, float, fractions.Fraction, tuple of int or str
        Frames per second, 1/3600 to 1,000,000. 29.97 means 30000/1001. The default is 25.
    bitrate : int
        Average bit rate in kbit/s, 1 to 2,000,000, in place of a quality.
    """

    fps: int | float | Fraction | tuple[int, int] | str | None
    bitrate: int | None


class AnimationSettings(Settings, total=False):
    """Settings of a movie whose frames can be drawn again: those of `Settings`, and a size in place of a quality.

    Attributes
    ----------
    max_size : int or str
        The number of bytes that the finished file has at most, or a text such as ``"10MB"``: ``kB``, ``MB`` and ``GB``
        are powers of 1000, ``KiB``, ``MiB`` and ``GiB`` powers of 1024. The movie has the best rate factor between 12
        and 51 that fits, in place of `crf`, `qp`, `lossless` and `bitrate`. Finding it takes several tries, each of
        which draws the frames again.
    """

    max_size: int | str | None
