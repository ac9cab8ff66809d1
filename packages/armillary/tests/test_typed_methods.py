from collections.abc import AsyncGenerator
from typing import Annotated, Any

import msgspec
import pytest

from armillary.web import (
    Armillary,
    AuthenticationMiddleware,
    BearerBackend,
    Depends,
    HTTPEndpoint,
    Middleware,
    OpenAPI,
    PlainTextResponse,
    Policy,
    Request,
    Response,
    Route,
    SimpleUser,
    requires,
)

pytestmark = pytest.mark.anyio


class Star(msgspec.Struct):
    name: str
    magnitude: float = 0.0


events: list[str] = []


async def opened() -> AsyncGenerator[str]:
    events.append("open")
    yield "opened"
    events.append("close")


class Stars(HTTPEndpoint):
    known = {1: Star("Vega")}

    async def get(self, number: int, units: str = "si") -> Star:
        """Show a star."""
        return self.known[number]

    def put(self, number: int, star: Star, database: Annotated[str, Depends(opened)]) -> list[Any]:
        return [self.scope["method"], number, star, database]

    async def delete(self, request: Request) -> Response:
        return PlainTextResponse("plain")


app = Armillary(routes=[Route("/stars/{number:int}", Stars)])


async def test_methods_take_values_and_return_data_as_functions_do(call: Any) -> None:
    events.clear()
    assert (await call(app, "/stars/1")).body == b'{"name":"Vega","magnitude":0.0}'
    headers = [(b"content-type", b"application/json")]
    sent = await call(app, "/stars/7", method="PUT", headers=headers, body=b'{"name":"Deneb"}')
    assert sent.body == b'["PUT",7,{"name":"Deneb","magnitude":0.0},"opened"]'
    assert events == ["open", "close"]


async def test_head_goes_to_a_typed_get_and_a_plain_method_beside_it_takes_the_request(call: Any) -> None:
    head = await call(app, "/stars/1", method="HEAD")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "31")
    assert (await call(app, "/stars/1", method="DELETE")).body == b"plain"
    rejected = await call(app, "/stars/1", method="POST")
    assert (rejected.status, rejected.headers["allow"]) == (405, "DELETE, GET, HEAD, PUT")


async def test_what_is_wrong_with_a_request_is_a_problem_document(call: Any) -> None:
    headers = [(b"content-type", b"application/json")]
    sent = await call(app, "/stars/7", method="PUT", headers=headers, body=b'{"name":1}')
    assert (sent.status, b'"/name"' in sent.body) == (422, True)


def test_each_method_is_described_by_its_own_types() -> None:
    item = OpenAPI(app).document()["paths"]["/stars/{number}"]
    assert [parameter["name"] for parameter in item["get"]["parameters"]] == ["number", "units"]
    assert item["get"]["summary"] == "Show a star"
    assert "requestBody" in item["put"]
    assert "200" in item["delete"]["responses"]


async def test_what_a_class_overrides_is_still_called(call: Any) -> None:
    class Guarded(Stars):
        async def call_handler(self, request: Request) -> Any:
            if "x-key" not in request.headers:
                return PlainTextResponse("no key", 403)
            return await super().call_handler(request)

    guarded = Armillary(routes=[Route("/stars/{number:int}", Guarded)])
    assert (await call(guarded, "/stars/1")).status == 403
    assert (await call(guarded, "/stars/1", headers=[(b"x-key", b"1")])).status == 200


async def test_dependencies_of_the_route_and_decorators_of_a_method_are_asked_first(call: Any) -> None:
    class Closed(HTTPEndpoint):
        async def get(self, number: int) -> int:
            return number

        @requires("authenticated")
        async def post(self, request: Request, number: int) -> int:
            return number

    async def is_even(number: int) -> bool:
        return number % 2 == 0

    async def known(token: str) -> SimpleUser | None:
        return SimpleUser(token)

    closed = Armillary(
        routes=[Route("/{number:int}", Closed, dependencies=[Policy(is_even)])],
        middleware=[Middleware(AuthenticationMiddleware, BearerBackend(known))],
    )
    assert (await call(closed, "/2")).body == b"2"
    assert (await call(closed, "/1")).status == 403
    assert (await call(closed, "/2", method="POST")).status == 403
    headers = [(b"authorization", b"Bearer ada")]
    assert (await call(closed, "/2", method="POST", headers=headers)).body == b"2"


async def test_a_dependency_is_replaced_in_a_test(call: Any) -> None:
    own = Armillary(routes=[Route("/stars/{number:int}", Stars)])
    own.dependency_overrides[opened] = lambda: "pretended"
    headers = [(b"content-type", b"application/json")]
    sent = await call(own, "/stars/7", method="PUT", headers=headers, body=b'{"name":"Deneb"}')
    assert sent.body.endswith(b'"pretended"]')


def test_a_mistake_in_a_method_is_an_error_of_the_route_with_its_place() -> None:
    class Wrong(HTTPEndpoint):
        async def get(self, number: int, other) -> int:  # type: ignore[no-untyped-def]
            return number

    with pytest.raises(TypeError, match=r"Wrong\.get \(.*test_typed_methods.py line .*'other'"):
        Route("/{number}", Wrong)
    with pytest.raises(TypeError, match="nothing takes the path parameter 'key'"):
        Route("/{number}/{key}", Stars)
