"""Prints the report of a program, as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, FastAPI, Request, WebSocket
from fastapi.routing import APIRoute

from armillary.starlette import report


class Wrapping(APIRoute):
    def get_route_handler(self) -> Callable[[Request], Any]:
        handler = super().get_route_handler()

        async def wrapped(request: Request) -> Any:
            return await handler(request)

        return wrapped


class Deciding(APIRoute):
    def matches(self, scope: Any) -> Any:
        return super().matches(scope)


app = FastAPI(openapi_url=None)
router = APIRouter(prefix="/in")
wrapping = APIRouter(route_class=Wrapping)
deciding = APIRouter(route_class=Deciding)


@app.get("/limited/{key}", max_body_size=100)
@app.get("/items/{key}")
@router.post("/items/{key}")
@wrapping.get("/wrapped")
@deciding.get("/decided")
async def endpoint(key: int = 0) -> int:
    return key


@app.websocket("/ws")
async def talk(websocket: WebSocket) -> None: ...


for included in (router, wrapping, deciding):
    app.include_router(included)
before = report(app)
app.dependency_overrides[endpoint] = endpoint
sys.stdout.write(json.dumps([before, report(app).fallbacks]))
