"""Guards on an application, a router and a route."""

from __future__ import annotations

from typing import Annotated, Any

import pytest

from armillary.authentication import BearerBackend
from armillary.openapi import OpenAPI
from armillary.testing import TestClient, WebSocketRejected
from armillary.web import (
    Armillary,
    AuthCredentials,
    AuthenticationMiddleware,
    HTTPException,
    Middleware,
    Mount,
    Path,
    Policy,
    Request,
    Requires,
    Route,
    Router,
    SimpleUser,
    StaticFiles,
    WebSocket,
)

OWNED = {1: "ada"}


async def known(token: str) -> tuple[AuthCredentials, SimpleUser] | None:
    name, _, scopes = token.partition("+")
    return AuthCredentials(["authenticated", *scopes.split("+")]), SimpleUser(name)


def bearing(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


MIDDLEWARE = [Middleware(AuthenticationMiddleware, BearerBackend(known))]
SCHEMES = {"bearer": {"type": "http", "scheme": "bearer"}}


async def is_owner(number: int, user: SimpleUser) -> bool:
    return OWNED.get(number) == user.identity


def test_a_route_requires_scopes_and_a_policy_permits() -> None:
    app = Armillary(middleware=MIDDLEWARE, openapi=OpenAPI(security_schemes=SCHEMES))

    @app.delete("/stars/{number:int}", dependencies=[Requires("stars:write"), Policy(is_owner)])
    async def remove(number: int) -> None: ...

    with TestClient(app) as client:
        assert client.delete("/stars/1").status_code == 401
        assert client.delete("/stars/1", headers=bearing("ada")).status_code == 403
        assert client.delete("/stars/2", headers=bearing("ada+stars:write")).status_code == 403
        assert client.delete("/stars/1", headers=bearing("ada+stars:write")).status_code == 204
        operation = client.get("/openapi.json").json()["paths"]["/stars/{number}"]["delete"]
    assert operation["security"] == [{"bearer": ["stars:write"]}]
    assert {"204", "401", "403"} <= operation["responses"].keys()


def test_a_router_requires_a_scope_for_all_that_it_serves(tmp_path: Any) -> None:
    (tmp_path / "a.txt").write_text("a")
    admin = Router(dependencies=[Requires("admin")])

    @admin.get("/")
    async def index() -> str:
        return "index"

    admin.mount("/files", StaticFiles(directory=tmp_path))
    app = Armillary(routes=[Mount("/admin", admin)], middleware=MIDDLEWARE)
    with TestClient(app) as client:
        for path in ("/admin/", "/admin/files/a.txt", "/admin/nothing"):
            assert client.get(path).status_code == 401, path
        assert client.get("/admin/files/a.txt", headers=bearing("eve+admin")).text == "a"
        assert client.get("/admin/nothing", headers=bearing("eve+admin")).status_code == 404


def test_included_routes_and_mounts_keep_the_dependencies_of_their_router(tmp_path: Any) -> None:
    (tmp_path / "a.txt").write_text("a")
    router = Router(dependencies=[Requires("admin")])
    router.mount("/files", StaticFiles(directory=tmp_path))

    @router.get("/")
    async def index(request: Request) -> str:
        return "index"

    app = Armillary(middleware=MIDDLEWARE)
    app.include(router, "/admin")
    with TestClient(app) as client:
        for path in ("/admin/", "/admin/files/a.txt"):
            assert client.get(path).status_code == 401, path
            assert client.get(path, headers=bearing("eve+admin")).status_code == 200, path


def test_an_application_requires_a_scope_of_websockets_and_pages_too() -> None:
    app = Armillary(middleware=MIDDLEWARE, dependencies=[Requires("authenticated")], openapi=OpenAPI())

    @app.websocket("/echo")
    async def echo(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("hello")

    with TestClient(app) as client:
        assert client.get("/openapi.json").status_code == 401
        assert client.get("/openapi.json", headers=bearing("ada")).status_code == 200
        with client.websocket_connect("/echo", headers=bearing("ada")) as websocket:
            assert websocket.receive_text() == "hello"
        with pytest.raises(WebSocketRejected, match="401"), client.websocket_connect("/echo"):
            pass


def test_a_page_sends_visitors_to_log_in() -> None:
    app = Armillary(middleware=MIDDLEWARE)

    @app.get("/login", name="login")
    async def login() -> str:
        return "log in"

    @app.get("/orders", dependencies=[Requires("authenticated", redirect="login")])
    async def orders() -> str:
        return "orders"

    with TestClient(app, follow_redirects=False) as client:
        response = client.get("/orders")
    assert response.status_code == 303
    assert response.headers["location"] == "http://testserver/login?next=http%3A%2F%2Ftestserver%2Forders"


def test_an_application_as_an_endpoint_is_guarded() -> None:
    class Ping:
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body"})

    app = Armillary(routes=[Route("/ping", Ping(), dependencies=[Requires("admin")])], middleware=MIDDLEWARE)
    with TestClient(app) as client:
        assert client.get("/ping").status_code == 401
        assert client.get("/ping", headers=bearing("eve+admin")).status_code == 204


def test_a_dependency_of_the_application_cannot_take_a_path_parameter() -> None:
    async def check(number: Annotated[int, Path()]) -> None:
        raise HTTPException(403)

    with pytest.raises(TypeError, match="is from the path, which has no 'number'"):
        Armillary(dependencies=[check])


def test_requires_takes_scopes() -> None:
    with pytest.raises(TypeError, match=r"Requires\('stars:write'\), got \(\)"):
        Requires()
