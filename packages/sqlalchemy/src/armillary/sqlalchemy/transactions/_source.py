"""What a database library implements for its transactions to follow the request.

`Database` implements it for SQLAlchemy. Another async ORM needs two small classes.
"""

from __future__ import annotations

from typing import Any, Protocol

from .._options import TransactionOptions


class Transaction(Protocol):
    """One transaction: begun, then either committed or rolled back, once.

    Attributes:
        session: what `database_session(request)` returns, such as a session or a connection.
    """

    @property
    def session(self) -> Any: ...

    async def begin(self) -> None:
        """Begin. A library that begins with the first statement does nothing here."""
        ...

    async def commit(self) -> None:
        """Make the work durable and give the connection back. A failure is raised."""
        ...

    async def rollback(self) -> None:
        """Undo the work and give the connection back, also after a failed `commit` and when cancelled."""
        ...

    async def restart(self) -> None:
        """Begin again after a rollback, with the same session; called before a replay."""
        ...


class TransactionSource(Protocol):
    """Where the transactions of requests come from.

    Attributes:
        name: what `database_session(request, name)` asks for; "default" if there is one database.
        begins_early: whether each request begins a transaction before the application runs. It is
            for libraries whose queries find the transaction by themselves, through a context
            variable. Otherwise it is opened when `database_session(request)` is first called.
    """

    @property
    def name(self) -> str: ...

    @property
    def begins_early(self) -> bool: ...

    def new_transaction(self, options: TransactionOptions) -> Transaction:
        """Return a transaction that has not begun. Must not block or await."""
        ...

    def is_conflict(self, exc: BaseException) -> bool:
        """Return whether the same work may succeed when repeated, as after a serialization failure or a deadlock."""
        ...
