"""Injection into the resolvers of a schema: what the schema shows, and what a query gets."""

from __future__ import annotations

from typing import Annotated

import strawberry
from dishka import Provider, Scope, provide
from strawberry.schema.config import StrawberryConfig

from armillary.applications import Armillary
from armillary.asgi_types import Middleware
from armillary.graphql import GraphQL
from armillary.injection import Injection, InjectionMiddleware, inject
from armillary.routing import Route
from armillary.testing import TestClient


class Users:
    def find(self, prefix: str) -> list[str]:
        return [name for name in ("Ada", "Alan", "Grace") if name.startswith(prefix)]


class Services(Provider):
    users = provide(Users, scope=Scope.REQUEST)


class Page:
    """A class of the program that is a scalar of the schema."""

    def __init__(self, number: int) -> None:
        self.number = number


class OwnInfo(strawberry.Info[None, None]):
    pass


@strawberry.input
class Filter:
    prefix: str
    limit: int = 1


@strawberry.type
class Person:
    name: str

    @strawberry.field
    @inject
    async def namesakes(parent: strawberry.Parent[Person], users: Users) -> int:
        return len(users.find(parent.name[0]))


@strawberry.type
class Query:
    @strawberry.field
    @inject
    async def people(self, matching: Filter, users: Users, info: OwnInfo) -> list[Person]:
        assert info.field_name == "people"
        return [Person(name=name) for name in users.find(matching.prefix)][: matching.limit]

    @strawberry.field
    @inject
    async def next(self, page: Annotated[Page, strawberry.argument(description="the page")], users: Users) -> int:
        return page.number + len(users.find(""))


SCALARS = {Page: strawberry.scalar(name="Page", serialize=str, parse_value=Page)}
SCHEMA = strawberry.Schema(Query, config=StrawberryConfig(scalar_map=SCALARS, info_class=OwnInfo))


def test_arguments_of_the_schemas_own_types_stay_in_it_and_injected_ones_do_not() -> None:
    shown = SCHEMA.as_str()
    assert "people(matching: Filter!): [Person!]!" in shown
    assert "input Filter {" in shown
    assert "namesakes: Int!" in shown
    assert "next(" in shown
    assert "page: Page!" in shown
    assert "users" not in shown


def test_a_query_passes_the_input_and_injection_the_service() -> None:
    injection = Injection(Services())
    app = Armillary(
        routes=[Route("/graphql", GraphQL(SCHEMA))],
        middleware=[Middleware(InjectionMiddleware, injection)],
        lifespan=injection.lifespan,
    )
    query = '{ people(matching: {prefix: "A", limit: 2}) { name namesakes } next(page: 2) }'
    with TestClient(app) as client:
        assert client.post("/graphql", json={"query": query}).json() == {
            "data": {"people": [{"name": "Ada", "namesakes": 2}, {"name": "Alan", "namesakes": 2}], "next": 5}
        }
