"""Routing as Starlette's programs know it: what the native parts reject, and what they take through the list alone."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

import pytest

from armillary.starlette.applications import Starlette
from armillary.starlette.requests import Request
from armillary.starlette.responses import JSONResponse, Response
from armillary.starlette.routing import BaseRoute, Host, Match, Mount, Route, Router, WebSocketRoute, compile_path
from armillary.starlette.testclient import TestClient


async def params(request: Request[Any]) -> Response:
    return JSONResponse(dict(request.path_params))


async def other(request: Request[Any]) -> Response:
    return JSONResponse("other")


async def nothing(websocket: Any) -> None: ...


@pytest.mark.parametrize("path", ["/u/<int:id>", "/u/:id", "/{1d}", "/a}", "/{a"])
def test_what_looks_like_a_parameter_and_is_none_is_text(path: str) -> None:
    for route in (Route(path, params), Mount(path, routes=[Route("/", params)])):
        client = TestClient(Starlette(routes=[route]))
        encoded = "".join(f"%{ord(character):02X}" if character in "<>{}" else character for character in path)
        assert client.get(encoded).json() == {}
    assert WebSocketRoute(path, nothing).path_regex.match(path)


def test_a_route_of_no_methods_takes_all() -> None:
    client = TestClient(Starlette(routes=[Route("/", params, methods=[])]))
    assert client.get("/").status_code == client.post("/").status_code == 200


def test_a_list_of_routes_takes_anything_until_it_is_asked() -> None:
    router = Router(routes=[1])  # type: ignore[list-item]
    router.routes.append("x")  # type: ignore[arg-type]
    assert [*router.routes] == [1, "x"]


def test_a_parameter_of_a_host_is_several_labels() -> None:
    host = Host("{tenant}.example.org", Router([Route("/", params)]), name="tenant")
    client = TestClient(Starlette(routes=[host]), base_url="http://a.b.example.org")
    assert client.get("/").json() == {"tenant": "a.b"}
    assert host.url_path_for("tenant", tenant="a.b", path="/").host == "a.b.example.org"


def test_the_url_of_a_host_has_no_port_of_the_request() -> None:
    async def link(request: Request[Any]) -> Response:
        return JSONResponse(str(request.url_for("tenant:home", tenant="b")))

    host = Host("{tenant}.example.org", Router([Route("/", link, name="home")]), name="tenant")
    client = TestClient(Starlette(routes=[host]), base_url="http://a.example.org:8080")
    assert client.get("/").json() == "http://b.example.org/"


@pytest.mark.parametrize("value", [".", ".."])
def test_dots_are_values_like_others(value: str) -> None:
    routes = [Route("/u/{name}", params, name="u"), Mount("/f", params, name="f")]
    host = Host("{t}.example.org", params, name="h")
    router = Router([*routes, host])
    assert router.url_path_for("u", name=value) == f"/u/{value}"
    assert router.url_path_for("f", path=f"/{value}/x") == f"/f/{value}/x"
    assert router.url_path_for("h", t="a", path=f"/{value}/a b") == f"/{value}/a b"


def test_names_and_schemas_may_be_positional() -> None:
    app = Starlette()
    app.add_route("/a", params, ["GET"], "a", False)
    app.add_route(path="/b", route=params, methods=["POST"], name="b")
    app.router.add_route("/c", params, ["GET"], "c", False)
    app.router.add_websocket_route("/ws", nothing, "ws")
    assert [str(app.url_path_for(name)) for name in ("a", "b", "c", "ws")] == ["/a", "/b", "/c", "/ws"]
    assert [getattr(route, "include_in_schema", None) for route in app.routes] == [False, True, False, None]


def test_changes_of_handlers_and_middleware_after_the_first_request_are_without_effect() -> None:
    app = Starlette(routes=[Route("/", params)])
    client = TestClient(app)
    assert client.get("/").status_code == 200
    app.user_middleware.append(None)  # type: ignore[arg-type]
    app.exception_handlers[404] = None  # type: ignore[assignment]
    app.user_middleware = []
    app.exception_handlers = {}
    assert client.get("/").status_code == 200
    assert (type(app.user_middleware), type(app.exception_handlers)) == (list, dict)


def rewrite(route: Any, path: str) -> None:
    route.path_regex, route.path_format, route.param_convertors = compile_path(path)


EDITS: dict[str, tuple[str, Callable[[Any], None]]] = {
    "path": ("/b", lambda route: rewrite(route, "/b")),
    "a parameter": ("/b/7", lambda route: rewrite(route, "/b/{x:int}")),
    "a regex": ("/bb", lambda route: setattr(route, "path_regex", re.compile("^/b+$"))),
    "matches": (
        "/b",
        lambda route: setattr(route, "matches", lambda scope: (Match.FULL, {"endpoint": params, "path_params": {}})),
    ),
}


@pytest.mark.parametrize(("path", "edit"), EDITS.values(), ids=EDITS)
def test_an_edited_route_counts_at_once(path: str, edit: Callable[[Any], None]) -> None:
    route = Route("/a", params)
    client = TestClient(Starlette(routes=[route]))
    assert client.get(path).status_code == 404
    edit(route)
    assert client.get(path).status_code == 200


def test_an_attribute_taken_off_a_route_counts_at_once() -> None:
    route = Route("/a", params)
    client = TestClient(Starlette(routes=[route]))
    route.matches = lambda scope: (Match.NONE, {})  # type: ignore[method-assign]
    assert client.get("/a").status_code == 404
    del route.matches
    assert client.get("/a").status_code == 200


def test_convertors_and_names_and_hosts_that_are_edited_count_at_once() -> None:
    route = Route("/a/{x}", params, name="old")
    host = Host("one.test", Router([Route("/{rest:path}", other)]))
    app = Starlette(routes=[host, route])
    client = TestClient(app)
    assert client.get("/a/7").json() == {"x": "7"}
    assert app.url_path_for("old", x="7") == "/a/7"
    route.param_convertors = {"x": compile_path("/{x:int}")[2]["x"]}
    route.name = "new"
    assert client.get("/a/7").json() == {"x": 7}
    assert app.url_path_for("new", x=7) == "/a/7"
    host.host_regex = re.compile("^testserver$")
    assert client.get("/a/7").json() == "other"


def test_editing_a_copy_that_no_router_has_drops_no_index() -> None:
    mount = Mount("/m", params)
    router = Router([mount])
    table: Any = router.routes
    compiled = table.compile()
    again = copy.copy(mount)
    rewrite(again, "/b/{path:path}")
    Route("/unrelated", params).name = "renamed"
    assert table.compiled is compiled
    mount.path_regex = again.path_regex
    assert table.compiled is None


@pytest.mark.parametrize(
    ("root_path", "path", "status"), [("", "/m/a", 200), ("/r", "/r/m/a", 200), ("/r", "/m/a", 404)]
)
def test_below_a_mount_a_path_without_the_servers_prefix_is_not_found(root_path: str, path: str, status: int) -> None:
    app = Starlette(routes=[Mount("/m", routes=[Route("/a", params)])])
    assert TestClient(app, root_path=root_path).get(path).status_code == status


@pytest.mark.anyio
async def test_the_scope_names_a_route_that_only_a_custom_class_matched() -> None:
    class Anything(BaseRoute):
        def matches(self, scope: Any) -> tuple[Match, dict[str, Any]]:
            return Match.FULL, {"endpoint": None}

        async def handle(self, scope: Any, receive: Any, send: Any) -> None:
            found.append(scope["route"])

    async def unused(*arguments: Any) -> None: ...

    found: list[Any] = []
    route, scope = Anything(), {"type": "http", "method": "GET", "path": "/", "headers": []}
    await Router([route])(scope, unused, unused)
    assert found == [route]
    assert scope["route"] is route
