"""The schemas of types that are one JSON value."""

from __future__ import annotations

import datetime
import decimal
import enum
import ipaddress
import pathlib
import sys
import uuid
from typing import Any, Final

from ._constraints import Schema
from ._fields import Mode

SCALARS: Final[dict[Any, Schema]] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    bytes: {"type": "string", "contentEncoding": "base64"},
    bytearray: {"type": "string", "contentEncoding": "base64"},
    memoryview: {"type": "string", "contentEncoding": "base64"},
    type(None): {"type": "null"},
    datetime.datetime: {"type": "string", "format": "date-time"},
    datetime.date: {"type": "string", "format": "date"},
    datetime.time: {"type": "string", "format": "time"},
    datetime.timedelta: {"type": "string", "format": "duration"},
    uuid.UUID: {"type": "string", "format": "uuid"},
    decimal.Decimal: {"type": "string", "format": "decimal"},
    pathlib.PurePath: {"type": "string", "format": "path"},
    ipaddress.IPv4Address: {"type": "string", "format": "ipv4"},
    ipaddress.IPv6Address: {"type": "string", "format": "ipv6"},
}

FILE: Final[Schema] = {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream"}


def scalar_schema(cls: type, mode: Mode) -> Schema | None:
    """Return the schema of a class whose values are one JSON value; None for any other."""
    for base in cls.__mro__:
        if base is decimal.Decimal and mode == "input":
            return {"anyOf": [{"type": "number"}, dict(SCALARS[base])]}  # it is sent as text, and read from both
        if base in SCALARS:
            return dict(SCALARS[base])
        if base.__name__ == "UploadFile":
            return dict(FILE)
    return None


def enum_schema(cls: type[enum.Enum]) -> Schema:
    """Return the schema of an enumeration: its values, and their type if they have one in common."""
    return {**values_schema([json_value(item.value) for item in cls]), "title": cls.__name__}


def values_schema(values: list[Any]) -> Schema:
    """Return the schema of one of some values."""
    kinds = {scalar_type(value) for value in values}
    kind: Schema = {"type": kinds.pop()} if len(kinds) == 1 else {}
    return {**kind, "const": values[0]} if len(values) == 1 else {**kind, "enum": values}


def scalar_type(value: Any) -> str:
    return str(SCALARS.get(type(value), {}).get("type", "object"))


def json_value(value: Any) -> Any:
    """Return a value as JSON has it.

    Raises:
        TypeError: it has no form in JSON.
    """
    if isinstance(value, enum.Enum):
        return json_value(value.value)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", by_alias=True)
    if "msgspec" in sys.modules:
        return sys.modules["msgspec"].to_builtins(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [json_value(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, dict):
        return {str(key): json_value(item) for key, item in value.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, uuid.UUID | decimal.Decimal | pathlib.PurePath):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")
