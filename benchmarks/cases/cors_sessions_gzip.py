"""Three middlewares that most programs have, around plain text; and CORS on a request that it does not concern."""

from __future__ import annotations

from collections.abc import Iterator

from frame import BARE, Application, BenchmarkRequest, Contest, bare_application

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


def contests() -> Iterator[tuple[str, Contest]]:
    """Yield the stack for a client of any kind and for a browser, and CORS alone without an Origin."""
    from armillary.cors import CORSMiddleware

    bare = bare_application(b"Hello, world!", b"text/plain; charset=utf-8")
    stacks = {BARE: bare, "armillary": armillary_application(), "starlette": _starlette()}
    yield "3 middlewares", Contest(BenchmarkRequest("/", expected=b"Hello, world!"), stacks)
    yield "3, cross-origin", Contest(BenchmarkRequest("/", headers=BROWSER, expected=b"Hello, world!"), stacks)
    shared = {"armillary": CORSMiddleware(bare, [ORIGIN]), "starlette": _starlette(stacked=False)}
    yield "CORS, no Origin", Contest(BenchmarkRequest("/", expected=b"Hello, world!"), {BARE: bare, **shared})
