"""Forms of `typing` that older versions of Python have only in typing_extensions, if a program has imported it."""

from __future__ import annotations

import sys
import typing
from typing import Any


def is_form(value: Any, *names: str) -> bool:
    """Return whether a value is one of the forms of that name, such as `typing.ReadOnly`."""
    modules = (typing, sys.modules.get("typing_extensions"))
    return any(value is getattr(module, name, modules) for module in modules for name in names)


def is_alias(value: Any) -> bool:
    """Return whether a value is a type alias, as the `type` statement makes one."""
    return type(value).__name__ == "TypeAliasType"
