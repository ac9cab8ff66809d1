"""Requests that keep what the application raised."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from testkit import SentMessages, call

Drive = Callable[..., Awaitable[SentMessages]]


@pytest.fixture
def http() -> Drive:
    """Send one HTTP request to an application."""

    def request(app: Any, path: str = "/", accept: str = "*/*", headers: Any = (), **keys: Any) -> Any:
        named = [(b"host", b"testserver"), (b"accept", accept.encode()), *headers]
        return call(app, path, headers=named, catch=True, **keys)

    return request


@pytest.fixture
def websocket() -> Drive:
    """Open one WebSocket to an application."""

    def connect(app: Any, denial_response: bool = False) -> Any:
        extensions = {"websocket.http.response": {}} if denial_response else {}
        return call(app, type="websocket", extensions=extensions, catch=True)

    return connect
