"""Make a package that passes every check, to be filled with code.

Usage: `python tools/new_package.py etag`. Writes `packages/etag`, its page in `docs/packages`, its row in
`tools/charter.toml`, its entries in the root's settings and its extra of the meta-package.
"""

from __future__ import annotations

import argparse
import re
import shutil
from pathlib import Path
from string import Template

from charter import META_PACKAGE, ROOT

TEMPLATE = Path(__file__).resolve().parent / "template"
FORBIDDEN_NAMES = ("common", "helpers", "manager", "utils")


def title(name: str) -> str:
    """Return the stem of class names for a package.

    >>> title("request-id")
    'RequestId'
    """
    return "".join(part.capitalize() for part in name.split("-"))


def new_package(name: str, root: Path = ROOT) -> Path:
    """Write the package and everything that lists it; return its folder.

    Raises:
        ValueError: the name is no package name, or is taken.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name) or name in FORBIDDEN_NAMES:
        raise ValueError(f"{name!r} is no name for a package: use a noun in lower case, with dashes between words")
    folder = root / "packages" / name
    if folder.exists():
        raise ValueError(f"packages/{name} exists")
    _write_files(folder, root, name)
    _add_charter_row(root / "tools" / "charter.toml", name)
    _add_root_entries(root / "pyproject.toml", name)
    _add_extra(root / "packages" / META_PACKAGE / "pyproject.toml", name)
    return folder


def _write_files(folder: Path, root: Path, name: str) -> None:
    words = {
        "name": name,
        "module": name.replace("-", "_"),
        "title": title(name),
        "sentence": f"{name.replace('-', ' ').capitalize()} for any ASGI app.",
    }
    home = folder / "src" / "armillary" / words["module"]
    targets = {
        "pyproject.toml.in": folder / "pyproject.toml",
        "README.md.in": folder / "README.md",
        "CHANGELOG.md.in": folder / "CHANGELOG.md",
        "__init__.py.in": home / "__init__.py",
        "_middleware.py.in": home / "_middleware.py",
        "test_middleware.py.in": folder / "tests" / "test_middleware.py",
        "page.md.in": root / "docs" / "packages" / f"{name}.md",
    }
    for source, target in targets.items():
        target.parent.mkdir(parents=True, exist_ok=True)
        text = Template((TEMPLATE / source).read_text("utf-8")).substitute(words)
        target.write_text(text, "utf-8", newline="\n")
    (home / "py.typed").touch()
    shutil.copyfile(root / "LICENSE", folder / "LICENSE")


def _add_charter_row(table: Path, name: str) -> None:
    text = table.read_text("utf-8")
    if not re.search(rf"^\[{re.escape(name)}\]$", text, re.MULTILINE):
        row = f'[{name}]\nsiblings = ["asgi-types"]\n\n'
        marker = "# The drop-in stands on every part that exists.\n"
        if marker not in text:
            raise ValueError(f"{table.name} has lost the line {marker.strip()!r}, above which new rows go")
        table.write_text(text.replace(marker, row + marker), "utf-8", newline="\n")


def _add_root_entries(settings: Path, name: str) -> None:
    text = settings.read_text("utf-8")
    text = _insert_sorted(text, "[tool.uv.sources]\n", f"armillary-{name} = {{ workspace = true }}\n")
    text = _insert_sorted(text, "mypy_path = [\n", f'    "packages/{name}/src",\n')
    settings.write_text(text, "utf-8", newline="\n")


def _add_extra(meta: Path, name: str) -> None:
    text = meta.read_text("utf-8")
    text = _insert_sorted(text, "[project.optional-dependencies]\n", f'{name} = ["armillary-{name}>=1.0,<2"]\n')

    def with_extra(found: re.Match[str]) -> str:
        extras = sorted({*found[1].split(","), name})
        return f'all = ["armillary[{",".join(extras)}]"]'

    meta.write_text(
        re.sub(r'^all = \["armillary\[([^\]]*)\]"\]$', with_extra, text, flags=re.MULTILINE), "utf-8", newline="\n"
    )


def _insert_sorted(text: str, opening: str, line: str) -> str:
    """Insert a line in its alphabetical place among those that follow `opening`."""
    before, found, after = text.partition(opening)
    if not found:
        raise ValueError(f"no line {opening.strip()!r} to add {line.strip()!r} to")
    lines = after.splitlines(keepends=True)
    place = 0
    while place < len(lines) and lines[place].strip() not in ("", "]") and lines[place] < line:
        place += 1
    return before + found + "".join([*lines[:place], line, *lines[place:]])


def main() -> None:
    """Make the package that the command line names."""
    parser = argparse.ArgumentParser(description="Make a package that passes every check.")
    parser.add_argument("name", help="the folder below packages/, such as etag")
    options = parser.parse_args()
    try:
        folder = new_package(options.name)
    except ValueError as exc:
        raise SystemExit(f"new: {exc}") from None
    print(f"made {folder.relative_to(ROOT)}; declare its imports in tools/charter.toml")


if __name__ == "__main__":
    main()
