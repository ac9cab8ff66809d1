"""Responses of JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from json import encoder as _encoder
from typing import Any, ClassVar, NoReturn

from ._response import Response


def _refuse(value: object) -> NoReturn:
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _stdlib_encoder(ensure_ascii: bool) -> Callable[[Any], str]:
    """Return a serialiser: compact, NaN and infinities refused.

    `json.dumps` and `JSONEncoder.encode` set up the C encoder anew at each call, which costs
    more than small documents do; here it is set up once. It does not look for cycles, so these
    surface as `RecursionError`.
    """
    plain = json.JSONEncoder(
        ensure_ascii=ensure_ascii, check_circular=False, allow_nan=False, separators=(",", ":"), default=_refuse
    ).encode
    escape = getattr(_encoder, "c_encode_basestring_ascii" if ensure_ascii else "c_encode_basestring", None)
    make = getattr(_encoder, "c_make_encoder", None)
    if make is None or escape is None:
        return plain
    try:
        encode = make(None, _refuse, escape, None, ":", ",", False, False, False)
        if "".join(encode({"a": [1, "é"]}, 0)) != plain({"a": [1, "é"]}):
            return plain
    except TypeError:  # the C encoder's signature is no promise of CPython
        return plain
    join = "".join
    return lambda value: join(encode(value, 0))


_encode = _stdlib_encoder(ensure_ascii=False)
_encode_ascii = _stdlib_encoder(ensure_ascii=True)


def encode_json(value: Any) -> bytes:
    """Return `value` as compact JSON in UTF-8 (RFC 8259).

    Raises:
        TypeError: a part of it has no JSON form.
        ValueError: it holds NaN or an infinity, contains itself, or nests too deep.

    >>> encode_json({"name": "café"}).decode()
    '{"name":"café"}'
    """
    try:
        text = _encode(value)
        try:
            return text.encode("utf-8")
        except UnicodeEncodeError:  # a lone surrogate, which only an escape can carry
            return _encode_ascii(value).encode("ascii")
    except RecursionError:
        raise ValueError("this value contains itself or nests too deep for JSON") from None


class JSONResponse(Response):
    """A response of JSON: compact, non-ASCII text kept as it is, NaN and infinities refused.

    Args:
        content: what to serialise; None is `null`.
        status_code: the status.
        headers: further headers.
        media_type: the `content-type`, by default "application/json".
        background: awaited after the response was sent.

    Attributes:
        encoder: turns `content` into bytes. A subclass may set another, for example
            `encoder = staticmethod(orjson.dumps)`.

    Raises:
        TypeError, ValueError: `content` cannot be serialised.

    Follows RFC 8259.

    >>> JSONResponse({"name": "café"}).body.decode()
    '{"name":"café"}'
    """

    media_type = "application/json"
    encoder: ClassVar[staticmethod[[Any], bytes]] = staticmethod(encode_json)

    def render(self, content: Any) -> bytes:
        """Return `content` as JSON."""
        return self.encoder(content)
