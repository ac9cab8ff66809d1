"""Where a path leads: to the first route that matches it, asked one after the other."""

from __future__ import annotations

from typing import Any

from armillary.routing import BaseRoute, Host, Match, Mount, Route, Router


class Endpoint:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


ROUTER = Router(
    [
        Route("/", Endpoint()),
        Route("/a", Endpoint(), methods=["GET"]),
        Route("/a", Endpoint(), methods=["POST"]),
        Route("/a/{x:int}", Endpoint()),
        Route("/a/{x:float}", Endpoint()),
        Route("/a/{x:uuid}", Endpoint()),
        Route("/a/{x}", Endpoint()),
        Route("/a/{x}/b", Endpoint()),
        Route("/a{x}-{y}", Endpoint()),
        Route("/b{x}{y:int}c", Endpoint()),
        Host("{tenant}.example.org", Endpoint()),
        Mount("/m", Endpoint()),
        Mount("/m{x}", Endpoint()),
        Route("/f/{x:path}/end", Endpoint()),
        Route("/f/{x:path}", Endpoint()),
        Route("/{x}/{y}/{z}", Endpoint()),
    ]
)


def first_match(scope: dict[str, Any]) -> tuple[BaseRoute, Any] | None:
    """Return the first route that matches whole, else the first that matches in part, with the path parameters."""
    partly = None
    route: Any
    for route in ROUTER.routes:
        if isinstance(route, Host):
            match, child = route.matches(scope)
            params = child.get("path_params") if match is Match.FULL else None
        else:
            params = params_by_regex(route, scope["path"])
        if params is None:
            continue
        if getattr(route, "methods", None) is None or scope["method"] in route.methods:
            return route, params
        partly = partly or (route, params)
    return partly


def params_by_regex(route: Any, path: str) -> dict[str, Any] | None:
    """Return the parameters by the route's regular expression alone; None if it does not match."""
    found = route.path_regex.match(path)
    if found is None:
        return None
    try:
        params = {name: route.param_convertors[name].convert(text) for name, text in found.groupdict().items()}
    except ValueError:
        return None
    if isinstance(route, Mount):
        del params["path"]
    return params


def fuzz_router(data: bytes) -> None:
    """The first byte says the method and the host, the rest is the path."""
    way, path = (data[0] if data else 0), "/" + data[1:].decode("utf-8", "replace")
    headers = [(b"host", b"a.example.org" if way & 4 else b"example.com")]
    scope: dict[str, Any] = {
        "type": "http",
        "method": ("GET", "POST", "HEAD", "PUT")[way & 3],
        "path": path,
        "headers": headers,
    }
    expected = first_match(scope)
    app = ROUTER.select(scope)
    if expected is None:
        assert "route" not in scope
        assert app == ROUTER.default or type(app).__name__ == "Redirect"
    else:
        assert scope["route"] is expected[0]
        assert scope["path_params"] == expected[1]
