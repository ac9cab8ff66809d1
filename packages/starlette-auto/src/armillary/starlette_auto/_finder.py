"""The finder that stands for the drop-in until starlette is imported.

It runs at the start of every interpreter that has the variable set, so it imports nothing.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

SWITCH = "ARMILLARY_STARLETTE"

WATCHED = ("starlette", "fastapi")
"""The name that is served, and what imports it and has accelerators, which must be found before it is executed."""


class LazyFinder:
    """Installs the drop-in at the first question for a watched module, and asks its finder in its own place."""

    serves_starlette = True

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the module through the drop-in's finder."""
        if fullname.partition(".")[0] not in WATCHED:
            return None
        spec: ModuleSpec | None = install().find_spec(fullname, path, target)
        return spec

    def find_distributions(self, context: Any = None) -> Iterable[Any]:
        """Find the metadata of `starlette` through the drop-in's finder; called by `importlib.metadata`."""
        name = getattr(context, "name", None)
        if not name or name.lower() != "starlette":
            return []
        found: Iterable[Any] = install().find_distributions(context)
        return found


def install() -> Any:
    """Install the drop-in, which takes the lazy finder away, and return the drop-in's finder."""
    from armillary.starlette import install

    install()
    return next(finder for finder in sys.meta_path if serves_starlette(finder))


def serves_starlette(finder: object) -> bool:
    return getattr(finder, "serves_starlette", False)


def start() -> None:
    """Put the finder at the front of `sys.meta_path` if `ARMILLARY_STARLETTE` is 1.

    Calling it again changes nothing; `site` runs start-up files twice in a virtual environment. If starlette is
    imported already, by another start-up file, a line on stderr says that the variable has no effect.
    """
    if os.environ.get(SWITCH) != "1" or any(map(serves_starlette, sys.meta_path)):
        return
    if "starlette" in sys.modules:
        sys.stderr.write(f"{SWITCH}=1 has no effect: another start-up file has imported the real starlette already\n")
        return
    sys.meta_path.insert(0, LazyFinder())
