"""Request ids: how they are generated, and which incoming ones are accepted."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from os import urandom
from typing import Final

from armillary.asgi_types import Message
from armillary.datastructures import encode_header
from armillary.exchange import start_headers

Header = tuple[bytes, bytes]

MAX_ID_LENGTH: Final = 128
_ID_CHARACTERS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.:+/=@~"

current_request_id: ContextVar[str | None] = ContextVar("current_request_id", default=None)
"""The id of the request being served; None outside of one."""

# CPython makes the method of an imported object for each call, which takes 500 instructions; these are made once.
set_request_id = current_request_id.set
reset_request_id = current_request_id.reset


class RandomIDs:
    """Ids of 128 random bits, drawn from the system in batches."""

    BATCH: Final = 256

    def __init__(self) -> None:
        self._drawn: list[str] = []

    def forget(self) -> None:
        """Discard the ids drawn so far, as a forked process must."""
        self._drawn = []

    def next_id(self) -> str:
        """Return a unique id."""
        try:
            return self._drawn.pop()
        except IndexError:
            digits = urandom(16 * self.BATCH).hex()
            self._drawn = [digits[at : at + 32] for at in range(0, len(digits), 32)]
            return self._drawn.pop()


_ids = RandomIDs()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_ids.forget)


def new_request_id() -> str:
    """Return 32 random hexadecimal digits, which no other request has.

    >>> len(new_request_id())
    32
    """
    return _ids.next_id()


class RequestIDPolicy:
    """Decides about the ids of requests.

    Args:
        header: the header for ids in requests and responses.
        accept: whether the id a request brings is kept. Such an id has 1 to 128 letters, digits
            and `-_.:+/=@~`; anything else, or the header twice, is replaced.
        respond: whether responses carry their id.
        generate: a function returning a new id.

    Raises:
        TypeError: `generate` is not callable.
        ValueError: `header` is not a valid header name.

    >>> policy = RequestIDPolicy()
    >>> policy.choose([(b"x-request-id", b"a1")])
    'a1'
    """

    def __init__(
        self,
        header: str = "X-Request-ID",
        accept: bool = True,
        respond: bool = True,
        generate: Callable[[], str] = new_request_id,
    ) -> None:
        if not callable(generate):
            raise TypeError(f"generate must be a function returning an id, got {generate!r}")
        if not isinstance(accept, bool):
            raise TypeError(f"accept is True or False, got {accept!r}")
        self.header: bytes = encode_header(header, "")[0]
        self.accept = accept
        self.respond = respond
        self.generate = generate
        self._checks = generate is not new_request_id

    def choose(self, headers: Iterable[Header]) -> str:
        """Return the id of a request with these headers.

        Raises:
            ValueError: `generate` returned an invalid id.
        """
        if self.accept:
            header = self.header
            found, times = b"", 0
            for name, value in headers:
                if name == header:
                    found, times = value, times + 1
            if times == 1 and is_request_id(found):
                return found.decode("ascii")
        if not self._checks:
            return _ids.next_id()
        made = self.generate()
        if not (made.isascii() and is_request_id(made.encode("ascii"))):
            raise ValueError(f"generate returned {made!r}; an id has 1 to 128 letters, digits and -_.:+/=@~")
        return made

    def named(self, message: Message, request_id: str) -> Message:
        """Return the start of a response with the id, unless it already has one."""
        header = self.header
        fields = start_headers(message)
        for name, _ in fields:
            if name == header:
                return message
        fields.append((header, request_id.encode("ascii")))
        message = {**message}
        message["headers"] = fields
        return message


def is_request_id(value: bytes) -> bool:
    """Return whether a header's value can be an id: nothing in it acts on a log, a page or a shell.

    >>> is_request_id(b"1f8a-22"), is_request_id(b"a b"), is_request_id(b"")
    (True, False, False)
    """
    return 0 < len(value) <= MAX_ID_LENGTH and not value.translate(None, _ID_CHARACTERS)
