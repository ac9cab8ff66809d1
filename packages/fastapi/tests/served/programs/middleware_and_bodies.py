"""Bodies of many shapes, read by a middleware before."""

from collections.abc import AsyncIterator
from enum import StrEnum
from typing import Annotated, Any

from driving import get, note  # type: ignore[import-not-found]
from fastapi import (
    Body,
    FastAPI,
    Header,
    Path,
    Query,
    Request,
    Response,
)
from pydantic import BaseModel
from starlette.middleware.base import BaseHTTPMiddleware


class Color(StrEnum):
    red = "RED"


async def run() -> Any:
    app = (
        FastAPI(strict_content_type=False)
        if "strict_content_type" in FastAPI.__init__.__code__.co_varnames
        else FastAPI()
    )

    class Reading(BaseHTTPMiddleware):
        async def dispatch(self, request: Request, call_next: Any) -> Any:
            note(f"read {len(await request.body())}")
            response = await call_next(request)
            chunks = [chunk async for chunk in response.body_iterator]
            return Response(
                b"".join(chunks) + b"!", response.status_code, {"x-was": response.headers.get("content-type", "none")}
            )

    class Bare:
        def __init__(self, app: Any) -> None:
            self.app = app

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            async def sending(message: Any) -> None:
                if message["type"] == "http.response.start":
                    message["headers"] = [*message["headers"], (b"x-bare", b"1")]
                await send(message)

            await self.app({**scope, "extra": 1}, receive, sending)

    app.add_middleware(Reading)
    app.add_middleware(Bare)

    class Cat(BaseModel):
        kind: str = "cat"
        lives: int

    class Dog(BaseModel):
        kind: str = "dog"
        bark: bool

    @app.post("/union")
    async def union(pet: Cat | Dog, x: Annotated[int, Body()] = 1) -> Any:
        return [type(pet).__name__, pet, x]

    @app.post("/embed")
    async def embed(a: Annotated[Cat, Body(embed=True)]) -> Any:
        return a

    @app.put("/raw")
    async def raw(request: Request, body: Annotated[bytes, Body(media_type="text/plain")] = b"") -> Any:
        return [(await request.body()).decode(), body.decode()]

    @app.post("/twice")
    async def twice(request: Request, data: Annotated[Any, Body()]) -> Any:
        return [await request.json(), data, (await request.body()).decode()]

    @app.patch("/optional")
    def optional(cat: Cat | None = None, dog: Annotated[Dog | None, Body()] = None) -> Any:
        return [cat, dog]

    @app.get("/params/{a}/{b}")
    async def params(
        a: Annotated[int, Path(ge=1)],
        b: Color,
        c: Annotated[list[int], Query()],
        d: Annotated[set[str] | None, Query(alias="dd")] = None,
        e: Annotated[tuple[int, ...], Header()] = (),
    ) -> Any:
        return [a, b, c, sorted(d or ()), e]

    @app.get("/sse")
    async def stream() -> AsyncIterator[dict[str, int]]:
        for n in range(2):
            yield {"n": n}

    found = []
    for method, path in (
        ("POST", "/union"),
        ("POST", "/embed"),
        ("PUT", "/raw"),
        ("POST", "/twice"),
        ("PATCH", "/optional"),
    ):
        for body in (
            {"lives": 1},
            {"pet": {"bark": "yes"}, "x": "2"},
            {"a": {"lives": "9"}},
            {"cat": {"lives": 1}, "dog": {"bark": 0}},
            {"cat": None},
            5,
            "s",
            b"",
            b"plain",
            b"[1",
        ):
            found.append(await get(app, path, method, body))
    for path in ("/params/1/RED?c=1&c=2&dd=x", "/params/0/blue?c=x", "/params/x/RED", "/sse", "/none"):
        found.append(await get(app, path, e="5"))
        found.append(await get(app, path, "HEAD"))
    return found
