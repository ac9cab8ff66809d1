"""Codings by name, with what each needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from ._brotli import Brotli
from ._coding import Coding
from ._gzip import Gzip
from ._zstd import Zstd


class Entry(NamedTuple):
    """How a coding is made from its level, the level by default, and the extra that brings its library."""

    make: Callable[[int], Coding]
    level: int
    extra: str | None


# The best first. Levels at which a body of some tens of kilobytes takes about a millisecond.
CODINGS = {
    "zstd": Entry(Zstd, 3, "zstd"),
    "br": Entry(Brotli, 4, "brotli"),
    "gzip": Entry(Gzip, 6, None),
}


def make_codings(names: Sequence[str] | None, levels: Mapping[str, int] | None) -> list[Coding]:
    """Return the named codings, or all that are installed, the best first."""
    if isinstance(names, str):
        raise TypeError(f"codings is a list; write [{names!r}]")
    levels = {} if levels is None else levels
    if not isinstance(levels, Mapping):
        raise TypeError(f"levels is a mapping such as {{'gzip': 6}}, got {levels!r}")
    for name in (*(names or ()), *levels):
        if name not in CODINGS:
            raise ValueError(f"{name!r} is not a known coding; the known ones are {', '.join(CODINGS)}")
    if names is not None:
        check_named(names, levels)
        return [make_coding(name, levels) for name in names]
    found: list[Coding] = []
    for name in CODINGS:
        try:
            found.append(make_coding(name, levels))
        except MissingLibrary:
            if name in levels:
                raise
    return found


def check_named(names: Sequence[str], levels: Mapping[str, int]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"codings names {name!r} twice")
    for name in levels:
        if name not in names:
            raise ValueError(f"levels names {name!r}, which codings does not offer")


class MissingLibrary(ValueError):
    """The library of a requested coding is not installed."""


def make_coding(name: str, levels: Mapping[str, int]) -> Coding:
    make, level, extra = CODINGS[name]
    try:
        return make(levels.get(name, level))
    except ModuleNotFoundError as error:
        raise MissingLibrary(
            f"the coding {name!r} needs {error.name}: pip install 'armillary-compression[{extra}]', or leave it out"
        ) from None
