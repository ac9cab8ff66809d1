"""Typed values with lone surrogates, which compiled encoders reject: they are sent as U+FFFD, as by `encode_json`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ._json_form import json_form


def encodable(value: Any, adapter: Any = None) -> Any:
    """Return what a value consists of, as plain data, with U+FFFD for each lone surrogate in a text or a name.

    Args:
        value: what an encoder has rejected.
        adapter: of pydantic, for a value of a type of pydantic's; None for one of msgspec's.

    Raises:
        TypeError, ValueError: it was rejected for something else.
    """
    if adapter is not None:
        return _replaced(adapter.dump_python(value, mode="json"))
    import msgspec

    # MessagePack has bytes and dates; as JSON both are encoded as they would have been.
    return _replaced(msgspec.to_builtins(value, enc_hook=json_form, builtin_types=(bytes, bytearray, datetime)))


def _replaced(value: Any) -> Any:
    from armillary.datastructures import well_formed

    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, dict):
        return {_replaced(name): _replaced(member) for name, member in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list | tuple):
        return [_replaced(member) for member in value]  # pyright: ignore[reportUnknownVariableType]
    return value
