"""Parts that make a library on top of Starlette faster, activated when that library is imported.

An accelerator is an entry point of the group `armillary.starlette.accelerators`. Its name is the module it is for, its
value a callable without arguments that is called once that module is imported; what it returns is logged. The
environment variable `ARMILLARY_<MODULE>=0`, such as `ARMILLARY_FASTAPI=0`, leaves it out.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec
from typing import Any, Final

GROUP: Final = "armillary.starlette.accelerators"

ACCELERATED: Final = ("fastapi",)
"""Modules for which an accelerator is looked for. To ask for every module would read all metadata at each import."""


def find_accelerated(fullname: str) -> ModuleSpec | None:
    """Return the spec of a module that has an accelerator, which is activated when the module has been executed."""
    if os.environ.get(f"ARMILLARY_{fullname.upper()}") == "0":
        return None
    spec = find_elsewhere(fullname)
    if spec is None or spec.loader is None:
        return None
    entry_points = accelerators(fullname)
    if not entry_points:
        return spec
    loader: Any = spec.loader
    exec_module = loader.exec_module

    def exec_and_activate(module: Any) -> None:
        # The loader stays what it is: other code asks it for sources and resources.
        del loader.exec_module
        exec_module(module)
        for entry_point in entry_points:
            activate(entry_point)

    loader.exec_module = exec_and_activate
    return spec


def accelerators(fullname: str) -> list[Any]:
    """Return the entry points for a module."""
    from importlib.metadata import entry_points

    return list(entry_points(group=GROUP, name=fullname))


def find_elsewhere(fullname: str) -> ModuleSpec | None:
    """Return what the finders other than those of this package find."""
    for finder in sys.meta_path:
        find_spec = getattr(finder, "find_spec", None)
        if find_spec is not None and not getattr(finder, "serves_starlette", False):
            spec: ModuleSpec | None = find_spec(fullname, None, None)
            if spec is not None:
                return spec
    return None


def activate(entry_point: Any) -> None:
    """Call an accelerator, and log what it reports; if it fails, the program runs without it."""
    import logging

    logger = logging.getLogger("armillary.starlette")
    try:
        report = entry_point.load()()
    except Exception:
        logger.warning(
            "the accelerator %s failed; %s runs without it", entry_point.value, entry_point.name, exc_info=True
        )
        return
    if report:
        logger.info("%s", report)
