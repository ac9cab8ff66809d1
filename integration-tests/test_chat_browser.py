"""The chat example in two tabs of a real browser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def browser() -> Iterator[object]:
    chromium = shutil.which("chromium")
    if chromium is None:
        assert os.environ.get("ASTERISM_REQUIRE_SERVICES") != "1", "chromium is not installed"
        pytest.skip("chromium is not installed")
    from playwright.sync_api import sync_playwright

    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=quiet)
        yield browser
        browser.close()


@pytest.fixture
def address() -> Iterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [sys.executable, "tools/serve.py", "chat", "--port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/"
    finally:
        server.terminate()
        server.wait(10)


def test_two_tabs_talk_to_each_other(browser: object, address: str) -> None:
    from playwright.sync_api import Browser, Page, expect

    assert isinstance(browser, Browser)

    def enter(name: str) -> Page:
        page = browser.new_page()
        page.goto(address)
        page.get_by_label("Your name").fill(name)
        page.get_by_role("button", name="Enter the room").click()
        expect(page.get_by_label("Message")).to_be_visible()
        return page

    def say(page: Page, text: str) -> None:
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
