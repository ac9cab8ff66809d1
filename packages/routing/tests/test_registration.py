"""Functions as endpoints, registered by method and in groups."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from armillary.asgi_types import Middleware
from armillary.http import PlainTextResponse, Request
from armillary.routing import Mount, Route, Router, WebSocketRoute


class Labelled:
    """A middleware that adds its label to the scope."""

    def __init__(self, app: Any, label: str) -> None:
        self.app = app
        self.label = label

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        scope["labels"] = [*scope.get("labels", []), self.label]
        await self.app(scope, receive, send)


async def endpoint(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{request.method} {request.path_params} {request.scope.get('labels', [])}")


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "options", "query"])
def test_each_method_has_a_decorator_that_gives_the_function_back(driver: Any, method: str) -> None:
    router = Router()
    assert getattr(router, method)("/x", name="x")(endpoint) is endpoint
    assert driver.get(router, "/x", method.upper()).body.startswith(method.upper().encode())
    assert driver.get(router, "/x", "TRACE").status == 405
    assert router.url_path_for("x") == "/x"


def test_route_takes_any_methods(driver: Any) -> None:
    router = Router()
    router.route("/x", ["PUT", "POST"])(endpoint)
    assert driver.get(router, "/x", "PUT").status == driver.get(router, "/x", "POST").status == 200


def test_groups_share_prefix_name_and_middleware(driver: Any) -> None:
    router = Router()
    api = router.group("/api", name="api", middleware=[Middleware(Labelled, "api")])
    users = api.group("/users", name="users", middleware=[Middleware(Labelled, "users")])
    users.get("/{id:int}", name="show", middleware=[Middleware(Labelled, "own")])(endpoint)
    users.get("")(endpoint)
    users.websocket("/ws", name="ws")(driver.endpoint())
    assert driver.get(router, "/api/users/7").body == b"GET {'id': 7} ['api', 'users', 'own']"
    assert driver.get(router, "/api/users").body == b"GET {} ['api', 'users']"
    assert router.url_path_for("api:users:show", id=7) == "/api/users/7"
    assert router.url_path_for("api:users:endpoint") == "/api/users"
    assert router.url_path_for("api:users:ws") == "/api/users/ws"
    assert all(isinstance(route, (Route, WebSocketRoute)) for route in router.routes)


def test_a_bad_prefix_or_path_in_a_group_is_rejected() -> None:
    for prefix in ("api", "/api/", ""):
        with pytest.raises(ValueError, match="prefix must start"):
            Router().group(prefix)
    with pytest.raises(ValueError, match="path must start"):
        Router().group("/api").get("users")(endpoint)


def test_router_middleware_is_around_everything(driver: Any) -> None:
    router = Router([Route("/x", endpoint)], middleware=[Middleware(Labelled, "a"), Middleware(Labelled, "b")])
    assert driver.get(router, "/x").body.endswith(b"['a', 'b']")


@pytest.mark.anyio
async def test_sync_functions_run_in_threads(driver: Any) -> None:
    import threading

    def work(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(threading.current_thread() is threading.main_thread()))

    response = await driver.call(Router([Route("/x", work)]), driver.http_scope("/x"))
    assert response.body == b"False"


@pytest.mark.anyio
async def test_websocket_functions_get_a_websocket(driver: Any) -> None:
    async def reject(websocket: Any) -> None:
        await websocket.close(4001)

    router = Router([WebSocketRoute("/ws", reject)])
    response = await driver.call(router, driver.websocket_scope("/ws"))
    assert response[0]["code"] == 4001


@pytest.mark.parametrize(
    ("package", "route"), [("armillary.http", Route), ("armillary.websockets", WebSocketRoute)], ids=["http", "ws"]
)
def test_a_function_without_its_package_is_rejected_with_the_command(
    monkeypatch: pytest.MonkeyPatch, package: str, route: Any
) -> None:
    monkeypatch.setitem(sys.modules, package, None)

    async def listen(connection: Any) -> Any: ...

    with pytest.raises(TypeError, match=r"endpoint .*listen .*pip install armillary-routing\[functions\]"):
        route("/x", listen)


def test_a_function_can_be_called_another_way_by_a_subclass() -> None:
    class Own(Route):
        def function_app(self, endpoint: Any) -> Any:
            return ("wrapped", endpoint)

    assert Own("/x", endpoint).app == ("wrapped", endpoint)


def test_routes_know_their_names_and_compare_by_what_they_route() -> None:
    assert Route("/x", endpoint).name == "endpoint"
    assert Route("/x", endpoint) == Route("/x", endpoint)
    assert Route("/x", endpoint) != Route("/x", endpoint, methods=["POST"])
    assert repr(Route("/x", endpoint)) == "Route(path='/x', name='endpoint', methods=['GET', 'HEAD'])"
    with pytest.raises(TypeError):
        hash(Route("/x", endpoint))


class Unmatching:
    """Has no `matches`, so it is no route."""


@pytest.mark.parametrize("wrong", [1, "/x", Route, Unmatching(), None, endpoint])
def test_what_is_no_route_is_rejected_wherever_it_is_put_into_the_routes(wrong: Any) -> None:
    route = Route("/x", endpoint)
    router = Router([route])
    changes: list[Any] = [
        lambda: Router([wrong]),
        lambda: Router([route, wrong]),
        lambda: router.routes.append(wrong),
        lambda: router.routes.extend([wrong]),
        lambda: router.routes.insert(0, wrong),
        lambda: router.routes.__setitem__(0, wrong),
        lambda: router.routes.__setitem__(slice(None), [wrong]),
        lambda: router.routes.__iadd__([wrong]),
        lambda: setattr(router, "routes", [wrong]),
    ]
    for change in changes:
        with pytest.raises(TypeError, match=r"routes takes routes, got .*; write Route\("):
            change()
    assert router.routes == [route]


def test_a_route_that_is_not_in_a_list_is_rejected() -> None:
    for make in (Router, lambda routes: Mount("/m", routes=routes)):
        with pytest.raises(TypeError, match=r"routes takes a list of routes, got Route\(.*; write \[Route\("):
            make(Route("/x", endpoint))  # type: ignore[arg-type, operator]


def test_the_error_of_an_empty_path_names_a_group_in_which_it_may_be_empty() -> None:
    async def show(request: Any) -> Any: ...

    router = Router()
    with pytest.raises(ValueError, match=r"got ''; write '/', or a path of a group, as in router\.group\('/stars'\)"):
        router.get("")(show)
    with pytest.raises(ValueError, match=r"got 'stars'; write '/stars'$"):
        router.get("stars")(show)
    router.group("/stars").get("")(show)
    assert [route.path for route in router.routes] == ["/stars"]


class Folder:
    """Serves what is below its path."""

    serves_below = True

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse(scope["path"])(scope, receive, send)


def test_a_route_of_a_path_whose_application_serves_what_is_below_names_mount(driver: Any) -> None:
    with pytest.raises(TypeError, match=r"write Mount\('/static', Folder\(\.\.\.\)\)"):
        Route("/static", Folder())
    for path in ("/robots.txt", "/all/{path:path}", "/"):  # one file; all of them; the page of a folder
        served = path.replace("{path:path}", "a/b.css")
        assert driver.get(Router([Route(path, Folder())]), served).body == served.encode()
