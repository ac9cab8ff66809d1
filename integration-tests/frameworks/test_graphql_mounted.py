"""The GraphQL application inside FastAPI, Django and Litestar, served by a real server."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest
from websockets.sync.client import connect

SCHEMA = """
from collections.abc import AsyncGenerator
import strawberry
from armillary.graphql import GraphQL

@strawberry.type
class Query:
    @strawberry.field
    def hello(self, info: strawberry.Info, name: str = "world") -> str:
        return f"hello {name}"

@strawberry.type
class Mutation:
    @strawberry.mutation
    def remember(self, info: strawberry.Info, name: str) -> str:
        info.context.response.set_cookie("name", name)
        return name

@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int) -> AsyncGenerator[int, None]:
        for number in range(to):
            yield number

graphql = GraphQL(strawberry.Schema(Query, mutation=Mutation, subscription=Subscription))
"""

PROGRAMS = {
    "fastapi": """
from fastapi import FastAPI

app = FastAPI()
app.mount("/graphql", graphql)
""",
    "litestar": """
from litestar import Litestar, asgi
from litestar.types import Receive, Scope, Send

@asgi("/graphql", is_mount=True)
async def mounted(scope: Scope, receive: Receive, send: Send) -> None:
    await graphql(scope, receive, send)

app = Litestar([mounted])
""",
    "django": '''
from django.conf import settings
settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF="empty_urls", SECRET_KEY="secret", INSTALLED_APPS=[])
import sys, types
sys.modules["empty_urls"] = types.ModuleType("empty_urls")
sys.modules["empty_urls"].urlpatterns = []
from django.core.asgi import get_asgi_application
django = get_asgi_application()

async def app(scope, receive, send):
    """Django serves HTTP but no WebSocket and no mounted application; the path decides, as its documentation shows."""
    if scope["type"] != "lifespan" and scope["path"].startswith("/graphql"):
        await graphql(scope, receive, send)
    elif scope["type"] == "http":
        await django(scope, receive, send)
''',
}

RUN = """
import uvicorn
uvicorn.run(app, port={port}, log_level="warning", lifespan="off")
"""


@pytest.fixture(params=list(PROGRAMS))
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    program = SCHEMA + PROGRAMS[request.param] + RUN.format(port=port)
    server = subprocess.Popen([sys.executable, "-I", "-c", program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and server.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        if server.poll() is not None:
            raise AssertionError(server.communicate()[0].decode())
        yield f"127.0.0.1:{port}/graphql/"
    finally:
        server.kill()
        server.wait(10)
        if server.stdout is not None:
            server.stdout.close()


def test_queries_mutations_and_subscriptions_work_inside_another_framework(address: str) -> None:
    with httpx.Client() as client:
        response = client.post(f"http://{address}", json={"query": '{ hello(name: "Vega") }'})
        assert response.json() == {"data": {"hello": "hello Vega"}}
        remembered = client.post(f"http://{address}", json={"query": 'mutation { remember(name: "Vega") }'})
        assert remembered.cookies["name"] == "Vega"
        events = client.post(
            f"http://{address}",
            json={"query": "subscription { count(to: 2) }"},
            headers={"accept": "text/event-stream"},
        )
        assert events.text.count("event: next") == 2
    with connect(f"ws://{address}", subprotocols=["graphql-transport-ws"]) as websocket:  # type: ignore[list-item]
        websocket.send('{"type": "connection_init"}')
        assert json.loads(websocket.recv(timeout=5)) == {"type": "connection_ack"}
        payload = {"query": "subscription { count(to: 2) }"}
        websocket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        kinds = [json.loads(websocket.recv(timeout=5))["type"] for _ in range(3)]
        assert kinds == ["next", "next", "complete"]
