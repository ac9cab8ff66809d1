"""Convertors: what a path parameter may look like, and its value on both sides.

A convertor holds a regular expression, `convert` from the text of the path to a value, and
`to_string` back. The two are inverse: `convert(to_string(value)) == value`. `convert` raises
`ValueError` if the text has the right shape and is no value, such as day 31 of February; the
route then does not match.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ._match import PathParameterError

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

T = TypeVar("T")


class Convertor(Generic[T]):
    """Base of convertors: set `regex`, write `convert` and `to_string`.

    `regex` holds no named group. A regex that can match "/" lets the parameter span segments.

    >>> class Year(Convertor[int]):
    ...     regex = "[0-9]{4}"
    ...     def convert(self, value: str) -> int:
    ...         return int(value)
    ...     def to_string(self, value: int) -> str:
    ...         return f"{value:04}"
    >>> register_url_convertor("year", Year())
    """

    regex: str = ""

    def convert(self, value: str) -> T:
        """Return the parameter's value; `ValueError` means that the path does not match."""
        raise NotImplementedError(f"{type(self).__name__} needs a convert method")

    def to_string(self, value: T) -> str:
        """Return the text that `convert` turns into `value`, not percent-encoded."""
        raise NotImplementedError(f"{type(self).__name__} needs a to_string method")

    def to_segment(self, value: T) -> str:
        """Return the text for a router that matches undecoded paths; "/" may be inside."""
        return self.to_string(value)

    def with_arguments(self, arguments: str) -> Convertor[T]:
        """Return the convertor for `{name:kind(arguments)}`; `ValueError` if it takes none."""
        raise ValueError(f"{type(self).__name__} takes no arguments, got ({arguments})")


class TextConvertor(Convertor[str]):
    """What convertors have in common whose values are the text of the path."""

    def convert(self, value: str) -> str:
        """Return the text itself."""
        return value


class StringConvertor(TextConvertor):
    """`str`, the default: one segment, not empty."""

    regex = "[^/]+"

    def to_string(self, value: str) -> str:
        if "/" in (text := self.to_segment(value)):
            raise PathParameterError("A str parameter must not hold '/'; use {name:path}, or Router(raw_path=True)")
        return text

    def to_segment(self, value: str) -> str:
        if text := str(value):
            return text
        raise PathParameterError("A str parameter must not be empty")


class PathConvertor(TextConvertor):
    """`path`: the rest of the path with its slashes, possibly empty."""

    regex = ".*"

    def to_string(self, value: str) -> str:
        if "\n" in (text := str(value)):
            raise PathParameterError("A path parameter must not hold a line feed")
        return text


class _Bounded(Convertor[T]):
    """A number between two bounds, both included."""

    # Of the class too, as one that comes out of a pickle of Starlette's has no bounds of its own.
    minimum: T | None = None
    maximum: T | None = None

    def __init__(self, minimum: T | None = None, maximum: T | None = None) -> None:
        if minimum is not None and maximum is not None and minimum > maximum:  # type: ignore[operator]
            raise ValueError(f"{type(self).__name__}: minimum {minimum} is above maximum {maximum}")
        self.minimum = minimum
        self.maximum = maximum

    def number(self, text: str) -> T:
        raise NotImplementedError

    def convert(self, value: str) -> T:
        number = self.number(value)
        if self.minimum is not None or self.maximum is not None:
            self._check(number, ValueError)
        return number

    def _check(self, number: Any, error: type[Exception]) -> None:
        if self.minimum is not None and number < self.minimum:
            raise error(f"{number} is below the minimum {self.minimum}")
        if self.maximum is not None and number > self.maximum:
            raise error(f"{number} is above the maximum {self.maximum}")

    def with_arguments(self, arguments: str) -> Convertor[T]:
        bounds: dict[str, T] = {}
        for part in arguments.split(","):
            key, _, text = part.partition("=")
            key = key.strip()
            if key not in ("min", "max") or key in bounds:
                raise ValueError(f"{type(self).__name__} takes (min=..., max=...), got ({arguments})")
            try:
                bounds[key] = self.number(text.strip())
            except ValueError:
                raise ValueError(f"{type(self).__name__} takes numbers, got {text.strip()!r}") from None
        return type(self)(bounds.get("min"), bounds.get("max"))


class IntegerConvertor(_Bounded[int]):
    """`int`: decimal digits; `{id:int(min=1, max=99)}` bounds the value.

    Args:
        minimum, maximum: bounds, both included; None for no bound. A number outside does not match.
    """

    regex = "[0-9]+"

    def number(self, text: str) -> int:
        return int(text)

    def to_string(self, value: int) -> str:
        number = int(value)
        if number < 0:
            raise PathParameterError("An int parameter must not be negative")
        self._check(number, PathParameterError)
        return str(number)


class FloatConvertor(_Bounded[float]):
    """`float`: digits with an optional fraction; bounds as for `int`."""

    regex = r"[0-9]+(?:\.[0-9]+)?"

    def number(self, text: str) -> float:
        number = float(text)
        if number == float("inf"):
            raise ValueError(f"{text} is too large for a float")
        return number

    def to_string(self, value: float) -> str:
        number = float(value)
        if not 0.0 <= number < float("inf"):
            raise PathParameterError("A float parameter must be finite and not negative")
        self._check(number, PathParameterError)
        text = repr(abs(number))
        if "e" in text:
            from decimal import Decimal

            text = format(Decimal(text), "f")
        return text.removesuffix(".0")


class UUIDConvertor(Convertor[Any]):
    """`uuid`: 32 hexadecimal digits of either case, with or without hyphens."""

    regex = "[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}"

    def convert(self, value: str) -> UUID:
        from uuid import UUID

        return UUID(value)

    def to_string(self, value: UUID) -> str:
        try:
            return str(self.convert(str(value)))
        except ValueError as exc:
            raise PathParameterError(f"A uuid parameter must be a UUID, got {value!r}") from exc


class DateConvertor(Convertor[Any]):
    """`date`: a day as 2026-01-31 (RFC 3339 full-date)."""

    regex = "[0-9]{4}-[0-9]{2}-[0-9]{2}"

    def convert(self, value: str) -> date:
        from datetime import date

        return date.fromisoformat(value)

    def to_string(self, value: date) -> str:
        return f"{value.year:04}-{value.month:02}-{value.day:02}"


class RegexConvertor(TextConvertor):
    """`regex`: text of a given shape, as `{code:regex([A-Z]{2}[0-9]+)}`.

    Args:
        regex: matched against the whole parameter; without named groups.
    """

    def __init__(self, regex: str = "[^/]+") -> None:
        try:
            self._whole = re.compile(regex)
        except re.error as exc:
            raise ValueError(f"RegexConvertor: {regex!r} is not a regular expression: {exc}") from exc
        self.regex = regex

    def to_string(self, value: str) -> str:
        text = str(value)
        if self._whole.fullmatch(text) is None:
            raise PathParameterError(f"{text!r} does not match {self.regex!r}")
        return text

    def with_arguments(self, arguments: str) -> RegexConvertor:
        return RegexConvertor(arguments)


CONVERTOR_TYPES: dict[str, Convertor[Any]] = {
    "date": DateConvertor(),
    "float": FloatConvertor(),
    "int": IntegerConvertor(),
    "path": PathConvertor(),
    "regex": RegexConvertor(),
    "str": StringConvertor(),
    "uuid": UUIDConvertor(),
}
"""The convertors by what follows the colon of `{name:int}`."""


def register_url_convertor(key: str, convertor: Convertor[Any]) -> None:
    """Make `{name:key}` use a convertor in every path compiled from now on.

    Args:
        key: an identifier; an existing one is replaced.
        convertor: an instance, shared by all routes that use it.
    """
    if not key.isidentifier():
        raise ValueError(f"key must be an identifier to be used in {{name:key}}, got {key!r}")
    CONVERTOR_TYPES[key] = convertor
