"""An error names what a function returned, and not all of it: that may be a document, and what a client has sent."""

from __future__ import annotations

from typing import Any

import pytest
from testkit import http_scope

from armillary.applications import Armillary
from armillary.asgi_types import Middleware
from armillary.authentication import AuthenticationBackend, AuthenticationMiddleware
from armillary.http import Request, Response
from armillary.middleware import DispatchMiddleware

pytestmark = pytest.mark.anyio
LONG = "secret" * 10_000


def plain(request: Request) -> Any:
    return {"text": LONG, "form": object()}


def of_nothing(request: Request, number: int = 1) -> None:
    return LONG  # type: ignore[return-value]


def of_a_response(request: Request, number: int = 1) -> Response:
    return LONG  # type: ignore[return-value]


async def dispatch(request: Request, call_next: Any) -> Any:
    return [LONG]


class Backend(AuthenticationBackend):
    async def authenticate(self, connection: Any) -> Any:
        return LONG


def respond(request: Request) -> Response:
    raise LookupError


def handle(request: Request, exc: Exception) -> Any:
    return [LONG]


def returns_a_tuple(request: Request) -> Any:
    return ({LONG}, 201, {}, 1)


CASES: dict[str, tuple[Any, list[Middleware], dict[Any, Any]]] = {
    "plain": (plain, [], {}),
    "a tuple": (returns_a_tuple, [], {}),
    "declares nothing": (of_nothing, [], {}),
    "declares a response": (of_a_response, [], {}),
    "dispatch": (respond, [Middleware(DispatchMiddleware, dispatch=dispatch)], {}),
    "authenticate": (respond, [Middleware(AuthenticationMiddleware, backend=Backend())], {}),
    "exception handler": (respond, [], {LookupError: handle}),
}


@pytest.mark.parametrize("name", CASES)
async def test_what_a_function_returned_is_cut_in_the_error(name: str) -> None:
    endpoint, middleware, handlers = CASES[name]
    app = Armillary(middleware=middleware, exception_handlers=handlers)
    app.get("/")(endpoint)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None: ...

    with pytest.raises(TypeError, match="returned") as raised:
        await app(http_scope("/"), receive, send)
    assert len(str(raised.value)) < 700
