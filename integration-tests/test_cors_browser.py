"""Requests across origins from pages in a real browser."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.request import urlopen

import pytest

SERVER = "uvicorn-websockets"

FETCH = """
async ([url, options]) => {
    try {
        const response = await fetch(url, options);
        const headers = Object.fromEntries(response.headers);
        return { status: response.status, type: response.type, body: await response.text(), headers };
    } catch (error) {
        return { rejected: error.name };
    }
}
"""

TALK = """
(url) => new Promise((resolve) => {
    const socket = new WebSocket(url);
    socket.onopen = () => socket.send("hello");
    socket.onmessage = (event) => resolve(event.data);
    socket.onerror = () => resolve("rejected");
})
"""

REJECTED = {"rejected": "TypeError"}


class Site:
    """Two origins with pages, and the API that allows the first of them."""

    def __init__(self, serve: Callable[..., Any], browser: Any) -> None:
        self.friend = f"http://127.0.0.1:{serve(SERVER, 'cors_story:pages').port}"
        self.stranger = f"http://127.0.0.1:{serve(SERVER, 'cors_story:pages').port}"
        self.host = f"127.0.0.1:{serve(SERVER, 'cors_story:api', SHARED_ORIGIN=self.friend).port}"
        self.api = f"http://{self.host}"
        self.context = browser.new_context()

        self.pages: dict[str, Any] = {}

    def page(self, origin: str) -> Any:
        """Return a page of the origin."""
        if origin not in self.pages:
            self.pages[origin] = self.context.new_page()
            self.pages[origin].goto(origin + "/")
        return self.pages[origin]

    def ask(self, origin: str, path: str, **options: Any) -> Any:
        """Fetch from the API on a page of the origin; return what the page can read."""
        return self.page(origin).evaluate(FETCH, [self.api + path, options])

    def talk(self, origin: str) -> Any:
        """Open a WebSocket on a page of the origin; return the echo, or "rejected"."""
        return self.page(origin).evaluate(TALK, f"ws://{self.host}/echo")

    def received(self) -> str:
        """Return the requests that reached the endpoint."""
        with urlopen(f"{self.api}/requests") as response:
            return str(response.read().decode())


@pytest.fixture(scope="module")
def site(serve: Callable[..., Any], browser: Any) -> Iterator[Site]:
    made = Site(serve, browser)
    yield made
    made.context.close()


def test_a_page_of_the_shared_origin_reads_a_simple_request(site: Site) -> None:
    response = site.ask(site.friend, "/resource")
    assert (response["status"], response["type"], response["body"]) == (200, "cors", "stored")


def test_a_page_of_another_origin_does_not(site: Site) -> None:
    assert site.ask(site.stranger, "/resource") == REJECTED


def test_only_exposed_headers_are_seen(site: Site) -> None:
    headers = site.ask(site.friend, "/resource")["headers"]
    assert headers["x-total"] == "3"
    assert "x-hidden" not in headers


def test_a_preflight_lets_the_request_through(site: Site) -> None:
    response = site.ask(site.friend, "/resource", method="PUT", headers={"X-Label": "preflighted"})
    assert (response["status"], response["body"]) == (200, "stored")
    assert "PUT preflighted" in site.received()


@pytest.mark.parametrize(
    ("who", "options"),
    [
        ("stranger", {"method": "PUT", "headers": {"X-Label": "of-a-stranger"}}),
        ("friend", {"method": "DELETE", "headers": {"X-Label": "of-a-stranger"}}),
        ("friend", {"method": "POST", "headers": {"X-Label": "of-a-stranger", "X-Other": "1"}}),
    ],
    ids=["origin", "method", "header"],
)
def test_a_preflight_that_is_rejected_blocks_the_request(site: Site, who: str, options: Any) -> None:
    assert site.ask(getattr(site, who), "/resource", **options) == REJECTED
    assert "of-a-stranger" not in site.received()


def test_cookies_travel_with_credentials_alone(site: Site) -> None:
    assert site.ask(site.friend, "/login", method="POST", credentials="include")["body"] == "welcome"
    assert site.ask(site.friend, "/whoami", credentials="include")["body"] == '{"name":"ada"}'
    assert site.ask(site.friend, "/whoami", credentials="omit")["body"] == '{"name":null}'
    assert site.ask(site.stranger, "/whoami", credentials="include") == REJECTED


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/broken", 500, "Internal Server Error"),
        ("/forbidden", 403, "not for you"),
        ("/missing", 404, "Not Found"),
        ("/login", 405, "Method Not Allowed"),
    ],
)
def test_error_responses_can_be_read_by_the_page(site: Site, path: str, status: int, body: str) -> None:
    response = site.ask(site.friend, path)
    problem = json.loads(response["body"])
    assert (response["status"], problem.get("detail", problem["title"])) == (status, body)
    assert site.ask(site.stranger, path) == REJECTED


def test_a_websocket_of_another_origin_is_rejected(site: Site) -> None:
    assert site.talk(site.friend) == "hello"
    assert site.talk(site.stranger) == "rejected"
