"""A program that uses what `pip install armillary` brings, and prints "whole" if all of it works."""

from __future__ import annotations

import asyncio
import pathlib
import tempfile

from armillary.applications import Armillary
from armillary.asgi_types import HTTPException, Middleware
from armillary.cors import CORSMiddleware
from armillary.http import JSONResponse, PlainTextResponse
from armillary.routing import Mount, Route, WebSocketRoute
from armillary.security import TrustedHostMiddleware
from armillary.staticfiles import StaticFiles


async def hello(request):
    return JSONResponse({"hello": request.path_params["name"]})


async def form(request):
    async with request.form() as fields:
        return PlainTextResponse(fields["name"])


async def reject(request):
    raise HTTPException(418, "teapot")


async def echo(websocket):
    async with websocket:
        await websocket.send_text(await websocket.receive_text())


public = tempfile.TemporaryDirectory()
pathlib.Path(public.name, "a.txt").write_text("static")
app = Armillary(
    routes=[
        Route("/hello/{name}", hello),
        Route("/form", form, methods=["POST"]),
        Route("/reject", reject),
        WebSocketRoute("/echo", echo),
        Mount("/static", StaticFiles(directory=public.name)),
    ],
    middleware=[
        Middleware(TrustedHostMiddleware, allowed_hosts=["testserver"]),
        Middleware(CORSMiddleware, allow_origins=["https://a.example"]),
    ],
)


async def call(method, path, body=b"", *headers, messages=None, kind="http"):
    queue = messages or [{"type": "http.request", "body": body, "more_body": False}]
    sent = []
    scope = {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"testserver"), *headers],
        "client": ("c", 1),
        "server": ("testserver", 80),
        "subprotocols": [],
    }

    async def receive():
        return queue.pop(0) if queue else await asyncio.sleep(60)

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    return sent


async def main():
    def body(sent):
        return sent[0]["status"], b"".join(part.get("body", b"") for part in sent[1:])

    assert body(await call("GET", "/hello/ada")) == (200, b'{"hello":"ada"}')
    urlencoded = (b"content-type", b"application/x-www-form-urlencoded")
    assert body(await call("POST", "/form", b"name=ada", urlencoded)) == (200, b"ada")
    rejected = b'{"title":"I\'m a Teapot","status":418,"detail":"teapot"}'
    assert body(await call("GET", "/reject")) == (418, rejected)
    assert body(await call("GET", "/nowhere"))[0] == 404
    assert body(await call("GET", "/static/a.txt")) == (200, b"static")
    said = [{"type": "websocket.connect"}, {"type": "websocket.receive", "text": "hi"}]
    sent = await call("GET", "/echo", messages=said, kind="websocket")
    assert [message["text"] for message in sent if message["type"] == "websocket.send"] == ["hi"], sent


asyncio.run(main())
print("whole")  # noqa: T201
