"""A client-side deadline on every operation of a connection, for a network that is silent.

A server that is cut off sends neither an error nor the end of the connection, and what waits for it waits forever:
statements, COMMIT and ROLLBACK, and also the drivers' own ways to cancel and to close. So each call into the driver
is timed from outside, by a timer of the event loop:

    armed       when the call begins
    disarmed    when it returns or raises in time
    passed      the socket is shut down, which every driver reports as a lost connection, whether or not the task that
                waits was cancelled meanwhile; then SQLAlchemy discards the connection
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from math import inf
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, event

from ._execution_options import HAS_DEADLINES, STATEMENT_TIMEOUT
from ._socket import sever

logger = logging.getLogger("armillary.sqlalchemy")

MARGIN: Final = 2.0
"""Seconds in which the report has to arrive that the database ended a statement at its `statement_timeout`."""

GRACE: Final = 0.1
"""Seconds in which an event loop that was blocked may read what arrived meanwhile."""

STATEMENTS: Final = ("do_execute", "do_executemany", "do_execute_no_params")
ENDINGS: Final = ("do_commit", "do_rollback")
OUTSIDE_OF_TRANSACTIONS: Final = ("set_isolation_level", "get_isolation_level", "do_close", "do_terminate")


class NoResponse(Exception):
    """The database did not respond in time; the connection was shut down."""


class Allowed(NamedTuple):
    """Seconds that a statement and a COMMIT or ROLLBACK may take in the current transaction of a connection."""

    statement: float
    ending: float


class Deadlines:
    """The deadlines of an engine's connections.

    Args:
        seconds: for each operation; a statement with a `statement_timeout` has that and `MARGIN`.
        ping: seconds for the test of a connection before it is used.
    """

    def __init__(self, seconds: float, ping: float) -> None:
        self.seconds = seconds
        self.ping = ping
        self._connections: WeakKeyDictionary[Any, Allowed] = WeakKeyDictionary()

    def listen(self, engine: Engine) -> None:
        """Time an engine's operations: the methods by which its dialect awaits the driver."""
        dialect: Any = engine.dialect
        for name in STATEMENTS:
            setattr(dialect, name, self._timed_statement(getattr(dialect, name)))
        for name in ENDINGS:
            setattr(dialect, name, timed(getattr(dialect, name), lambda found: self._allowed(found).ending))
        for name in OUTSIDE_OF_TRANSACTIONS:
            setattr(dialect, name, timed(getattr(dialect, name), lambda _: self.seconds))
        dialect.do_ping = self._timed_ping(dialect.do_ping, dialect.loaded_dbapi.Error)
        event.listen(engine, "connect", self._connected)
        event.listen(engine, "begin", self._begin)

    def sever_all(self) -> None:
        """Shut down all connections."""
        for driver_connection in list(self._connections):
            sever(driver_connection)

    def _connected(self, dbapi_connection: Any, _: object) -> None:
        self._connections[dbapi_connection.driver_connection] = Allowed(self.seconds, self.seconds)

    def _begin(self, connection: Connection) -> None:
        """Set what the transaction allows; all the time it needs if a program uses the engine by itself."""
        options = connection.get_execution_options()
        timeout = options.get(STATEMENT_TIMEOUT)
        statement = self.seconds if timeout is None else timeout + MARGIN
        allowed = Allowed(statement, max(statement, self.seconds)) if options.get(HAS_DEADLINES) else Allowed(inf, inf)
        self._connections[connection.connection.driver_connection] = allowed

    def _allowed(self, driver_connection: Any) -> Allowed:
        return self._connections.get(driver_connection, Allowed(self.seconds, self.seconds))

    def _timed_statement(self, execute: Callable[..., None]) -> Callable[..., None]:
        def timed_execute(cursor: Any, *arguments: Any) -> None:
            context = arguments[-1]
            driver_connection = context.root_connection.connection.driver_connection
            seconds = self._allowed(driver_connection).statement
            with deadline(driver_connection, seconds):
                execute(cursor, *arguments)
            if context._is_server_side:
                context.cursor = TimedCursor(cursor, lambda: deadline(driver_connection, seconds))

        return timed_execute

    def _timed_ping(self, ping: Callable[[Any], bool], error: type[Exception]) -> Callable[[Any], bool]:
        in_time = timed(ping, lambda _: self.ping)

        def timed_ping(connection: Any) -> bool:
            try:
                return bool(in_time(connection))
            except (NoResponse, error):  # psycopg leaves one in pipeline mode whose executemany is cancelled
                return False

        return timed_ping


class TimedCursor:
    """A cursor of the server, each of whose fetches has a deadline; any other has all its rows already."""

    def __init__(self, cursor: Any, new_deadline: Callable[[], AbstractContextManager[None]]) -> None:
        self._cursor = cursor
        self._new_deadline = new_deadline

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._cursor, name)
        if name not in ("fetchone", "fetchmany", "fetchall", "close"):
            return found

        def timed_fetch(*arguments: Any, **keywords: Any) -> Any:
            with self._new_deadline():
                return found(*arguments, **keywords)

        return timed_fetch


def timed(operation: Callable[..., Any], seconds_for: Callable[[Any], float]) -> Callable[..., Any]:
    """Return an operation of a connection with a deadline."""

    def timed_operation(connection: Any, *arguments: Any) -> Any:
        driver_connection = connection.driver_connection
        with deadline(driver_connection, seconds_for(driver_connection)):
            return operation(connection, *arguments)

    return timed_operation


@contextmanager
def deadline(driver_connection: Any, seconds: float) -> Generator[None]:
    """Shut down a connection if the block takes longer than that.

    Raises:
        NoResponse: the block raised since the connection was shut down.
        CancelledError: so it did, and its task was cancelled meanwhile.
    """
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:  # the garbage collector closes a connection
        loop = None
    if loop is None or seconds == inf:
        yield
        return
    passed = False
    timer: asyncio.TimerHandle | None = None
    task: Any = asyncio.current_task()
    cancellations = task.cancelling()

    def wait_a_little() -> None:
        nonlocal timer
        timer = loop.call_later(GRACE, give_up)

    def give_up() -> None:
        nonlocal passed
        passed = True
        logger.warning(
            "No response from the database in %g s; the connection is closed. "
            "A transaction whose statements take longer needs a statement_timeout.",
            seconds,
        )
        sever(driver_connection)

    timer = loop.call_later(seconds, wait_a_little)
    try:
        yield
    except Exception as exc:
        if (
            passed and task.cancelling() > cancellations
        ):  # psycopg before 3.3 forgets that while it cancels the statement
            raise asyncio.CancelledError from exc
        if passed:
            raise NoResponse(f"no response in {seconds:g} s") from exc
        raise
    finally:
        timer.cancel()
