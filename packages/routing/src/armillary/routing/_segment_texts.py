"""The texts of the parameters in a segment that holds other text too, or several parameters.

The texts are those that the regex of the segment gives. A backtracking regex takes work that grows with the square of
the segment's length, or faster, where several parameters share it; so they are found in one of three ways:

- One parameter gets what is between the texts around it.
- Of several, the first gets as much as it can, then the second, and so on, as long as the others get what they need.
  If each text between them occurs once there is nothing to choose, and the regex finds it at once. Else `_share`
  decides, in two passes over the segment.
- If one of several has a regex of its own, the segment's regex decides.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from ._path_shape import Parameter, Segment

Texts: TypeAlias = Callable[[str], Sequence[str] | None]
"""From a segment to the texts of its parameters in turn; None if the segment does not match."""

_RUNS: Final = {"[^/]+": re.compile("[^/]+"), "[0-9]+": re.compile("[0-9]+"), ".*": re.compile(".+")}
"""What `str`, `int` and `path` match: characters of one kind in a row; `path` may match none."""


def parameter_texts(segment: Segment) -> Texts:
    """Return the function that finds the texts of a segment's parameters, of which it has at least one."""
    parameters = [piece for piece in segment if isinstance(piece, Parameter)]
    if len(parameters) == 1:
        return _between(segment)
    expressions = [
        re.escape(piece) if isinstance(piece, str) else f"(?P<{piece.name}>{piece.regex})" for piece in segment
    ]
    match = re.compile("".join(expressions)).fullmatch
    names = [parameter.name for parameter in parameters]
    separators: list[str] = []
    if all(parameter.regex in _RUNS for parameter in parameters):
        # What is before each parameter but the first; "" if that is another one: it occurs anywhere.
        before = [segment[segment.index(parameter) - 1] for parameter in parameters[1:]]
        separators = [piece if isinstance(piece, str) else "" for piece in before]

    def texts(text: str) -> Sequence[str] | None:
        for separator in separators:
            if text.count(separator) != 1:
                return _share(segment, text)
        found = match(text)
        return None if found is None else found.group(*names)

    return texts


def _between(segment: Segment) -> Texts:
    before = segment[0] if isinstance(segment[0], str) else ""
    after = segment[-1] if isinstance(segment[-1], str) else ""
    start, least = len(before), len(before) + len(after)

    def texts(text: str) -> Sequence[str] | None:
        if len(text) < least or not text.startswith(before) or not text.endswith(after):
            return None
        return (text[start : len(text) - len(after)],)

    return texts


def _share(segment: Segment, text: str) -> Sequence[str] | None:
    """Return the texts of parameters that are runs, in time linear in the length of the segment."""
    # Backwards: for each piece, the indexes (in order) at which all that follows it matches up to the end.
    begins = [len(text)]
    following: list[list[int]] = []
    for piece in reversed(segment):
        following.append(begins)
        if isinstance(piece, str):
            length = len(piece)
            begins = [at - length for at in begins if at >= length and text.startswith(piece, at - length)]
        else:
            begins = _starts(piece.regex, text, begins)
        if not begins:
            return None
    if begins[0] != 0:
        return None
    # Forwards: each parameter ends at the last of those indexes that its run reaches.
    texts: list[str] = []
    start = 0
    for piece, begins in zip(segment, reversed(following), strict=True):
        if isinstance(piece, str):
            start += len(piece)
            continue
        run = _RUNS[piece.regex].match(text, start)
        furthest = start if run is None else run.end()
        end = begins[bisect_right(begins, furthest) - 1]
        texts.append(text[start:end])
        start = end
    return texts


def _starts(regex: str, text: str, ends: list[int]) -> list[int]:
    """Return the indexes at which a run may start that ends at one of `ends`."""
    starts: set[int] = set(ends) if regex == ".*" else set()
    for run in _RUNS[regex].finditer(text):
        place = bisect_right(ends, run.end()) - 1
        if place >= 0:
            starts.update(range(run.start(), ends[place]))
    return sorted(starts)
