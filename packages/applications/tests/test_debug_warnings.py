"""What an application with debug=True says while it runs."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest
from testkit import call, lifespan_scope

from armillary.applications import Armillary
from armillary.http import PlainTextResponse
from armillary.routing import Mount, Route


class Noticed(logging.Handler):
    """Keeps the messages of a logger, and lets a test wait for the first."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []
        self.came = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())
        self.came.set()


@pytest.fixture
def noticed() -> Any:
    handler = Noticed()
    logger = logging.getLogger("armillary.applications")
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


async def request_while_running(app: Armillary, *paths: str) -> list[str]:
    """Start an application, request paths, stop it; return what it responded."""
    texts: list[str] = []
    started = False

    async def receive() -> dict[str, Any]:
        nonlocal started
        if started:
            texts.extend([(await call(app, path)).text for path in paths])
            return {"type": "lifespan.shutdown"}
        started = True
        return {"type": "lifespan.startup"}

    async def send(message: Any) -> None:
        assert message["type"].endswith("complete")

    await app(lifespan_scope(), receive, send)
    return texts


async def show(request: Any) -> PlainTextResponse:
    return PlainTextResponse("star")


async def me(request: Any) -> PlainTextResponse:
    return PlainTextResponse("me")


ROUTES = [Route("/{name}", show), Route("/me", me), Mount("/below", routes=[Route("/", show), Route("/x", show)])]


@pytest.mark.anyio
async def test_routes_that_never_match_and_names_used_twice_are_reported_at_start(noticed: Noticed) -> None:
    await request_while_running(Armillary(debug=True, routes=ROUTES))
    unreachable, twice = noticed.messages
    assert "Route(path='/me', name='me', methods=['GET', 'HEAD']) is never reached" in unreachable
    assert "Its endpoint is me (" in unreachable
    assert "test_debug_warnings.py line " in unreachable
    assert unreachable.endswith("put it before the other, or give it another path")
    assert "below /below has the name of the earlier" in twice
    assert twice.endswith("another name=")


@pytest.mark.anyio
async def test_without_debug_nothing_is_reported(noticed: Noticed) -> None:
    await request_while_running(Armillary(routes=ROUTES))
    assert noticed.messages == []


@pytest.mark.anyio
async def test_a_call_that_blocks_the_event_loop_is_reported_with_its_line(noticed: Noticed) -> None:
    async def blocks(request: Any) -> PlainTextResponse:
        return PlainTextResponse(str(noticed.came.wait(30)))

    assert await request_while_running(Armillary(debug=True, routes=[Route("/", blocks)]), "/") == ["True"]
    assert "test_debug_warnings.py line " in noticed.messages[0]
    assert "in blocks: return PlainTextResponse(str(noticed.came.wait(30)))" in noticed.messages[0]
    assert "declare the endpoint with def" in noticed.messages[0]


@pytest.mark.anyio
async def test_a_blocking_call_in_a_thread_is_no_mistake(noticed: Noticed) -> None:
    def waits(request: Any) -> PlainTextResponse:
        return PlainTextResponse(str(noticed.came.wait(0.5)))

    assert await request_while_running(Armillary(debug=True, routes=[Route("/", waits)]), "/") == ["False"]
    assert noticed.messages == []
