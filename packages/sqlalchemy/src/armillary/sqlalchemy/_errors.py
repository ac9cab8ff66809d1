"""What can go wrong between a request and its database."""

from __future__ import annotations

from armillary.asgi_types import HTTPException


class DatabaseError(RuntimeError):
    """A database cannot be used as it is set up; the message says why and what to do."""


class DatabaseUnavailable(HTTPException):
    """The database cannot be reached, or no connection became free in time; becomes a 503.

    Args:
        detail: the message for the client. It names neither host nor user.
        retry_after: seconds after which the client may try again, sent as `Retry-After`.
    """

    def __init__(self, detail: str = "The database cannot be reached", retry_after: int = 5) -> None:
        super().__init__(503, detail, {"retry-after": str(retry_after)})


class PoolExhausted(DatabaseUnavailable):
    """All connections of the pool were in use for longer than a request may wait for one."""

    def __init__(self) -> None:
        super().__init__("All database connections are in use", 1)


class StatementTimeout(DatabaseUnavailable):
    """A statement ran for longer than `statement_timeout`; the database ended it."""

    def __init__(self) -> None:
        super().__init__("The database took too long to respond", 1)


class TransactionConflict(DatabaseUnavailable):
    """Another transaction got in the way (serialization failure, deadlock, lock); trying again may succeed."""

    def __init__(self) -> None:
        super().__init__("Another change got in the way; try again", 1)


class TransactionUndone(RuntimeError):
    """A statement failed, the database undid the whole transaction, and the program went on with it."""


class SessionClosed(RuntimeError):
    """The session of a request was used after the response started, or after the request."""


class SessionMissing(RuntimeError):
    """A session was requested, but no `TransactionMiddleware` wraps the application."""
