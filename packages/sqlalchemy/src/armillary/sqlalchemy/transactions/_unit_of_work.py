"""The transaction of one connection with one database.

    idle      the database was not used
    open      a transaction was returned
    ended     committed or rolled back; no transaction is returned any more

Committing and rolling back both lead to `ended`; only a replay leads back to `idle`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from armillary.asgi_types import Scope, scope_record

from .._errors import SessionClosed, SessionMissing
from .._options import TransactionOptions
from ._policy import CommitPolicy, TransactionOutcome
from ._source import Transaction, TransactionSource
from ._watched_receive import WatchedReceive

TRANSACTION_ENDED_MESSAGE = (
    "the transaction of this request has ended: it ends when the response starts, so that a client never "
    "sees success for work that was not kept. In a stream, a background task or an exception handler, open "
    "another: `async with transaction(request) as session:`"
)


class UnitOfWork:
    """The transaction of one request, opened when it is first requested.

    Args:
        source: where the transaction comes from.
        policy: whether its work is kept.
        options: how it runs.
        receive: the connection's receive channel, None for a WebSocket.
    """

    __slots__ = (
        "_options",
        "_policy",
        "_raised_before",
        "_receive",
        "_transaction",
        "ended",
        "rollback_only",
        "source",
    )

    def __init__(
        self,
        source: TransactionSource,
        policy: CommitPolicy,
        options: TransactionOptions,
        receive: WatchedReceive | None,
    ) -> None:
        self.source = source
        self.ended = False
        self.rollback_only = False
        self._policy = policy
        self._options = options
        self._receive = receive
        self._transaction: Transaction | None = None
        self._raised_before: BaseException | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is work to keep or to undo."""
        return self._transaction is not None

    @property
    def body_messages(self) -> int:
        """How many messages of the request's body the application has received."""
        return 0 if self._receive is None else self._receive.body_messages

    def configure(self, options: TransactionOptions) -> None:
        """Set how the transaction runs; it must not have begun yet."""
        combined = options.over(self._options)
        if self._transaction is not None and not self.source.begins_early:
            configure: Callable[[TransactionOptions], bool] | None = getattr(self._transaction, "configure", None)
            if configure is None or not configure(combined):
                raise RuntimeError(
                    "a transaction's options must be set before its session is used; "
                    "put @transactional on the endpoint itself, outside of what asks for the session"
                )
        self._options = combined

    def independent(self, options: TransactionOptions) -> Transaction:
        """Return a separate transaction, which this unit does not end."""
        return self.source.new_transaction(options)

    def transaction(self) -> Transaction:
        """Return the transaction, opening it if there is none."""
        if self.ended:
            raise SessionClosed(TRANSACTION_ENDED_MESSAGE)
        if self._transaction is None:
            self._raised_before = sys.exception()
            self._transaction = self.source.new_transaction(self._options)
        return self._transaction

    async def complete(self, status: int, scope: Scope) -> None:
        """Commit or roll back, as the policy decides. A commit that fails is rolled back and raised."""
        transaction = self._transaction
        if transaction is None or self.ended:
            self.ended = True
            return
        if self._policy.commits(await self._outcome(status, scope)):
            try:
                await transaction.commit()
            except BaseException:
                await self.roll_back()
                raise
            self.ended = True
        else:
            await self.roll_back()

    async def _outcome(self, status: int, scope: Scope) -> TransactionOutcome:
        """Collect what the policy decides by.

        A response sent while an exception is being handled belongs to that exception, unless it
        was being handled already when the transaction was opened.
        """
        raised = sys.exception()
        outcome = TransactionOutcome(
            status,
            raised=raised is not None and raised is not self._raised_before,
            has_errors=scope_record(scope).get("result_has_errors", False),
            rollback_only=self.rollback_only,
        )
        if self._receive is None or not self._policy.commits(outcome):
            return outcome
        return outcome._replace(disconnected=await self._receive.is_disconnected())

    async def roll_back(self) -> None:
        """Roll back what is open."""
        transaction, was_ended = self._transaction, self.ended
        self.ended = True
        if transaction is not None and not was_ended:
            await transaction.rollback()

    async def restart(self) -> None:
        """Roll back, and begin again with the same session, which the application may hold."""
        await self.roll_back()
        if self._transaction is not None:
            await self._transaction.restart()
        self.ended = self.rollback_only = False


def unit_of_work(scope: Any, name: str) -> UnitOfWork:
    """Return a connection's unit of work.

    Raises:
        SessionMissing: no middleware created one.
    """
    record = scope_record(scope)
    unit: UnitOfWork | None = record.get("transactions", {}).get(name)
    if unit is None:
        raise SessionMissing(
            f"there is no database {name!r} here; wrap the application, or the route, in "
            f"Middleware(TransactionMiddleware, database)"
        )
    return unit
