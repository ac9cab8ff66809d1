"""The text that everything a regex matches begins with."""

from __future__ import annotations

import re

_SPECIAL_CHARACTERS = frozenset(".^$*+?{}[]|()")
_UNSUPPORTED_FLAGS = re.IGNORECASE | re.VERBOSE | re.MULTILINE


def literal_prefix(regex: re.Pattern[str]) -> str:
    """Return the literal text at the start of a regex; "" if it has none, or none that is sure.

    >>> literal_prefix(re.compile("^/items\\\\.v1/(?P<key>[^/]+)$"))
    '/items.v1/'
    """
    pattern = regex.pattern.removeprefix("^")
    if regex.flags & _UNSUPPORTED_FLAGS or "|" in pattern:
        return ""
    text: list[str] = []
    at = 0
    while at < len(pattern) and pattern[at] not in _SPECIAL_CHARACTERS:
        if pattern[at] == "\\":
            at += 1
            if pattern[at].isalnum():  # a class such as \\d, or an assertion
                return "".join(text)
        text.append(pattern[at])
        at += 1
    if text and pattern[at : at + 1] and pattern[at] in "*?{":
        text.pop()  # which may be left out
    return "".join(text)
