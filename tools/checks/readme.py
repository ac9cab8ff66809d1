"""Checks of a README: its sections, its example, its links."""

from __future__ import annotations

import re
from collections.abc import Iterator

from charter import REPOSITORY, distribution_name
from workspace import Package, Workspace

README_SECTIONS = ("Install", "Example", "What it does not do", "Dependencies", "Options", "Standards", "Links")
EXAMPLE_LINES = 20


def check_readme(workspace: Workspace, package: Package) -> Iterator[str]:
    """Check what a README says, and where it leads."""
    yield from _sections(package)
    yield from _example(package)
    yield from _links(workspace, package)


def _sections(package: Package) -> Iterator[str]:
    readme = package.text("README.md")
    lines = readme.splitlines()
    if not lines or lines[0] != f"# {distribution_name(package.name)}":
        yield f'README.md must start with "# {distribution_name(package.name)}"'
    opening = readme.partition("\n")[2].partition("\n## ")[0].strip()
    if not opening or "\n\n" in opening or not opening.endswith("."):
        yield "README.md must say in one sentence, below its title, what the package is"
    headings = re.findall(r"^## (.+)$", readme, re.MULTILINE)
    places = [_place(headings, section) for section in README_SECTIONS]
    missing = [section for section, place in zip(README_SECTIONS, places, strict=True) if place is None]
    if missing:
        yield f"README.md lacks the sections: {', '.join(missing)}"
    found = [place for place in places if place is not None]
    if found != sorted(found):
        yield f"README.md must have its sections in this order: {', '.join(README_SECTIONS)}"


def _example(package: Package) -> Iterator[str]:
    example = re.search(r"^```python\n(.*?)^```$", package.text("README.md"), re.MULTILINE | re.DOTALL)
    if example is None:
        yield "README.md has no ```python example"
    elif len(example[1].splitlines()) > EXAMPLE_LINES:
        yield f"the first example of README.md has {len(example[1].splitlines())} lines, at most {EXAMPLE_LINES}"


def _links(workspace: Workspace, package: Package) -> Iterator[str]:
    """A README is shown on the index too, where a relative link leads nowhere."""
    text = re.sub(r"^```.*?^```$", "", package.text("README.md"), flags=re.MULTILINE | re.DOTALL)
    for target in [*re.findall(r"\]\(([^)\s]+)", text), *re.findall(r"^\[[^\]]+\]:\s*(\S+)", text, re.MULTILINE)]:
        if not target.startswith(("https://", "#")):
            yield f"README.md links to {target}; write the whole address, beginning with https://"
        for kind in ("blob", "tree"):
            start = f"{REPOSITORY}/{kind}/main/"
            if target.startswith(start):
                path = workspace.root / target.removeprefix(start).partition("#")[0]
                if not (path.is_file() if kind == "blob" else path.is_dir()):
                    yield f"README.md links to {target}, and there is no such {'file' if kind == 'blob' else 'folder'}"
    if f"{REPOSITORY}/blob/main/docs/packages/{package.name}.md" not in text:
        yield "README.md must link to its page of the documentation by its whole address"


def _place(headings: list[str], section: str) -> int | None:
    for place, heading in enumerate(headings):
        if heading.lower().startswith(section.lower()):
            return place
    return None
