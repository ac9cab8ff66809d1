"""The navigation of the documentation: every guide is reached by a task."""

from __future__ import annotations

from docs_pages import DOCS, guides


def test_every_guide_is_under_a_task_of_the_navigation() -> None:
    index, *sections = guides()
    assert index == "guides/index.md"
    reached = [path for section in sections for pages in section.values() for page in pages for path in page.values()]
    pages = [f"guides/{page.name}" for page in (DOCS / "guides").glob("*.md")]
    assert sorted([index, *reached]) == sorted(pages)
    assert len(sections) >= 3
