"""The error for a name that the provided Starlette version does not have."""

from __future__ import annotations

import sys
from types import FrameType, ModuleType


def explain_missing_names(module: ModuleType, alias: str, version: str) -> None:
    """Give `module` a `__getattr__` whose error names the version; an existing one is kept."""
    if "__getattr__" in vars(module):
        return

    def missing(name: str) -> object:
        message = f"cannot import name {name!r} from {alias!r}: this is Starlette {version} as served by Armillary"
        if not name.startswith("__") and is_import_from(sys._getframe(1)):  # pyright: ignore[reportPrivateUsage]
            raise ImportError(message, name=alias, path=getattr(module, "__file__", None))
        raise AttributeError(
            f"module {alias!r} has no attribute {name!r}: this is Starlette {version} as served by Armillary",
            name=name,
            obj=module,
        )

    module.__dict__["__getattr__"] = missing


def is_import_from(frame: FrameType) -> bool:
    """Return whether the frame is at a `from ... import`.

    An ImportError must not escape from `hasattr` or `getattr` with a default, and an
    AttributeError would be replaced by the import system's own message.
    """
    import dis

    code = frame.f_code.co_code
    return 0 <= frame.f_lasti < len(code) and code[frame.f_lasti] == dis.opmap["IMPORT_FROM"]
