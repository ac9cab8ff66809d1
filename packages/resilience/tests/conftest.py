"""An application to limit."""

from __future__ import annotations

from typing import Any

import pytest

from armillary.asgi_types import ASGIApp


@pytest.fixture
def ok() -> ASGIApp:
    """An application that reads its body and echoes it."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
        await send({"type": "http.response.body", "body": body})

    return app
