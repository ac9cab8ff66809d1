"""A browser in memory, and applications of one function."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from testkit import SentMessages, call

from armillary.asgi_types import ASGIApp
from armillary.datastructures import parse_cookies


class Browser:
    """Calls an application and keeps its cookies."""

    def __init__(self, app: ASGIApp, scheme: str = "http") -> None:
        self.app = app
        self.scheme = scheme
        self.cookies: dict[str, str] = {}

    async def get(self, path: str = "/", **scope: Any) -> SentMessages:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = [(b"cookie", cookie.encode())] if cookie else []
        sent = await call(self.app, path, **{"scheme": self.scheme, "headers": headers, **scope})
        set_cookie = sent.get(b"set-cookie")
        self._keep(None if set_cookie is None else set_cookie.decode())
        return sent

    def _keep(self, set_cookie: str | None) -> None:
        if set_cookie is None:
            return
        pair, _, attributes = set_cookie.partition(";")
        name, value = next(iter(parse_cookies(pair).items()))
        if "1970" in attributes:
            self.cookies.pop(name, None)
        else:
            self.cookies[name] = value


@pytest.fixture
def browser() -> Callable[..., Browser]:
    return Browser


Change = Callable[[Any], Awaitable[None] | None]


@pytest.fixture
def app_doing() -> Callable[[Any], ASGIApp]:
    """Make an application that passes its session to a function, and responds with what that returns."""

    def make(function: Any) -> ASGIApp:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            result = function(scope["session"], scope["path"])
            if hasattr(result, "__await__"):
                result = await result
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": str(result).encode()})

        return app

    return make
