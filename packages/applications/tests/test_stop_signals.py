"""Streams and WebSockets end when the server gets a stop signal, without anything around the application."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import anyio
import pytest

from armillary.applications import Armillary
from armillary.asgi_types import Middleware, find_scope_record
from armillary.background import Stopping
from armillary.http import EventSourceResponse, Request, Response
from armillary.routing import Mount, Route, WebSocketRoute
from armillary.websockets import WebSocket

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def received() -> Iterator[list[int]]:
    """The stop signals that the server's own handler got."""
    numbers: list[int] = []
    previous = signal.signal(signal.SIGTERM, lambda number, frame: numbers.append(number))
    yield numbers
    signal.signal(signal.SIGTERM, previous)


async def events(request: Request) -> Response:
    async def endless() -> Any:
        while True:
            yield "event"
            await anyio.sleep(0.01)

    return EventSourceResponse(endless())


async def silent(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.receive_text()


ROUTES = [Route("/events", events), WebSocketRoute("/silent", silent)]


class Server:
    """Runs the lifespan of an application while the block runs."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.state: dict[str, Any] = {}
        self.started, self.stop = anyio.Event(), anyio.Event()

    async def run_lifespan(self) -> None:
        messages = [{"type": "lifespan.startup"}]

        async def receive() -> Any:
            if messages:
                return messages.pop()
            await self.stop.wait()
            return {"type": "lifespan.shutdown"}

        async def send(message: Any) -> None:
            self.started.set()

        await self.app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": self.state}, receive, send)

    async def connect(self, path: str, sent: list[Any]) -> None:
        opening = [{"type": "websocket.connect"}]

        async def receive() -> Any:
            return opening.pop() if opening and path == "/silent" else await anyio.sleep_forever()

        async def send(message: Any) -> None:
            sent.append(message)

        scope: Any = {"type": "websocket" if path == "/silent" else "http", "path": path, "headers": []}
        scope |= {"method": "GET"} if scope["type"] == "http" else {"subprotocols": []}
        await self.app(scope, receive, send)


async def stop_with_open_connections(app: Any, prefix: str = "") -> dict[str, list[Any]]:
    server = Server(app)
    sent: dict[str, list[Any]] = {"/events": [], "/silent": []}
    with anyio.fail_after(5):
        async with anyio.create_task_group() as lifespan:
            lifespan.start_soon(server.run_lifespan)
            await server.started.wait()
            async with anyio.create_task_group() as connections:
                for path, messages in sent.items():
                    connections.start_soon(server.connect, prefix + path if prefix else path, messages)
                while not all(sent.values()):
                    await anyio.sleep(0.005)
                signal.raise_signal(signal.SIGTERM)
            server.stop.set()
    return sent


async def test_an_event_stream_and_a_websocket_end_at_the_signal_which_the_server_gets_too(received: list[int]) -> None:
    handler = signal.getsignal(signal.SIGTERM)
    sent = await stop_with_open_connections(Armillary(routes=ROUTES))
    assert not sent["/events"][-1].get("more_body", False)
    assert (sent["/silent"][-1]["type"], sent["/silent"][-1]["code"]) == ("websocket.close", 1001)
    assert received == [signal.SIGTERM]
    assert signal.getsignal(signal.SIGTERM) is handler


async def test_stopping_around_the_application_is_the_one_that_says_so() -> None:
    seen: list[Any] = []
    stopping = Stopping(Armillary(routes=[Route("/events", events), WebSocketRoute("/silent", silent)]), signals=[])

    class See:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            record = find_scope_record(scope)
            seen.append(record and record.get("stopping"))
            await self.app(scope, receive, send)

    stopping.app.user_middleware.append(Middleware(See))  # type: ignore[attr-defined]
    server = Server(stopping)
    async with anyio.create_task_group() as lifespan:
        lifespan.start_soon(server.run_lifespan)
        await server.started.wait()
        with anyio.move_on_after(0.05):
            await server.connect("/events", [])
        server.stop.set()
    assert len(seen) == 2
    assert seen[0] is seen[1] is stopping.event


async def test_a_mounted_application_uses_the_signal_of_the_outer_one() -> None:
    inner = Armillary(routes=ROUTES)
    sent = await stop_with_open_connections(Armillary(routes=[Mount("/", inner, lifespan=True)]))
    assert not sent["/events"][-1].get("more_body", False)
    assert inner._stopping is None


async def test_a_subclass_may_leave_the_signals_alone() -> None:
    class Own(Armillary):
        watches_stop_signals = False

    server = Server(Own())
    handler = signal.getsignal(signal.SIGTERM)
    async with anyio.create_task_group() as lifespan:
        lifespan.start_soon(server.run_lifespan)
        await server.started.wait()
        assert signal.getsignal(signal.SIGTERM) is handler
        server.stop.set()


async def test_a_lifespan_that_fails_leaves_no_handler_behind() -> None:
    def lifespan(app: Any) -> Any:
        raise LookupError("own")

    handler = signal.getsignal(signal.SIGTERM)
    app = Armillary(lifespan=lifespan)
    server = Server(app)
    with pytest.raises(LookupError):
        await server.run_lifespan()
    assert signal.getsignal(signal.SIGTERM) is handler
    assert app._stopping is None
