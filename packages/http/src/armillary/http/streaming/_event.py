"""Server-sent events (WHATWG HTML, section 9.2)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from armillary.datastructures import HTTPConnection, encode_text
from armillary.serialization import encode_json

_LINE_ENDS = frozenset("\r\n\0")


def _lines(text: str) -> list[str]:
    # The three line endings of the format; str.splitlines splits at others too.
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.split("\n")


def _checked(field: str, value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{field}={value!r} must be text, not {type(value).__name__}")
    if not _LINE_ENDS.isdisjoint(value):
        raise ValueError(f"{field}={value!r} contains CR, LF or NUL, which would end the field; it must be one line")
    return value


def checked_retry(name: str, value: int | None) -> int | None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        raise ValueError(f"{name}={value!r} must be a whole number of milliseconds, 0 or more")
    return value


class ServerSentEvent:
    """One event of a stream.

    Args:
        data: text with any number of lines; anything else but None is sent as JSON. None is no data; with an
            `event` it is an empty line, since browsers dispatch no event without data.
        event: the event's type, which the browser dispatches; "message" if absent.
        id: text or a whole number; becomes the `Last-Event-ID` of a reconnecting browser.
        retry: milliseconds after which the browser should reconnect.
        comment: a line browsers ignore.

    Raises:
        TypeError: `event` is not text, or `id` neither text nor a whole number.
        ValueError: `event` or `id` contains CR, LF or NUL; `retry` is not a whole number.

    >>> ServerSentEvent("one\\ntwo", event="news", id="7").encode()
    b'event: news\\nid: 7\\ndata: one\\ndata: two\\n\\n'
    """

    __slots__ = ("_comment", "_event", "_id", "_retry", "data")

    def __init__(
        self,
        data: Any = None,
        *,
        event: str | None = None,
        id: str | int | None = None,
        retry: int | None = None,
        comment: str | None = None,
    ) -> None:
        self.data: Any = data
        # What is printable has no line end, and nearly every name is.
        if event is not None and not (type(event) is str and event.isprintable()):
            event = _checked("event", event)
        if type(id) is int:
            id = str(id)
        if id is not None and not (type(id) is str and id.isprintable()):
            id = _checked("id", id)
        self._event = event
        self._id = id
        self._retry = retry if retry is None else checked_retry("retry", retry)
        self._comment = comment

    def __repr__(self) -> str:
        fields = (("event", self._event), ("id", self._id), ("retry", self._retry), ("comment", self._comment))
        parts = [repr(self.data), *(f"{name}={value!r}" for name, value in fields if value is not None)]
        return f"{type(self).__name__}({', '.join(parts)})"

    @property
    def event(self) -> str | None:
        """The event's type."""
        return self._event

    @property
    def id(self) -> str | None:
        """The event's id."""
        return self._id

    def encode(self) -> bytes:
        """Return the event as it is sent, including its blank line."""
        # The fields were checked when they were set, and are read-only.
        text = ""
        if self._comment is not None:
            text = "".join([f": {line}\n" for line in _lines(self._comment)])
        if self._event is not None:
            text += f"event: {self._event}\n"
        if self._id is not None:
            text += f"id: {self._id}\n"
        if self._retry is not None:
            text += f"retry: {self._retry}\n"
        return encode_data(text, "" if self.data is None and self._event is not None else self.data)


def encode_data(text: str, data: Any) -> bytes:
    if isinstance(data, str):
        if "\n" in data or "\r" in data:
            data = "\ndata: ".join(_lines(data))
        text = f"{text}data: {data}\n\n"
    elif data is None:
        text += "\n"
    else:
        return b"%sdata: %s\n\n" % (encode_text(text), encode_json(data))
    try:
        return text.encode()
    except UnicodeEncodeError:
        return encode_text(text)


def last_event_id(connection: HTTPConnection) -> str | None:
    """Return the id of the last event a reconnecting client received, None if it names none.

    Args:
        connection: the request.

    Browsers send it in UTF-8; bytes that are not UTF-8 are replaced.

    >>> last_event_id(HTTPConnection({"type": "http", "headers": [(b"last-event-id", b"7")]}))
    '7'
    """
    headers: Iterable[tuple[bytes, bytes]] = connection.scope["headers"]
    for name, value in headers:
        if name == b"last-event-id":
            return value.decode("utf-8", "replace") or None
    return None
