"""The board example in two windows of a real browser."""

from __future__ import annotations

import faulthandler
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from testkit import NATSServer, RedisServer, free_port, wait_for_port

# Draws a picture of 900 x 600, and returns it as a PNG.
PICTURE = """
async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 900, height: 600 });
    const context = canvas.getContext("2d");
    context.fillStyle = "teal";
    context.fillRect(0, 0, 900, 600);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
    return Array.from(new Uint8Array(await blob.arrayBuffer()));
}
"""

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.usefixtures("without_watchdog")  # each step has a time-out of its own


@pytest.fixture(scope="module", autouse=True)
def patience() -> Iterator[None]:
    """Windows of a busy machine take their time."""
    faulthandler.cancel_dump_traceback_later()  # the browser starts within the first test
    sync_api = pytest.importorskip("playwright.sync_api")
    sync_api.expect.set_options(timeout=30_000)
    yield
    sync_api.expect.set_options(timeout=5_000)


@pytest.fixture(scope="module")
def address(serve_example: Callable[[str], str]) -> str:
    return serve_example("board")


@pytest.fixture(params=["redis", pytest.param("nats", marks=pytest.mark.nightly)])
def two_servers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The addresses of what `make run-board` starts: two servers and a worker, on a broker of the test's own."""
    port = free_port()
    command = [sys.executable, "-m", "examples.board.servers"]
    environment = {**os.environ, "BOARD_FOLDER": str(tmp_path / "pictures")}
    with RedisServer(tmp_path) if request.param == "redis" else NATSServer(tmp_path) as broker:
        arguments = [broker.url, "--port", str(port), str(free_port())]
        running = subprocess.Popen([*command, *arguments], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        try:
            for number in map(int, arguments[2:]):
                wait_for_port(number, running)
            yield f"http://127.0.0.1:{port}/", f"http://127.0.0.1:{arguments[3]}/"
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(60)


@pytest.fixture
def windows(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open a window with cookies of its own, and log in."""
    contexts: list[Any] = []

    def open_window(address: str, name: str, query: str = "") -> Any:
        context = browser.new_context(viewport={"width": 900, "height": 700})
        contexts.append(context)
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.goto(address)
        page.get_by_label("Your name").fill(name)
        page.get_by_role("button", name="Come in").click()
        if query:
            page.goto(address + query)
        return page

    yield open_window
    for context in contexts:
        context.close()


def pin(page: Any, text: str) -> None:
    page.get_by_label("Note").fill(text)
    page.get_by_role("button", name="Pin it").click()


def pin_picture(page: Any) -> None:
    data = bytes(page.evaluate(PICTURE))
    page.get_by_label("Picture", exact=True).set_input_files(
        {"name": "teal.png", "mimeType": "image/png", "buffer": data}
    )
    page.get_by_role("button", name="Pin the picture").click()


def expect_picture(page: Any, by: str) -> None:
    from playwright.sync_api import expect

    image = page.get_by_alt_text(f"A picture by {by}")
    expect(image).to_be_visible()
    expect(image).to_have_js_property("naturalWidth", 320)


def test_two_windows_share_notes_presence_and_pictures(windows: Callable[..., Any], address: str) -> None:
    from playwright.sync_api import expect

    ada = windows(address, "Ada")
    bob = windows(address, "Bob", "?events")
    expect(ada.get_by_role("status")).to_have_text("Live by WebSocket")
    expect(bob.get_by_role("status")).to_have_text("Live by server-sent events")
    for page in (ada, bob):
        expect(page.get_by_role("listitem").filter(has_text=re.compile("^(Ada|Bob)$"))).to_have_text(["Ada", "Bob"])
    pin(ada, "Hello, <b>Bob</b>")
    expect(bob.get_by_text("Hello, <b>Bob</b>")).to_be_visible()
    pin(bob, "Hello, Ada")
    expect(ada.get_by_text("Hello, Ada")).to_be_visible()
    pin_picture(bob)
    expect_picture(ada, "Bob")
    expect_picture(bob, "Bob")
    if "SCREENSHOTS" in os.environ:
        ada.screenshot(path=f"{os.environ['SCREENSHOTS']}/board.png")
    bob.context.close()
    expect(ada.locator("#here")).to_have_text("Ada")


def test_windows_at_two_servers_share_notes_presence_pictures_and_the_login(
    windows: Callable[..., Any], two_servers: tuple[str, str]
) -> None:
    from playwright.sync_api import expect

    ada = windows(two_servers[0], "Ada")
    bob = windows(two_servers[1], "Bob", "?events")
    expect(ada.get_by_role("status")).to_have_text("Live by WebSocket")
    expect(bob.get_by_role("status")).to_have_text("Live by server-sent events")
    for page in (ada, bob):
        expect(page.get_by_role("listitem").filter(has_text=re.compile("^(Ada|Bob)$"))).to_have_text(["Ada", "Bob"])
    pin(ada, "Hello, Bob")
    expect(bob.get_by_text("Hello, Bob")).to_be_visible()
    pin_picture(bob)
    expect_picture(ada, "Bob")
    expect_picture(bob, "Bob")
    ada.goto(two_servers[1])
    expect(ada.get_by_text("Hello, Bob")).to_have_count(1)
    expect(ada.get_by_role("status")).to_have_text("Live by WebSocket")


def test_a_window_that_was_offline_gets_what_it_missed_once(windows: Callable[..., Any], address: str) -> None:
    from playwright.sync_api import expect

    for query, state in (("", "Live by WebSocket"), ("?events", "Live by server-sent events")):
        ada, bob = windows(address, "Ada", query), windows(address, "Bob")
        expect(ada.get_by_role("status")).to_have_text(state)
        name = f"window {query}"
        pin(bob, f"{name} before")
        expect(ada.get_by_text(f"{name} before")).to_be_visible()
        # What breaks a connection that is open is the server's end, or this.
        ada.evaluate("socket ? socket.close() : undefined")
        ada.context.set_offline(True)
        pin(bob, f"{name} meanwhile")
        expect(bob.get_by_text(f"{name} meanwhile")).to_be_visible()
        ada.context.set_offline(False)
        expect(ada.get_by_text(f"{name} meanwhile")).to_have_count(1)
        expect(ada.get_by_text(f"{name} before")).to_have_count(1)


def test_a_file_that_is_no_picture_is_reported(windows: Callable[..., Any], address: str) -> None:
    from playwright.sync_api import expect

    page = windows(address, "Ada")
    page.get_by_label("Picture", exact=True).set_input_files(
        {"name": "a.png", "mimeType": "image/png", "buffer": b"no picture"}
    )
    page.get_by_role("button", name="Pin the picture").click()
    expect(page.get_by_role("alert")).to_contain_text("no picture that can be read")
