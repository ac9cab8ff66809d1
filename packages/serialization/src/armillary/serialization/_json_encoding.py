"""JSON out, by the standard library: compact, and valid JSON only."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from json import encoder as _encoder
from typing import Any

from ._json_form import json_form


def _stdlib_encoder() -> Callable[[Any, int], Iterable[str]]:
    """Return a serialiser, called with a value and 0: compact, rejecting NaN and infinities.

    `json.dumps` and `JSONEncoder.encode` set up the C encoder again for each call, which costs
    more than small documents do; here it is set up once. It does not check for cycles, so these
    surface as `RecursionError`.
    """
    encode = json.JSONEncoder(
        ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":"), default=json_form
    ).encode

    def plain(value: Any, level: int) -> Iterable[str]:
        return (encode(value),)

    escape: Any = getattr(_encoder, "c_encode_basestring", None)
    make: Any = getattr(_encoder, "c_make_encoder", None)
    if make is None or escape is None:
        return plain
    try:
        chunks: Callable[[Any, int], Iterable[str]] = make(None, json_form, escape, None, ":", ",", False, False, False)
        sound = "".join(chunks({"a": [1, "é"]}, 0)) == encode({"a": [1, "é"]})
    except TypeError:  # CPython does not guarantee the C encoder's signature
        return plain
    return chunks if sound else plain


_chunks = _stdlib_encoder()


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
        raise ValueError("this value contains itself or nests too deep for JSON") from None
