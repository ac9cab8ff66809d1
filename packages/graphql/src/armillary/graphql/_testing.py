"""Queries, mutations and subscriptions in tests, over a test client of armillary-testing or one like it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Protocol, cast

from ._websocket_session import WebSocketSession

Variables = Mapping[str, Any]


class OperationFailed(AssertionError):
    """The answer to an operation has errors.

    Attributes:
        errors: as the server sent them.
        data: what it sent nevertheless.
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


def _data(answer: Mapping[str, Any]) -> Any:
    errors = answer.get("errors")
    if errors:
        raise OperationFailed(errors, answer.get("data"))
    return answer["data"]


def _init(params: Variables | None) -> dict[str, Any]:
    return {"type": "connection_init"} if params is None else {"type": "connection_init", "payload": dict(params)}


def _expect_ack(message: Mapping[str, Any]) -> None:
    if message["type"] != "connection_ack":
        raise AssertionError(f"expected connection_ack, got {message!r}")


_ENDED = object()


def _event(message: Mapping[str, Any]) -> Any:
    """Return the data of a result, `_ENDED` at the end, None for what belongs to neither."""
    kind = message["type"]
    if kind == "next":
        return _data(message["payload"])
    if kind == "error":
        raise OperationFailed(message["payload"])
    return _ENDED if kind == "complete" else None


class GraphQLTester:
    """Runs operations through a sync test client.

    Args:
        client: such as `armillary.testing.TestClient(app)`.
        path: of the GraphQL application.

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
        """Return the whole answer to a query or mutation: its `data`, `errors` and `extensions`."""
        payload = _payload(document, variables, operation_name)
        answer: dict[str, Any] = self.client.post(self.path, json=payload, headers=dict(headers or {})).json()
        return answer

    def query(self, document: str, variables: Variables | None = None, **options: Any) -> Any:
        """Return the data of a query or mutation.

        Args:
            document, variables, **options: as `execute`.

        Raises:
            OperationFailed: the answer has errors.
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
        """Start a subscription over a WebSocket; `with` gives an iterator over the data of its results.

        Raises:
            OperationFailed: a result has errors, or the subscription could not start.
        """
        with self.client.websocket_connect(self.path, subprotocols=[WebSocketSession.subprotocol]) as session:
            session.send_json(_init(connection_params))
            _expect_ack(session.receive_json())
            payload = _payload(document, variables, operation_name)
            session.send_json({"id": "1", "type": WebSocketSession.start_type, "payload": payload})
            yield self._results(session)

    def _results(self, session: Any) -> Iterator[Any]:
        while True:
            event = _event(session.receive_json())
            if event is _ENDED:
                return
            if event is not None:
                yield event


class AsyncGraphQLTester:
    """Runs operations through an async test client.

    Args:
        client: such as `armillary.testing.AsyncTestClient(app)`.
        path: of the GraphQL application.
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
        """Return the whole answer to a query or mutation: its `data`, `errors` and `extensions`."""
        payload = _payload(document, variables, operation_name)
        response = await self.client.post(self.path, json=payload, headers=dict(headers or {}))
        return cast("dict[str, Any]", response.json())

    async def query(self, document: str, variables: Variables | None = None, **options: Any) -> Any:
        """Return the data of a query or mutation.

        Raises:
            OperationFailed: the answer has errors.
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
        async with self.client.websocket_connect(self.path, subprotocols=[WebSocketSession.subprotocol]) as session:
            await session.send_json(_init(connection_params))
            _expect_ack(await session.receive_json())
            payload = _payload(document, variables, operation_name)
            await session.send_json({"id": "1", "type": WebSocketSession.start_type, "payload": payload})
            yield self._results(session)

    async def _results(self, session: Any) -> AsyncIterator[Any]:
        while True:
            event = _event(await session.receive_json())
            if event is _ENDED:
                return
            if event is not None:
                yield event
