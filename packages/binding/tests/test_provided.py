"""Arguments by type: what a connection has, found by the class that the parameter names."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any, Self

import pytest

from armillary.asgi_types import HTTPException, Scope
from armillary.binding import BindingError, Depends, Query, bind, bind_websocket
from armillary.datastructures import State
from armillary.http import JSONResponse, Request
from armillary.websockets import WebSocket

pytestmark = pytest.mark.anyio


class Tenant:
    error_statuses = (401,)

    def __init__(self, name: str) -> None:
        self.name = name

    @classmethod
    def __from_scope__(cls, scope: Scope) -> Self:
        for name, value in scope["headers"]:
            if name == b"x-tenant":
                return cls(value.decode())
        raise HTTPException(401, "Name a tenant.")


class Chores:
    """Work to do after the response."""

    runs_after_response = True
    done: list[str] = []

    def __init__(self) -> None:
        self.names: list[str] = []

    @classmethod
    def __from_scope__(cls, scope: Scope) -> Self:
        return cls()

    async def __call__(self) -> None:
        Chores.done += self.names


async def test_a_type_that_finds_itself_in_the_scope_is_a_parameter_by_its_class(send: Any) -> None:
    async def show(tenant: Tenant) -> str:
        return tenant.name

    app = bind(show)
    assert app.signature.parameters == ()
    assert 401 in app.signature.errors
    assert (await send(app, headers={"x-tenant": "a"})).json == "a"
    sent = await send(app)
    assert (sent.status, b"Name a tenant." in sent.body) == (401, True)


class HeaderOf:
    """Finds a value of a type that knows nothing of connections."""

    error_statuses = (400,)

    def __init__(self, name: bytes) -> None:
        self.name = name

    def __from_scope__(self, scope: Scope) -> Fraction:
        for name, value in scope["headers"]:
            if name == self.name:
                return Fraction(value.decode())
        raise HTTPException(400, "Say how much.")


Share = Annotated[Fraction, HeaderOf(b"x-share")]


async def test_a_marker_beside_a_type_finds_the_value_in_the_scope(send: Any) -> None:
    async def show(share: Share, other: Annotated[Fraction, HeaderOf(b"x-other")]) -> str:
        return f"{share} {other}"

    app = bind(show)
    assert app.signature.parameters == ()
    assert 400 in app.signature.errors
    assert (await send(app, headers={"x-share": "1/3", "x-other": "1/2"})).json == "1/3 1/2"
    assert (await send(app, headers={"x-share": "1/3"})).status == 400


async def test_a_marker_of_what_may_be_none(send: Any) -> None:
    async def show(share: Share | None, other: Annotated[Fraction | None, HeaderOf(b"x-other")]) -> str:
        return f"{share} {other}"

    assert (await send(bind(show), headers={"x-share": "1/3"})).json == "1/3 None"


async def test_one_that_may_be_none_is_none_if_the_connection_has_none(send: Any) -> None:
    async def show(tenant: Tenant | None) -> bool:
        return tenant is None

    app = bind(show)
    assert 401 not in app.signature.errors
    assert (await send(app)).json is True
    assert (await send(app, headers={"x-tenant": "a"})).json is False


async def test_what_a_connection_does_not_have_is_rejected_before_anything_is_read(send: Any) -> None:
    async def show(tenant: Tenant, limit: int, body: Annotated[list[int], Query()]) -> None: ...

    assert (await send(bind(show), "limit=x")).status == 401


async def test_work_is_done_after_the_response_once_whoever_asks_for_it(send: Any) -> None:
    Chores.done = []

    async def log(chores: Chores) -> None:
        chores.names.append("log")

    async def show(chores: Chores) -> str:
        chores.names.append("show")
        return "ok"

    async def another(chores: Chores) -> Application:
        chores.names.append("another")
        return Application()

    await send(bind(show, dependencies=[Depends(log)]))
    assert Chores.done == ["log", "show"]
    Chores.done = []
    await send(bind(another))
    assert Chores.done == ["sent", "another"]


class Application:
    """A response of another kind than the toolkit's."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await JSONResponse("ok")(scope, receive, send)
        Chores.done.append("sent")


async def test_the_state_is_a_parameter_by_its_class(send: Any) -> None:
    async def show(state: State) -> str:
        return str(state.name)

    assert (await send(bind(show), state={"name": "Vega"})).json == "Vega"


async def test_a_dependency_that_needs_nothing_of_what_is_sent_is_called_before_it_is_read(send: Any) -> None:
    async def reject(request: Request) -> None:
        raise HTTPException(403)

    async def needs_limit(limit: int) -> None:
        raise HTTPException(409)

    async def show(body: dict[str, int]) -> None: ...

    assert (await send(bind(show, dependencies=[Depends(reject)]), method="POST", body=b"{")).status == 403
    assert (await send(bind(show, dependencies=[Depends(needs_limit)]), "limit=x", data={})).status == 422
    assert (await send(bind(show, dependencies=[Depends(needs_limit)]), "limit=1", data={})).status == 409


def test_the_connection_of_the_other_kind_is_an_error() -> None:
    async def show(websocket: WebSocket, number: int) -> None: ...

    async def talk(request: Request, number: int) -> None: ...

    with pytest.raises(BindingError, match="'websocket' is a WebSocket; this endpoint has a Request"):
        bind(show)
    with pytest.raises(BindingError, match="'request' is a Request; this endpoint has a WebSocket"):
        bind_websocket(talk)
