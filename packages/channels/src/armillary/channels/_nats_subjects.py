"""Channels and patterns as subjects of NATS: a token for each segment."""

from __future__ import annotations

import re

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")
_ENCODED = re.compile(r"=([0-9A-F]+);")


def subject_of(stream: str, name: str) -> str:
    """Return the subject of a channel or pattern.

    >>> subject_of("channels", "room:*:é")
    'channels.m.room.*.=E9;'
    """
    tokens = [one if one == "*" else _UNSAFE.sub(_encode, one) for one in name.split(":")]
    return f"{stream}.m.{'.'.join(tokens)}"


def channel_of(subject: str) -> str:
    """Return the channel of a subject.

    >>> channel_of("channels.m.room.=E9;")
    'room:é'
    """
    tokens = subject.split(".")[2:]
    return ":".join(_ENCODED.sub(lambda found: chr(int(found[1], 16)), token) for token in tokens)


def _encode(found: re.Match[str]) -> str:
    return f"={ord(found[0]):X};"
