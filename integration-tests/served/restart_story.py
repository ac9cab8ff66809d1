"""Served while it is restarted, killed, and while its lifespan fails; RESTART_FAILS says at which stage."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio

from armillary.applications import Armillary
from armillary.http import JSONResponse, Request, Response
from armillary.routing import Route


@asynccontextmanager
async def lifespan(app: Armillary) -> AsyncGenerator[None]:
    if os.environ.get("RESTART_FAILS") == "start-up":
        raise RuntimeError("no star in sight at the start")
    yield
    if os.environ.get("RESTART_FAILS") == "shutdown":
        raise RuntimeError("no star in sight at the end")


async def who(request: Request) -> Response:
    await anyio.sleep(0.01)
    return JSONResponse({"process": os.getpid()})


app = Armillary(routes=[Route("/who", who)], lifespan=lifespan)
