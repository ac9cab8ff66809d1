"""Classes of the standard library that JSON has as text, and that msgspec does not know: paths and IP addresses."""

from __future__ import annotations

import sys
from typing import Any, Final

_BASES: Final = (("pathlib", "PurePath"), ("ipaddress", "_IPAddressBase"))


def is_text_class(type_: Any) -> bool:
    """Return whether text is made into a value of a class by calling it: a path, an IP address, network or interface.

    >>> from ipaddress import IPv4Address
    >>> is_text_class(IPv4Address), is_text_class(int)
    (True, False)
    """
    if not isinstance(type_, type):
        return False
    # Nobody has such a class whose module was not imported.
    found = [getattr(sys.modules.get(module), name, None) for module, name in _BASES]
    return any(base is not None and issubclass(type_, base) for base in found)


def from_text(type_: Any, value: Any) -> Any:
    """Make a value of a class that msgspec does not know, as its hooks do; any other is returned unchanged."""
    if isinstance(value, str) and is_text_class(type_):
        try:
            return type_(value)
        except ValueError:
            raise ValueError(f"Expected the text of an `{type_.__name__}`") from None
    return value
