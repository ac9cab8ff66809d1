"""Mistakes in a user's program that mypy and pyright find; checked by both, never run."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated

import msgspec

from armillary.web import (
    Armillary,
    CORSMiddleware,
    Depends,
    HTTPException,
    Middleware,
    Mount,
    OpenAPI,
    Query,
    Request,
    Response,
    Route,
    Router,
    SimpleUser,
    WebSocketRoute,
)

app = Armillary(openapi=OpenAPI(title="Stars", version="1.0"))


class Star(msgspec.Struct):
    name: str
    magnitude: float = 0.0


async def current_user(token: str) -> SimpleUser:
    return SimpleUser(token)


@app.get("/wrong-result")
async def wrong_result() -> Star:
    return {"name": "Vega"}  # type: ignore[return-value] # pyright: ignore[reportReturnType]


@app.get("/wrong-item")
async def wrong_item() -> list[Star]:
    return ["Vega"]  # type: ignore[list-item] # pyright: ignore[reportReturnType]


@app.get("/wrong-stream")
async def wrong_stream() -> AsyncIterator[Star]:
    yield 1  # type: ignore[misc] # pyright: ignore[reportReturnType]


@app.get("/wrong-use")
async def wrong_use_of_a_dependency(user: Annotated[SimpleUser, Depends(current_user)]) -> int:
    return user.display_name  # type: ignore[return-value] # pyright: ignore[reportReturnType]


@app.get("/misspelt", status_kode=201)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
async def misspelt_keyword(limit: Annotated[int, Query(ge=1)]) -> int:
    return limit


def wrong_dependency() -> None:
    Depends("current_user")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    Depends(current_user, scope="requests")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    app.get("/", dependencies=["current_user"])  # type: ignore[list-item] # pyright: ignore[reportArgumentType]
    Router(dependencies=[1])  # type: ignore[list-item] # pyright: ignore[reportArgumentType]
    Armillary(dependencies=[1])  # type: ignore[list-item] # pyright: ignore[reportArgumentType]
    app.include(Router(), "/x", dependencies=[1])  # type: ignore[list-item] # pyright: ignore[reportArgumentType]


def misspelt_keywords() -> None:
    Query(great_than=1)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    OpenAPI(titel="Stars")  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    Armillary(midleware=[])  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    HTTPException(status=404)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]
    Middleware(Armillary, debugg=True)  # type: ignore[call-arg] # pyright: ignore[reportCallIssue]


async def home(request: Request) -> Response:
    return Response("home")


# A response is itself an ASGI application, so a checker cannot refuse one as an endpoint; `Route` does when it is made.
def no_endpoint() -> None:
    Route("/", 3)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    Route("/", "home")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    Route("/", None)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    Route("/", json)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    Route("/", [home])  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    Route("/", {"home": home})  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    Route("/", Middleware(CORSMiddleware))  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    WebSocketRoute("/", 3)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    app.add_route("/", "home")  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    app.get("/")(3)  # type: ignore[type-var] # pyright: ignore[reportArgumentType]
    app.post("/")("home")  # type: ignore[type-var] # pyright: ignore[reportArgumentType]
    app.websocket("/")(None)  # type: ignore[type-var] # pyright: ignore[reportArgumentType]
    app.get(home)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


def no_application() -> None:
    Mount("/x", home)  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    Mount("/x", [Route("/", home)])  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    Armillary(routes=[home])  # type: ignore[list-item] # pyright: ignore[reportArgumentType]
    Armillary(routes=Route("/", home))  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]
    Armillary(middleware=[CORSMiddleware])  # type: ignore[list-item] # pyright: ignore[reportArgumentType]
    app.add_middleware(Middleware(CORSMiddleware))  # type: ignore[arg-type] # pyright: ignore[reportArgumentType]


async def misspelt_session(request: Request) -> None:
    request.session.rotat()  # type: ignore[attr-defined] # pyright: ignore[reportAttributeAccessIssue]
