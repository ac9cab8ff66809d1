"""Time FastAPI on the real Starlette, and on the drop-in with armillary-fastapi: in-process, without a server.

Each side runs in processes of its own, in turn; a figure is the lowest of all rounds.

usage: python benchmarks/fastapi_programs.py [--runs N]
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from typing import Annotated, Any

ROUTES = 1000
NAMES = [f"field{number}" for number in range(10)]
FORM = ((b"content-type", b"application/x-www-form-urlencoded"),)
JSON = ((b"content-type", b"application/json"),)
SIDES = {"starlette": ("0", []), "faster": ("1", ["-m", "armillary.starlette", "-q"])}


def small_program() -> Any:
    """Return an application with one route for each case."""
    from fastapi import Depends, FastAPI, Query
    from pydantic import BaseModel

    class Item(BaseModel):
        id: int
        name: str = "name"
        tags: list[str] = []

    class Page(BaseModel):
        limit: int = 10
        offset: int = 0
        order: str = "id"

    Item.model_rebuild(), Page.model_rebuild()
    app: Any = FastAPI(openapi_url=None)

    async def first(q: int = 1) -> int:
        return q

    async def second(value: Annotated[int, Depends(first)]) -> int:
        return value

    async def third(value: Annotated[int, Depends(second)]) -> int:
        return value

    async def generator() -> Any:
        yield 1

    async def get_dict():  # type: ignore[no-untyped-def]
        return {"hello": "world"}

    async def get_item(id: int, q: str = "a"):  # type: ignore[no-untyped-def]
        return Item(id=id, name=q)

    async def post_item(item):  # type: ignore[no-untyped-def]
        return {"id": item.id}

    async def get_value(value):  # type: ignore[no-untyped-def]
        return {"value": value}

    def get_plain():  # type: ignore[no-untyped-def]
        return {"hello": "world"}

    async def get_dicts():  # type: ignore[no-untyped-def]
        return [{"id": number, "name": "n", "tags": ["a", "b"], "ok": True} for number in range(100)]

    async def get_items():  # type: ignore[no-untyped-def]
        return [Item(id=number) for number in range(100)]

    def annotated(function: Any, name: str, annotation: Any) -> Any:
        async def copy(**values: Any) -> Any:
            return await function(values[name])

        import inspect

        parameter = inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation)
        copy.__signature__ = inspect.Signature([parameter])  # type: ignore[attr-defined]
        return copy

    async def post_form(**values: Any) -> Any:
        return values["field0"]

    post_form.__signature__ = form_signature()  # type: ignore[attr-defined]
    app.get("/dict", response_model=None)(get_dict)
    app.get("/item/{id}", response_model=Item)(get_item)
    app.post("/item", response_model=None)(annotated(post_item, "item", Item))
    app.get("/nested", response_model=None)(annotated(get_value, "value", Annotated[int, Depends(third)]))
    app.get("/generator", response_model=None)(annotated(get_value, "value", Annotated[int, Depends(generator)]))
    app.get("/plain", response_model=None)(get_plain)
    app.get("/dicts", response_model=None)(get_dicts)
    app.get("/items", response_model=list[Item])(get_items)
    app.post("/form", response_model=None)(post_form)
    app.get("/page", response_model=None)(annotated(get_value, "value", Annotated[Page, Query()]))
    return app


def form_signature() -> Any:
    """Return the signature of an endpoint with a form of ten fields."""
    import inspect

    from fastapi import Form

    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Signature([inspect.Parameter(name, kind, annotation=Annotated[str, Form()]) for name in NAMES])


def large_program(routes: int, *, included: bool) -> Any:
    """Return an application with many routes, its own or those of a router that it includes."""
    from fastapi import APIRouter, FastAPI

    app: Any = FastAPI(openapi_url=None)
    router = APIRouter() if included else app
    for number in range(routes):

        async def endpoint(key: int) -> int:
            return key

        router.add_api_route(f"/items{number}/{{key}}/detail", endpoint)
    if included:
        app.include_router(router)
    return app


async def request(app: Any, method: str, target: str, headers: Any = (), body: bytes = b"") -> None:
    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"test"), *headers],
        "server": ("test", 80),
        "client": ("client", 1),
    }

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None: ...

    await app(scope, receive, send)


async def microseconds(*arguments: Any, rounds: int = 7, requests: int = 40) -> float:
    """Return the processor time of a request, the lowest of some rounds."""
    for _ in range(10):
        await request(*arguments)
    lowest = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(requests):
            await request(*arguments)
        lowest = min(lowest, time.process_time() - start)
    return lowest / requests * 1e6


async def measure() -> dict[str, float]:
    """Return microseconds by case."""
    app = small_program()
    item = b'{"id": 1, "name": "n", "tags": ["a"]}'
    form = "&".join(f"{name}=value" for name in NAMES).encode()
    found = {
        "dict": await microseconds(app, "GET", "/dict"),
        "path, query, model": await microseconds(app, "GET", "/item/7?q=z"),
        "body": await microseconds(app, "POST", "/item", JSON, item),
        "three dependencies": await microseconds(app, "GET", "/nested?q=3"),
        "async generator": await microseconds(app, "GET", "/generator"),
        "plain def": await microseconds(app, "GET", "/plain"),
        "100 dicts": await microseconds(app, "GET", "/dicts", requests=10),
        "100 models": await microseconds(app, "GET", "/items", requests=10),
        "form of ten fields": await microseconds(app, "POST", "/form", FORM, form),
        "parameter model": await microseconds(app, "GET", "/page?limit=3&offset=4&order=x"),
    }
    for label, included in (("", False), (", included", True)):
        start = time.process_time()
        many = large_program(ROUTES, included=included)
        found[f"build 1,000{label}"] = (time.process_time() - start) * 1e6
        start = time.process_time()
        await request(many, "GET", "/items0/1/detail")
        found[f"first request{label}"] = (time.process_time() - start) * 1e6
        found[f"first of 1,000{label}"] = await microseconds(many, "GET", "/items0/1/detail", requests=10)
        found[f"last of 1,000{label}"] = await microseconds(many, "GET", "/items999/1/detail", requests=10)
        found[f"miss of 1,000{label}"] = await microseconds(many, "GET", "/nothing/1/detail", requests=10)
    return found


def main() -> None:
    if sys.argv[1:] == ["--measure"]:
        print(json.dumps(asyncio.run(measure())))
        return
    runs = int(sys.argv[2]) if sys.argv[1:2] == ["--runs"] else 3
    lowest: dict[str, dict[str, float]] = {side: {} for side in SIDES}
    for _ in range(runs):
        for side, (switch, launcher) in SIDES.items():
            command = [sys.executable, "-W", "ignore", *launcher, __file__, "--measure"]
            environ = {**os.environ, "ARMILLARY_FASTAPI": switch}
            out = subprocess.run(command, env=environ, stdout=subprocess.PIPE, text=True, check=True).stdout
            for case, value in json.loads(out.splitlines()[-1]).items():
                lowest[side][case] = min(value, lowest[side].get(case, value))
    print(f"{'microseconds':26}{'starlette':>12}{'faster':>12}{'ratio':>8}")
    for case, real in lowest["starlette"].items():
        own = lowest["faster"][case]
        print(f"{case:26}{real:12.1f}{own:12.1f}{own / real:8.2f}")


if __name__ == "__main__":
    main()
