"""Converts options and metadata of the ffmpeg program to settings."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import cast

from kinetograph._settings import Settings

_log = logging.getLogger(__name__)

# Options without a value that ask for what happens anyway.
_FLAGS = {"-y", "-an", "-sn", "-hide_banner", "-nostdin"}

# The items of an MP4 to which ffmpeg writes its metadata (libavformat, movenc.c).
_TAGS = {
    "title": "title",
    "artist": "artist",
    "author": "artist",
    "comment": "comment",
    "date": "date",
    "year": "date",
    "copyright": "copyright",
    "encoder": "encoder",
    "album": "©alb",
    "album_artist": "aART",
    "composer": "©wrt",
    "description": "desc",
    "genre": "©gen",
    "grouping": "©grp",
    "lyrics": "©lyr",
    "synopsis": "ldes",
}


def tags(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return the tags for metadata. As with ffmpeg, keys that an MP4 has no place for are left out."""
    found = {}
    for key, text in metadata.items():
        tag = _TAGS.get(key.lower(), key if len(key) == 4 and key.startswith("©") else None)
        if tag is None:
            _log.warning("an MP4 has no place for the metadata %r", key)
        else:
            found[tag] = str(text)
    return found


def settings(arguments: Sequence[str]) -> Settings:
    """Return the settings that options of ffmpeg ask for.

    Raises
    ------
    ValueError
        For an option without a counterpart.
    """
    found: dict[str, object] = {}
    rest = iter(arguments)
    for argument in rest:
        option = str(argument)
        if option in _FLAGS:
            continue
        name = option.removesuffix(":v").removesuffix(":v:0")
        convert = _OPTIONS.get(name)
        if convert is None:
            raise ValueError(
                f"extra_args has {option!r}, which has no counterpart here; those that have are "
                f"{' '.join([*_OPTIONS, *sorted(_FLAGS)])}"
            )
        value = next(rest, None)
        if value is None:
            raise ValueError(f"extra_args ends with {option!r}, which needs a value")
        try:
            changes = convert(str(value))
        except (KeyError, ValueError) as error:
            raise ValueError(f"extra_args has {option!r} with the value {value!r}, which has no counterpart") from error
        for key, change in changes.items():
            earlier = found.get(key)
            merges = isinstance(earlier, dict) and isinstance(change, dict)
            found[key] = {**earlier, **change} if merges else change  # type: ignore[dict-item]
    limits = found.pop("maxrate", None), found.pop("bufsize", None)
    if limits != (None, None):
        if None in limits:
            raise ValueError("extra_args has one of -maxrate and -bufsize; they belong together")
        found["vbv"] = limits
    return cast(Settings, found)


def _named(name: str, convert: Callable[[str], object] = str) -> Callable[[str], dict[str, object]]:
    return lambda value: {name: convert(value)}


def _option(name: str) -> Callable[[str], dict[str, object]]:
    return lambda value: {"x264_options": {name: value}}


def _kilobits(value: str) -> int:
    """Return a bit rate in kbit/s, which ffmpeg takes in bit/s or with a suffix."""
    units = {"k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9}
    number = float(value[:-1]) * units[value[-1]] if value[-1:] in units else float(value)
    return round(number / 1000)


def _pixel_format(value: str) -> dict[str, object]:
    depth = 10 if value.endswith("10le") else 8
    base = value.removesuffix("10le")
    chroma = {"yuv420p": "420", "yuv422p": "422", "yuv444p": "444", "gray": "gray"}
    full = base.startswith("yuvj")
    found: dict[str, object] = {"chroma": chroma[base.replace("yuvj", "yuv")], "bit_depth": depth}
    return {**found, "range": "full"} if full else found


def _codec(value: str) -> dict[str, object]:
    return {"h264": {}, "libx264": {}}[value]


def _movflags(value: str) -> dict[str, object]:
    flags = {flag for flag in value.replace("+", " ").split() if flag}
    if flags <= {"faststart"}:
        return {}
    if "frag_keyframe" in flags and flags <= {"frag_keyframe", "empty_moov", "default_base_moof", "faststart"}:
        return {"layout": "fragmented"}
    raise ValueError(value)


def _parameters(value: str) -> dict[str, object]:
    pairs = (item.partition("=") for item in value.split(":") if item)
    return {"x264_options": {name: text or "1" for name, _, text in pairs}}


def _metadata(value: str) -> dict[str, object]:
    key, equals, text = value.partition("=")
    if not equals:
        raise ValueError(value)
    return {"tags": tags({key: text})}


_RANGES = {"tv": "limited", "limited": "limited", "mpeg": "limited", "pc": "full", "full": "full", "jpeg": "full"}
_MATRICES = {"bt709": "bt709", "smpte170m": "bt601", "bt470bg": "bt601", "bt2020nc": "bt2020", "bt2020_ncl": "bt2020"}

_OPTIONS: dict[str, Callable[[str], dict[str, object]]] = {
    "-crf": _named("crf", float),
    "-qp": _named("qp", int),
    "-b": _named("bitrate", _kilobits),
    "-maxrate": _named("maxrate", _kilobits),
    "-bufsize": _named("bufsize", _kilobits),
    "-preset": _named("preset"),
    "-tune": _named("tune"),
    "-profile": _named("profile"),
    "-level": _named("level"),
    "-pix_fmt": _pixel_format,
    "-g": _named("keyframe_interval", int),
    "-bf": _option("bframes"),
    "-refs": _option("ref"),
    "-threads": lambda value: {} if value in ("0", "auto") else {"threads": int(value)},
    "-c": _codec,
    "-codec": _codec,
    "-vcodec": _codec,
    "-x264-params": _parameters,
    "-x264opts": _parameters,
    "-colorspace": lambda value: {"matrix": _MATRICES[value]},
    "-color_primaries": _named("primaries"),
    "-color_trc": _named("transfer"),
    "-color_range": lambda value: {"range": _RANGES[value]},
    "-movflags": _movflags,
    "-metadata": _metadata,
    "-loglevel": lambda _: {},
}
