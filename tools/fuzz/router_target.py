"""Where a path leads: to the first route that matches it, asked one after the other."""

from __future__ import annotations

from typing import Any

from armillary.routing import BaseRoute, Host, Match, Mount, Route, Router

from .support import plant


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
    for route in ROUTER.routes:
        match, child = route.matches(scope)
        if match is Match.FULL:
            return route, child["path_params"]
        if match is Match.PARTIAL and partly is None:
            partly = route, child["path_params"]
    return partly


def router(data: bytes) -> None:
    """The first byte says the method and the host, the rest is the path."""
    way, path = (data[0] if data else 0), "/" + data[1:].decode("utf-8", "replace")
    headers = [(b"host", b"a.example.org" if way & 4 else b"example.com")]
    scope = {"type": "http", "method": ("GET", "POST", "HEAD", "PUT")[way & 3], "path": path, "headers": headers}
    expected = first_match(scope)
    app = ROUTER.select(scope)
    if expected is None:
        assert "route" not in scope
        assert app == ROUTER.default or type(app).__name__ == "Redirect"
    else:
        assert (scope["route"], scope["path_params"]) == expected
    plant(expected is not None and len(expected[1]) > 2)
