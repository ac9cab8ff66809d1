"""The socket below a driver's connection."""

from __future__ import annotations

import math
import socket
from contextlib import suppress
from typing import Any, Final

KEEPALIVE_IDLE: Final = 5
KEEPALIVE_INTERVAL: Final = 1
KEEPALIVE_COUNT: Final = 3
"""After so many silent seconds ask whether the server is there, at such intervals, so many times."""


def socket_of(driver_connection: Any) -> socket.socket | None:
    """Return a duplicate of a connection's socket, which the caller closes; None if it has none.

    Psycopg has a method for it; asyncpg and asyncmy keep the transport of the event loop.
    """
    if hasattr(driver_connection, "fileno"):
        number = driver_connection.fileno()  # raises if the connection is closed
    else:
        writer = getattr(driver_connection, "_writer", None)  # asyncmy before 0.2.11, aiomysql
        transport = getattr(driver_connection, "_transport", None) or getattr(writer, "transport", None)
        # A transport that is closing may still name a number that belongs to another socket by now.
        if transport is None or transport.is_closing():
            return None
        found = transport.get_extra_info("socket")
        if found is None:
            return None
        number = found.fileno()
    return socket.socket(fileno=socket.dup(number))


def sever(driver_connection: Any) -> None:
    """Shut down the socket of a connection, so that whatever awaits it fails as when the server ended it.

    Unlike a cancellation, this neither waits for the server nor for a buffer to be written.
    """
    with suppress(Exception):  # it is closed already
        duplicate = socket_of(driver_connection)
        if duplicate is not None:
            with duplicate:
                duplicate.shutdown(socket.SHUT_RDWR)


def keep_alive(driver_connection: Any, seconds: float) -> None:
    """Let the operating system notice within that many seconds that packets are lost (RFC 9293 section 3.8.4).

    It sets what the platform has; a Unix socket has none of it.
    """
    options = {
        "TCP_KEEPIDLE": KEEPALIVE_IDLE,
        "TCP_KEEPALIVE": KEEPALIVE_IDLE,  # macOS
        "TCP_KEEPINTVL": KEEPALIVE_INTERVAL,
        "TCP_KEEPCNT": KEEPALIVE_COUNT,
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
