"""One transaction for each request, committed before its response starts, with SQLAlchemy's async sessions.

>>> from sqlalchemy import text
>>> from armillary.http import JSONResponse, request_response
>>> from armillary.sqlalchemy import Database, TransactionMiddleware, database_session
>>> database = Database("sqlite:///:memory:")
>>> async def endpoint(request):
...     return JSONResponse({"answer": await database_session(request).scalar(text("SELECT 42"))})
>>> app = TransactionMiddleware(request_response(endpoint), database)

Errors at a glance:

    Exception
    ├── DatabaseError                the database cannot be used as it is set up
    ├── SessionClosed                a session was used after its transaction
    ├── SessionMissing               no middleware wraps the application
    ├── TransactionUndone            a statement failed, and its error was caught
    └── DatabaseUnavailable          becomes a 503
        ├── PoolExhausted            no connection became free in time
        ├── StatementTimeout         a statement took too long
        └── TransactionConflict      another transaction got in the way
"""

from ._errors import (
    DatabaseError,
    DatabaseUnavailable,
    PoolExhausted,
    SessionClosed,
    SessionMissing,
    StatementTimeout,
    TransactionConflict,
    TransactionUndone,
)
from ._options import TransactionOptions
from .database._database import Database
from .database._pool import PoolStatus
from .database._readiness import Readiness
from .database._readiness_endpoint import ReadinessEndpoint
from .outbox._inbox import Inbox
from .outbox._outbox import Outbox, OutboxMessage
from .outbox._relay import Delivery, Relay
from .transactions._access import DatabaseSession, SessionOf, database_session, set_rollback_only, transaction
from .transactions._constraint_violation import handle_constraint_violation
from .transactions._middleware import TransactionMiddleware
from .transactions._policy import CommitPolicy, TransactionOutcome
from .transactions._source import Transaction, TransactionSource
from .transactions._transactional import TransactionRetry, transactional

__all__ = [
    "CommitPolicy",
    "Database",
    "DatabaseError",
    "DatabaseSession",
    "DatabaseUnavailable",
    "Delivery",
    "Inbox",
    "Outbox",
    "OutboxMessage",
    "PoolExhausted",
    "PoolStatus",
    "Readiness",
    "ReadinessEndpoint",
    "Relay",
    "SessionClosed",
    "SessionMissing",
    "SessionOf",
    "StatementTimeout",
    "Transaction",
    "TransactionConflict",
    "TransactionMiddleware",
    "TransactionOptions",
    "TransactionOutcome",
    "TransactionRetry",
    "TransactionSource",
    "TransactionUndone",
    "database_session",
    "handle_constraint_violation",
    "set_rollback_only",
    "transaction",
    "transactional",
]
