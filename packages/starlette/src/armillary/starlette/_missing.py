"""Names that a module of Starlette has without defining them, and the error for those that it does not have."""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from types import FrameType, ModuleType
from typing import Any, Final

from ._imported_names import HOMES, IMPORTED

PACKAGE = __name__.rpartition(".")[0]

_DEFINED: dict[str, list[str]] = {}
"""The names that each module defines itself, as its `__all__` said before it was extended."""

WITH_ALL: Final = ("starlette", "starlette.status")
"""Modules of Starlette that list what a star import gives."""


def defined_names(module: ModuleType) -> list[str]:
    """Return the public names that Starlette's module defines itself."""
    return _DEFINED.setdefault(module.__name__, [name for name in vars(module).get("__all__", ()) if name[0] != "_"])


def explain_missing_names(module: ModuleType, alias: str, version: str) -> None:
    """Give `module` the names that Starlette's module of that name imports, and an error for all others.

    The names are loaded when one is asked for. An existing `__getattr__` is kept, and asked first.
    """
    own = vars(module).get("__getattr__")
    if getattr(own, "explains", None) == alias:
        return  # the alias was installed before
    names = frozenset(IMPORTED.get(alias.partition(".")[2], "").split())
    if alias not in WITH_ALL:
        # A star import gives what Starlette's does: every public name, imported ones included.
        module.__dict__["__all__"] = sorted({*defined_names(module), *names})

    def missing(name: str) -> object:
        if name in names:
            value = module.__dict__[name] = imported(name)
            return value
        if own is not None:
            return own(name)
        message = f"cannot import name {name!r} from {alias!r}: this is Starlette {version} as served by Armillary"
        if not name.startswith("__") and is_import_from(sys._getframe(1)):  # pyright: ignore[reportPrivateUsage]
            raise ImportError(message, name=alias, path=getattr(module, "__file__", None))
        raise AttributeError(
            f"module {alias!r} has no attribute {name!r}: this is Starlette {version} as served by Armillary",
            name=name,
            obj=module,
        )

    missing.explains = alias  # type: ignore[attr-defined]
    module.__dict__["__getattr__"] = missing


@cache
def _homes() -> dict[str, tuple[str, str]]:
    """Return the home module and the attribute there of each name."""
    found: dict[str, tuple[str, str]] = {}
    for module, names in HOMES.items():
        for entry in names.split():
            name, renamed, attribute = entry.partition("=")
            found[name] = (module, attribute if renamed else name)
    return found


def imported(name: str) -> Any:
    """Return the object that is at home elsewhere; an attribute of "" is the module itself."""
    home, attribute = _homes()[name]
    if home == "starlette" or home.startswith("starlette."):
        home = PACKAGE + home.removeprefix("starlette")
    module = import_module(home)
    return getattr(module, attribute) if attribute else module


def is_import_from(frame: FrameType) -> bool:
    """Return whether the frame is at a `from ... import`.

    An ImportError must not escape from `hasattr` or `getattr` with a default, and an
    AttributeError would be replaced by the import system's own message.
    """
    import dis

    code = frame.f_code.co_code
    return 0 <= frame.f_lasti < len(code) and code[frame.f_lasti] == dis.opmap["IMPORT_FROM"]
