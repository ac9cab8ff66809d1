"""Queries, mutations and subscriptions in tests, over a test client of armillary-testing or one like it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Protocol, cast

from .websocket._connection import GraphQLConnection

Variables = Mapping[str, Any]


class OperationFailed(AssertionError):
    """The response to an operation has errors.

    Attributes:
        errors: as the server sent them.
        data: the data sent with them, if any.
    """

    def __init__(self, errors: list[dict[str, Any]], data: Any = None) -> None:
        super().__init__("; ".join(str(error.get("message")) for error in errors))
        self.errors = errors
        self.data = data


class _Client(Protocol):
    """A client such as `TestClient`."""

    @property
    def post(self) -> Callable[..., Any]: ...

    @property
    def websocket_connect(self) -> Callable[..., Any]: ...


def _payload(document: str, variables: Variables | None, operation_name: str | None) -> dict[str, Any]:
    payload: dict[str, Any] = {"query": document}
    if variables is not None:
        payload["variables"] = dict(variables)
    if operation_name is not None:
        payload["operationName"] = operation_name
    return payload


def _data(response: Mapping[str, Any]) -> Any:
    errors = response.get("errors")
    if errors:
        raise OperationFailed(errors, response.get("data"))
    return response["data"]


def _init(params: Variables | None) -> dict[str, Any]:
    return {"type": "connection_init"} if params is None else {"type": "connection_init", "payload": dict(params)}


def _expect_ack(message: Mapping[str, Any]) -> None:
    if message["type"] != "connection_ack":
        raise AssertionError(f"expected connection_ack, got {message!r}")


_COMPLETED = object()


def _event(message: Mapping[str, Any]) -> Any:
    """Return the data of a result, `_COMPLETED` at the end, None for other messages."""
    kind = message["type"]
    if kind == "next":
        return _data(message["payload"])
    if kind == "error":
        raise OperationFailed(message["payload"])
    return _COMPLETED if kind == "complete" else None


class GraphQLTester:
    """Runs operations through a sync test client.

    Args:
        client: such as `armillary.testing.TestClient(app)`.
        path: the path of the GraphQL application.

    >>> import strawberry
    >>> from armillary.graphql import GraphQL
    >>> from armillary.testing import TestClient
    >>> @strawberry.type
    ... class Query:
    ...     @strawberry.field
    ...     def hello(self) -> str:
    ...         return "world"
    >>> GraphQLTester(TestClient(GraphQL(strawberry.Schema(Query))), "/").query("{ hello }")
    {'hello': 'world'}
    """

    def __init__(self, client: _Client, path: str = "/graphql") -> None:
        self.client = client
        self.path = path

    def execute(
        self,
        document: str,
        variables: Variables | None = None,
        *,
        operation_name: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Return the whole response to a query or mutation: its `data`, `errors` and `extensions`."""
        payload = _payload(document, variables, operation_name)
        response: dict[str, Any] = self.client.post(self.path, json=payload, headers=dict(headers or {})).json()
        return response

    def query(self, document: str, variables: Variables | None = None, **options: Any) -> Any:
        """Return the data of a query or mutation.

        Args:
            document, variables, **options: as `execute`.

        Raises:
            OperationFailed: the response has errors.
        """
        return _data(self.execute(document, variables, **options))

    @contextmanager
    def subscribe(
        self,
        document: str,
        variables: Variables | None = None,
        *,
        operation_name: str | None = None,
        connection_params: Variables | None = None,
    ) -> Generator[Iterator[Any]]:
        """Start a subscription over a WebSocket; `with` yields an iterator over the data of its results.

        Raises:
            OperationFailed: a result has errors, or the subscription could not start.
        """
        with self.client.websocket_connect(self.path, subprotocols=[GraphQLConnection.subprotocol]) as websocket:
            websocket.send_json(_init(connection_params))
            _expect_ack(websocket.receive_json())
            payload = _payload(document, variables, operation_name)
            websocket.send_json({"id": "1", "type": GraphQLConnection.start_type, "payload": payload})
            yield self._results(websocket)

    def _results(self, websocket: Any) -> Iterator[Any]:
        while True:
            event = _event(websocket.receive_json())
            if event is _COMPLETED:
                return
            if event is not None:
                yield event


class AsyncGraphQLTester:
    """Runs operations through an async test client.

    Args:
        client: such as `armillary.testing.AsyncTestClient(app)`.
        path: the path of the GraphQL application.
    """

    def __init__(self, client: _Client, path: str = "/graphql") -> None:
        self.client = client
        self.path = path

    async def execute(
        self,
        document: str,
        variables: Variables | None = None,
        *,
        operation_name: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Return the whole response to a query or mutation: its `data`, `errors` and `extensions`."""
        payload = _payload(document, variables, operation_name)
        response = await self.client.post(self.path, json=payload, headers=dict(headers or {}))
        return cast("dict[str, Any]", response.json())

    async def query(self, document: str, variables: Variables | None = None, **options: Any) -> Any:
        """Return the data of a query or mutation.

        Raises:
            OperationFailed: the response has errors.
        """
        return _data(await self.execute(document, variables, **options))

    @asynccontextmanager
    async def subscribe(
        self,
        document: str,
        variables: Variables | None = None,
        *,
        operation_name: str | None = None,
        connection_params: Variables | None = None,
    ) -> AsyncGenerator[AsyncIterator[Any]]:
        """Start a subscription over a WebSocket; `async with` gives an iterator over the data of its results.

        Raises:
            OperationFailed: a result has errors, or the subscription could not start.
        """
        async with self.client.websocket_connect(self.path, subprotocols=[GraphQLConnection.subprotocol]) as websocket:
            await websocket.send_json(_init(connection_params))
            _expect_ack(await websocket.receive_json())
            payload = _payload(document, variables, operation_name)
            await websocket.send_json({"id": "1", "type": GraphQLConnection.start_type, "payload": payload})
            yield self._results(websocket)

    async def _results(self, websocket: Any) -> AsyncIterator[Any]:
        while True:
            event = _event(await websocket.receive_json())
            if event is _COMPLETED:
                return
            if event is not None:
                yield event
