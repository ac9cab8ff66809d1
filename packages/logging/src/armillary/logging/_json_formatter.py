"""Records as JSON, one object on each line."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

from ._request_id_filter import OTHER_REQUEST_ID, request_id_of
from ._standard_attributes import added_attributes


class JSONFormatter(logging.Formatter):
    """Write a record as one line of JSON (RFC 8259), in ASCII.

    The object has `time` (RFC 3339, UTC), `level`, `logger`, `message`; then `request_id`,
    `exception` and `stack` if present, the constant fields, and the record's `extra=` fields. One that
    has the name of another is written as `extra_<name>`. A value that JSON cannot represent is written
    as text.

    Args:
        fields: constant fields of every line, such as `{"service": "shop"}`.

    Raises:
        TypeError: `fields` is not a mapping, or a value in it cannot be represented in JSON.

    >>> formatter = JSONFormatter({"service": "shop"})
    >>> formatter.format(logging.makeLogRecord({"msg": "a\\nb", "created": 0.0, "levelname": "INFO"}))
    '{"time": "1970-01-01T00:00:00.000Z", "level": "INFO", "logger": null, "message": "a\\\\nb", "service": "shop"}'
    """

    def __init__(self, fields: Mapping[str, Any] | None = None) -> None:
        super().__init__()
        from json import JSONEncoder

        if not isinstance(fields, Mapping | None):
            raise TypeError(f"fields must be a mapping such as {{'service': 'shop'}}, got {fields!r}")
        self.fields: dict[str, Any] = dict(fields or {})
        self._encode: Callable[[Any], str] = JSONEncoder(allow_nan=False, default=text_of).encode
        JSONEncoder(allow_nan=False).encode(self.fields)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; it never fails because of the record's contents."""
        entry = self.entry(record)
        try:
            line = self._encode(entry)
        except (TypeError, ValueError, RecursionError):
            line = self._encode({str(name): plain(value) for name, value in entry.items()})
        # JSON leaves DEL unescaped; many readers reject a lone surrogate.
        line = line.replace("\x7f", "\\u007f")
        return without_lone_surrogates(line) if "\\ud" in line else line

    def entry(self, record: logging.LogRecord) -> dict[str, Any]:
        """Return the object a record becomes. Override to rename or to add fields."""
        entry: dict[str, Any] = {
            "time": timestamp(record.created),
            "level": record.levelname,
            "logger": record.name,
            "message": message_of(record),
        }
        added = added_attributes(record)
        added.pop("request_id", None)
        request_id, other_id = request_id_of(record)
        if request_id is not None:
            entry["request_id"] = request_id
        if other_id is not None:
            added[OTHER_REQUEST_ID] = other_id
        # Prefer `exc_info` to the cached `exc_text`, which another handler's formatter wrote for its own lines.
        exception = self.formatException(record.exc_info) if record.exc_info else record.exc_text
        if exception:
            entry["exception"] = exception
        if record.stack_info:
            entry["stack"] = record.stack_info
        for fields in (self.fields, added):
            for name, value in fields.items():
                entry[free_name(name, entry)] = value
        return entry


def free_name(name: str, entry: Mapping[str, Any]) -> str:
    """Return a name that the entry does not have yet: itself, or after "extra_"."""
    while name in entry:
        name = f"extra_{name}"
    return name


def message_of(record: logging.LogRecord) -> str:
    """Return a record's text; if its arguments do not fit, the text followed by the arguments."""
    try:
        return record.getMessage()
    except Exception as exc:
        return f"{text_of(record.msg)} {text_of(record.args)} ({type(exc).__name__}: {text_of(exc)})"


def timestamp(created: float) -> str:
    """Return seconds since the epoch in RFC 3339 form, in UTC.

    >>> timestamp(1.5)
    '1970-01-01T00:00:01.500Z'
    """
    second, microseconds = divmod(round(created * 1_000_000), 1_000_000)
    return f"{second_of(second)}.{microseconds // 1000:03d}Z"


@lru_cache(maxsize=8)
def second_of(second: int) -> str:
    """Return a whole second as its date and time; lines of a busy program often share one."""
    return datetime.fromtimestamp(second, UTC).isoformat()[:19]


def text_of(value: object) -> str:
    """Return a value's text; its class if `str()` fails."""
    try:
        return str(value)
    except Exception:
        return f"<{type(value).__name__}>"


def plain(value: object) -> object:
    """Return a value as a type that JSON can represent."""
    return value if value is None or isinstance(value, bool | int | str) else text_of(value)


def without_lone_surrogates(line: str) -> str:
    """Return a line of JSON with the escapes of lone surrogates written as text."""
    from json import dumps, loads

    return dumps(shown(loads(line)))


def shown(value: Any) -> Any:
    """Return a value of JSON with lone surrogates, in texts and names, as their escapes."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value)
        return {shown(name): shown(item) for name, item in items.items()}
    if isinstance(value, list):
        elements = cast("list[Any]", value)  # type: ignore[redundant-cast]
        return [shown(element) for element in elements]
    return value
