"""The types a key of a scope or message may hold.

`bool` is an `int` in Python; a key that takes a number never takes a bool here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._error import fail

MISSING: Any = object()


def kind_of(value: Any) -> str:
    """Name a value's type for a sentence."""
    return "None" if value is None else type(value).__name__


def check_field(
    where: str,
    holder: Mapping[str, Any],
    key: str,
    types: tuple[type, ...],
    expected: str,
    *,
    required: bool = False,
) -> Any:
    """Return the value of `key`, or `MISSING`; fail if it is of another type.

    Args:
        where: the place that opens the sentence.
        holder: the scope or message.
        key: the key looked up.
        types: the classes allowed; `NoneType` among them allows None.
        expected: those classes in words, such as "a bytes object".
        required: whether the key must be there.
    """
    value = holder.get(key, MISSING)
    if value is MISSING:
        if required:
            fail(where, f"the key {key!r} is missing", f"set it to {expected}")
        return MISSING
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        fail(where, f"{key!r} is {kind_of(value)}", f"it must be {expected}")
    return value


def check_text(where: str, holder: Mapping[str, Any], key: str, *, required: bool = False) -> Any:
    """A str."""
    return check_field(where, holder, key, (str,), "a str", required=required)


def check_bytes(where: str, holder: Mapping[str, Any], key: str, *, required: bool = False) -> bytes:
    """A bytes object, `b""` if absent."""
    value = check_field(where, holder, key, (bytes,), "a bytes object", required=required)
    return b"" if value is MISSING else value


def check_flag(where: str, holder: Mapping[str, Any], key: str) -> bool:
    """A bool, False if absent."""
    value = check_field(where, holder, key, (bool,), "a bool")
    return False if value is MISSING else value


def check_number(where: str, holder: Mapping[str, Any], key: str, *, required: bool = False) -> Any:
    """An int that is not a bool."""
    return check_field(where, holder, key, (int,), "an int", required=required)
