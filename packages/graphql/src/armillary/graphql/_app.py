"""The ASGI application that serves a Strawberry schema."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, ClassVar, TypeAlias, cast

from graphql import GraphQLError
from strawberry import Schema

from armillary.asgi_types import Receive, Scope, Send
from armillary.concurrency import require_asyncio
from armillary.datastructures import HTTPConnection
from armillary.exchange import check_origin, complete_lifespan
from armillary.http import Request, Response, request_response
from armillary.websockets import OriginPolicy, WebSocket, WebSocketLimits, websocket_session

from ._context import GraphQLContext
from ._options import check_options, check_public_errors
from .documents._document_store import DocumentStore
from .documents._trusted_documents import TrustedDocuments
from .execution._engine import Engine
from .http._ide import IDE
from .http._transport import HTTPTransport
from .limits._costs import FieldCosts
from .limits._limits import GraphQLLimits
from .results._format import is_public, mask
from .websocket._connection import GraphQLConnection
from .websocket._legacy import LegacyGraphQLConnection

ContextMaker: TypeAlias = Callable[[GraphQLContext], Any]
ConnectHandler: TypeAlias = Callable[[GraphQLContext], "Awaitable[dict[str, Any] | bool | None]"]
ON_ASYNCIO = "serve this application on asyncio or uvloop"


class GraphQL:
    """An ASGI application that serves a Strawberry schema over HTTP, WebSocket and server-sent events.

    Args:
        schema: a `strawberry.Schema`.
        context: makes the context of the resolvers from a `GraphQLContext`, which is the default context;
            sync or async. Called once for an HTTP request, once for each operation on a WebSocket.
        root_value: makes the root value from a `GraphQLContext`; sync or async.
        on_connect: async; takes the `GraphQLContext` of a WebSocket with its `connection_params`.
            Returns the payload of the acknowledgement; False rejects the connection with 4403.
        debug: show masked errors and the page; None to follow `scope["app"].debug`, if present.
        ide: show GraphiQL to browsers; None to show it only in debug mode.
        limits: the limits on what clients request.
        costs: the cost of each field, counted against `limits.max_complexity`.
        batching: accept lists of operations.
        uploads: accept forms with files; needs `armillary-graphql[uploads]`.
        persisted_queries: the store of automatic persisted queries; None for none.
        trusted_documents: the only documents to run; None for any.
        public_errors: exceptions whose message is sent to clients, besides GraphQLError.
        single_connection: let one event stream carry several operations. Its streams live in
            this process: with several processes, the requests of one client must reach the same one.
        legacy_websocket: support the older `graphql-ws` protocol too.
        allow_origins: origins whose pages may open a WebSocket, besides the server's own; as for
            `OriginPolicy`.
        websocket_limits: the limits of each WebSocket; by default those of `WebSocket`.
        title: the title of the page.

    Attributes:
        schema, limits: as above.
        engine: runs the operations.

    Raises:
        TypeError: `schema` is not a Strawberry schema, or an option is of the wrong type.
        ValueError: an origin or a field of `costs` is wrong, or documents are to be trusted and persisted too.
        ImportError: `uploads` needs python-multipart, which is not installed.

    Follows the GraphQL specification of September 2025, GraphQL over HTTP (draft), the
    graphql-transport-ws protocol, GraphQL over SSE and the multipart request specification.

    >>> import strawberry
    >>> @strawberry.type
    ... class Query:
    ...     @strawberry.field
    ...     def hello(self) -> str:
    ...         return "world"
    >>> app = GraphQL(strawberry.Schema(Query))
    """

    serves_websockets: ClassVar[bool] = True
    """Read by `Route`: whether to pass the WebSockets of its path too; a subclass with False gets none."""

    def __init__(
        self,
        schema: Schema,
        *,
        context: ContextMaker | None = None,
        root_value: ContextMaker | None = None,
        on_connect: ConnectHandler | None = None,
        debug: bool | None = None,
        ide: bool | None = None,
        limits: GraphQLLimits | None = None,
        costs: FieldCosts | None = None,
        batching: bool = False,
        uploads: bool = False,
        persisted_queries: DocumentStore | None = None,
        trusted_documents: TrustedDocuments | None = None,
        public_errors: Iterable[type[Exception]] = (),
        single_connection: bool = False,
        legacy_websocket: bool = False,
        allow_origins: Sequence[str] = (),
        websocket_limits: WebSocketLimits | None = None,
        title: str = "GraphiQL",
    ) -> None:
        if not isinstance(schema, Schema):
            raise TypeError(f"GraphQL takes schema as a strawberry.Schema, got {schema!r}")
        check_options(
            {
                "context": context,
                "root_value": root_value,
                "on_connect": on_connect,
                "debug": debug,
                "ide": ide,
                "limits": limits,
                "costs": costs,
                "batching": batching,
                "uploads": uploads,
                "persisted_queries": persisted_queries,
                "trusted_documents": trusted_documents,
                "single_connection": single_connection,
                "legacy_websocket": legacy_websocket,
                "websocket_limits": websocket_limits,
                "title": title,
            }
        )
        self.schema = schema
        self.limits: GraphQLLimits = GraphQLLimits() if limits is None else limits
        self.debug = debug
        self._make_context = context
        self._make_root_value = root_value
        self._connect = on_connect
        self._public_errors = check_public_errors(public_errors)
        costs = FieldCosts() if costs is None else costs
        self.engine: Engine = Engine(schema, self.limits, costs, persisted_queries, trusted_documents)
        self._http = HTTPTransport(
            self,
            IDE(ide, title),
            batching=batching,
            uploads=uploads,
            single_connection=single_connection,
        )
        self._origin_policy = OriginPolicy(allow_origins, check="always")
        connection_classes = (GraphQLConnection, LegacyGraphQLConnection) if legacy_websocket else (GraphQLConnection,)
        self._connection_classes = {
            connection_class.subprotocol: connection_class for connection_class in connection_classes
        }
        self._http_app = request_response(self.handle_request)
        self._websocket_app = websocket_session(self.serve_websocket, limits=websocket_limits)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or WebSocket; the ASGI entry point."""
        kind = scope["type"]
        if kind == "http":
            require_asyncio("armillary.graphql", ON_ASYNCIO)
            await self._http_app(scope, receive, send)
        elif kind == "websocket":
            require_asyncio("armillary.graphql", ON_ASYNCIO)
            await self._websocket_app(scope, receive, send)
        elif kind == "lifespan":
            await complete_lifespan(receive, send)
        else:
            raise RuntimeError(f"GraphQL serves http and websocket scopes, got {kind!r}")

    @property
    def keeps_record(self) -> bool:
        """Whether it records response starts and enforces `max_body_size` itself, as its own `__call__` does."""
        return type(self).__call__ is GraphQL.__call__

    async def get_context(self, context: GraphQLContext) -> Any:
        """Return the `info.context` of resolvers; override it or pass `context`."""
        return context if self._make_context is None else await _awaited(self._make_context(context))

    async def get_root_value(self, context: GraphQLContext) -> Any:
        """Return the `root` of root resolvers; override it or pass `root_value`."""
        return None if self._make_root_value is None else await _awaited(self._make_root_value(context))

    async def on_connect(self, context: GraphQLContext) -> dict[str, Any] | bool | None:
        """Accept or reject a WebSocket by its `connection_init` payload; override it or pass `on_connect`.

        Returns:
            The payload of the acknowledgement; None for no payload; False to reject the connection.
        """
        return None if self._connect is None else await self._connect(context)

    def is_debug(self, connection: HTTPConnection[Any]) -> bool:
        """Return whether this connection is served in debug mode."""
        if self.debug is not None:
            return self.debug
        return getattr(connection.scope.get("app"), "debug", False) is True

    def format_error(self, error: GraphQLError, debug: bool) -> dict[str, Any]:
        """Return an error as it is sent, masked unless it is meant for the client; override to add to it."""
        if not debug and not is_public(error, self._public_errors):
            error = mask(error)
        return cast("dict[str, Any]", dict(error.formatted))

    async def handle_request(self, request: Request[Any]) -> Response:
        """Return the response to one HTTP request; for use in endpoints of other kinds."""
        return await self._http.handle(request)

    async def serve_websocket(self, websocket: WebSocket[Any]) -> None:
        """Serve one WebSocket from its handshake to its end.

        A page of another origin is rejected. A client that offers no supported subprotocol gets the
        close code 4406, which it could not read from a rejected handshake.
        """
        if not check_origin(websocket.scope, self._origin_policy):
            await websocket.close()
            return
        offered: list[str] = websocket.scope.get("subprotocols") or []
        connection_class = next(
            (self._connection_classes[name] for name in offered if name in self._connection_classes), None
        )
        if connection_class is None:
            await websocket.accept()
            await websocket.close(4406, "Subprotocol not acceptable")
            return
        await websocket.accept(connection_class.subprotocol)
        await connection_class(self, websocket).run()


async def _awaited(value: Any) -> Any:
    return await value if hasattr(value, "__await__") else value
