"""TCP's own look for the other side, at both ends of a connection (RFC 9293 section 3.8.4, RFC 5482).

The client's end notices a lost server while a statement may take long. PostgreSQL's end notices a lost client: until
then it keeps the transaction, and its locks, for two hours by default. MariaDB has that in its configuration only
(`tcp_keepalive_time`).
"""

from __future__ import annotations

import math
import socket
from contextlib import suppress
from typing import Any, Final

from ._socket import socket_of

IDLE: Final = 5
INTERVAL: Final = 1
COUNT: Final = 3
"""After so many silent seconds ask for the other side, at such intervals, so many times."""


def keep_alive(driver_connection: Any, seconds: float) -> None:
    """Have this end give up within that many seconds; it sets what the platform has, and nothing on a Unix socket."""
    options = {
        "TCP_KEEPIDLE": IDLE,
        "TCP_KEEPALIVE": IDLE,  # macOS
        "TCP_KEEPINTVL": INTERVAL,
        "TCP_KEEPCNT": COUNT,
        "TCP_USER_TIMEOUT": math.ceil(seconds * 1000),
    }
    duplicate = socket_of(driver_connection)
    if duplicate is None:
        return
    with duplicate, suppress(OSError):
        if duplicate.family in (socket.AF_INET, socket.AF_INET6):
            duplicate.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for name, value in options.items():
                if hasattr(socket, name):
                    duplicate.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def keep_alive_on_postgresql(dbapi_connection: Any, seconds: float, error: type[Exception]) -> None:
    """Have the server's end give up within that many seconds; one that rejects that, with `error`, keeps its own."""
    settings = {
        "tcp_keepalives_idle": IDLE,
        "tcp_keepalives_interval": INTERVAL,
        "tcp_keepalives_count": COUNT,
        "tcp_user_timeout": math.ceil(seconds * 1000),
    }
    calls = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in settings.items())
    # Not as parameters of the connection's start, which PgBouncer rejects.
    dbapi_connection.autocommit = True
    cursor = dbapi_connection.cursor()
    with suppress(error):
        cursor.execute(f"SELECT {calls}")
    cursor.close()
    dbapi_connection.autocommit = False
