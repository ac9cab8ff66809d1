"""Body limits of routes and mounts."""

from __future__ import annotations

from typing import Any

import pytest

from armillary.asgi_types import HTTPException
from armillary.http import PlainTextResponse, Request
from armillary.routing import Mount, Route, Router

pytestmark = pytest.mark.anyio


class Reading:
    """An application that reads its body itself."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        total, more = 0, True
        while more:
            message = await receive()
            total += len(message.get("body", b""))
            more = message.get("more_body", False)
        await PlainTextResponse(str(total))(scope, receive, send)


async def reading(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


async def post(driver: Any, router: Any, *chunks: bytes, path: str = "/x", **keys: Any) -> Any:
    messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    scope = driver.http_scope(path, "POST", **keys)
    return await driver.call(router, scope, *messages, {"type": "http.request", "body": b""})


@pytest.mark.parametrize("endpoint", [Reading(), reading])
async def test_a_route_counts_what_it_receives(driver: Any, endpoint: Any) -> None:
    router = Router([Route("/x", endpoint, methods=["POST"], max_body_size=5)])
    assert (await post(driver, router, b"123", b"45")).body == b"5"
    response = await post(driver, router, b"123", b"456")
    assert (response.status, response.sentence) == (413, "The request body is larger than the 5 bytes allowed.")


@pytest.mark.parametrize("endpoint", [Reading(), reading])
async def test_a_declared_length_is_rejected_before_anything_is_read(driver: Any, endpoint: Any) -> None:
    router = Router([Route("/x", endpoint, methods=["POST"], max_body_size=5)])
    headers = [(b"host", b"testserver"), (b"content-length", b"6")]
    assert (await post(driver, router, headers=headers)).status == 413


@pytest.mark.parametrize("endpoint", [Reading(), reading])
@pytest.mark.parametrize(("outer", "inner", "accepted"), [(2, 10, True), (10, 2, False), (2, None, True)])
async def test_a_nested_limit_replaces_the_outer_one(
    driver: Any, endpoint: Any, outer: int, inner: int | None, accepted: bool
) -> None:
    route = Route("/x", endpoint, methods=["POST"], max_body_size=inner)
    router = Router([Mount("/m", routes=[route], max_body_size=outer)], max_body_size=1)
    assert ((await post(driver, router, b"12345", path="/m/x")).status == 200) is accepted


async def test_the_rejection_is_raised_for_an_application_above(driver: Any) -> None:
    router = Router([Route("/x", Reading(), max_body_size=1)])
    with pytest.raises(HTTPException) as caught:
        await post(driver, router, b"12", app=object())
    assert caught.value.status_code == 413


async def test_an_exception_that_is_not_the_limits_passes(driver: Any) -> None:
    class Raising:
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            raise HTTPException(413, "mine")

    with pytest.raises(HTTPException, match="mine"):
        await post(driver, Router([Route("/x", Raising(), max_body_size=1)]))
