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
from typing import Any, NoReturn, TypeAlias

from armillary.asgi_types import HTTPException

JSONDecoder: TypeAlias = Callable[[bytes], Any]
JSONEncoder: TypeAlias = Callable[[Any], bytes]

MAX_DEPTH = 512
"""How deep arrays and objects may nest. Deeper values exhaust the stack of code that walks them."""

_STRING_PATTERN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
_NON_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_NUMBER_PATTERN = re.compile(
    _STRING_PATTERN.pattern + rb"|(-?Infinity|NaN|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)", re.DOTALL
)
_DEPTH_CHANGES = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


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


class _TooDeep(ValueError):
    """Nesting beyond the limit, which is exceeded at `offset`."""

    def __init__(self, offset: int | None) -> None:
        super().__init__("nested too deep")
        self.offset = offset


class _InvalidValue(ValueError):
    """A value that the standard library accepts and JSON does not allow."""


def _reject_constant(name: str) -> NoReturn:
    raise _InvalidValue(f"{name} is not JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if -_LARGEST_FLOAT <= value <= _LARGEST_FLOAT:
        return value
    raise _InvalidValue(f"a number of {len(digits)} characters is too large")


_LARGEST_FLOAT = sys.float_info.max
_decoder = json.JSONDecoder(parse_constant=_reject_constant, parse_float=_finite)
_scan: Callable[[str, int], tuple[Any, int]] = _decoder.scan_once  # type: ignore[attr-defined]


def decode_json(body: bytes) -> Any:
    """Return the value of a JSON text in UTF-8, decoded by the standard library.

    NaN, infinities, numbers too large for a float, and nesting deeper than `MAX_DEPTH` are rejected.

    Raises:
        ValueError: it is not JSON in UTF-8 (RFC 8259).

    >>> decode_json(b'{"a": [1, 2]}')
    {'a': [1, 2]}
    """
    if len(body) > MAX_DEPTH and body.count(b"[") + body.count(b"{") > MAX_DEPTH and deepest(body) > MAX_DEPTH:
        raise _TooDeep(depth_offset(body, MAX_DEPTH))
    text = body.decode()
    try:
        value, end = _scan(text, 0)
        if end == len(text):
            return value
    except StopIteration:
        pass
    # White space around the value, a byte order mark, or an error to report with its position.
    return _decoder.decode(text.removeprefix("\ufeff"))


def deepest(body: bytes) -> int:
    """Return how deep brackets outside strings nest."""
    brackets = _STRING_PATTERN.sub(b"", body).translate(None, _NON_BRACKETS)
    return max(accumulate(map(_DEPTH_CHANGES.__getitem__, brackets)), default=0)


def depth_offset(body: bytes, limit: int) -> int | None:
    """Return the offset of the bracket that opens one level too many; None if none does."""
    depth = 0
    position = 0
    while position < len(body):
        byte = body[position]
        if byte == 0x22:
            string = _STRING_PATTERN.match(body, position)
            position = len(body) if string is None else string.end()
            continue
        depth += _DEPTH_CHANGES.get(byte, 0)
        if depth > limit:
            return position
        position += 1
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
    problem, offset = _describe(exc, body)
    return JSONError(problem, body, offset, subject)


def _describe(exc: Exception, body: bytes) -> tuple[str, int | None]:
    if isinstance(exc, RecursionError):
        return f"nested deeper than {MAX_DEPTH} levels", depth_offset(body, MAX_DEPTH)
    if isinstance(exc, _TooDeep):
        return f"nested deeper than {MAX_DEPTH} levels", exc.offset
    if isinstance(exc, UnicodeDecodeError):
        return "not UTF-8", exc.start
    if isinstance(exc, json.JSONDecodeError):
        before = exc.doc[: exc.pos].encode("utf-8", "surrogatepass")
        bom_size = 3 if body.startswith(b"\xef\xbb\xbf") and not exc.doc.startswith("\ufeff") else 0
        return exc.msg[:1].lower() + exc.msg[1:], len(before) + bom_size
    if isinstance(exc, _InvalidValue) or "integer string conversion" in str(exc):
        return _find_invalid_value(body)
    return str(exc), _offset_in(str(exc))


def _find_invalid_value(body: bytes) -> tuple[str, int | None]:
    """Return a description of the first value JSON does not allow or that is not finite, and its offset."""
    for found in _NUMBER_PATTERN.finditer(body):
        text = found.group(1)
        if text is None:
            continue
        if text.endswith((b"y", b"N")):
            return f"{text.decode()} is not JSON", found.start()
        digits = text.lstrip(b"-")
        if len(digits) > sys.get_int_max_str_digits() if digits.isdigit() else float(digits) > _LARGEST_FLOAT:
            return f"a number of {len(text)} characters is too large", found.start()
    return "a number is too large", None


def _offset_in(message: str) -> int | None:
    # msgspec ends its messages with "(byte 17)".
    found = re.search(r"\(byte (\d+)\)$", message)
    return None if found is None else int(found.group(1))
