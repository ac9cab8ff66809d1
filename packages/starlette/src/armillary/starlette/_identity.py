"""The names that classes and functions say they have: Starlette's, while the alias is installed.

Log lines, tracebacks, pickles and tools such as Sentry read `__module__` and `__qualname__`.
"""

from __future__ import annotations

import re
import sys
from types import FunctionType, ModuleType
from typing import Any

from ._missing import defined_names

_OWN_NAMES: dict[Any, tuple[str, str, str]] = {}
"""Objects to the module, qualified name and name that they have without the alias."""


def take_names(module: ModuleType, alias: str) -> None:
    """Let what a module defines be named as Starlette's.

    Args:
        module: one of this package's, of which no other has taken the names.
        alias: Starlette's name for it.
    """
    for name in defined_names(module):
        value = module.__dict__.get(name)
        if isinstance(value, (type, FunctionType)) and value.__module__.startswith("armillary."):
            if isinstance(value, type):
                lend_annotations(value, module)
            _rename(value, alias, name)
    for function, name in module.__dict__.get("_NAMES_OF_FUNCTIONS", {}).items():
        _rename(function, alias, name)


def _rename(value: Any, module: str, qualified_name: str) -> None:
    _OWN_NAMES[value] = (value.__module__, value.__qualname__, value.__name__)
    value.__module__, value.__qualname__ = module, qualified_name
    value.__name__ = qualified_name.rpartition(".")[2]


def lend_annotations(value: type, module: ModuleType) -> None:
    """Put what the annotations of a class name into the module by which `typing.get_type_hints` will look for them."""
    own = vars(sys.modules[value.__module__])
    for annotation in value.__annotations__.values():
        for name in re.findall(r"[A-Za-z_]\w*", annotation) if isinstance(annotation, str) else ():
            if name in own:
                module.__dict__.setdefault(name, own[name])


def give_names_back() -> None:
    """Let everything have its own name again."""
    for value, (module, qualified_name, name) in _OWN_NAMES.items():
        value.__module__, value.__qualname__, value.__name__ = module, qualified_name, name
    _OWN_NAMES.clear()
