"""A small GraphQL query with a variable, against Strawberry's own application on Starlette.

Ours keeps validated documents by default. Strawberry's does if the schema has its two caches,
which is the second contest; the first is each as it comes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from frame import BARE, Application, BenchmarkRequest, Contest, bare_application

RESPONSE = b'{"data":{"hello":"hello vega"}}'
REQUEST = json.dumps({"query": "query ($name: String!) { hello(name: $name) }", "variables": {"name": "vega"}}).encode()


def _schema(**options: Any) -> Any:
    import strawberry

    class Query:
        def hello(self, name: str = "world") -> str:
            return f"hello {name}"

    Query.hello = strawberry.field(Query.hello)  # type: ignore[assignment]
    return strawberry.Schema(strawberry.type(Query), **options)


def _armillary() -> Application:
    from armillary.applications import Armillary
    from armillary.graphql import GraphQL
    from armillary.routing import Route

    return Armillary(routes=[Route("/graphql", GraphQL(_schema()))])


def _starlette(**options: Any) -> Application:
    from starlette.applications import Starlette
    from starlette.routing import Route
    from strawberry.asgi import GraphQL

    return Starlette(routes=[Route("/graphql", GraphQL(_schema(**options)))])


def contests() -> Iterator[tuple[str, Contest]]:
    """Yield the query against Strawberry as it comes, and against Strawberry with its caches."""
    from strawberry.extensions import ParserCache, ValidationCache

    headers = ((b"content-type", b"application/json"), (b"content-length", str(len(REQUEST)).encode()))
    request = BenchmarkRequest("/graphql", "POST", headers=headers, bodies=(REQUEST,), expected=RESPONSE)
    bare = bare_application(RESPONSE, b"application/json")
    peers = (("GraphQL query", {}), ("GraphQL, cached", {"extensions": [ParserCache, ValidationCache]}))
    for name, options in peers:
        yield name, Contest(request, {BARE: bare, "armillary": _armillary(), "starlette": _starlette(**options)})
