"""What JSON has for values that it has no type of: dates, UUIDs, decimals, enums, paths, sets, structs, models."""

from __future__ import annotations

# What is looked at here are the types and values of programs, which are only known when they run.
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownLambdaType=false
import sys
from binascii import b2a_base64
from collections.abc import Set as AbstractSet
from typing import Any


def json_form(value: object) -> Any:
    """Return what stands for a value in JSON, for an encoder that does not know its type.

    Enums are their values; dates and times RFC 3339 text; UUIDs, decimals and paths text; bytes base64; sets
    arrays; dataclasses, attrs classes, msgspec structs and pydantic models objects of their fields.

    Raises:
        TypeError: JSON has nothing for it.

    >>> from decimal import Decimal
    >>> json_form(Decimal("1.50"))
    '1.50'
    """
    kind: Any = type(value)
    if isinstance(value, AbstractSet):
        return list(value)  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
    if isinstance(value, bytes | bytearray | memoryview):
        return b2a_base64(value, newline=False).decode("ascii")
    if hasattr(kind, "__struct_fields__"):
        from msgspec import to_builtins

        return to_builtins(value, enc_hook=json_form)
    if hasattr(kind, "__pydantic_serializer__"):
        return kind.__pydantic_serializer__.to_python(value, mode="json", by_alias=True)
    names = getattr(kind, "__dataclass_fields__", None) or [item.name for item in getattr(kind, "__attrs_attrs__", ())]
    if names:
        return {name: getattr(value, name) for name in names}
    return _text_form(value, kind)


def _text_form(value: Any, kind: type) -> Any:
    # A value of these types cannot exist unless its module was imported.
    for module, name, text in _TEXT_FORMS:
        base = getattr(sys.modules.get(module), name, None)
        if base is not None and issubclass(kind, base):
            return text(value)
    hint = "; await it first" if hasattr(value, "__await__") else ""
    raise TypeError(f"Object of type {kind.__name__} is not JSON serializable{hint}")


def _date_text(value: Any) -> str:
    text: str = value.isoformat()
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


_TEXT_FORMS: Any = (
    ("enum", "Enum", lambda value: value.value),
    ("datetime", "date", _date_text),
    ("datetime", "time", _date_text),
    ("uuid", "UUID", str),
    ("decimal", "Decimal", str),
    ("pathlib", "PurePath", str),
    ("ipaddress", "_IPAddressBase", str),
)
