"""Our router below the router of another framework."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

from armillary.datastructures import HTTPConnection
from armillary.routing import Mount, NoMatchFound, Route, Router


class ForeignRouter:
    """What another framework leaves in the scope: a router that knows its own names alone."""

    def url_path_for(self, name: str, /, **path_params: Any) -> Any:
        raise LookupError(name)


class Link:
    """An endpoint that keeps the scope and the URL of a route."""

    def __init__(self) -> None:
        self.scope: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope = scope
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    def url_for(self, name: str, **params: Any) -> str:
        return str(HTTPConnection(self.scope).url_for(name, **params))


def foreign_scope(driver: Any, path: str, router: Any) -> dict[str, Any]:
    keys = {"router": router, "root_path": "/outer/ours", "app_root_path": "/outer", "path_params": {"tenant": "a"}}
    return driver.http_scope("/outer/ours" + path, **keys)


def test_names_are_those_of_our_own_routes(driver: Any) -> None:
    link = Link()
    app = Router([Mount("/api", name="api", routes=[Route("/users/{id:int}", link, name="user")])])
    driver.run(driver.call(app, foreign_scope(driver, "/api/users/7", ForeignRouter())))
    assert link.url_for("api:user", id=8) == "http://testserver/outer/ours/api/users/8"
    assert str(HTTPConnection(link.scope).base_url) == "http://testserver/outer/ours/"
    assert link.scope["path_params"] == {"tenant": "a", "id": 7}


def test_the_other_frameworks_scope_keeps_its_router(driver: Any) -> None:
    link, theirs = Link(), ForeignRouter()
    route = Route("/users/{id:int}", link)
    scope = foreign_scope(driver, "/users/7", theirs)
    driver.run(driver.call(Router([route]), scope))
    assert (scope["router"], scope["app_root_path"], scope["root_path"]) == (theirs, "/outer", "/outer/ours")
    assert (scope["route"], scope["endpoint"], scope["path_params"]) == (route, link, {"tenant": "a", "id": 7})


def test_a_slash_redirect_stays_below_the_other_frameworks_mount(driver: Any) -> None:
    app = Router([Route("/users", Link())])
    response = driver.run(driver.call(app, foreign_scope(driver, "/users/", ForeignRouter())))
    assert (response.status, response.headers["location"]) == (307, "/outer/ours/users")


def test_the_outermost_of_our_own_routers_is_still_the_one_that_is_asked(driver: Any) -> None:
    link = Link()
    outer = Router([Mount("/inner", name="inner", app=Router([Route("/users", link, name="users")]))])
    driver.get(outer, "/inner/users")
    assert link.scope["router"] is outer
    assert link.url_for("inner:users") == "http://testserver/inner/users"


class TheirRoute:
    """A route of another framework, which raises its own exception for a name that it does not have."""

    def __init__(self, name: str) -> None:
        self.name = name

    def url_path_for(self, name: str, /, **path_params: Any) -> Any:
        if name != self.name or path_params:
            raise type("NoMatchFound", (Exception,), {})(name)
        return f"/{name}"


class TheirApp:
    def __init__(self, *names: str) -> None:
        self.routes = [TheirRoute(name) for name in names]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


def test_names_of_another_frameworks_routes_are_found_below_our_mount() -> None:
    router = Router([Mount("/theirs", name="theirs", app=TheirApp("first", "second"))])
    assert router.url_path_for("theirs:second") == "/theirs/second"
    with pytest.raises(NoMatchFound, match="third"):
        router.url_path_for("theirs:third")


def test_starlette_goes_on_to_its_next_route_if_ours_does_not_have_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = ModuleType("starlette.routing")
    monkeypatch.setitem(sys.modules, "starlette.routing", theirs)

    class TheirNoMatchFound(Exception):
        def __init__(self, name: str, path_params: dict[str, Any]) -> None:
            super().__init__("theirs")

    for loaded in (TheirNoMatchFound, NoMatchFound):
        theirs.NoMatchFound = loaded  # type: ignore[attr-defined]
        with pytest.raises(loaded, match='name "home" and params "id"') as caught:
            Router([Route("/", Link(), name="other")]).url_path_for("home", id=1)
        assert isinstance(caught.value, NoMatchFound)
        assert (caught.value.name, caught.value.path_params) == ("home", {"id": 1})
