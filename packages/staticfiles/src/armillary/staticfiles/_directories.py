"""The directories files are served from."""

from __future__ import annotations

import os
from collections.abc import Sequence
from stat import S_ISDIR
from typing import TypeAlias

PathLike: TypeAlias = str | os.PathLike[str]
"""A directory, as text or as a path object."""

PACKAGE_DIRECTORY = "statics"
"""The folder of a package that holds its files, unless another is named."""


class UnknownPackage(ValueError, AssertionError):
    """There is no such package: a `ValueError`, and the `AssertionError` that Starlette raises."""


def package_directory(package: str | tuple[str, str]) -> str:
    """Return the directory of static files inside an importable package.

    Args:
        package: its name, or its name and the folder in it.

    Raises:
        ValueError: there is no such package, or no such folder in it.
    """
    from importlib.util import find_spec

    name, folder = (package, PACKAGE_DIRECTORY) if isinstance(package, str) else package
    try:
        spec = find_spec(name)
    except (ImportError, ValueError):  # a package above it is missing, or there is no name
        spec = None
    if spec is None:
        raise UnknownPackage(f"packages names {name!r}, which cannot be imported")
    roots = spec.submodule_search_locations or ([] if spec.origin is None else [os.path.dirname(spec.origin)])
    for root in roots:
        directory = os.path.normpath(os.path.join(root, folder))
        if os.path.isdir(directory):
            return directory
    raise UnknownPackage(f"packages names {name!r}, which has no folder {folder!r}; give (package, folder)")


def check_directory(directory: PathLike) -> None:
    """Raise unless files can be served from the directory. Blocks.

    Raises:
        RuntimeError: there is no directory there.
    """
    path = os.fspath(directory)
    try:
        status = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        problem = f"StaticFiles directory {path!r} does not exist."
        if not os.path.isabs(path):
            try:
                place = repr(os.getcwd())
            except OSError:
                place = "a working directory that was removed or cannot be read"
            hint = "write Path(__file__).parent / ... for one beside your file"
            problem += f" It was looked for in {place}, where the program was started; {hint}."
        raise RuntimeError(problem) from None
    if not S_ISDIR(status.st_mode) and not os.path.islink(path):
        raise RuntimeError(f"StaticFiles path {path!r} is not a directory.")


def relative_to(directories: Sequence[PathLike], path: str) -> str:
    """Return a path below one of the directories, with "/"; the bare name if it is below none."""
    roots = [os.fspath(directory) for directory in directories]
    for root in roots:
        if _is_below(root, path):
            return path[len(root) :].replace(os.sep, "/").lstrip("/")
    for root in roots:
        real = os.path.realpath(root)
        if _is_below(real, path):
            return path[len(real) :].replace(os.sep, "/").lstrip("/")
    return os.path.basename(path)


def _is_below(root: str, path: str) -> bool:
    separators = ("", "/", os.sep)
    return path.startswith(root) and (root[-1:] in separators or path[len(root) : len(root) + 1] in separators)
