"""Typed values with lone surrogates, which compiled encoders reject: they are sent as U+FFFD, as by `encode_json`."""

from __future__ import annotations

from os import urandom
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
        return _replaced(adapter.dump_python(value, mode="json", by_alias=True), {})
    from datetime import datetime

    import msgspec

    kept: dict[str, Any] = {}

    def form(part: object) -> Any:
        # What is encoded already is no plain data: a mark that no client can know stands for it.
        if isinstance(part, msgspec.Raw | msgspec.msgpack.Ext):
            mark = urandom(12).hex()
            kept[mark] = part
            return mark
        return json_form(part)

    # MessagePack has bytes and dates; as JSON both are encoded as they would have been.
    return _replaced(msgspec.to_builtins(value, enc_hook=form, builtin_types=(bytes, bytearray, datetime)), kept)


def _replaced(value: Any, kept: dict[str, Any]) -> Any:
    from armillary.datastructures import well_formed

    if isinstance(value, str):
        return kept[value] if value in kept else well_formed(value)
    if isinstance(value, dict):
        return {_replaced(name, {}): _replaced(member, kept) for name, member in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list | tuple):
        return [_replaced(member, kept) for member in value]  # pyright: ignore[reportUnknownVariableType]
    return value
