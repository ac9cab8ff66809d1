"""Reading the parameters of the paths that most routes have: one of any kind, or several that are texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from ._path_text import decoded

Params: TypeAlias = dict[str, Any]
Read: TypeAlias = Callable[..., Params | None]
Check: TypeAlias = Callable[[str], object]
Convert: TypeAlias = Callable[[str], Any]
Step: TypeAlias = tuple[int, str, Check, Convert | None]
"""The place of a parameter's segment, its name, whether a text can be it, and what makes its value; None for text."""


def one_parameter(place: int, name: str, check: Check, convert: Convert | None) -> Read:
    """Return `read` of a path that has one parameter: the same in half the time."""
    if is_text((place, name, check, convert)):

        def read_text(segments: Sequence[str], is_encoded: bool = False) -> Params | None:
            text = segments[place]
            if is_encoded:
                text = decoded(text)
            return {name: text} if text else None

        return read_text

    def read(segments: Sequence[str], is_encoded: bool = False) -> Params | None:
        text = segments[place]
        if not check(text):
            return None
        if is_encoded:
            text = decoded(text)
        if convert is None:
            return {name: text}
        try:
            return {name: convert(text)}
        except ValueError:
            return None

    return read


def is_text(step: Step) -> bool:
    """Return whether a parameter is any text of a segment."""
    _, _, check, convert = step
    return check is bool and convert is None


def text_parameters(places: list[tuple[int, str]]) -> Read:
    """Return `read` of a path whose parameters are texts, by their places: the same in half the time."""

    def read_texts(segments: Sequence[str], is_encoded: bool = False) -> Params | None:
        params: Params = {}
        for place, name in places:
            text = segments[place]
            if not text:
                return None
            params[name] = decoded(text) if is_encoded else text
        return params

    return read_texts
