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
    └── DatabaseUnavailable          becomes a 503
        ├── PoolExhausted            no connection became free in time
        ├── StatementTimeout         a statement took too long
        └── TransactionConflict      another transaction got in the way
"""

from ._access import database_session, set_rollback_only, transaction
from ._constraint_violation import handle_constraint_violation
from ._database import Database, PoolStatus, Readiness
from ._errors import (
    DatabaseError,
    DatabaseUnavailable,
    PoolExhausted,
    SessionClosed,
    SessionMissing,
    StatementTimeout,
    TransactionConflict,
)
from ._middleware import TransactionMiddleware
from ._options import TransactionOptions
from ._outbox import Outbox, OutboxMessage
from ._policy import CommitPolicy, TransactionOutcome
from ._readiness_endpoint import ReadinessEndpoint
from ._relay import Delivery, Relay
from ._source import Transaction, TransactionSource
from ._transactional import TransactionRetry, transactional

__all__ = [
    "CommitPolicy",
    "Database",
    "DatabaseError",
    "DatabaseUnavailable",
    "Delivery",
    "Outbox",
    "OutboxMessage",
    "PoolExhausted",
    "PoolStatus",
    "Readiness",
    "ReadinessEndpoint",
    "Relay",
    "SessionClosed",
    "SessionMissing",
    "StatementTimeout",
    "Transaction",
    "TransactionConflict",
    "TransactionMiddleware",
    "TransactionOptions",
    "TransactionOutcome",
    "TransactionRetry",
    "TransactionSource",
    "database_session",
    "handle_constraint_violation",
    "set_rollback_only",
    "transaction",
    "transactional",
]
