"""JSON decoding and encoding by the standard library, orjson or msgspec, with one kind of error.

A decoder takes bytes and returns the value; an encoder does the reverse. A decoder raises
ValueError or RecursionError for what it cannot decode; the request turns either into a 400.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from itertools import accumulate
from typing import Any, NoReturn, Protocol

from armillary.asgi_types import HTTPException


class JSONDecoder(Protocol):
    """A function that decodes JSON."""

    # A protocol, since type checkers take a `Callable` on a class for a method that is given the instance.
    def __call__(self, body: bytes, /) -> Any: ...


class JSONEncoder(Protocol):
    """A function that encodes a value as JSON."""

    def __call__(self, value: Any, /) -> bytes: ...


MAX_DEPTH = 512
"""How deep arrays and objects may nest. Deeper values exhaust the stack of code that walks them."""
TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"

_STRING_PATTERN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_NON_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_DEPTH_CHANGES = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}

_BRACKETS_AT_ONCE = 64 * 1024
"""Brackets whose depth is counted before it is compared with the limit."""

# Whole strings and runs without a quotation mark, some thousands of them: a body is cut between them.
_STRETCH_PATTERN = re.compile(rb'(?:[^"]{1,65536}+|"[^"\\]*+(?:\\.[^"\\]*+)*+"?){1,4096}+', re.DOTALL)

# What is before a value: no quotation mark, or whole strings.
OUTSIDE_PATTERN = re.compile(rb'(?:[^"]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+', re.DOTALL)

_NUMBER_BYTES = frozenset(bytes((byte,)) for byte in b"0123456789.eE+-")

_MAX_CANDIDATES = 1000
"""Places at which an invalid value is looked for; those in strings and within other numbers count too."""

# An escaped half of a surrogate pair without the other half. What looks like an escape after an escaped backslash is
# none: those are replaced before by a character that decoded UTF-8 does not have.
_LONE_SURROGATE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_ESCAPED_BACKSLASH = "\ud800\ud800"


class JSONError(HTTPException):
    """A body that is not JSON: 400.

    Attributes:
        offset: the position of the error, in bytes from 0; None if the decoder does not report it.
        line, column: the same, from 1.
    """

    def __init__(self, problem: str, body: bytes, offset: int | None, subject: str = "The request body") -> None:
        self.offset = offset
        self.line: int | None = None
        self.column: int | None = None
        position = ""
        if offset is not None:
            self.line = body.count(b"\n", 0, offset) + 1
            self.column = offset - body.rfind(b"\n", 0, offset)
            position = f" at line {self.line} column {self.column} (byte {offset})"
        super().__init__(400, f"{subject} is not valid JSON: {problem}{position}.")


class Misplaced(ValueError):
    """What is wrong with a text, and where, in bytes; None if that is not known."""

    def __init__(self, problem: str, offset: int | None) -> None:
        super().__init__(problem)
        self.offset = offset


class _InvalidValue(ValueError):
    """A value that the standard library accepts and JSON does not allow, and its text."""

    def __init__(self, problem: str, text: str) -> None:
        super().__init__(problem)
        self.text = text


def _reject_constant(name: str) -> NoReturn:
    raise _InvalidValue(f"{name} is not JSON", name)


def _finite(digits: str) -> float:
    value = float(digits)
    if -_LARGEST_FLOAT <= value <= _LARGEST_FLOAT:
        return value
    raise _InvalidValue(f"a number of {len(digits)} characters is too large", digits)


_LARGEST_FLOAT = sys.float_info.max
_decoder = json.JSONDecoder(parse_constant=_reject_constant, parse_float=_finite)
_scan: Callable[[str, int], tuple[Any, int]] = _decoder.scan_once  # type: ignore[attr-defined]


def decode_whole(body: bytes) -> Any:
    """Return the value of a JSON text, decoded at once; raise a ValueError as `decode_json` does."""
    check_depth(body)
    return scan(body)


def scan(body: bytes) -> Any:
    """Return the value of a JSON text whose depth is within the limit; raise a ValueError as `decode_json` does."""
    text = body.decode()
    if "\\" in text and ("\\ud" in text or "\\uD" in text):
        text = _replace_lone_surrogates(text)
    try:
        value, end = _scan(text, 0)
        if end == len(text):
            return value
    except StopIteration:
        pass
    # White space around the value, a byte order mark, or an error to report with its position.
    return _decoder.decode(text.removeprefix("\ufeff"))


def check_depth(body: bytes) -> None:
    """Raise a ValueError for a JSON text that is nested deeper than `MAX_DEPTH`."""
    if len(body) > MAX_DEPTH and body.count(b"[") + body.count(b"{") > MAX_DEPTH:
        bracket = first_too_deep(body, MAX_DEPTH)
        if bracket is not None:
            raise Misplaced(TOO_DEEP, bracket_offset(body, bracket))


def _replace_lone_surrogates(text: str) -> str:
    """Return a JSON text with the escapes of lone surrogates replaced by that of U+FFFD, which is as long.

    No encoding of text has lone surrogates: a program could neither send nor store them.
    """
    text = _LONE_SURROGATE.sub(r"\\ufffd", text.replace("\\\\", _ESCAPED_BACKSLASH))
    return text.replace(_ESCAPED_BACKSLASH, "\\\\")


def brackets_of(body: bytes) -> bytes:
    """Return the brackets outside strings."""
    return _STRING_PATTERN.sub(b"", body).translate(None, _NON_BRACKETS)


def first_too_deep(body: bytes, limit: int) -> int | None:
    """Return which of the brackets, counted from 0, opens one level too many; None if none does."""
    brackets = brackets_of(body)
    depth = 0
    for start in range(0, len(brackets), _BRACKETS_AT_ONCE):
        depths = list(
            accumulate(map(_DEPTH_CHANGES.__getitem__, brackets[start : start + _BRACKETS_AT_ONCE]), initial=depth)
        )
        if max(depths) > limit:
            return start + depths.index(limit + 1) - 1
        depth = depths[-1]
    return None


def bracket_offset(body: bytes, bracket: int) -> int | None:
    """Return the offset of a bracket, given its number as `first_too_deep` returns it.

    Whole stretches are counted, and only the one with the bracket is looked at closely.
    """
    position = 0
    while stretch := _STRETCH_PATTERN.match(body, position):
        count = len(brackets_of(stretch.group()))
        if bracket < count:
            break
        bracket -= count
        position = stretch.end()
    else:
        return None
    for found in re.finditer(rb"[][{}]|" + _STRING_PATTERN.pattern, stretch.group(), re.DOTALL):
        if not found.group().startswith(b'"'):
            if not bracket:
                return position + found.start()
            bracket -= 1
    return None


def json_error(exc: Exception, body: bytes, subject: str = "The request body") -> JSONError:
    """Return the 400 for what a decoder raised.

    Args:
        exc: the decoder's exception, a ValueError or RecursionError.
        body: what it was given.
        subject: what the body is, the first words of the message.

    >>> json_error(ValueError("empty"), b"", "The message").detail
    'The message is not valid JSON: empty.'
    """
    problem, offset = describe(exc, body)
    return JSONError(problem, body, offset, subject)


def describe(exc: Exception, body: bytes) -> tuple[str, int | None]:
    """Return what is wrong with a text, and where, for what a decoder raised."""
    if isinstance(exc, RecursionError):
        bracket = first_too_deep(body, MAX_DEPTH)
        return TOO_DEEP, None if bracket is None else bracket_offset(body, bracket)
    if isinstance(exc, Misplaced):
        return str(exc), exc.offset
    if isinstance(exc, UnicodeDecodeError):
        return "not UTF-8", exc.start
    if isinstance(exc, json.JSONDecodeError):
        before = exc.doc[: exc.pos].encode("utf-8", "surrogatepass")
        bom_size = 3 if body.startswith(b"\xef\xbb\xbf") and not exc.doc.startswith("\ufeff") else 0
        return exc.msg[:1].lower() + exc.msg[1:], len(before) + bom_size
    if isinstance(exc, _InvalidValue):
        return str(exc), _offset_of(exc.text.encode(), body)
    if "integer string conversion" in str(exc):
        # Not after a digit, since each of a long run of digits would begin a search otherwise.
        digits = rb"(?<![\d.eE+-])-?\d{%d,}(?!\d|\.\d|[eE][+-]?\d)" % (sys.get_int_max_str_digits() + 1)
        found = re.search(digits, body)
        if found is None:
            return "a number is too large", None
        return f"a number of {len(found.group())} characters is too large", _offset_of(found.group(), body)
    return str(exc), _offset_in(str(exc))


def _offset_of(text: bytes, body: bytes) -> int | None:
    """Return where a number or constant is outside strings; None if it is not found within a bounded search.

    The work is that of `bytes.find` and of one pattern, both linear, and `_MAX_CANDIDATES` steps.
    """
    position = 0  # outside strings
    start = -1
    for _ in range(_MAX_CANDIDATES):
        start = body.find(text, max(start + 1, position))
        if start < 0:
            return None
        outside = OUTSIDE_PATTERN.match(body, position, start)
        position = start if outside is None else outside.end()
        if position == start:
            before, after = body[start - 1 : start], body[start + len(text) : start + len(text) + 1]
            if before not in _NUMBER_BYTES and after not in _NUMBER_BYTES:
                return start
            continue
        string = _STRING_PATTERN.match(body, position)
        position = len(body) if string is None else string.end()
    return None


def _offset_in(message: str) -> int | None:
    # msgspec ends its messages with "(byte 17)".
    found = re.search(r"\(byte (\d+)\)$", message)
    return None if found is None else int(found.group(1))
