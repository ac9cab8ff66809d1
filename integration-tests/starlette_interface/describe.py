"""Print what can be seen of Starlette's interface at run time, as JSON: of the `starlette` that this process imports.

Nothing is read but what `dir` and `inspect.signature` tell.
"""

from __future__ import annotations

import inspect
import json
import pkgutil
import re
import sys
import warnings
from importlib import import_module
from types import ModuleType
from typing import Any, ParamSpec, TypeVar, get_origin

HIDDEN = {
    "__abstractmethods__",
    "__annotate_func__",
    "__annotations__",
    "__annotations_cache__",
    "__classcell__",
    "__dict__",
    "__doc__",
    "__firstlineno__",
    "__module__",
    "__orig_bases__",
    "__parameters__",
    "__protocol_attrs__",
    "__non_callable_proto_members__",
    "__qualname__",
    "__slots__",
    "__static_attributes__",
    "__type_params__",
    "__weakref__",
}
"""What the interpreter keeps in a class for itself."""

PLAIN = (str, bytes, int, float, type(None), tuple, frozenset, set, list, dict, re.Pattern)


def module_names() -> list[str]:
    """Return the public modules of the Starlette installed, whoever serves the name."""
    found = ["starlette"]
    for info in pkgutil.walk_packages(import_module("starlette").__path__, "starlette."):
        if not any(part.startswith("_") for part in info.name.split(".")):
            found.append(info.name)
    return found


def full_name(value: Any) -> str:
    return f"{value.__module__}.{value.__qualname__}"


def text_of(value: Any) -> str:
    """Return a value's text, the same in every process."""
    if isinstance(value, (set, frozenset)):
        return f"{type(value).__name__} {sorted(map(repr, value))}"
    if inspect.isclass(value) or inspect.isfunction(value):
        return full_name(value)
    if isinstance(value, dict):
        return f"dict of {sorted(value)}"
    return repr(value) if isinstance(value, PLAIN) else f"an instance of {type(value).__name__}"


def parameter(found: inspect.Parameter) -> dict[str, Any]:
    """Return a parameter; the names of those that collect others are nobody's to use."""
    collects = found.kind in (found.VAR_POSITIONAL, found.VAR_KEYWORD)
    about: dict[str, Any] = {"name": "" if collects else found.name, "kind": found.kind.name}
    if found.default is not found.empty:
        about["default"] = text_of(found.default)
    return about


def signature_of(value: Any) -> list[dict[str, Any]] | None:
    """Return the parameters; those taken by keyword alone are sorted, as their order means nothing."""
    try:
        found = [parameter(each) for each in inspect.signature(value).parameters.values()]
    except (TypeError, ValueError):
        return None
    by_keyword = [each for each in found if each["kind"] in ("KEYWORD_ONLY", "VAR_KEYWORD")]
    others = [each for each in found if each not in by_keyword]
    return others + sorted(by_keyword, key=lambda each: (each["kind"] == "VAR_KEYWORD", each["name"]))


def kind_of(value: Any) -> str:
    if inspect.iscoroutinefunction(value):
        return "coroutine function"
    if inspect.isasyncgenfunction(value):
        return "async generator function"
    if inspect.isgeneratorfunction(value):
        return "generator function"
    return "function"


def member(owner: type, name: str) -> dict[str, Any]:
    static = inspect.getattr_static(owner, name)
    if isinstance(static, (classmethod, staticmethod)):
        kind = f"{type(static).__name__}, {kind_of(static.__func__)}"
        return {"kind": kind, "signature": signature_of(getattr(owner, name))}
    if inspect.isfunction(static):
        return {"kind": kind_of(static), "signature": signature_of(static)}
    if inspect.isdatadescriptor(static) or type(static).__name__ == "cached_property":
        settable = not isinstance(static, property) or static.fset is not None
        return {"kind": "property" if not settable else "attribute"}
    if inspect.isclass(static):
        return {"kind": f"class {full_name(static)}"}
    if inspect.isroutine(static):  # written in C
        return {"kind": "function", "signature": None}
    return {"kind": text_of(static)}


def members(owner: type) -> dict[str, Any]:
    found = {}
    for name in dir(owner):
        if name in HIDDEN or name in ("__init__", "__new__") or (name.startswith("_") and not name.endswith("__")):
            continue
        if inspect.getattr_static(owner, name) is not inspect.getattr_static(object, name, None):
            found[name] = member(owner, name)
    return found


def describe(value: Any) -> dict[str, Any]:
    """Return what a name of a module is."""
    if isinstance(value, ModuleType):
        return {"kind": f"module {value.__name__.replace('armillary.starlette', 'starlette')}"}
    if inspect.isclass(value):
        about: dict[str, Any] = {"kind": f"class {full_name(value)}"}
        if value.__module__.startswith(("starlette", "armillary")):
            about["mro"] = [full_name(base) for base in value.__mro__]
            about["signature"] = signature_of(value)
            about["members"] = members(value)
        return about
    if inspect.isfunction(value):
        return {"kind": f"{kind_of(value)} {full_name(value)}", "signature": signature_of(value)}
    if isinstance(value, (TypeVar, ParamSpec)) or get_origin(value) is not None:
        return {"kind": "what annotations are made of"}
    return {"kind": text_of(value)}


def describe_module(name: str) -> dict[str, Any]:
    module = import_module(name)
    starred: dict[str, Any] = {}
    exec(f"from {name} import *", starred)  # noqa: S102
    del starred["__builtins__"]
    below = {full.rpartition(".")[2] for full in sys.modules if full.rpartition(".")[0] == name}
    names = {key for key in dir(module) if not key.startswith("_")} | starred.keys()
    return {
        "star": sorted(starred.keys() - below),
        "names": {key: describe(getattr(module, key)) for key in sorted(names - below)},
    }


def main() -> None:
    warnings.simplefilter("ignore")
    json.dump({name: describe_module(name) for name in sys.argv[1:] or module_names()}, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
