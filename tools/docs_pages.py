"""Generated parts of the documentation: its navigation, and the table of packages.

MkDocs loads this file as a hook. The marker `<!-- table of packages -->` in a page becomes that table.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
FIRST = ("index", "why", "comparison", "examples")
MARKER = "<!-- table of packages -->"
FETCHED = re.compile(r"""<(?:script|img|iframe|link)\b[^>]*\b(?:src|href)=["']?(?:https?:)?//[^>]*>""", re.IGNORECASE)


def title_of(page: Path) -> str:
    """Return the text of a page's first heading."""
    found = re.search(r"^# (.+)$", page.read_text("utf-8"), re.MULTILINE)
    if found is None:
        raise ValueError(f"{page.relative_to(ROOT)} has no first heading")
    return found[1]


def pages_in(folder: str) -> list[dict[str, str] | str]:
    """Return the navigation of one folder: its index, then its pages by title, decisions by number."""
    pages = sorted((DOCS / folder).glob("*.md"), key=(lambda page: page.name) if folder == "adr" else title_of)
    entries: list[dict[str, str] | str] = [f"{folder}/index.md"]
    entries += [
        {title_of(page).removeprefix("armillary-"): f"{folder}/{page.name}"} for page in pages if page.stem != "index"
    ]
    return entries


def tutorial_pages() -> list[dict[str, str] | str]:
    """Return the navigation of the tutorial: its pages are numbered by their file names."""
    pages = sorted((DOCS / "tutorial").glob("[0-9]*.md"))
    return ["tutorial/index.md", *({title_of(page): f"tutorial/{page.name}"} for page in pages)]


def guides() -> list[Any]:
    """Return the navigation of the guides: by task, as their index groups them."""
    entries: list[Any] = ["guides/index.md"]
    for section in (DOCS / "guides" / "index.md").read_text("utf-8").split("\n## ")[1:]:
        pages = [{title: f"guides/{name}"} for title, name in re.findall(r"^- \[(.+?)\]\((\w.*?\.md)\)", section, re.M)]
        entries.append({section.partition("\n")[0]: pages})
    return entries


def navigation() -> list[Any]:
    """Return the navigation of the whole site."""
    return [
        {"Start": "index.md"},
        {"Why": "why.md"},
        {"Comparison": "comparison.md"},
        {"Tutorial": tutorial_pages()},
        {"Guides": guides()},
        {"Examples": "examples.md"},
        {"Packages": pages_in("packages")},
        {"Security": pages_in("security")},
        {"Reliability": pages_in("reliability")},
        {"Reference": [{title_of(page): page.name} for page in sorted(DOCS.glob("*.md")) if page.stem not in FIRST]},
        {"Decisions": pages_in("adr")},
    ]


def table_of_packages() -> str:
    """Return a Markdown table of every package with its description."""
    lines = ["| package | what it is |", "| --- | --- |"]
    for path in sorted(ROOT.glob("packages/*/pyproject.toml")):
        project = tomllib.loads(path.read_text("utf-8"))["project"]
        page = f"{path.parent.name}.md"
        name = f"[`{project['name']}`]({page})" if (DOCS / "packages" / page).is_file() else f"`{project['name']}`"
        lines.append(f"| {name} | {project['description']} |")
    return "\n".join(lines)


def on_config(config: Any) -> Any:
    """Set the navigation."""
    config["nav"] = navigation()
    return config


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Replace the marker with the table of packages; the search finds decisions behind what they are about."""
    if page.file.src_uri.startswith("adr/"):
        page.meta.setdefault("search", {"boost": 0.3})
    return markdown.replace(MARKER, table_of_packages()) if MARKER in markdown else markdown


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """Fail on a page that would fetch something from another host."""
    found = FETCHED.search(output)
    if found is not None:
        raise ValueError(f"{page.file.src_uri} fetches from another host: {found[0]}")
    return output
