"""What is done before and after msgspec decodes a value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._completion import complete
from ._json_decoding import check_depth


def with_limited_depth(decode: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    # msgspec stops where the interpreter does, which is not the same in each version.
    def decode_if_not_too_deep(body: bytes) -> Any:
        check_depth(body)
        return decode(body)

    return decode_if_not_too_deep


def checked_by(make: Callable[[Any], Any], check: Callable[[Any], None]) -> Callable[[Any], Any]:
    def make_checked(source: Any) -> Any:
        value = make(source)
        check(value)
        return value

    return make_checked


def completed(make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def make_complete(source: Any) -> Any:
        value = make(source)
        complete(value)
        return value

    return make_complete
