"""The socket below a driver's connection."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Any


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
