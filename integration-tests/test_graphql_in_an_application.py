"""GraphQL on one route of an application: both protocols, and the limits and handlers around it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from enum import Enum
from typing import Any

import pytest
import strawberry
from dishka import Provider, Scope, provide

from armillary.applications import Armillary
from armillary.asgi_types import Middleware
from armillary.graphql import GraphQL, GraphQLContext, GraphQLTester
from armillary.injection import Injection, InjectionMiddleware, inject
from armillary.lint import lint
from armillary.routing import Mount, Route, WebSocketRoute
from armillary.starlette.applications import Starlette
from armillary.starlette.routing import Mount as DropInMount, Route as DropInRoute
from armillary.testing import TestClient, WebSocketClosed
from armillary.websockets import WebSocket


@strawberry.type
class Query:
    @strawberry.field
    def hello(self) -> str:
        return "world"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def fail(self) -> str:
        raise KeyError("the secret")


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, to: int = 2) -> AsyncGenerator[int]:
        for number in range(to):
            yield number


SCHEMA = strawberry.Schema(Query, mutation=Mutation, subscription=Subscription)
COUNTED = [{"count": 0}, {"count": 1}]


class PassThrough:
    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


def subscribed(client: TestClient, path: str = "/graphql") -> list[Any]:
    with GraphQLTester(client, path).subscribe("subscription { count }") as results:
        return list(results)


@pytest.mark.parametrize("middleware", [[], [Middleware(PassThrough)]], ids=["plain", "with middleware"])
@pytest.mark.parametrize("options", [{}, {"middleware": [Middleware(PassThrough)]}, {"methods": ["POST"]}], ids=str)
def test_one_route_serves_queries_and_subscriptions(middleware: Any, options: Any) -> None:
    app = Armillary(routes=[Route("/graphql", GraphQL(SCHEMA), **options)], middleware=middleware)
    with TestClient(lint(app)) as client:
        for _ in range(2):
            assert GraphQLTester(client).query("{ hello }") == {"hello": "world"}
            assert subscribed(client) == COUNTED


def test_a_subclass_for_requests_leaves_websockets_to_the_next_route() -> None:
    class Requests(GraphQL):
        serves_websockets = False

    async def other(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.close(4000, "the other")

    app = Armillary(routes=[Route("/graphql", Requests(SCHEMA)), WebSocketRoute("/graphql", other)])
    with TestClient(lint(app)) as client:
        assert GraphQLTester(client).query("{ hello }") == {"hello": "world"}
        with client.websocket_connect("/graphql") as session, pytest.raises(WebSocketClosed) as closed:
            session.receive_text()
        assert (closed.value.code, closed.value.reason) == (4000, "the other")
    assert not [found for found in app.router.explain() if found.kind == "unreachable"]


@pytest.mark.parametrize("middleware", [[], [Middleware(PassThrough)]], ids=["plain", "with middleware"])
@pytest.mark.parametrize("level", ["application", "route", "mount"])
def test_body_limits_around_it_hold(middleware: Any, level: str) -> None:
    graphql = GraphQL(SCHEMA)
    limit = {"max_body_size": 100}
    route: Any = Route("/graphql", graphql, **(limit if level == "route" else {}))
    if level == "mount":
        route = Mount("", routes=[route], **limit)
    app = Armillary(routes=[route], middleware=middleware, **(limit if level == "application" else {}))
    with TestClient(lint(app)) as client:
        for _ in range(2):
            small = client.post("/graphql", json={"query": "{ hello }"})
            assert small.json() == {"data": {"hello": "world"}}
            large = client.post("/graphql", json={"query": "{ hello }" + " " * 100})
            assert large.status_code == 413
            assert "100 bytes" in large.text
        assert subscribed(client) == COUNTED


def test_an_exception_outside_resolvers_reaches_the_handlers_of_the_application() -> None:
    class Broken(GraphQL):
        async def get_context(self, context: Any) -> Any:
            raise KeyError("the secret")

    async def handle(request: Any, exc: Exception) -> Any:
        from armillary.http import PlainTextResponse

        return PlainTextResponse("handled", 503)

    app = Armillary(routes=[Route("/graphql", Broken(SCHEMA))], exception_handlers={KeyError: handle})
    with TestClient(lint(app)) as client:
        for _ in range(2):
            assert client.post("/graphql", json={"query": "{ hello }"}).text == "handled"


def test_on_the_drop_in_a_route_takes_requests_and_a_mount_both() -> None:
    graphql = GraphQL(SCHEMA)
    app = Starlette(routes=[DropInRoute("/route", graphql), DropInMount("/mount", graphql)])
    with TestClient(app) as client:  # mounts of the drop-in write into the scope, which lint rejects
        assert GraphQLTester(client, "/route").query("{ hello }") == {"hello": "world"}
        with pytest.raises(WebSocketClosed):
            subscribed(client, "/route")
        assert GraphQLTester(client, "/mount/").query("{ hello }") == {"hello": "world"}
        assert subscribed(client, "/mount/") == COUNTED


@strawberry.input
class Search:
    name: str
    first: int = 10


@strawberry.enum
class Size(Enum):
    SMALL = "small"
    LARGE = "large"


class Greeter:
    def greet(self, name: str) -> str:
        return f"Hello, {name}"


class Providers(Provider):
    greeter = provide(Greeter, scope=Scope.APP)


@strawberry.type
class Injected:
    @strawberry.field
    @inject
    async def by_input(self, search: Search, greeter: Greeter) -> str:
        return greeter.greet(f"{search.name} {search.first}")

    @strawberry.field
    @inject
    async def by_others(
        self,
        info: strawberry.Info[GraphQLContext, None],
        greeter: Greeter,
        size: Size,
        searches: list[Search],
        maybe: Search | None = None,
    ) -> str:
        names = " ".join(search.name for search in searches)
        return greeter.greet(f"{size.value} {names} {maybe} {info.context.request.method}")


def test_an_injected_resolver_keeps_the_inputs_of_its_field_in_the_schema() -> None:
    schema = strawberry.Schema(Injected)
    text = schema.as_str()
    assert "byInput(search: Search!): String!" in text
    assert "byOthers(size: Size!, searches: [Search!]!, maybe: Search = null): String!" in text
    injection = Injection(Providers())
    app = Armillary(
        routes=[Route("/graphql", GraphQL(schema))],
        middleware=[Middleware(InjectionMiddleware, injection=injection)],
        lifespan=injection.lifespan,
    )
    with TestClient(lint(app)) as client:
        tester = GraphQLTester(client)
        assert tester.query('{ byInput(search: { name: "Ada" }) }') == {"byInput": "Hello, Ada 10"}
        query = "query ($s: [Search!]!) { byOthers(size: LARGE, searches: $s) }"
        assert tester.query(query, {"s": [{"name": "a"}, {"name": "b"}]}) == {"byOthers": "Hello, large a b None POST"}
