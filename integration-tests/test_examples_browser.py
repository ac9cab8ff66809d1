"""The first page of every example in a real browser, on a desk and on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = sorted(path.parent.name for path in Path(__file__).resolve().parents[1].glob("examples/*/app.py"))
FIRST_PAGES = {"stars": "docs"}
"""The first page of examples that have none at /."""


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_first_page_is_complete_requests_no_other_host_and_fits_a_phone(
    name: str, browser: Any, serve_example: Callable[[str], str]
) -> None:
    from playwright.sync_api import expect

    address = serve_example(name)
    context = browser.new_context(viewport={"width": 1000, "height": 700})
    page = context.new_page()
    errors: list[str] = []
    requested: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: requested.append(request.url))
    response = page.goto(address + FIRST_PAGES.get(name, ""), wait_until="load")
    assert response.status == 200
    assert page.title()
    expect(page.locator("body")).to_contain_text(re.compile(r"\S"))  # a page may write itself once it is loaded
    page.set_viewport_size({"width": 390, "height": 800})
    # An editor needs a moment to take the new width.
    page.wait_for_function("document.documentElement.scrollWidth <= 390", timeout=10_000)
    assert errors == []
    assert [url for url in requested if not url.startswith((address, "data:"))] == []
    context.close()
