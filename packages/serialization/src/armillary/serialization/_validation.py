"""Validating JSON values into types, by msgspec or pydantic."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ._typed_decoding import TypedDecoder


def validate(value: Any, type_: Any) -> Any:
    """Return a JSON value as an instance of `type_`.

    What holds pydantic's models goes to pydantic. Everything else goes to msgspec, or to pydantic if msgspec is
    not installed. Constraints of `msgspec.Meta`, pydantic's `Field` and annotated-types are all honoured.

    Raises:
        ValidationError: 422, it does not match.
        TypeError: neither library is installed, or the library does not support this type.
    """
    try:
        decoder = _decoder(type_)
    except TypeError as exc:
        if "unhashable" not in str(exc):
            raise
        decoder = TypedDecoder[Any](type_)
    return decoder.convert(value)


@lru_cache(256)
def _decoder(type_: Any) -> TypedDecoder[Any]:
    return TypedDecoder(type_)
