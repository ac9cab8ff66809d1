"""One transaction for each request."""

from __future__ import annotations

from typing import Final

from armillary.asgi_types import ASGIApp, HTTPException, Message, Receive, Scope, Send, scope_record
from armillary.exchange import pass_start, reject, rejection_of, withhold_start

from .._event_loop import require_asyncio
from .._options import TransactionOptions
from ._policy import CommitPolicy
from ._source import TransactionSource
from ._unit_of_work import UnitOfWork
from ._watched_receive import WatchedReceive

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
DEFAULT_POLICY: Final = CommitPolicy()


class TransactionMiddleware:
    """Give each request a transaction, and end it before the response starts.

    The transaction is opened when `database_session(request)` is first called. It is committed
    before `http.response.start` is sent, so that a client never sees success for work that was not
    kept: if the commit fails, the error becomes the response. It is rolled back if the response
    handles an exception or has a status of 400 or more, if the client has disconnected, or if the
    request is cancelled. The connection is returned to the pool then, not after background tasks.

    A WebSocket has one session for its connection, which you commit yourself; what is not committed
    at its end is rolled back. For a transaction for each message use `transaction()`.

    Args:
        app: the application that uses the database.
        source: a `Database`, or another `TransactionSource`.
        policy: which requests are committed.
        isolation_level, read_only, statement_timeout: of the transactions; see `TransactionOptions`.

    Raises:
        TypeError: `source` or `policy` is something else.
        ValueError: an option has a wrong value.
    """

    def __init__(
        self,
        app: ASGIApp,
        source: TransactionSource,
        *,
        policy: CommitPolicy = DEFAULT_POLICY,
        isolation_level: str | None = None,
        read_only: bool | None = None,
        statement_timeout: float | None = None,
    ) -> None:
        if not callable(getattr(source, "new_transaction", None)):
            raise TypeError(f"source must be a Database or another TransactionSource, got {source!r}")
        if not isinstance(policy, CommitPolicy):
            raise TypeError(f"policy must be a CommitPolicy, such as CommitPolicy(commit_on=...), got {policy!r}")
        self.app = app
        self.source = source
        self.policy = policy
        self.options: TransactionOptions = TransactionOptions(isolation_level, read_only, statement_timeout)
        self.reading_options: TransactionOptions = TransactionOptions(reads_first=True).over(self.options)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        require_asyncio("TransactionMiddleware")
        watched = WatchedReceive(receive) if scope["type"] == "http" else None
        options = self.reading_options if scope.get("method") in SAFE_METHODS else self.options
        unit = UnitOfWork(self.source, self.policy, options, watched)
        record = scope_record(scope)
        outer = record.get("transactions", {})
        record["transactions"] = {**outer, self.source.name: unit}
        try:
            if self.source.begins_early:
                await unit.transaction().begin()
            await self._serve(unit, scope, watched or receive, send)
        finally:
            await unit.roll_back()
            record["transactions"] = outer
            pass_start(scope)

    async def _serve(self, unit: UnitOfWork, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self.app(scope, receive, send)
            return
        started = False

        async def send_after_commit(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                if not unit.ended:
                    await self._complete(unit, message["status"], scope)
                pass_start(scope)
                started = True
            await send(message)

        try:
            await self.app(scope, receive, send_after_commit)
        except HTTPException as exc:
            # Nothing inside renders exceptions: the application is a bare callable.
            if started:
                raise
            await unit.roll_back()
            await reject(scope, send, rejection_of(exc))

    async def _complete(self, unit: UnitOfWork, status: int, scope: Scope) -> None:
        try:
            await unit.complete(status, scope)
        except Exception:
            # Inner middleware recorded a start that is not sent now: the error may still get a response.
            withhold_start(scope)
            raise
