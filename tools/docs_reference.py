"""The reference: a page for each package, made from the docstrings of its public names.

MkDocs loads this file as a hook. The pages exist in the built site alone; mkdocstrings reads the sources, and imports
nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = "reference"
PAGE = """---
search:
  {search}
---

# {module}

[What it is for, with examples](../packages/{package}.md)

::: {module}
    options:
      members: {names}
"""


def public_modules() -> Iterator[tuple[str, str, list[str]]]:
    """Yield the folder of each package with each of its public modules and the names in the module's `__all__`."""
    for home in sorted(ROOT.glob("packages/*/src/armillary/*/__init__.py")):
        package = home.relative_to(ROOT).parts[1]
        # The modules of the drop-in have the names of Starlette's, whose documentation describes them.
        further = [] if package == "starlette" else sorted(home.parent.glob("[a-z]*.py"))
        for path in [home, *further]:
            names = exported_names(path)
            if names:
                stem = "" if path == home else f".{path.stem}"
                yield package, f"armillary.{home.parent.name}{stem}", names


def exported_names(path: Path) -> list[str]:
    """Return the names in a module's `__all__`, without those that begin with an underscore.

    >>> exported_names(ROOT / "packages/applications/src/armillary/applications/__init__.py")
    ['Armillary']
    """
    for node in ast.parse(path.read_text("utf-8")).body:
        targets = node.targets if isinstance(node, ast.Assign) else ()
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            return [name for name in ast.literal_eval(node.value) if not name.startswith("_")]  # type: ignore[attr-defined]
    return []


def reference_pages() -> list[dict[str, str]]:
    """Return the navigation of the reference."""
    return [{module.removeprefix("armillary."): f"{FOLDER}/{module}.md"} for _, module, _ in public_modules()]


def on_config(config: Any) -> Any:
    """Add the pages to the navigation."""
    for entry in config["nav"]:
        if "Reference" in entry:
            entry["Reference"] = [*reference_pages(), *entry["Reference"]]
    return config


def on_files(files: Any, config: Any) -> Any:
    """Add the pages."""
    from mkdocs.structure.files import File  # only where the documentation is built

    for package, module, names in public_modules():
        # The front door has the names of other pages once more. A guide comes before the reference in what is found.
        search = "exclude: true" if module == "armillary.web" else "boost: 0.5"
        text = PAGE.format(module=module, package=package, names=names, search=search)
        files.append(File.generated(config, f"{FOLDER}/{module}.md", content=text))
    return files
