"""Every test marked `anyio` runs on asyncio, on uvloop if it is installed, and on trio."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from typing import Any, NamedTuple

import pytest
from hypothesis import settings

from armillary.asgi_types import ASGIApp
from armillary.datastructures import parse_cookies
from armillary.lint import lint

# A shared machine may pause for longer than any deadline.
settings.register_profile("armillary", deadline=None)
settings.load_profile("armillary")

BACKENDS = [
    pytest.param(("asyncio", {"use_uvloop": False}), id="asyncio"),
    pytest.param(("trio", {}), id="trio"),
]
if find_spec("uvloop") is not None:
    BACKENDS.append(pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop"))


@pytest.fixture(params=BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return request.param


class CapturedResponse(NamedTuple):
    """Status, headers by name (the last of each) and body."""

    status: int
    headers: dict[str, str]
    body: bytes


class Browser:
    """Calls an application and keeps its cookies, both sides checked against the specification."""

    def __init__(self, app: ASGIApp, scheme: str = "http") -> None:
        self.app = app
        self.scheme = scheme
        self.cookies: dict[str, str] = {}

    async def get(self, path: str = "/", **scope: Any) -> CapturedResponse:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = [(b"cookie", cookie.encode())] if cookie else []
        messages: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            messages.append(message)

        full_scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.5"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": self.scheme,
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": headers,
            "client": ("192.0.2.1", 5000),
            "server": ("127.0.0.1", 8000),
            **scope,
        }
        await lint(self.app)(full_scope, receive, send)
        fields = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
        self._keep(fields.get("set-cookie"))
        return CapturedResponse(
            messages[0]["status"], fields, b"".join(message.get("body", b"") for message in messages[1:])
        )

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
