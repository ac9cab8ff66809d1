"""Reading a path: from its text to the values of the parameters.

A path is read by its segments if the regex has a shape, else by the regex. Both give the same values; segments are
several times faster, and never backtrack over the whole path.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from ._convertors import (
    Convertor,
    DateConvertor,
    FloatConvertor,
    IntegerConvertor,
    PathConvertor,
    StringConvertor,
    TextConvertor,
    UUIDConvertor,
)
from ._few_parameters import Check, Convert, Params, Read, Step, is_text, one_parameter, text_parameters
from ._path_shape import Parameter, PathShape, TemplateRegex, literal_prefix, path_shape, stays_within_segment
from ._path_text import ENCODED_SLASH, decoded
from ._segment_texts import Texts, parameter_texts

PathRegex: TypeAlias = "re.Pattern[str] | TemplateRegex"


def _is_number(text: str) -> bool:
    return text.isdigit() and text.isascii()


def _is_one_line(text: str) -> bool:
    return "\n" not in text


_CHECKS: Final[Mapping[str, Check]] = {
    StringConvertor.regex: bool,  # of a segment, which has no "/"
    IntegerConvertor.regex: _is_number,
    PathConvertor.regex: _is_one_line,
}
"""What a regex decides about a text that is known to be all of a parameter; other regexes are run."""

_BUILT_IN = (IntegerConvertor, FloatConvertor, UUIDConvertor, DateConvertor)
"""Convertors that raise nothing but `ValueError`."""


class SegmentReader:
    """Reads paths by their segments. What reads them is made for the first path: most routes see none for long.

    Args:
        regex: what the paths match.
        shape: that of the regex.
        convertors: by parameter name; a parameter without one is text.

    Attributes:
        count: the segments of a path; a tail is one or more that follow.
        prefix: what all of the paths begin with; None until `find_prefix` is called.
        needs_last: whether the last segment is all that has to be read, since it is the only parameter.
        read: does what `params` does, for the segments of a path that has as many as it takes and that matches the
            literal ones. A second argument says whether one of them may hold `ENCODED_SLASH`.
    """

    __slots__ = (
        *("_before_tail", "_check_tail", "_custom", "_literals", "_splits", "_steps", "convertors", "count"),
        *("is_open_ended", "needs_last", "prefix", "read", "regex", "shape"),
    )

    def __init__(self, regex: PathRegex, shape: PathShape, convertors: Mapping[str, Convertor[Any]]) -> None:
        self.regex = regex
        self.shape = shape
        self.convertors = convertors
        self.count: int = len(shape.segments)
        self.is_open_ended: bool = shape.tail is not None
        self.needs_last: bool = not self.is_open_ended and _ends_with_only_parameter(shape) and not self._has_custom()
        self._literals: list[tuple[int, str]] | None = None
        self.prefix: str | None = None
        self.read: Read = self._first_read

    def find_prefix(self) -> str:
        """Return `prefix`, which is None until it is asked for."""
        self.prefix = self.shape.prefix
        return self.prefix

    def _has_custom(self) -> bool:
        return any(_is_custom(convertor) for convertor in self.convertors.values())

    def _first_read(self, segments: Sequence[str], is_encoded: bool = False) -> Params | None:
        self._prepare()
        return self.read(segments, is_encoded)

    def _prepare(self) -> list[tuple[int, str]]:
        """Make what reads a path, and return the literal segments."""
        shape = self.shape
        segments = [*shape.segments, shape.tail] if shape.tail is not None else shape.segments
        literals: list[tuple[int, str]] = []
        # Segments that are split further; their texts are put after all segments, at `place`.
        splits: list[tuple[int, Texts]] = []
        # For each parameter: the place of its text, and what is done with that.
        steps: list[Step] = []
        # Conversions that may do anything, so that they are done once all texts are known to match.
        custom: list[tuple[str, Convert]] = []
        place = len(segments)
        for index, segment in enumerate(segments):
            parameters = [piece for piece in segment if isinstance(piece, Parameter)]
            if not parameters:
                literals.append((index, segment.text or ""))
            elif len(segment) == 1:
                steps.append(self._step(index, parameters[0], custom))
            else:
                splits.append((index, parameter_texts(segment)))
                for parameter in parameters:
                    steps.append(self._step(place, parameter, custom))
                    place += 1
        read: Read = self._read
        if len(steps) == 1 and not (splits or custom or self.is_open_ended):
            place, name, check, convert = steps[0]
            read = one_parameter(-1 if self.needs_last else place, name, check, convert)
        elif not (splits or custom or self.is_open_ended) and all(is_text(step) for step in steps):
            read = text_parameters([(place, name) for place, name, _, _ in steps])
        # What most mounts are: literal segments, and a tail that is text.
        is_bare = self.is_open_ended and len(steps) == 1 and not (splits or custom) and steps[0][3] is None
        self._check_tail: Check | None = steps[0][2] if is_bare else None
        self._before_tail: str = "/".join([text for _, text in literals] + [""])
        # Another thread may do the same at once. What says that all is there is set last.
        self._splits, self._steps, self._custom = splits, steps, custom
        self.read = read
        self._literals = literals
        return literals

    def _step(self, place: int, parameter: Parameter, custom: list[tuple[str, Convert]]) -> Step:
        """Return the step of a parameter; a conversion that may do anything is added to `custom` instead."""
        check = _CHECKS.get(parameter.regex) or re.compile(parameter.regex).fullmatch
        convertor = self.convertors.get(parameter.name)
        convert: Convert | None = None
        if convertor is not None and type(convertor).convert is not TextConvertor.convert:
            if _is_custom(convertor):
                custom.append((parameter.name, convertor.convert))
            elif type(convertor) is IntegerConvertor and convertor.minimum is None and convertor.maximum is None:
                convert = int
            else:
                convert = convertor.convert
        return place, parameter.name, check, convert

    def params(self, path: str) -> Params | None:
        """Return the values of a path's parameters; None if it does not match, or a text is no value."""
        segments = path.split("/")
        if len(segments) <= self.count if self.is_open_ended else len(segments) != self.count:
            return None
        literals = self._literals
        if literals is None:
            literals = self._prepare()
        for index, text in literals:
            if segments[index] != text:
                return None
        return self.read(segments, ENCODED_SLASH in path)

    def _read(self, segments: Sequence[str], is_encoded: bool = False) -> Params | None:
        if self._splits or self.is_open_ended:
            segments = [*segments]
            if self.is_open_ended:
                segments[self.count :] = ["/".join(segments[self.count :])]
            for index, split in self._splits:
                texts = split(segments[index])
                if texts is None:
                    return None
                segments += texts
        params: Params = {}
        try:
            for place, name, check, convert in self._steps:
                text = segments[place]
                if not check(text):
                    return None
                if is_encoded:
                    text = decoded(text)
                params[name] = text if convert is None else convert(text)
            for name, convert in self._custom:
                params[name] = convert(params[name])
        except ValueError:
            return None
        return params

    def split(self, path: str) -> tuple[str, Params] | None:
        """Return what is before the parameter `path` at the end, and the other values; None if it does not match."""
        literals = self._prepare() if self._literals is None else self._literals
        check = self._check_tail
        if check is not None:
            before = self._before_tail
            at = len(before)
            if path[:at] != before:
                return None
            return (before[:-1], {}) if check(path[at:]) else None
        if len(self.shape.tail or ()) != 1:  # `path` is of a segment, or not all of the tail
            return RegexReader(self.regex, self.convertors).split(path)
        segments = path.split("/", self.count)
        if len(segments) <= self.count:
            return None
        for index, text in literals:
            if segments[index] != text:
                return None
        tail = segments[-1]
        params = self.read(segments, ENCODED_SLASH in path)
        if params is None:
            return None
        del params["path"]
        return path[: len(path) - len(tail) - 1], params


def _is_custom(convertor: Convertor[Any]) -> bool:
    """Return whether the conversion of a text may do anything."""
    return type(convertor) not in _BUILT_IN and type(convertor).convert is not TextConvertor.convert


def _ends_with_only_parameter(shape: PathShape) -> bool:
    """Return whether the last segment is a parameter, and there is no other."""
    last = shape.segments[-1]
    is_parameter = len(last) == 1 and isinstance(last[0], Parameter)
    return is_parameter and all(segment.text is not None for segment in shape.segments[:-1])


class RegexReader:
    """Reads paths by a regex alone. Arguments and methods are those of `SegmentReader`."""

    __slots__ = ("_conversions", "convertors", "prefix", "regex")

    def __init__(self, regex: PathRegex, convertors: Mapping[str, Convertor[Any]]) -> None:
        self.regex: PathRegex = regex
        self.prefix: str = literal_prefix(regex)
        self.convertors: Mapping[str, Convertor[Any]] = convertors
        self._conversions = [
            (name, convertor.convert)
            for name, convertor in convertors.items()
            if type(convertor).convert is not TextConvertor.convert
        ]

    def find_prefix(self) -> str:
        return self.prefix

    def params(self, path: str) -> Params | None:
        found = self.regex.match(path)
        return None if found is None else self._values(found, path)

    def split(self, path: str) -> tuple[str, Params] | None:
        found = self.regex.match(path)
        params = None if found is None else self._values(found, path)
        if found is None or params is None:
            return None
        del params["path"]
        return path[: found.start("path") - 1], params

    def _values(self, found: re.Match[str], path: str) -> Params | None:
        params: Params = found.groupdict()
        if ENCODED_SLASH in path:
            params = {name: decoded(text) for name, text in params.items()}
        try:
            for name, convert in self._conversions:
                params[name] = convert(params[name])
        except ValueError:
            return None
        return params


PathReader: TypeAlias = SegmentReader | RegexReader


def path_reader(regex: PathRegex, convertors: Mapping[str, Convertor[Any]]) -> PathReader:
    """Return the reader of the paths that a regex matches."""
    shape = path_shape(regex)
    if shape is None or not _is_plain(shape):
        return RegexReader(regex, convertors)
    return SegmentReader(regex, shape, convertors)


def _is_plain(shape: PathShape) -> bool:
    """Return whether what follows the segments is decided by itself: no regex in it can look at the text around."""
    return shape.tail is None or all(
        isinstance(piece, str) or piece.regex == PathConvertor.regex or stays_within_segment(piece.regex)
        for piece in shape.tail
    )
