"""Every link between the documents leads to a file, and to a heading in it."""

from __future__ import annotations

from pathlib import Path

from document_links import broken_links
from documents import ROOT, documents


def test_every_link_of_every_document_leads_somewhere() -> None:
    broken = {str(path.relative_to(ROOT)): found for path in documents() if (found := [*broken_links(path)])}
    assert broken == {}


def test_a_link_to_a_missing_file_or_heading_is_found(tmp_path: Path) -> None:
    (tmp_path / "b.md").write_text("# One `two`\n", "utf-8")
    document = tmp_path / "a.md"
    document.write_text(
        "[a](b.md#one-two) [b](b.md#three) [c](c.md) [d](https://example.org/x#y)\n"
        "[e](https://github.com/armillary-asgi/armillary/blob/main/docs/gone.md)\n"
        "[f](https://github.com/armillary-asgi/armillary/blob/main/docs/index.md#gone)\n",
        "utf-8",
    )
    assert [target.rpartition("/")[2] for target in broken_links(document)] == [
        "b.md#three",
        "c.md",
        "gone.md",
        "index.md#gone",
    ]
