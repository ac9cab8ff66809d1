"""The lifespan of an application behind another one."""

from __future__ import annotations

from typing import Any

import pytest

from armillary.exchange import complete_lifespan, run_lifespan

pytestmark = pytest.mark.anyio
SCOPE = {"type": "lifespan", "asgi": {"version": "3.0"}}


class Server:
    def __init__(self) -> None:
        self.waiting = ["lifespan.startup", "lifespan.shutdown"]
        self.sent: list[str] = []

    async def receive(self) -> Any:
        return {"type": self.waiting.pop(0)}

    async def send(self, message: Any) -> None:
        self.sent.append(message["type"])


async def knows(scope: Any, receive: Any, send: Any) -> None:
    await complete_lifespan(receive, send)


async def raises(scope: Any, receive: Any, send: Any) -> None:
    assert scope["type"] == "http"


async def returns(scope: Any, receive: Any, send: Any) -> None:
    pass


@pytest.mark.parametrize("app", [knows, raises, returns])
async def test_any_application_has_a_lifespan_that_ends_with_close(app: Any) -> None:
    server = Server()

    async def close() -> None:
        server.sent.append("closed")

    await run_lifespan(app, SCOPE, server.receive, server.send, close=close)
    assert server.sent == ["lifespan.startup.complete", "closed", "lifespan.shutdown.complete"]


async def test_what_an_application_raises_while_it_starts_is_the_server_s_to_see() -> None:
    server = Server()

    async def fails(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        raise RuntimeError("no database")

    with pytest.raises(RuntimeError, match="no database"):
        await run_lifespan(fails, SCOPE, server.receive, server.send)
    assert server.sent == []


async def test_a_failed_shutdown_is_closed_too() -> None:
    server = Server()

    async def fails(scope: Any, receive: Any, send: Any) -> None:
        for kind in ("startup.complete", "shutdown.failed"):
            await receive()
            await send({"type": f"lifespan.{kind}"})

    async def close() -> None:
        server.sent.append("closed")

    await run_lifespan(fails, SCOPE, server.receive, server.send, close=close)
    assert server.sent == ["lifespan.startup.complete", "closed", "lifespan.shutdown.failed"]
