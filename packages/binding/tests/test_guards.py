"""Dependencies that reject: policies, and dependencies around a whole application."""

from __future__ import annotations

from typing import Annotated, Any

import pytest

from armillary.asgi_types import HTTPException
from armillary.binding import BindingError, Header, Policy, bind, guard
from armillary.datastructures import HTTPConnection
from armillary.http import JSONResponse, Request

pytestmark = pytest.mark.anyio


async def knows_the_key(key: Annotated[str, Header()]) -> None:
    if key != "s3cret":
        raise HTTPException(403, "Another key.")


class Application:
    served: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        Application.served.append(scope["type"])
        if scope["type"] == "http":
            body = await Request(scope, receive).body()
            await JSONResponse(body.decode())(scope, receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": 1000, "reason": ""})


async def is_even(number: int) -> bool:
    return number % 2 == 0


async def test_a_policy_rejects_unless_it_returns_true(send: Any) -> None:
    async def show(number: int, allowed: Annotated[bool, Policy(is_even, detail="Even ones only.")]) -> bool:
        return allowed

    app = bind(show)
    assert 403 in app.signature.errors
    assert (await send(app, "number=2")).json is True
    sent = await send(app, "number=1")
    assert (sent.status, b"Even ones only." in sent.body) == (403, True)


async def test_a_policy_of_a_route_may_conceal_what_there_is(send: Any) -> None:
    async def show(number: int) -> int:
        return number

    app = bind(show, dependencies=[Policy(is_even, status_code=404)])
    assert 404 in app.signature.errors
    assert (await send(app, "number=1")).status == 404


async def test_what_is_no_decision_is_an_error(send: Any) -> None:
    async def perhaps() -> None: ...

    async def show(number: int) -> int:
        return number

    with pytest.raises(TypeError, match=r"the policy .*perhaps returned None; return True or False"):
        await send(bind(show, dependencies=[Policy(perhaps)]), "number=1")


async def test_a_function_among_dependencies_is_called(send: Any) -> None:
    async def show() -> str:
        return "ok"

    app = bind(show, dependencies=[knows_the_key])
    assert (await send(app, headers={"key": "x"})).status == 403
    assert (await send(app, headers={"key": "s3cret"})).json == "ok"
    with pytest.raises(BindingError, match=r"is a function or Depends\(function\), got 'admin'"):
        bind(show, dependencies=["admin"])  # type: ignore[list-item]


async def test_an_application_is_guarded(send: Any) -> None:
    Application.served = []
    app = guard(Application(), [knows_the_key])
    assert (await send(app, headers={"key": "x"}, method="POST", body=b"a")).status == 403
    assert (await send(app)).status == 422
    assert Application.served == []
    assert (await send(app, headers={"key": "s3cret"}, method="POST", body=b"a")).json == "a"


async def test_a_body_that_a_dependency_has_read_is_read_again(send: Any) -> None:
    async def signed(request: Request) -> None:
        if await request.body() != b"a":
            raise HTTPException(400)

    app = guard(Application(), [signed])
    assert (await send(app, method="POST", body=b"a")).json == "a"
    assert (await send(app, method="POST", body=b"b")).status == 400


async def test_a_websocket_of_a_guarded_application_is_rejected_before_it_is_accepted() -> None:
    from testkit import call

    Application.served = []
    app = guard(Application(), [knows_the_key])
    rejected = await call(app, type="websocket", headers=[(b"key", b"x")])
    assert [message["type"] for message in rejected] == ["websocket.close"]
    assert Application.served == []
    accepted = await call(app, type="websocket", headers=[(b"key", b"s3cret")])
    assert [message["type"] for message in accepted] == ["websocket.accept", "websocket.close"]


async def test_other_scopes_pass() -> None:
    Application.served = []

    async def never(*args: Any) -> Any: ...

    await guard(Application(), [knows_the_key])({"type": "lifespan"}, never, never)
    assert Application.served == ["lifespan"]


async def test_a_dependency_of_both_kinds_takes_the_connection(send: Any) -> None:
    async def local(connection: HTTPConnection) -> None:
        if connection.headers.get("host") != "localhost":
            raise HTTPException(421)

    assert (await send(guard(Application(), [local]), headers={"host": "x"})).status == 421
