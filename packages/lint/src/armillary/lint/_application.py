"""The checker as an application around another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from armillary.asgi_types import ASGIApp, Message, Receive, Scope, Send

from ._error import LintError, fail
from ._fields import kind_of
from ._headers import is_one_shot
from ._http_exchange import CheckedHTTPExchange
from ._lifespan_exchange import CheckedLifespanExchange
from ._scope_shape import check_scope
from ._snapshot import ScopeSnapshot
from ._websocket_exchange import CheckedWebSocketExchange


class CheckedExchange(Protocol):
    """The messages of one scope, checked in the order they pass."""

    where: str

    def received(self, message: Mapping[str, Any]) -> None: ...
    def sent(self, message: Mapping[str, Any]) -> None: ...
    def finished(self) -> None: ...
    def client_disconnected(self) -> None: ...


_EXCHANGE_TYPES: dict[str, Callable[[Mapping[str, Any]], CheckedExchange]] = {
    "http": CheckedHTTPExchange,
    "websocket": CheckedWebSocketExchange,
    "lifespan": CheckedLifespanExchange,
}


def _check_message(where: str, message: Any) -> None:
    if not isinstance(message, dict):
        fail(where, f"a message is {kind_of(message)}", "messages are dicts with the key 'type'")
    if not isinstance(message.get("type"), str):  # pyright: ignore[reportUnknownMemberType]
        fail(where, f"the message {message!r} has no 'type'", "name it by a str under 'type'")


class _Connection:
    """The checked `receive` and `send` of one call, and the first error of either."""

    def __init__(self, exchange: CheckedExchange, receive: Receive, send: Send) -> None:
        self._exchange = exchange
        self._receive = receive
        self._send = send
        self.error: LintError | None = None

    async def receive(self) -> Message:
        message = await self._receive()
        try:
            _check_message(f"{self._exchange.where}, received", message)
            self._exchange.received(message)
        except LintError as error:
            self.error = self.error or error
            raise
        return message

    async def send(self, message: Message) -> None:
        try:
            _check_message(f"{self._exchange.where}, sent", message)
            message = _with_reusable_headers(message)
            self._exchange.sent(message)
        except LintError as error:
            self.error = self.error or error
            raise
        try:
            await self._send(message)
        except OSError:
            self._exchange.client_disconnected()
            raise


def _with_reusable_headers(message: Message) -> Message:
    """Replace a one-shot header iterator, which checking would exhaust, by a list."""
    if is_one_shot(message.get("headers")):
        return {**message, "headers": list(message["headers"])}
    return message


def lint(app: ASGIApp) -> ASGIApp:
    """Wrap an application so that every breach of the ASGI specification raises.

    The scope is passed on as it is, as are `receive` and `send` for scopes of an unknown type.
    An error is raised inside `receive` or `send`, so that the traceback shows the cause;
    if the application swallows it, it is raised again when the application returns.

    Args:
        app: an ASGI 3 application.

    Returns:
        An application with the same behaviour.

    Raises:
        LintError: from the returned application, with a sentence that says where a scope or
            message broke the specification and what to do.
        TypeError: `app` is not callable.

    >>> import asyncio
    >>> async def app(scope, receive, send):
    ...     await send({"type": "http.response.body", "body": b"too early"})
    >>> scope = {"type": "http", "asgi": {"version": "3.0"}, "method": "GET", "path": "/",
    ...          "query_string": b"", "headers": []}
    >>> try:
    ...     asyncio.run(lint(app)(scope, None, None))
    ... except LintError as error:
    ...     print(error)
    http GET /, sent http.response.body: the response was not started; send http.response.start first.
    """
    if not callable(app):
        raise TypeError(f"lint takes an ASGI application as 'app', got {app!r}; pass a callable")

    async def linted(scope: Scope, receive: Receive, send: Send) -> None:
        check_scope(scope)
        make_exchange = _EXCHANGE_TYPES.get(scope["type"])
        if make_exchange is None:
            await app(scope, receive, send)
            return
        exchange = make_exchange(scope)
        snapshot = ScopeSnapshot(scope)
        connection = _Connection(exchange, receive, send)
        await app(scope, connection.receive, connection.send)
        if connection.error is not None:
            raise connection.error
        snapshot.check(f"{exchange.where}, scope")
        exchange.finished()

    return linted
