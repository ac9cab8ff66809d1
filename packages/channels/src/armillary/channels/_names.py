"""Names of channels and patterns: segments separated by colons, where `*` stands for exactly one segment."""

from __future__ import annotations

import re

LONGEST = 200
_SEGMENT = re.compile(r"[^\s:*?\[\]\\\x00-\x1f\x7f]+")


def check_channel(name: object, argument: str = "channel") -> str:
    """Return the name of one channel, or raise."""
    text = _check_text(name, argument)
    for segment in text.split(":"):
        if "*" in segment:
            raise ValueError(f"{argument}={text!r} is a pattern; messages are published to one channel, as 'room:7'")
        _check_segment(segment, text, argument)
    return text


def check_pattern(name: object, argument: str = "name") -> str:
    """Return the name of a channel or a pattern, or raise."""
    text = _check_text(name, argument)
    for segment in text.split(":"):
        if segment != "*":
            if "*" in segment:
                raise ValueError(f"{argument}={text!r} matches no channel; * stands for a whole segment: 'room:*'")
            _check_segment(segment, text, argument)
    return text


def is_pattern(name: str) -> bool:
    """Return whether a checked name matches more than one channel."""
    return "*" in name


def matches(pattern: str, channel: str) -> bool:
    """Return whether a channel, or the same pattern, is within a pattern.

    >>> matches("room:*", "room:7"), matches("room:*", "room:7:typing")
    (True, False)
    """
    if pattern == channel:
        return True
    wanted, segments = pattern.split(":"), channel.split(":")
    return len(wanted) == len(segments) and all(
        one in ("*", other) for one, other in zip(wanted, segments, strict=True)
    )


def _check_text(name: object, argument: str) -> str:
    if not isinstance(name, str):
        raise TypeError(f"{argument} is the name of a channel, as 'room:7', got {name!r}")
    if not name or len(name.encode("utf-8", "replace")) > LONGEST:
        raise ValueError(f"{argument} has 1 to {LONGEST} bytes of UTF-8, got {name!r}")
    return name


def _check_segment(segment: str, name: str, argument: str) -> None:
    if _SEGMENT.fullmatch(segment) is None or not segment.isprintable():
        raise ValueError(
            f"{argument}={name!r} has the segment {segment!r}; segments, which colons separate, are not empty and "
            "contain no spaces, control characters, or any of * ? [ ] \\"
        )
