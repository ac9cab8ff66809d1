"""The layers of an application run in one frame, and are the objects of Starlette that programs patch all the same."""

from typing import Any

import pytest

from armillary.starlette.applications import Starlette
from armillary.starlette.middleware.errors import ServerErrorMiddleware
from armillary.starlette.middleware.exceptions import ExceptionMiddleware
from armillary.starlette.requests import Request
from armillary.starlette.responses import PlainTextResponse
from armillary.starlette.routing import Route, Router
from armillary.starlette.testclient import TestClient


async def page(request: Request) -> PlainTextResponse:
    return PlainTextResponse("page")


async def failing(request: Request) -> PlainTextResponse:
    raise LookupError("no star")


def served_app(**options: Any) -> tuple[Starlette, TestClient]:
    """Return an application that has served a request already, and its client."""
    app = Starlette(routes=[Route("/", page), Route("/failing", failing)], **options)
    client = TestClient(app, raise_server_exceptions=False)
    assert client.get("/").text == "page"
    return app, client


def test_the_chain_of_layers_is_that_of_starlette() -> None:
    app, _ = served_app()
    guard: Any = app.middleware_stack
    assert type(guard) is ServerErrorMiddleware
    assert type(guard.app) is ExceptionMiddleware
    assert guard.app.app is app.router


@pytest.mark.parametrize("cls", [ServerErrorMiddleware, ExceptionMiddleware, Router])
def test_what_is_patched_on_a_layer_after_the_first_request_is_called(
    monkeypatch: pytest.MonkeyPatch, cls: Any
) -> None:
    _, client = served_app()
    called = list[str]()
    original = cls.__call__

    async def recorded(self: Any, scope: Any, receive: Any, send: Any) -> None:
        called.append(type(self).__name__)
        await original(self, scope, receive, send)

    monkeypatch.setattr(cls, "__call__", recorded)
    assert client.get("/").text == "page"
    assert called == [cls.__name__]


def test_a_layer_that_is_exchanged_after_the_first_request_is_called() -> None:
    app, client = served_app()
    guard: Any = app.middleware_stack

    async def other(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse("other")(scope, receive, send)

    inner, guard.app.app = guard.app.app, other
    assert client.get("/").text == "other"
    guard.app.app = inner
    app.router.middleware_stack = other
    assert client.get("/").text == "other"


def test_a_handler_that_raises_is_a_500_and_raised_on() -> None:
    async def handler(request: Request, exc: Exception) -> PlainTextResponse:
        raise OSError("no pen")

    seen = list[Exception]()

    async def last(request: Request, exc: Exception) -> PlainTextResponse:
        seen.append(exc)
        return PlainTextResponse("sorry", status_code=500)

    app, client = served_app(exception_handlers={LookupError: handler, 500: last})
    response = client.get("/failing")
    assert (response.status_code, response.text) == (500, "sorry")
    assert [type(exc) for exc in seen] == [OSError]
    with pytest.raises(OSError, match="no pen"):
        TestClient(app).get("/failing")


def test_handlers_are_not_found_outside_of_their_application() -> None:
    app = Starlette(routes=[Route("/", page)])
    scopes = list[Any]()

    async def outside(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)
        await app(scope, receive, send)

    TestClient(outside).get("/")
    assert not scopes[0]["armillary"]["exception_handlers"]
