from typing import Annotated, Any

import pytest

from armillary.applications import Armillary
from armillary.routing import Router
from armillary.websockets import WebSocket

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"])
async def test_an_application_registers_functions_by_method(call: Any, method: str) -> None:
    app = Armillary()

    @getattr(app, method.lower())("/stars/{number:int}")  # type: ignore[untyped-decorator]
    async def show(number: int, units: str = "si") -> list[Any]:
        return [number, units]

    assert (await call(app, "/stars/7", method, query_string=b"units=cgs")).body == b'[7,"cgs"]'
    other = "PUT" if method != "PUT" else "POST"
    assert (await call(app, "/stars/7", other)).status == 405


async def test_an_application_registers_websockets_groups_and_routers(call: Any) -> None:
    app = Armillary()

    @app.websocket("/echo")
    async def echo(websocket: WebSocket, name: str = "") -> None:
        await websocket.accept()
        await websocket.send_text(name)

    @app.group("/admin").get("/")
    async def admin() -> str:
        return "admin"

    router = Router()

    @router.get("/")
    async def users() -> str:
        return "users"

    app.include(router, "/users")
    assert (await call(app, "/echo", type="websocket", query_string=b"name=Ada"))[1]["text"] == "Ada"
    assert (await call(app, "/admin/")).body == b'"admin"'
    assert (await call(app, "/users/")).body == b'"users"'


async def test_a_request_that_cannot_be_used_is_a_422_inside_an_application(call: Any) -> None:
    app = Armillary()

    @app.get("/")
    async def show(number: int) -> int:
        return number

    sent = await call(app, query_string=b"number=x")
    assert (sent.status, sent.headers["content-type"]) == (422, "application/problem+json")


async def test_dependencies_are_overridden_on_the_application(call: Any) -> None:
    from armillary.binding import Depends

    async def user() -> str:
        return "real"

    async def pretend() -> str:
        return "pretended"

    app = Armillary()

    @app.get("/")
    async def show(user: Annotated[str, Depends(user)]) -> str:
        return user

    assert (await call(app)).body == b'"real"'
    app.dependency_overrides[user] = pretend
    assert (await call(app)).body == b'"pretended"'
