from __future__ import annotations

from typing import Any

import pytest

from armillary.websockets import WebSocket, websocket_session


async def forbidden(scope: Any, receive: Any, send: Any) -> None:
    assert scope["type"] == "websocket"
    await send({"type": "http.response.start", "status": 403, "headers": [(b"x-why", b"because")]})
    await send({"type": "http.response.body", "body": b"for", "more_body": True})
    await send({"type": "http.response.body", "body": b"bidden"})


async def knows_the_extension(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "websocket.http.response.start", "status": 404, "headers": []})
    await send({"type": "websocket.http.response.body", "body": b""})


def rejecting_with(response: Any) -> Any:
    async def handler(websocket: WebSocket) -> None:
        await websocket.send_denial_response(response)
        assert websocket.application_state.name == "DISCONNECTED"

    return websocket_session(handler)


@pytest.mark.anyio
async def test_any_http_application_is_a_denial_response(peer: Any) -> None:
    connection = await peer(rejecting_with(forbidden)).run()
    assert connection.denial_response == (403, b"forbidden")
    assert connection.sent[0]["headers"] == [(b"x-why", b"because")]


@pytest.mark.anyio
async def test_an_application_that_knows_the_extension_is_taken_as_it_is(peer: Any) -> None:
    assert (await peer(rejecting_with(knows_the_extension)).run()).denial_response == (404, b"")


@pytest.mark.anyio
@pytest.mark.parametrize("extensions", [{}, None])
async def test_without_the_extension_the_handshake_is_rejected(peer: Any, extensions: Any) -> None:
    assert (await peer(rejecting_with(forbidden), extensions=extensions).run()).types == ["close"]


@pytest.mark.anyio
async def test_a_denial_response_after_accept_is_rejected(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        await websocket.accept()
        with pytest.raises(RuntimeError, match="instead of accepting"):
            await websocket.send_denial_response(forbidden)

    await peer(websocket_session(handler)).run()


@pytest.mark.anyio
async def test_a_denial_response_starts_once_and_nothing_else_fits_between(peer: Any) -> None:
    async def handler(websocket: WebSocket) -> None:
        await websocket.receive()
        start = {"type": "websocket.http.response.start", "status": 403, "headers": []}
        await websocket.send(start)
        assert websocket.application_state.name == "RESPONSE"
        for message in (start, {"type": "websocket.accept"}, {"type": "websocket.close"}):
            with pytest.raises(RuntimeError, match=r"websocket\.http\.response\.body"):
                await websocket.send(message)
        await websocket.send({"type": "websocket.http.response.body", "body": b""})

    await peer(websocket_session(handler)).run()
