"""The chat example in two tabs of a real browser."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def address(serve_example: Callable[[str], str]) -> str:
    return serve_example("chat")


def test_two_tabs_talk_to_each_other(browser: Any, address: str) -> None:
    from playwright.sync_api import expect

    def enter(name: str) -> Any:
        page = browser.new_page()
        page.goto(address)
        page.get_by_label("Your name").fill(name)
        page.get_by_role("button", name="Enter the room").click()
        expect(page.get_by_label("Message")).to_be_visible()
        return page

    def say(page: Any, text: str) -> None:
        page.get_by_label("Message").fill(text)
        page.get_by_role("button", name="Send").click()

    ada, bob = enter("Ada"), enter("Bob")
    expect(ada.get_by_role("status")).to_have_text("2 people here")
    say(ada, "Hello, <b>Bob</b>")
    expect(bob.get_by_text("Hello, <b>Bob</b>")).to_be_visible()
    say(bob, "Hello, Ada")
    expect(ada.get_by_text("Hello, Ada")).to_be_visible()
    if "SCREENSHOTS" in os.environ:
        ada.set_viewport_size({"width": 900, "height": 600})
        ada.screenshot(path=f"{os.environ['SCREENSHOTS']}/chat.png")
    bob.close()
    expect(ada.get_by_role("status")).to_have_text("1 person here")
