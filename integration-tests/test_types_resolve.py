"""`typing.get_type_hints` works on whatever a program can call: injectors, CLIs and documentation tools use it."""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import subprocess
import sys
import typing
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import charter
import pytest
from charter import META_PACKAGE, load_charter, module_name

# Resolving these would load, with the package, what takes longer than 1 ms and not every program of it needs.
LAZY = {
    ("asgi-types", "signature_of"): "inspect: 10 ms",
    ("concurrency", "Limiter.capacity"): "anyio: 16 ms",
    ("concurrency", "Limiter.make_capacity"): "anyio",
    ("datastructures", "URL.components"): "urllib.parse: 9 ms",
    ("channels", "Channels.events"): "event streams of http: 20 ms, which a WebSocket does not need",
    ("openapi", "DescribedRoute"): "binding with msgspec: 40 ms, and an extra",
    ("openapi", "DescribedRoute.__init__"): "binding",
    ("routing", "DateConvertor.convert"): "datetime: 1.5 ms",
    ("routing", "DateConvertor.to_string"): "datetime",
    ("routing", "UUIDConvertor.convert"): "uuid: 9 ms",
    ("routing", "UUIDConvertor.to_string"): "uuid",
    ("serialization", "read_decimal"): "decimal: 2 ms, which a program without decimals does not need",
    ("testing", "SteppedRequest.__init__"): "httpx or httpx2, whichever is installed: 110 ms",
    ("testing", "SteppedRequest.start"): "httpx or httpx2",
    ("testing", "WebSocketRejected.__init__"): "httpx or httpx2",
}


def callables_of(module: ModuleType, names: list[str]) -> Iterator[tuple[str, Any]]:
    """Yield each public class and function of a module, and each public method of its classes."""
    for name in names:
        value = getattr(module, name)
        if inspect.isroutine(value):
            yield name, value
        elif inspect.isclass(value):
            yield name, value
            for member, found in vars(value).items():
                if member.startswith("_") and member not in ("__init__", "__call__"):
                    continue
                function = found.fget if isinstance(found, property) else getattr(found, "__func__", found)
                if inspect.isfunction(function):
                    yield f"{name}.{member}", function


def unresolved(module: ModuleType, names: list[str]) -> dict[str, str]:
    failed = {}
    for name, value in callables_of(module, names):
        try:
            typing.get_type_hints(value)
        except Exception as exc:
            failed[name] = f"{type(exc).__name__}: {exc}"
    return failed


@pytest.mark.parametrize("package", sorted(set(load_charter()) - {META_PACKAGE, "starlette"}))
def test_the_annotations_of_every_public_callable_resolve(package: str) -> None:
    module = importlib.import_module(module_name(package))
    failed = unresolved(module, list(module.__all__))
    expected = {name for owner, name in LAZY if owner == package}
    assert {name: why for name, why in failed.items() if name not in expected} == {}


def test_the_annotations_of_the_drop_in_resolve_once_it_is_installed() -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(charter.__file__).parent)}
    command = [sys.executable, __file__]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def main() -> None:
    """Print what does not resolve in the drop-in; in a process of its own, where `starlette` is its name."""
    import warnings

    warnings.simplefilter("ignore")
    import armillary.starlette

    armillary.starlette.install()
    starlette = importlib.import_module("starlette")
    for info in pkgutil.walk_packages(starlette.__path__, "starlette."):
        if info.name == "starlette.pytest_plugin" or any(part.startswith("_") for part in info.name.split(".")):
            continue
        module = importlib.import_module(info.name)
        names = [
            name
            for name in dir(module)
            if not name.startswith("_")
            and getattr(getattr(module, name), "__module__", "").startswith(("starlette", "armillary.starlette"))
        ]
        for name, why in unresolved(module, names).items():
            if ("routing", name) in LAZY:
                continue
            sys.stdout.write(f"{info.name}.{name}: {why}\n")


if __name__ == "__main__":
    main()
