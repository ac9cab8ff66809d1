"""The limit on the bytes of a request body: its value, its check and its rejection.

The limit in force is `scope["armillary"]["max_body_size"]`: a nested one replaces an outer one, larger or
smaller. It is read again for each message, since a mount or a route further in may set its own.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final, cast

from armillary.asgi_types import HTTPException, Message, Receive, Scope, find_scope_record, scope_record

DEFAULT_MAX_BODY_SIZE: Final = 16 * 1024 * 1024
"""The limit in bytes where none is given: 16 MiB."""

_LONGEST_LENGTH: Final = 19  # digits; int() of thousands of them is slow, and no body is that long


class BodyTooLarge(HTTPException):
    """A request body is larger than its limit: 413, and the connection is closed (RFC 9110 section 15.5.14).

    Args:
        limit: the bytes allowed.

    >>> BodyTooLarge(10).status_code
    413
    """

    def __init__(self, limit: int) -> None:
        super().__init__(
            413, f"The request body is larger than the {limit} bytes allowed.", headers={"Connection": "close"}
        )
        self.limit = limit

    def __reduce__(self) -> tuple[type[BodyTooLarge], tuple[int]]:
        return type(self), (self.limit,)


def check_body_limit(limit: Any, parameter: str = "max_body_size") -> int | None:
    """Return a limit as it was given.

    Args:
        limit: bytes, 0 or more; None for no limit.
        parameter: what the caller's parameter is called, for the message.

    Raises:
        TypeError: not a whole number.
        ValueError: below 0.

    >>> check_body_limit(1024)
    1024
    """
    if limit is None:
        return None
    if not isinstance(limit, int) or isinstance(limit, bool):
        raise TypeError(f"{parameter} is a whole number of bytes, or None for no limit; got {limit!r}")
    if limit < 0:
        raise ValueError(f"{parameter} is a number of bytes, 0 or more, or None for no limit; got {limit!r}")
    return limit


def declared_length(scope: Scope) -> int:
    """Return the Content-Length of a request; 0 if there is none or it is not a number in ASCII digits.

    What it does not say is still counted as it arrives.
    """
    for name, value in scope.get("headers", ()):
        if name == b"content-length":
            if not value.isdigit():
                return 0
            return int(value) if len(value) <= _LONGEST_LENGTH else 10**_LONGEST_LENGTH
    return 0


def check_declared_length(scope: Scope, limit: int | None) -> None:
    """Reject a body whose Content-Length is over `limit`, before any of it is read.

    Raises:
        BodyTooLarge: it is.
    """
    if limit is not None and declared_length(scope) > limit:
        raise BodyTooLarge(limit)


def limit_in_force(scope: Scope, default: int | None) -> int | None:
    """Return the limit on a request's body: that of the scope record, else `default`."""
    record = find_scope_record(scope)
    return default if record is None else record.get("max_body_size", default)


class CountedReceive:
    """A `receive` that raises once a request body is over its limit.

    Args:
        scope: the request's.
        receive: where messages come from.
        default: the limit in bytes if the scope record names none; None for no limit.
        key: the record's key that holds the limit in force.

    Attributes:
        received: the bytes received so far.
        rejection: what was raised; None before.
        was_read: whether a piece of the body was received.
    """

    __slots__ = ("default", "key", "receive", "received", "rejection", "scope", "was_read")

    error_class: ClassVar[type[BodyTooLarge]] = BodyTooLarge
    """What is raised; called with the limit."""

    def __init__(self, scope: Scope, receive: Receive, default: int | None, key: str = "max_body_size") -> None:
        self.scope: Scope = scope
        self.receive: Receive = receive
        self.default: int | None = default
        self.key: str = key
        self.received: int = 0
        self.rejection: BodyTooLarge | None = None
        self.was_read: bool = False

    async def __call__(self) -> Message:
        """Receive a message.

        Raises:
            BodyTooLarge: the Content-Length, or what was received so far, is over the limit.
        """
        if not self.was_read:
            self.check(declared_length(self.scope))
        message = await self.receive()
        if message["type"] == "http.request":
            self.was_read = True
            self.received += len(message.get("body", b""))
            self.check(self.received)
        return message

    @property
    def limit(self) -> int | None:
        """The limit in force now."""
        record = cast("dict[str, Any]", scope_record(self.scope))
        return cast("int | None", record.get(self.key, self.default))

    def check(self, size: int) -> None:
        """Raise if a size is over the limit in force now."""
        limit = self.limit
        if limit is not None and size > limit:
            self.rejection = self.error_class(limit)
            raise self.rejection
