"""The first, the last and none of 1,000 routes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from frame import BARE, Application, BenchmarkRequest, Contest, bare_application

ROUTES = 1000


def armillary_application() -> Application:
    """Return the toolkit's."""
    from armillary.applications import Armillary
    from armillary.http import PlainTextResponse, Request, Response
    from armillary.routing import Route

    async def endpoint(request: Request) -> Response:
        return PlainTextResponse("found")

    return Armillary(routes=[Route(f"/items{at}/{{key}}/detail", endpoint) for at in range(ROUTES)])


def _starlette() -> Application:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse, Response
    from starlette.routing import Route

    async def endpoint(request: Request) -> Response:
        return PlainTextResponse("found")

    return Starlette(routes=[Route(f"/items{at}/{{key}}/detail", endpoint) for at in range(ROUTES)])


def _falcon() -> Application:
    import falcon.asgi

    class Item:
        async def on_get(self, req: falcon.asgi.Request, resp: falcon.asgi.Response, key: str) -> None:
            resp.content_type = falcon.MEDIA_TEXT
            resp.text = "found"

    application = falcon.asgi.App()
    item = Item()
    for at in range(ROUTES):
        application.add_route(f"/items{at}/{{key}}/detail", item)
    return application


def _blacksheep() -> Application:
    from blacksheep import Application as BlackSheep, text
    from blacksheep.server.routing import Router

    application = BlackSheep(router=Router())
    for at in range(ROUTES):

        async def endpoint(key: str) -> Any:
            return text("found")

        application.router.get(f"/items{at}/{{key}}/detail")(endpoint)
    return application


def contests() -> Iterator[tuple[str, Contest]]:
    """Yield the three contests."""
    blacksheep = _blacksheep()
    peers = {
        "armillary": armillary_application(),
        "starlette": _starlette(),
        "falcon": _falcon(),
        "blacksheep": blacksheep,
    }
    found = bare_application(b"found", b"text/plain; charset=utf-8")
    missed = bare_application(b"Not Found", b"text/plain; charset=utf-8", 404)
    start = {"blacksheep": blacksheep.start}
    for name, at in (("first of 1,000", 0), ("last of 1,000", ROUTES - 1)):
        request = BenchmarkRequest(f"/items{at}/vega/detail", expected=b"found")
        yield name, Contest(request, {BARE: found, **peers}, start)
    yield "miss of 1,000", Contest(BenchmarkRequest("/nowhere/at/all", status=404), {BARE: missed, **peers}, start)
