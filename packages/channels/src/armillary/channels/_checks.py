"""Whether the arguments of `Channels`, `subscribe` and `publish` can be used; each error names its argument."""

from __future__ import annotations

from typing import Any

from armillary.serialization import encode_json

from ._engine import Engine
from ._errors import MessageTooLarge
from ._subscription import OVERFLOWS, Overflow


def check_prefix(prefix: object) -> None:
    """Raise unless a prefix has 1 to 32 lower-case letters, digits and underscores."""
    if not (isinstance(prefix, str) and prefix.replace("_", "a").isalnum() and prefix.islower()):
        raise ValueError(f"prefix has lower-case letters, digits and underscores, got {prefix!r}")
    if not prefix.isascii() or len(prefix) > 32:
        raise ValueError(f"prefix has at most 32 characters of ASCII, got {prefix!r}")


def check_count(name: str, value: Any) -> int:
    """Return a whole number from 1 on, or raise."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} is a whole number, got {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be 1 or more, got {value!r}")
    return value


def check_seconds(name: str, value: Any, or_zero: bool = False) -> float:
    """Return a number of seconds above 0, or raise."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"{name} is a number of seconds, got {value!r}")
    if not (value > 0 or (or_zero and value == 0)):
        raise ValueError(f"{name} is in seconds, above 0; got {value!r}")
    return value


def check_overflow(value: Any) -> Overflow:
    """Return one of the policies, or raise."""
    for overflow in OVERFLOWS:
        if value == overflow:
            return overflow
    raise ValueError(f"overflow is one of {', '.join(map(repr, OVERFLOWS))}; got {value!r}")


def encode_value(value: Any, engine: Engine) -> bytes:
    """Return a value as the JSON that the engine carries, or raise."""
    try:
        payload = encode_json(value)
    except (TypeError, ValueError) as exc:
        raise type(exc)(f"value cannot be encoded as JSON: {exc}") from exc
    if len(payload) > engine.max_size:
        raise MessageTooLarge(
            f"value has {len(payload):,} bytes as JSON, and the engine {engine.name} takes {engine.max_size:,}; "
            "keep it elsewhere and publish where it is"
        )
    return payload
