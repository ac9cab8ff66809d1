"""The layers of an application run in one frame, and are the objects of Starlette that programs patch all the same."""

import copy
import subprocess
import sys
from textwrap import dedent
from typing import Any

import pytest

from armillary.starlette.applications import Starlette
from armillary.starlette.middleware.errors import ServerErrorMiddleware
from armillary.starlette.middleware.exceptions import ExceptionMiddleware
from armillary.starlette.requests import Request
from armillary.starlette.responses import PlainTextResponse
from armillary.starlette.routing import Mount, Route, Router
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


@pytest.mark.parametrize("path", ["/", "/below/"])
def test_a_router_that_is_changed_after_the_first_request_is_called(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    app = Starlette(routes=[Route("/", page), Mount("/below", Router([Route("/", page)]))])
    client = TestClient(app)
    assert client.get(path).text == "page"
    below: Any = app.routes[1]
    router = app.router if path == "/" else below.app

    class Other(Router):
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await PlainTextResponse("other")(scope, receive, send)

    with monkeypatch.context() as patched:
        patched.setattr(router, "__class__", Other)
        assert client.get(path).text == "other"
    with monkeypatch.context() as patched:
        patched.setattr(router, "middleware_stack", PlainTextResponse("stack"))
        assert client.get(path).text == "stack"
    called = list[Any]()

    async def recorded(self: Any, *args: Any) -> None:
        called.append(self)
        await original(self, *args)

    original = Router.__call__
    monkeypatch.setattr(Router, "__call__", recorded)
    assert client.get(path).text == "page"
    assert router in called


def test_a_copy_of_a_mount_that_has_served_leads_to_its_own_routes() -> None:
    router = Router([Mount("/below", Router([Route("/", page)]))])
    assert TestClient(router).get("/below/").text == "page"
    copied = copy.deepcopy(router)
    below: Any = copied.routes[0]
    below.app.routes.clear()
    assert TestClient(copied).get("/below/").status_code == 404
    assert TestClient(router).get("/below/").text == "page"


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


class Interrupted:
    """A response that fails in the middle, and is none of this package's."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 418, "headers": []})
        raise OSError("no ink")


async def begun_by_hand(request: Request) -> PlainTextResponse:
    await request._send({"type": "http.response.start", "status": 418, "headers": []})
    raise OSError("no ink")


async def missing(request: Request, exc: Exception) -> Interrupted:
    return Interrupted()


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/failing", "/missing", "/begun"])
@pytest.mark.parametrize("debug", [False, True])
async def test_nothing_is_sent_after_a_response_that_failed_in_the_middle(path: str, debug: bool) -> None:
    sent = list[Any]()

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    routes = [Route("/failing", failing), Route("/begun", begun_by_hand)]
    app = Starlette(debug, routes, exception_handlers={LookupError: missing, 404: missing})
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}
    with pytest.raises(OSError, match="no ink"):
        await app(scope, receive, send)
    assert [message["status"] for message in sent] == [418]


def test_an_endpoint_that_has_begun_the_response_by_hand_gets_no_other() -> None:
    async def handler(request: Request, exc: Exception) -> PlainTextResponse:
        return PlainTextResponse("sorry")

    app = Starlette(routes=[Route("/", begun_by_hand)], exception_handlers={OSError: handler})
    with pytest.raises(RuntimeError, match="response already started"):
        TestClient(app).get("/")


def test_a_layer_that_was_patched_before_the_application_is_imported_is_called() -> None:
    program = """
        from armillary.starlette.middleware.exceptions import ExceptionMiddleware

        original = ExceptionMiddleware.__call__

        async def recorded(*args):
            print("called")
            await original(*args)

        ExceptionMiddleware.__call__ = recorded

        from armillary.starlette.applications import Starlette
        from armillary.starlette.testclient import TestClient

        TestClient(Starlette()).get("/")
    """
    done = subprocess.run([sys.executable, "-c", dedent(program)], capture_output=True, text=True, check=True)
    assert done.stdout == "called\n"


def test_handlers_are_not_found_outside_of_their_application() -> None:
    app = Starlette(routes=[Route("/", page)])
    scopes = list[Any]()

    async def outside(scope: Any, receive: Any, send: Any) -> None:
        scopes.append(scope)
        await app(scope, receive, send)

    TestClient(outside).get("/")
    assert not scopes[0]["armillary"]["exception_handlers"]
