"""One WebSocket handler for each behaviour that servers could differ in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import anyio

from armillary.asgi_types import HTTPException, Receive, Scope, Send, WebSocketException
from armillary.websockets import (
    OriginMiddleware,
    WebSocket,
    WebSocketDisconnect,
    WebSocketDisconnected,
    WebSocketLimits,
    websocket_session,
)

events: dict[str, list[Any]] = {}
stories: dict[str, Any] = {}


def story(**options: Any) -> Callable[[Callable[..., Awaitable[None]]], Any]:
    def register(func: Callable[..., Awaitable[None]]) -> Any:
        async def handler(websocket: WebSocket) -> None:
            await func(websocket, events.setdefault(websocket.query_params.get("id", ""), []))

        stories[func.__name__] = websocket_session(handler, **options)
        return func

    return register


@story()
async def report(websocket: WebSocket, recorded: list[Any]) -> None:
    async with websocket:
        await websocket.send_json(recorded)
        await websocket.wait_disconnected()  # two ends that close at once end hypercorn's trio worker


@story()
async def echo(websocket: WebSocket, recorded: list[Any]) -> None:
    await websocket.accept()
    async for message in websocket:
        await (websocket.send_text(message) if isinstance(message, str) else websocket.send_bytes(message))


@story()
async def echo_in_block(websocket: WebSocket, recorded: list[Any]) -> None:
    async with websocket:
        async for message in websocket:
            await (websocket.send_text(message) if isinstance(message, str) else websocket.send_bytes(message))


@story()
async def disconnects(websocket: WebSocket, recorded: list[Any]) -> None:
    await websocket.accept()
    try:
        await websocket.receive_text()
    except WebSocketDisconnect as exc:
        recorded.append([type(exc).__name__, exc.code, exc.reason])
    for late in (websocket.send_text("x"), websocket.receive_text(), websocket.close()):
        try:
            await late
            recorded.append("nothing")
        except WebSocketDisconnect as exc:
            recorded.append([type(exc).__name__, exc.code])


@story()
async def ticks(websocket: WebSocket, recorded: list[Any]) -> None:
    try:
        async with websocket:
            while True:
                await websocket.send_text("tick")
                await anyio.sleep(0.3)  # long after the peer has closed: hypercorn's trio worker fails if both send
    except WebSocketDisconnect as exc:
        recorded.append(exc.code)


@story()
async def sends_without_pause(websocket: WebSocket, recorded: list[Any]) -> None:
    try:
        async with websocket:
            while True:
                await websocket.send_text("tick")
    except WebSocketDisconnect as exc:
        recorded.append(type(exc).__name__)


@story()
async def sends_by_hand(websocket: WebSocket, recorded: list[Any]) -> None:
    await websocket.accept()
    await _send_by_hand(websocket, recorded)


@story()
async def sends_by_hand_after_a_receive_given_up(websocket: WebSocket, recorded: list[Any]) -> None:
    await websocket.accept()
    with anyio.move_on_after(0.05):
        await websocket.receive_text()
    await _send_by_hand(websocket, recorded)


async def _send_by_hand(websocket: WebSocket, recorded: list[Any]) -> None:
    try:
        for _ in range(30):  # for three seconds; it has to end before that
            await websocket.send_text("tick")
            await anyio.sleep(0.1)
        recorded.append("sent to nobody")
    except WebSocketDisconnect as exc:
        recorded.append(type(exc).__name__)


@story()
async def sends_much_then_receives(websocket: WebSocket, recorded: list[Any]) -> None:
    await websocket.accept()
    for _ in range(150):
        await websocket.send_text("tick")
        await anyio.sleep(0.002)
    texts: list[str] = []
    while (text := await websocket.receive_text()) != "end":
        texts.append(text)
    await websocket.send_json(texts)


@story()
async def waits(websocket: WebSocket, recorded: list[Any]) -> None:
    async with websocket:
        await websocket.send_text("waiting")
        await websocket.wait_disconnected()
        recorded.append(websocket.client_state.name)


@story()
async def misuse(websocket: WebSocket, recorded: list[Any]) -> None:
    async def record_error(attempt: Awaitable[Any]) -> None:
        try:
            await attempt
        except Exception as exc:
            recorded.append(type(exc).__name__)

    await record_error(websocket.send_text("before accept"))
    await record_error(websocket.receive_text())
    await websocket.accept()
    await record_error(websocket.accept())
    await record_error(websocket.close(1006))
    await record_error(websocket.close(1000, b"no text"))  # type: ignore[arg-type]
    await websocket.close(4000, "done")
    await record_error(websocket.close())
    await record_error(websocket.send_text("after close"))
    recorded.append(isinstance(WebSocketDisconnected(), RuntimeError))


@story()
async def coded(websocket: WebSocket, recorded: list[Any]) -> None:
    async with websocket:
        raise WebSocketException(4001, "no\nway")


@story()
async def broken(websocket: WebSocket, recorded: list[Any]) -> None:
    await websocket.accept()
    raise LookupError("mine")


@story()
async def broken_before_accept(websocket: WebSocket, recorded: list[Any]) -> None:
    raise LookupError("mine")


@story()
async def unauthorised(websocket: WebSocket, recorded: list[Any]) -> None:
    raise HTTPException(401, "Who are you?", {"WWW-Authenticate": "Bearer"})


@story()
async def rejected(websocket: WebSocket, recorded: list[Any]) -> None:
    await websocket.close(1008)


@story()
async def negotiates(websocket: WebSocket, recorded: list[Any]) -> None:
    await websocket.accept("chat", {"X-Room": "blue"})


@story()
async def json_only(websocket: WebSocket, recorded: list[Any]) -> None:
    async with websocket:
        async for value in websocket.iter_json():
            await websocket.send_json({"got": value})


@story(limits=WebSocketLimits(max_message_size=1000))
async def small(websocket: WebSocket, recorded: list[Any]) -> None:
    async with websocket:
        async for message in websocket:
            await websocket.send_text(str(len(message)))


@story(limits=WebSocketLimits(idle_timeout=0.2))
async def impatient(websocket: WebSocket, recorded: list[Any]) -> None:
    await websocket.accept()
    async for _ in websocket:
        pass
    recorded.append("ended")


@story(limits=WebSocketLimits(max_queued_messages=3))
async def slow(websocket: WebSocket, recorded: list[Any]) -> None:
    async with websocket:
        await websocket.wait_disconnected()
    recorded.append("ended")


stories["guarded"] = OriginMiddleware(stories["echo"], ["https://friend.test"])


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        while (await receive())["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
    elif scope["type"] == "websocket":
        await stories[scope["path"].strip("/")](scope, receive, send)
    else:
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})
