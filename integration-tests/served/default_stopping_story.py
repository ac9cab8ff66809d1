"""An application with an endless event stream, with nothing around it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anyio

from armillary.applications import Armillary
from armillary.http import EventSourceResponse, Request, Response
from armillary.routing import Route


async def stream(request: Request) -> Response:
    async def events() -> AsyncIterator[str]:
        while True:
            yield "first"
            await anyio.sleep(0.05)

    return EventSourceResponse(events())


app = Armillary(routes=[Route("/stream", stream)])
