"""How a request ended, as spans and measurements report it."""

from __future__ import annotations

from typing import NamedTuple

from armillary.asgi_types import ClientDisconnect, HTTPException


class RequestOutcome(NamedTuple):
    """The end of a connection.

    Args:
        status: the response's status; 101 for an accepted WebSocket; None if there was none.
        error: the exception the application raised.
        close_code: the code the application closed a WebSocket with.
    """

    status: int | None = None
    error: BaseException | None = None
    close_code: int | None = None

    @property
    def shown_status(self) -> int | None:
        """The status; that of an `HTTPException` if outer middleware handles it."""
        if self.status is None and isinstance(self.error, HTTPException):
            return self.error.status_code
        return self.status

    @property
    def exception(self) -> BaseException | None:
        """The exception that is an error; an `HTTPException` is a response, and clients may disconnect."""
        return None if isinstance(self.error, HTTPException | ClientDisconnect) else self.error

    @property
    def error_type(self) -> str | None:
        """`error.type`: the exception's class, a 5xx status, or close code 1011; None for no error.

        A 4xx is the client's error, not this server's.
        """
        if self.exception is not None:
            return class_name(type(self.exception))
        status = self.shown_status
        if status is not None and status >= 500:
            return str(status)
        return "1011" if self.close_code == 1011 else None


def class_name(cls: type) -> str:
    """Return the name of an exception's class, with its module unless it is built in.

    >>> class_name(RuntimeError)
    'RuntimeError'
    """
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"
