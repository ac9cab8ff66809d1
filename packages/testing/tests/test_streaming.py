"""Responses taken part by part by the sync client."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from armillary.asgi_types import Receive, Scope, Send
from armillary.lint import lint
from armillary.testing import TestClient

MakeClient = Callable[..., TestClient]


async def endless(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while True:
        await send({"type": "http.response.body", "body": b"tick", "more_body": True})


def test_an_endless_response_is_read_part_by_part(make_client: MakeClient) -> None:
    with make_client(lint(endless)) as client:
        with client.stream("GET", "/") as response:
            parts = response.iter_raw()
            assert [next(parts) for _ in range(3)] == [b"tick"] * 3


def test_a_client_that_stops_reading_stops_the_application(make_client: MakeClient) -> None:
    sent: list[int] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for number in range(100):
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
            sent.append(number)

    with make_client(app).stream("GET", "/") as response:
        next(response.iter_raw())
    assert len(sent) <= 1


def test_closing_during_a_response_disconnects_receive(make_client: MakeClient) -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        seen.append((await receive())["type"])

    with make_client(lint(app)).stream("GET", "/") as response:
        next(response.iter_raw())
    assert seen == ["http.disconnect"]


def test_closing_during_a_response_makes_send_raise(make_client: MakeClient) -> None:
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await endless(scope, receive, send)
        except OSError as error:
            seen.append(str(error))
            raise

    with make_client(lint(app)).stream("GET", "/"):
        pass
    assert seen == ["the client has disconnected"]


def test_an_application_that_ignores_the_disconnect_is_cancelled(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TestClient, "disconnect_grace", 0.05)
    cancelled = threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        try:
            await anyio.sleep_forever()
        finally:
            cancelled.set()

    with make_client(app).stream("GET", "/") as response:
        next(response.iter_raw())
    assert cancelled.is_set()


def test_after_a_whole_response_background_work_is_waited_for(make_client: MakeClient, tools: SimpleNamespace) -> None:
    done = threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await tools.respond(send, b"accepted", status=202)
        await anyio.sleep(0.05)
        done.set()

    assert make_client(lint(app)).post("/").status_code == 202
    assert done.is_set()


def test_a_failure_during_a_stream_is_raised_while_reading(make_client: MakeClient) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"a", "more_body": True})
        raise LookupError("during the stream")

    with make_client(app).stream("GET", "/") as response:
        with pytest.raises(LookupError, match="during the stream"):
            response.read()


def test_requests_share_the_loop_while_a_stream_is_open(make_client: MakeClient, tools: SimpleNamespace) -> None:
    async def quick(scope: Scope, receive: Receive, send: Send) -> None:
        await tools.respond(send, b"quick")

    with make_client(tools.Recorder(root=quick, ticks=endless)) as client:
        with client.stream("GET", "/ticks") as response:
            parts = response.iter_raw()
            assert next(parts) == b"tick"
            assert client.get("/").text == "quick"
            assert next(parts) == b"tick"


def test_leaving_the_client_ends_a_response_left_open(make_client: MakeClient, tools: SimpleNamespace) -> None:
    app = tools.Recorder(root=endless)
    with make_client(app) as client:
        client.send(client.build_request("GET", "/"), stream=True)
    assert app.steps == ["startup", "shutdown"]


def test_trailers_early_hints_and_debug_information_are_on_the_response(make_client: MakeClient) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.debug", "info": {"template": "page.html", "context": {"a": 1}}})
        await send({"type": "http.response.early_hint", "links": [b"</a.css>; rel=preload"]})
        await send({"type": "http.response.start", "status": 200, "headers": [], "trailers": True})
        await send({"type": "http.response.body", "body": b"page"})
        await send({"type": "http.response.trailers", "headers": [(b"x-sum", b"7")]})

    response: Any = make_client(lint(app)).get("/")
    assert response.text == "page"
    assert response.template == "page.html"
    assert response.context == {"a": 1}
    assert response.extensions["http.response.early_hint"] == [b"</a.css>; rel=preload"]
    assert response.extensions["http.response.trailers"] == [(b"x-sum", b"7")]


def test_files_sent_by_path_or_descriptor_are_read(make_client: MakeClient, tmp_path: Path) -> None:
    file = tmp_path / "digits.txt"
    file.write_bytes(b"0123456789")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if scope["path"] == "/path":
            await send({"type": "http.response.pathsend", "path": str(file)})
            return
        with file.open("rb") as opened:
            zero_copy = {"type": "http.response.zerocopysend", "file": opened}
            await send({**zero_copy, "offset": 2, "count": 3, "more_body": True})
            await send({**zero_copy, "count": 1, "more_body": True})
            await send({"type": "http.response.body", "body": b"-", "more_body": True})
            await send(zero_copy)

    offered = ["http.response.pathsend", "http.response.zerocopysend"]
    client = make_client(lint(app), extensions=offered)
    assert client.get("/path").text == "0123456789"
    assert client.get("/descriptor").text == "2340-123456789"
    with pytest.raises(AssertionError, match="scope\\['extensions'\\] does not offer it"):
        make_client(app).get("/path")


def test_pushes_are_collected_if_they_are_offered(make_client: MakeClient, tools: SimpleNamespace) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.push", "path": "/a.css", "headers": []})
        await tools.respond(send)

    response = make_client(lint(app), extensions=["http.response.push"]).get("/")
    assert response.extensions["http.response.push"] == ["/a.css"]


@pytest.mark.parametrize("part", [bytearray(b"abc"), memoryview(b"abc")])
def test_parts_that_may_change_later_are_copied(make_client: MakeClient, part: Any) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": part})

    assert make_client(app).get("/").content == b"abc"


def test_an_application_may_add_to_the_extensions_that_its_server_offers(make_client: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope["extensions"]["http.response.push"] = {}
        await send({"type": "http.response.push", "path": "/style.css", "headers": []})
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    assert make_client(app).get("/").extensions["http.response.push"] == ["/style.css"]
