"""Links of the Markdown files that lead to other files of this repository, or to a heading in one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from documents import ROOT

REPOSITORY = "https://github.com/armillary-asgi/armillary/"
IN_REPOSITORY = re.compile(rf"{re.escape(REPOSITORY)}(?:blob|tree)/main/(.*)")


def links_of(text: str) -> list[str]:
    """Return the targets of the links in a document, not those in its code.

    >>> links_of("[a](b.md#c) `[d](e)`")
    ['b.md#c']
    """
    text = re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"\]\(([^)\s]+)", re.sub(r"`[^`\n]*`", "", text))


def anchors_of(text: str) -> set[str]:
    """Return the anchors of a document's headings, as hosts of repositories and the documentation make them.

    >>> anchors_of("# Two `words`, and more")
    {'two-words-and-more'}
    """
    text = re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", re.sub(r"[`*]", "", heading)) for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in plain}


def broken_links(document: Path) -> Iterator[str]:
    """Yield each target of a document that is no file, or no heading in it. Other hosts are not asked."""
    for target in links_of(document.read_text("utf-8")):
        found = IN_REPOSITORY.match(target)
        if found is None and (re.match(r"[a-z]+:", target) is not None):
            continue
        name, _, anchor = (found[1] if found else target).partition("#")
        path = (ROOT if found else document.parent) / name if name else document
        if not path.exists() or (anchor and path.suffix == ".md" and anchor not in anchors_of(path.read_text("utf-8"))):
            yield target
