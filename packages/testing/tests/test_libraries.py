"""httpx, and httpx2 in its place."""

from __future__ import annotations

import subprocess
import sys

import httpx
import httpx2
import pytest

from armillary.asgi_types import Receive, Scope, Send
from armillary.testing import AsyncTestClient, TestClient, async_client_class, client_class

PROGRAM = """
import asyncio, sys
for missing in {missing!r}:
    sys.modules[missing] = None
from armillary.testing import AsyncTestClient, TestClient, WebSocketRejected

async def app(scope, receive, send):
    if scope["type"] == "websocket":
        await receive()
        await send({{"type": "websocket.http.response.start", "status": 401}})
        await send({{"type": "websocket.http.response.body"}})
        return
    message = await receive()
    await send({{"type": "http.response.start", "status": 200, "headers": []}})
    await send({{"type": "http.response.body", "body": message["body"], "more_body": True}})
    await send({{"type": "http.response.body", "body": b"!"}})

async def use_async_client():
    client = AsyncTestClient(app)
    async with client.stream("POST", "/", content=b"hi") as response:
        return [part async for part in response.aiter_raw()]

client = TestClient(app)
print(*[cls.__module__.split(".")[0] for cls in type(client).__mro__ if cls.__name__ == "Client"])
print(client.post("/", content=iter([b"hi"])).text, asyncio.run(use_async_client()))
try:
    with client.websocket_connect("/"):
        pass
except WebSocketRejected as rejected:
    print(rejected.response.status_code)
"""


def run(*missing: str) -> subprocess.CompletedProcess[str]:
    program = PROGRAM.format(missing=list(missing))
    return subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(("missing", "library"), [("httpx", "httpx2"), ("httpx2", "httpx")])
def test_the_clients_work_with_either_library(missing: str, library: str) -> None:
    done = run(missing)
    assert done.stdout.splitlines() == [library, "hi! [b'hi', b'!']", "401"], done.stderr


def test_without_either_library_the_error_says_what_to_install() -> None:
    done = run("httpx", "httpx2")
    assert 'install one with "pip install armillary-testing[httpx]"' in done.stderr


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


def test_a_client_may_be_built_on_the_other_library() -> None:
    client = client_class(httpx2)(app)
    assert isinstance(client, httpx2.Client)
    assert isinstance(client.get("/"), httpx2.Response)
    assert client_class(httpx) is TestClient
    assert client_class(httpx2) is client_class(httpx2)


@pytest.mark.anyio
async def test_an_async_client_may_be_built_on_the_other_library() -> None:
    client = async_client_class(httpx2)(app)
    assert isinstance(client, httpx2.AsyncClient)
    assert (await client.get("/")).text == "ok"
    assert async_client_class(httpx) is AsyncTestClient
