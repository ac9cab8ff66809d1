"""A package index on disk, in the form of PEP 503, that installers read over HTTP or from files.

Usage: `python tools/package_index.py FOLDER FILE ...` adds wheels and source distributions to the index in FOLDER.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Iterable
from html import escape
from pathlib import Path

from charter import normalized

PAGE = '<!doctype html><meta name="pypi:repository-version" content="1.0"><title>{title}</title>\n{links}\n'


def add_files(index: Path, files: Iterable[Path]) -> None:
    """Put files into an index, each below the name of its project, and rewrite the pages.

    Raises:
        FileExistsError: a file of that name exists with other contents: published files never change.
    """
    for file in files:
        place = index / normalized(file.name.partition("-")[0]) / file.name
        if place.exists() and place.read_bytes() != file.read_bytes():
            raise FileExistsError(f"{file.name} is published already, and is not the same")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, place)
    projects = sorted(folder for folder in index.iterdir() if folder.is_dir())
    for project in projects:
        held = sorted(path for path in project.iterdir() if path.name != "index.html")
        links = "\n".join(
            f'<a href="{escape(path.name)}#sha256={digest(path)}">{escape(path.name)}</a>' for path in held
        )
        (project / "index.html").write_text(PAGE.format(title=project.name, links=links), "utf-8")
    links = "\n".join(f'<a href="{project.name}/">{project.name}</a>' for project in projects)
    (index / "index.html").write_text(PAGE.format(title="Simple index", links=links), "utf-8")


def digest(file: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


if __name__ == "__main__":
    add_files(Path(sys.argv[1]), map(Path, sys.argv[2:]))
