"""What several threads share, hammered by eight of them at once.

Event loops in several threads of one process use these structures together, and so do worker threads. Threads change
places as often as the interpreter can, so that what is only safe by luck is found on a build with a GIL too.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Barrier, Thread
from time import sleep
from typing import Any

import pytest

from armillary.applications import Armillary
from armillary.asgi_types import Middleware
from armillary.datastructures import URL, Headers, MutableHeaders, QueryParams
from armillary.http import PlainTextResponse, Request, Response
from armillary.http.files._type import guess_media_type
from armillary.logging._escape import escaped
from armillary.routing import NoMatchFound, Route, Router
from armillary.sessions import SignedCookie
from armillary.staticfiles import _content_digest as digests

THREADS = 8
ROUNDS = 150


@pytest.fixture(autouse=True)
def eager_switches() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def hammer(work: Callable[[int], None]) -> None:
    """Call `work` with 0, 1, ... in each of the threads at once, and raise what any of the calls raised."""
    begin = Barrier(THREADS)
    failures: list[BaseException] = []

    def run() -> None:
        begin.wait(30)
        try:
            for number in range(ROUNDS):
                work(number)
        except BaseException as exc:
            failures.append(exc)

    threads = [Thread(target=run, daemon=True) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    if failures:
        raise failures[0]


async def endpoint(request: Request) -> Response:
    return PlainTextResponse("found")


def scope(path: str) -> dict[str, Any]:
    return {"type": "http", "method": "GET", "path": path, "headers": []}


def test_routes_are_found_while_others_are_added_and_removed() -> None:
    router = Router([Route("/first", endpoint), Route("/items/{key:int}/detail", endpoint)])

    def work(number: int) -> None:
        if number % 10 == 0:
            added = Route(f"/added/{number}", endpoint)
            router.routes.append(added)
            assert router.url_path_for("endpoint") == "/first"
        if number % 10 == 5:
            router.routes.pop()
        found = scope(f"/items/{number}/detail")
        router.select(found)
        assert found["path_params"] == {"key": number}
        assert router.select(scope("/nowhere")) == router.default

    hammer(work)
    assert [getattr(route, "path", None) for route in router.routes[:2]] == ["/first", "/items/{key:int}/detail"]


def test_first_requests_from_several_threads_build_one_working_application() -> None:
    built: list[object] = []

    class Counting:
        def __init__(self, app: Any) -> None:
            self.app = app
            built.append(self)

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await self.app(scope, receive, send)

    app = Armillary(routes=[Route("/", endpoint)], middleware=[Middleware(Counting)])

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    def work(number: int) -> None:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        steps = app(scope("/"), receive, send)
        with pytest.raises(StopIteration):
            steps.send(None)
        assert sent[1]["body"] == b"found"

    hammer(work)
    assert 1 <= len(built) <= THREADS


def test_names_lengths_and_types_of_headers_are_the_same_for_every_thread() -> None:
    def work(number: int) -> None:
        response = Response(b"x" * number, media_type=f"text/x-{number}", headers={f"X-Name-{number}": "a"})
        assert response.headers["content-length"] == str(number)
        assert response.headers["content-type"] == f"text/x-{number}; charset=utf-8"
        assert Headers(raw=[(b"x-name-%d" % number, b"a")])[f"X-Name-{number}"] == "a"
        changed = MutableHeaders()
        changed[f"X-Other-{number}"] = "b"
        assert changed.raw == [(b"x-other-%d" % number, b"b")]

    hammer(work)


def test_urls_and_queries_are_decoded_alike_by_every_thread() -> None:
    def work(number: int) -> None:
        assert QueryParams(f"name=%C3%A9{number}%2F")["name"] == f"é{number}/"
        assert str(URL(f"/a b/é?x={number}")) == str(URL(f"/a b/é?x={number}"))
        assert escaped(f'"{number}"\n') == f'\\"{number}\\"\\n'
        assert guess_media_type(f"page.x{number}.html") == "text/html"

    hammer(work)


def test_errors_of_one_class_are_raised_by_every_thread() -> None:
    router = Router([Route("/", endpoint)])

    def work(number: int) -> None:
        with pytest.raises(NoMatchFound, match="missing"):
            router.url_path_for("missing")

    hammer(work)


def is_conclusive(status: os.stat_result) -> bool:
    return True


class Interrupted(dict[Any, Any]):
    """A dict that lets another thread run whenever one has begun to iterate over it."""

    def __iter__(self) -> Iterator[Any]:
        found = super().__iter__()
        sleep(0)
        return found


def test_cookies_are_signed_and_read_alike_by_every_thread() -> None:
    cookie = SignedCookie(["a-secret-key-of-at-least-32-characters"])

    def work(number: int) -> None:
        assert cookie.read(cookie.write({"number": number}), 60) == {"number": number}

    hammer(work)


def test_digests_of_more_files_than_are_remembered_are_right_in_every_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [tmp_path / str(number) for number in range(12)]
    for number, file in enumerate(files):
        file.write_bytes(b"%d" % number)
    statuses = [os.stat(file) for file in files]
    expected = [digests.digest_of_file(str(file))[0] for file in files]
    monkeypatch.setattr(digests, "_MAX_REMEMBERED", 3)
    monkeypatch.setattr(digests, "_remembered", Interrupted())
    monkeypatch.setattr(digests, "shows_every_write", is_conclusive)

    def work(number: int) -> None:
        at = number % len(files)
        assert digests.content_digest(str(files[at]), statuses[at]) == expected[at]

    hammer(work)
