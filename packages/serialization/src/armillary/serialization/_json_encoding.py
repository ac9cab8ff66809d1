"""JSON out, by the standard library: compact, and valid JSON only."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from json import encoder as _encoder
from typing import Any

from ._json_form import json_form


def _stdlib_encoder(default: Callable[[Any], Any]) -> Callable[[Any, int], Iterable[str]]:
    """Return a serialiser, called with a value and 0: compact, rejecting NaN and infinities.

    `default` gives the form of what JSON does not have, or raises.

    `json.dumps` and `JSONEncoder.encode` set up the C encoder again for each call, which costs
    more than small documents do; here it is set up once. It does not check for cycles, so these
    surface as `RecursionError`.
    """
    encode = json.JSONEncoder(
        ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":"), default=default
    ).encode

    def plain(value: Any, level: int) -> Iterable[str]:
        return (encode(value),)

    escape: Any = getattr(_encoder, "c_encode_basestring", None)
    make: Any = getattr(_encoder, "c_make_encoder", None)
    if make is None or escape is None:
        return plain
    try:
        chunks: Callable[[Any, int], Iterable[str]] = make(None, default, escape, None, ":", ",", False, False, False)
        sound = "".join(chunks({"a": [1, "é"]}, 0)) == encode({"a": [1, "é"]})
    except TypeError:  # CPython does not guarantee the C encoder's signature
        return plain
    return chunks if sound else plain


def _plain_form(value: Any) -> Any:
    """Raise `TypeError`, or return what a program makes of the value that has replaced the method for all of `json`."""
    return json.JSONEncoder().default(value)


_TOO_DEEP = "this value contains itself or nests too deep for JSON"

_chunks = _stdlib_encoder(json_form)
_plain_chunks = _stdlib_encoder(_plain_form)


def encode_json(value: Any) -> bytes:
    """Return `value` as compact JSON in UTF-8 (RFC 8259), with U+FFFD for each lone surrogate.

    Dates, UUIDs, enums, sets, dataclasses and the like have the form that `json_form` gives them.

    Raises:
        TypeError: a part of it is not JSON serializable.
        ValueError: it contains NaN, an infinity or itself, or nests too deep.

    >>> encode_json({"name": "café"}).decode()
    '{"name":"café"}'
    """
    try:
        return "".join(_chunks(value, 0)).encode("utf-8")
    except UnicodeEncodeError:  # a lone surrogate
        from armillary.datastructures import encode_text

        return encode_text("".join(_chunks(value, 0)))
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None


def encode_plain_json(value: Any) -> bytes:
    """Return `value` as `encode_json` does, if it holds only what `json.dumps` takes by itself.

    Raises:
        TypeError: a part of it is of another type, such as a date.
        UnicodeEncodeError: a text has a lone surrogate.
        ValueError: it contains NaN, an infinity or itself, or nests too deep.

    >>> encode_plain_json({"day": [1, None]}).decode()
    '{"day":[1,null]}'
    """
    try:
        return "".join(_plain_chunks(value, 0)).encode("utf-8")
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
