"""A FastAPI program with a route for each case that is timed, and programs of many routes."""

# Annotations stay objects: FastAPI reads those of the endpoints.

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Form, Query
from frame import BenchmarkRequest
from pydantic import BaseModel

FORM = ((b"content-type", b"application/x-www-form-urlencoded"),)
JSON = ((b"content-type", b"application/json"),)
FIELDS = [f"field{number}" for number in range(10)]


class Item(BaseModel):
    id: int
    name: str = "name"
    tags: list[str] = []


class Page(BaseModel):
    limit: int = 10
    offset: int = 0
    order: str = "id"


async def first(q: int = 1) -> int:
    return q


async def second(value: Annotated[int, Depends(first)]) -> int:
    return value


async def third(value: Annotated[int, Depends(second)]) -> int:
    return value


async def connection() -> AsyncIterator[int]:
    yield 1


small = FastAPI(openapi_url=None)


@small.get("/dict", response_model=None)
async def get_dict() -> Any:
    return {"hello": "world"}


@small.get("/item/{id}")
async def get_item(id: int, q: str = "a") -> Item:
    return Item(id=id, name=q)


@small.post("/item", response_model=None)
async def post_item(item: Item) -> Any:
    return {"id": item.id}


@small.get("/nested", response_model=None)
async def get_nested(value: Annotated[int, Depends(third)]) -> Any:
    return {"value": value}


@small.get("/generator", response_model=None)
async def get_generator(value: Annotated[int, Depends(connection)]) -> Any:
    return {"value": value}


@small.get("/plain", response_model=None)
def get_plain() -> Any:
    return {"hello": "world"}


@small.get("/dicts", response_model=None)
async def get_dicts() -> Any:
    return [{"id": number, "name": "n", "tags": ["a", "b"], "ok": True} for number in range(100)]


@small.get("/items")
async def get_items() -> list[Item]:
    return [Item(id=number) for number in range(100)]


@small.post("/form", response_model=None)
async def post_form(
    field0: Annotated[str, Form()],
    field1: Annotated[str, Form()],
    field2: Annotated[str, Form()],
    field3: Annotated[str, Form()],
    field4: Annotated[str, Form()],
    field5: Annotated[str, Form()],
    field6: Annotated[str, Form()],
    field7: Annotated[str, Form()],
    field8: Annotated[str, Form()],
    field9: Annotated[str, Form()],
) -> Any:
    return {"last": field9}


@small.get("/page", response_model=None)
async def get_page(page: Annotated[Page, Query()]) -> Any:
    return {"order": page.order}


@small.get("/lines")
async def get_lines() -> AsyncIterator[Item]:
    for number in range(100):
        yield Item(id=number)


LINES = b"".join(b'{"id":%d,"name":"name","tags":[]}\n' % number for number in range(100))

CASES = {
    "a dict": BenchmarkRequest("/dict", expected=b'{"hello":"world"}'),
    "path, query, response model": BenchmarkRequest("/item/7", query=b"q=z", expected=b'{"id":7,"name":"z","tags":[]}'),
    "a validated body": BenchmarkRequest(
        "/item", "POST", headers=JSON, bodies=(b'{"id": 1, "name": "n", "tags": ["a"]}',), expected=b'{"id":1}'
    ),
    "three nested dependencies": BenchmarkRequest("/nested", query=b"q=3", expected=b'{"value":3}'),
    "an async generator dependency": BenchmarkRequest("/generator", expected=b'{"value":1}'),
    "a plain def endpoint": BenchmarkRequest("/plain", expected=b'{"hello":"world"}'),
    "100 dicts": BenchmarkRequest("/dicts"),
    "100 models": BenchmarkRequest("/items"),
    "a form of ten fields": BenchmarkRequest(
        "/form",
        "POST",
        headers=FORM,
        bodies=("&".join(f"{name}=value" for name in FIELDS).encode(),),
        expected=b'{"last":"value"}',
    ),
    "a parameter model": BenchmarkRequest("/page", query=b"limit=3&offset=4&order=x", expected=b'{"order":"x"}'),
    "100 JSON Lines": BenchmarkRequest("/lines", expected=LINES),
}
"""The requests to `small`, by what they show."""


def large(routes: int, *, included: bool = False, nested: bool = False) -> FastAPI:
    """Return an application with many routes.

    Args:
        routes: how many.
        included: whether they are those of a router that the application includes.
        nested: whether a router that is included includes that one.
    """
    app = FastAPI(openapi_url=None)
    router = APIRouter() if included or nested else app.router
    for number in range(routes):

        async def endpoint(key: int) -> int:
            return key

        router.add_api_route(f"/items{number}/{{key}}/detail", endpoint)
    if nested:
        outer = APIRouter()
        outer.include_router(router)
        router = outer
    if router is not app.router:
        app.include_router(router)
    return app


def detail(number: int) -> BenchmarkRequest:
    """Return the request for one of many routes."""
    return BenchmarkRequest(f"/items{number}/1/detail", expected=b"1")


MISS = BenchmarkRequest("/nothing/1/detail", status=404)
