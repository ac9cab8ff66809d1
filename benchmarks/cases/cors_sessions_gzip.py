"""Three middlewares that most programs have, around plain text; CORS on a request that it does not concern; sessions.

Each contestant signs its session cookie in its own way, so each is sent the cookie that it set, under its own name.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

from frame import BARE, Application, BenchmarkRequest, Contest, Message, bare_application, receiver

ORIGIN = "https://example.com"
KEY = "a-secret-key-of-at-least-32-characters"
BROWSER = (
    (b"accept-encoding", b"gzip, deflate, br"),
    (b"origin", ORIGIN.encode()),
)


def armillary_application() -> Application:
    """Return the toolkit's."""
    from armillary.applications import Armillary
    from armillary.asgi_types import Middleware
    from armillary.compression import GZipMiddleware
    from armillary.cors import CORSMiddleware
    from armillary.http import PlainTextResponse, Request, Response
    from armillary.routing import Route
    from armillary.sessions import SessionMiddleware

    async def plaintext(request: Request) -> Response:
        return PlainTextResponse("Hello, world!")

    middleware = [
        Middleware(CORSMiddleware, allow_origins=[ORIGIN]),
        Middleware(SessionMiddleware, secret_key=KEY),
        Middleware(GZipMiddleware),
    ]
    return Armillary(routes=[Route("/", plaintext)], middleware=middleware)


def _starlette(stacked: bool = True) -> Application:
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.middleware.cors import CORSMiddleware
    from starlette.middleware.gzip import GZipMiddleware
    from starlette.middleware.sessions import SessionMiddleware
    from starlette.requests import Request
    from starlette.responses import PlainTextResponse, Response
    from starlette.routing import Route

    async def plaintext(request: Request) -> Response:
        return PlainTextResponse("Hello, world!")

    middleware = [
        Middleware(CORSMiddleware, allow_origins=[ORIGIN]),
        Middleware(SessionMiddleware, secret_key=KEY),
        Middleware(GZipMiddleware),
    ]
    return Starlette(routes=[Route("/", plaintext)], middleware=middleware if stacked else [])


def _session_programs() -> dict[str, Application]:
    """Return a program of each that reads a session, and writes it, under a cookie of its own name."""
    from starlette.applications import Starlette
    from starlette.middleware import Middleware as StarletteMiddleware
    from starlette.middleware.sessions import SessionMiddleware as StarletteSessions
    from starlette.responses import PlainTextResponse as StarletteText
    from starlette.routing import Route as StarletteRoute

    from armillary.applications import Armillary
    from armillary.asgi_types import Middleware
    from armillary.http import PlainTextResponse
    from armillary.routing import Route
    from armillary.sessions import SessionMiddleware

    def routes(route: Any, text: Any) -> list[Any]:
        async def read(request: Any) -> Any:
            return text(request.session.get("user", "nobody"))

        async def write(request: Any) -> Any:
            request.session["user"] = "vega"
            return text("vega")

        return [route("/read", read), route("/write", write)]

    ours = Middleware(SessionMiddleware, secret_key=KEY, session_cookie="armillary")
    theirs = StarletteMiddleware(StarletteSessions, secret_key=KEY, session_cookie="starlette")
    return {
        "armillary": Armillary(routes=routes(Route, PlainTextResponse), middleware=[ours]),
        "starlette": Starlette(routes=routes(StarletteRoute, StarletteText), middleware=[theirs]),
    }


async def _session_cookies(programs: Mapping[str, Application]) -> bytes:
    """Return the Cookie header with what each program sets when a session is written."""
    cookies: list[bytes] = []

    async def keep(message: Message) -> None:
        cookies.extend(value.partition(b";")[0] for name, value in message.get("headers", ()) if name == b"set-cookie")

    request = BenchmarkRequest("/write")
    for program in programs.values():
        await program(request.scope(), receiver(request)(), keep)
    return b"; ".join(cookies)


def contests() -> Iterator[tuple[str, Contest]]:
    """Yield the stack for a client of any kind and for a browser, CORS alone without an Origin, and sessions alone."""
    from armillary.cors import CORSMiddleware

    bare = bare_application(b"Hello, world!", b"text/plain; charset=utf-8")
    stacks = {BARE: bare, "armillary": armillary_application(), "starlette": _starlette()}
    yield "3 middlewares", Contest(BenchmarkRequest("/", expected=b"Hello, world!"), stacks)
    yield "3, cross-origin", Contest(BenchmarkRequest("/", headers=BROWSER, expected=b"Hello, world!"), stacks)
    shared = {"armillary": CORSMiddleware(bare, [ORIGIN]), "starlette": _starlette(stacked=False)}
    yield "CORS, no Origin", Contest(BenchmarkRequest("/", expected=b"Hello, world!"), {BARE: bare, **shared})
    programs = _session_programs()
    cookie = ((b"cookie", asyncio.run(_session_cookies(programs))),)
    name = bare_application(b"vega", b"text/plain; charset=utf-8")
    for case, path in (("session read", "/read"), ("session written", "/write")):
        yield case, Contest(BenchmarkRequest(path, headers=cookie, expected=b"vega"), {BARE: name, **programs})
