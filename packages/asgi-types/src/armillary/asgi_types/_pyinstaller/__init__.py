"""Hooks of PyInstaller, for what the parts import or read by a name that it does not see.

PyInstaller finds the folder by the entry point `pyinstaller40`, and runs `hook-armillary.cors.py` for a program that
imports `armillary.cors`. They are here since every part needs this package.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules

LEFT_OUT = ("__main__", "pytest_plugin", "_bootstrap", "_pyinstaller", "_testing")


def hook_dirs() -> list[str]:
    """Return the folder of the hooks."""
    return [str(Path(__file__).parent)]


def modules_of(part: str) -> list[str]:
    """Return the names of all modules of a part, without commands and plugins; none if it is not installed."""
    spec = find_spec(part)
    if spec is None:
        return []
    found = [part]
    for module in iter_modules(spec.submodule_search_locations or []):
        if module.name not in LEFT_OUT:
            name = f"{part}.{module.name}"
            found += modules_of(name) if module.ispkg else [name]
    return found


def files_of(part: str) -> list[tuple[str, str]]:
    """Return the files of a part that are no modules, each with the folder it is put into."""
    spec = find_spec(part)
    found: list[tuple[str, str]] = []
    for location in [] if spec is None else spec.submodule_search_locations or []:
        folder = Path(location)
        files = (path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc"))
        found += [(str(path), str(Path(*part.split("."), path.relative_to(folder)).parent)) for path in files]
    return found


def installed_parts() -> list[str]:
    """Return the name of every part that is installed."""
    namespace = find_spec("armillary")
    places = [] if namespace is None else namespace.submodule_search_locations or []
    return [f"armillary.{module.name}" for module in iter_modules(places)]


def installed(*names: str) -> list[str]:
    """Return those of some modules that are installed."""
    return [name for name in names if _is_installed(name)]


def _is_installed(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # the package that it would be in
        return False
