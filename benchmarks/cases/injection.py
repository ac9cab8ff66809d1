"""Three dependencies of the request scope, one of which needs the other two, given to an endpoint."""

from collections.abc import Iterator
from importlib.util import find_spec

from frame import BARE, Application, BenchmarkRequest, Contest, bare_application


class First:
    pass


class Second:
    pass


class Third:
    def __init__(self, first: First, second: Second) -> None:
        self.first, self.second = first, second


def _armillary() -> Application:
    from dishka import Provider, Scope, provide

    from armillary.applications import Armillary
    from armillary.asgi_types import Middleware
    from armillary.http import PlainTextResponse, Response
    from armillary.injection import Injection, InjectionMiddleware, inject
    from armillary.routing import Route

    class Services(Provider):
        scope = Scope.REQUEST
        first = provide(First)
        second = provide(Second)
        third = provide(Third)

    async def endpoint(first: First, second: Second, third: Third) -> Response:
        return PlainTextResponse("Hello, world!")

    injection = Injection(Services())
    return Armillary(routes=[Route("/", inject(endpoint))], middleware=[Middleware(InjectionMiddleware, injection)])


def _fastapi() -> Application:
    from fastapi import Depends, FastAPI
    from fastapi.responses import PlainTextResponse

    async def first() -> First:
        return First()

    async def second() -> Second:
        return Second()

    async def third_of(one: First = Depends(first), two: Second = Depends(second)) -> Third:  # noqa: B008
        return Third(one, two)

    application = FastAPI(openapi_url=None)

    async def endpoint(
        one: First = Depends(first),  # noqa: B008
        two: Second = Depends(second),  # noqa: B008
        three: Third = Depends(third_of),  # noqa: B008
    ) -> PlainTextResponse:
        return PlainTextResponse("Hello, world!")

    application.add_api_route("/", endpoint, response_model=None)
    return application


def contests() -> Iterator[tuple[str, Contest]]:
    """Yield the one contest, if FastAPI is installed."""
    if find_spec("fastapi") is None:
        return
    bare = bare_application(b"Hello, world!", b"text/plain; charset=utf-8")
    request = BenchmarkRequest("/", expected=b"Hello, world!")
    yield "three dependencies", Contest(request, {BARE: bare, "armillary": _armillary(), "fastapi": _fastapi()})
