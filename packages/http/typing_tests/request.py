"""What type checkers make of requests, models and responses. Checked, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, assert_type

from armillary.asgi_types import ASGIApp
from armillary.datastructures import Session, State
from armillary.http import (
    FormData,
    HTTPEndpoint,
    JSONResponse,
    Request,
    Response,
    StreamingResponse,
    request_response,
)


@dataclass
class User:
    name: str


class Services(State):
    limit: int


async def create(request: Request[Services]) -> Response:
    assert_type(request.state.limit, int)
    assert_type(await request.json(type=User), User)
    assert_type(await request.json(type=dict[str, int]), dict[str, int])
    assert_type(await request.body(), bytes)
    assert_type(await request.form(), FormData)
    async with request.form(max_files=3) as form:
        assert_type(form, FormData)
    assert_type(request.session, Session)
    request.session.rotate()
    return JSONResponse({"name": "ada"}, status_code=201)


async def parts() -> AsyncIterator[bytes]:
    yield b"one"


class Orders(HTTPEndpoint):
    async def get(self, request: Request[Any]) -> Response:
        return StreamingResponse(parts(), media_type="text/plain")


app: ASGIApp = request_response(create)
response_is_an_application: ASGIApp = Response("hello")
