"""Sessions, users, tasks and state as parameters of typed endpoints, each by its class."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import pytest

from armillary.authentication import BearerBackend
from armillary.sessions import Session
from armillary.testing import TestClient
from armillary.web import (
    Armillary,
    AuthCredentials,
    AuthenticationMiddleware,
    BackgroundTasks,
    BaseUser,
    Depends,
    Middleware,
    OpenAPI,
    SessionMiddleware,
    SimpleUser,
    State,
)


async def known(token: str) -> SimpleUser | None:
    return SimpleUser("ada") if token == "s3cret" else None


AUTHENTICATION = Middleware(AuthenticationMiddleware, BearerBackend(known))
ADA = {"authorization": "Bearer s3cret"}


def test_a_session_is_read_and_written_by_its_class() -> None:
    app = Armillary(middleware=[Middleware(SessionMiddleware, "a-secret-key-of-at-least-32-characters")])

    @app.post("/visits")
    async def visit(session: Session, by: int = 1) -> int:
        session["visits"] = session.get("visits", 0) + by
        return int(session["visits"])

    with TestClient(app) as client:
        assert client.post("/visits").json() == 1
        assert client.post("/visits?by=2").json() == 3


def test_an_endpoint_without_the_middleware_says_what_to_install() -> None:
    app = Armillary()

    @app.get("/")
    async def visit(session: Session, by: int = 1) -> int:
        return by

    with TestClient(app) as client, pytest.raises(RuntimeError, match="put SessionMiddleware around the application"):
        client.get("/")


def test_a_user_of_ones_own_class_is_required_and_none_or_anyone_is_asked_for() -> None:
    app = Armillary(middleware=[AUTHENTICATION])

    @app.get("/me")
    async def me(user: SimpleUser, credentials: AuthCredentials) -> dict[str, Any]:
        return {"name": user.display_name, "scopes": credentials.scopes}

    @app.get("/perhaps")
    async def perhaps(user: SimpleUser | None) -> bool:
        return user is None

    with TestClient(app) as client:
        assert client.get("/me", headers=ADA).json() == {"name": "ada", "scopes": ["authenticated"]}
        rejected = client.get("/me")
        assert (rejected.status_code, rejected.headers["www-authenticate"]) == (401, 'Bearer realm="restricted"')
        assert client.get("/perhaps").json() is True
        assert client.get("/perhaps", headers=ADA).json() is False


def test_background_tasks_run_after_the_response() -> None:
    done: list[str] = []
    app = Armillary()

    @app.post("/signals")
    async def signal(name: str, tasks: BackgroundTasks) -> str:
        tasks.add_task(done.append, name)
        return f"{len(done)}"

    with TestClient(app) as client:
        assert client.post("/signals?name=x").json() == "0"
    assert done == ["x"]


def test_the_state_of_the_lifespan_is_a_parameter() -> None:
    @asynccontextmanager
    async def lifespan(app: Armillary) -> AsyncIterator[dict[str, Any]]:
        yield {"catalogue": ["Vega"]}

    app = Armillary(lifespan=lifespan)

    @app.get("/first")
    async def first(state: State, number: int = 0) -> str:
        return str(state["catalogue"][number])

    with TestClient(app) as client:
        assert client.get("/first").json() == "Vega"


async def named(user: SimpleUser) -> str:
    return user.display_name


def test_an_operation_that_has_the_user_requires_authentication_in_the_document() -> None:
    app = Armillary(middleware=[Middleware(AuthenticationMiddleware, BearerBackend(known))], openapi=OpenAPI())

    @app.get("/mine")
    async def mine(user: SimpleUser) -> str:
        return user.display_name

    @app.get("/named")
    async def with_name(name: Annotated[str, Depends(named)]) -> str:
        return name

    @app.get("/perhaps")
    async def perhaps(user: SimpleUser | None) -> bool:
        return user is not None

    @app.get("/anybody")
    async def anybody(user: BaseUser) -> bool:
        return user.is_authenticated

    client = TestClient(app)
    document = client.get("/openapi.json").json()
    found = {path: item["get"].get("security") for path, item in document["paths"].items()}
    bearer = [{"bearer": []}]
    assert found == {"/mine": bearer, "/named": bearer, "/perhaps": None, "/anybody": None}
    statuses = {path: client.get(path).status_code for path in found}
    assert statuses == {"/mine": 401, "/named": 401, "/perhaps": 200, "/anybody": 200}
    for path, status in statuses.items():
        responses = document["paths"][path]["get"]["responses"]
        assert ("401" in responses, "403" in responses) == (status == 401, False)
