"""A schema, and clients of an application that serves it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any

import pytest
import strawberry
from graphql import GraphQLError
from strawberry.file_uploads import Upload
from strawberry.schema.config import StrawberryConfig

from armillary.graphql import GraphQL
from armillary.lint import lint
from armillary.testing import TestClient


@pytest.fixture
def anyio_backend(asyncio_backend: object) -> object:
    """Strawberry supports asyncio only."""
    return asyncio_backend


@strawberry.type
class Node:
    name: str

    @strawberry.field
    def child(self) -> Node:
        return Node(name=self.name + "'")

    @strawberry.field
    def children(self, first: int = 1) -> list[Node]:
        return [Node(name=f"{self.name}{index}") for index in range(first)]


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "world") -> str:
        return f"hello {name}"

    @strawberry.field
    def node(self) -> Node:
        return Node(name="root")

    @strawberry.field
    def optional_failure(self) -> str | None:
        raise KeyError("the secret")

    @strawberry.field
    def failure(self) -> str:
        raise KeyError("the secret")

    @strawberry.field
    def forbidden(self) -> str | None:
        raise GraphQLError("You may not.", extensions={"code": "FORBIDDEN"})

    @strawberry.field
    async def slow(self, seconds: float) -> str:
        await asyncio.sleep(seconds)
        return "done"

    @strawberry.field(metadata={"cost": 50})
    def expensive(self) -> str:
        return "expensive"

    @strawberry.field
    async def context(self, info: strawberry.Info) -> str:
        info.context.response.headers["x-seen"] = info.context.request.headers.get("x-name", "")
        info.context.response.set_cookie("seen", "yes")
        return type(info.context).__name__


LOG: list[str] = []


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def record(self, text: str) -> str:
        LOG.append(f"begin {text}")
        await asyncio.sleep(0)
        LOG.append(f"end {text}")
        return text

    @strawberry.mutation
    async def read(self, file: Upload) -> str:
        content: bytes = await file.read()  # type: ignore[attr-defined]
        return content.decode()

    @strawberry.mutation
    async def read_all(self, files: list[Upload]) -> list[str]:
        return [(await file.read()).decode() for file in files]  # type: ignore[attr-defined]


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int = 3) -> AsyncGenerator[int]:
        for number in range(to):
            yield number

    @strawberry.subscription
    async def forever(self) -> AsyncGenerator[str]:
        LOG.append("forever begins")
        try:
            yield "running"
            await asyncio.Event().wait()
        finally:
            LOG.append("forever ends")

    @strawberry.subscription
    async def broken(self) -> AsyncGenerator[int]:
        yield 1
        raise KeyError("the secret")

    @strawberry.subscription
    async def params(self, info: strawberry.Info) -> AsyncGenerator[str]:
        yield str(info.context.connection_params)


@pytest.fixture(scope="session")
def schema() -> strawberry.Schema:
    return strawberry.Schema(Query, mutation=Mutation, subscription=Subscription)


@pytest.fixture(scope="session")
def incremental_schema() -> strawberry.Schema:
    config = StrawberryConfig(enable_experimental_incremental_execution=True)
    return strawberry.Schema(Query, mutation=Mutation, config=config)


@pytest.fixture
def log() -> list[str]:
    LOG.clear()
    return LOG


@pytest.fixture
def serve(schema: strawberry.Schema) -> Callable[..., TestClient]:
    """`serve(**options)` returns a client of `GraphQL(schema, **options)`."""

    def serve(used: strawberry.Schema = schema, **options: Any) -> TestClient:
        return TestClient(lint(GraphQL(used, **options)))

    return serve


@pytest.fixture
def ask(serve: Callable[..., TestClient]) -> Callable[..., Any]:
    """`ask(query, variables=..., accept=..., **options)` returns the response to one POST."""

    def ask(
        query: str | None,
        *,
        variables: Any = None,
        accept: str = "application/graphql-response+json",
        payload: dict[str, Any] | None = None,
        **options: Any,
    ) -> Any:
        body: dict[str, Any] = {"query": query, "variables": variables, **(payload or {})}
        return serve(**options).post("/", json=body, headers={"accept": accept})

    return ask
