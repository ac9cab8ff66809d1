"""Strawberry GraphQL schemas as an ASGI app over HTTP, WebSocket and SSE.

>>> import strawberry
>>> from armillary.graphql import GraphQL
>>> @strawberry.type
... class Query:
...     @strawberry.field
...     def hello(self, name: str = "world") -> str:
...         return f"Hello, {name}"
>>> app = GraphQL(strawberry.Schema(Query))
"""

from ._app import GraphQL
from ._context import GraphQLContext
from ._testing import AsyncGraphQLTester, GraphQLTester, OperationFailed
from .documents._document_store import DocumentStore, MemoryDocumentStore, RedisDocumentStore
from .documents._trusted_documents import TrustedDocuments
from .limits._costs import FieldCosts
from .limits._limits import GraphQLLimits
from .websocket._messages import ConnectionRejected

__all__ = [
    "AsyncGraphQLTester",
    "ConnectionRejected",
    "DocumentStore",
    "FieldCosts",
    "GraphQL",
    "GraphQLContext",
    "GraphQLLimits",
    "GraphQLTester",
    "MemoryDocumentStore",
    "OperationFailed",
    "RedisDocumentStore",
    "TrustedDocuments",
]
