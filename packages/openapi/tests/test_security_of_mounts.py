"""Whose security schemes an operation is described with: those of the backends of authentication next to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import pytest

from armillary.asgi_types import Middleware
from armillary.openapi import OpenAPI
from armillary.openapi.document import AsyncAPI
from armillary.routing import Host, Mount, Route, Router, WebSocketRoute
from armillary.websockets import WebSocket

BEARER = {"type": "http", "scheme": "bearer"}
KEY = {"type": "apiKey", "in": "header", "name": "X-Key"}


class Backend:
    def __init__(self, name: str = "bearer", scheme: dict[str, Any] = BEARER) -> None:
        self.security_schemes = {name: scheme}


class Authentication:
    """Middleware that is given a backend."""

    keeps_record: ClassVar[bool] = True

    def __init__(self, app: Any, backend: Any) -> None:
        self.app = app
        self.backends: Sequence[Any] = backend if isinstance(backend, list) else [backend]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


class Application(Router):
    """A router with middleware of an application's kind."""

    def __init__(self, routes: Any, *backends: Any) -> None:
        super().__init__(routes)
        self.user_middleware = [Middleware(Authentication, backend) for backend in backends]


def allowed() -> None: ...


allowed.required_scopes = ("stars",)  # type: ignore[attr-defined]


async def show(number: int) -> int:
    return number


async def watch(websocket: WebSocket, number: int) -> None: ...


def guarded(**options: Any) -> Route:
    return Route("/show", show, dependencies=[allowed], **options)


KEYS = [Middleware(Authentication, Backend("key", KEY))]

BELOW = {
    "the middleware of a mounted application": Mount("/in", Application([guarded()], Backend("key", KEY))),
    "a list of backends": Mount("/in", Application([guarded()], [Backend("key", KEY)])),
    "the middleware of the mount": Mount("/in", routes=[guarded()], middleware=KEYS),
    "the middleware of a mounted router": Mount("/in", Router([guarded()], middleware=KEYS)),
    "the middleware of the route": Mount("/in", routes=[guarded(middleware=KEYS)]),
    "an application of a host": Host("a.example", Application([Mount("/in", routes=[guarded()])], Backend("key", KEY))),
    "an application in another": Mount(
        "", Application([Mount("/in", Application([guarded()], Backend("key", KEY)))], Backend("basic", KEY))
    ),
}


@pytest.mark.parametrize("below", BELOW.values(), ids=BELOW)
def test_an_operation_has_the_schemes_of_the_backend_next_to_it(below: Any) -> None:
    document = OpenAPI(Application([guarded(), below], Backend())).document()
    assert document["paths"]["/show"]["get"]["security"] == [{"bearer": ["stars"]}]
    assert document["paths"]["/in/show"]["get"]["security"] == [{"key": ["stars"]}]
    assert document["components"]["securitySchemes"] == {"bearer": BEARER, "key": KEY}


def test_a_mount_without_a_backend_has_that_of_the_application() -> None:
    document = OpenAPI(Application([Mount("/in", Application([guarded()]))], Backend())).document()
    assert document["paths"]["/in/show"]["get"]["security"] == [{"bearer": ["stars"]}]


def test_what_every_operation_requires_is_not_asked_by_another_backend() -> None:
    app = Application([guarded(), Mount("/in", Application([guarded()], Backend("key", KEY)))], Backend())
    paths = OpenAPI(app, security=["bearer"]).document()["paths"]
    assert paths["/show"]["get"]["security"] == [{"bearer": ["stars"]}]
    assert paths["/in/show"]["get"]["security"] == [{"key": ["stars"]}]


def test_another_scheme_of_the_same_name_gets_another_name_and_the_same_one_does_not() -> None:
    below = [Mount(f"/{name}", Application([guarded()], Backend("bearer", KEY))) for name in "ab"]
    same = Mount("/c", Application([guarded()], Backend()))
    document = OpenAPI(Application([guarded(), *below, same], Backend())).document()
    required = {path: item["get"]["security"] for path, item in document["paths"].items()}
    assert required == {
        "/show": [{"bearer": ["stars"]}],
        "/a/show": [{"bearer_2": ["stars"]}],
        "/b/show": [{"bearer_2": ["stars"]}],
        "/c/show": [{"bearer": ["stars"]}],
    }
    assert document["components"]["securitySchemes"] == {"bearer": BEARER, "bearer_2": KEY}


def test_of_schemes_that_were_given_those_of_the_backend_are_taken() -> None:
    app = Application([guarded(), Mount("/in", Application([guarded()], Backend("key", KEY)))], Backend())
    paths = OpenAPI(app, security_schemes={"bearer": BEARER, "key": KEY}).document()["paths"]
    assert paths["/in/show"]["get"]["security"] == [{"key": ["stars"]}]
    other = OpenAPI(app, security_schemes={"oauth": BEARER}).document()["paths"]
    assert other["/in/show"]["get"]["security"] == [{"oauth": ["stars"]}]


def test_websockets_have_the_schemes_of_the_backend_next_to_them() -> None:
    route = WebSocketRoute("/watch", watch, dependencies=[allowed])
    app = Application([route, Mount("/in", Application([route], Backend("key", KEY)))], Backend())
    document = AsyncAPI(app).document()
    assert document["operations"]["receive_watch"]["security"] == [{"$ref": "#/components/securitySchemes/bearer"}]
    assert document["operations"]["receive_in_watch"]["security"] == [{"$ref": "#/components/securitySchemes/key"}]
    assert document["components"]["securitySchemes"]["key"] == {**KEY, "type": "httpApiKey"}
