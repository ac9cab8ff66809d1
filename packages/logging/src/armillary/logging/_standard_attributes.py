"""The standard attributes of `logging.LogRecord`, and those a program added."""

from __future__ import annotations

import logging
from itertools import filterfalse
from typing import Any, Final

STANDARD_ATTRIBUTES: Final = frozenset(
    {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName", "exc_info", "exc_text", "stack_info"}
)


def added_attributes(record: logging.LogRecord) -> dict[str, Any]:
    """Return the attributes that `extra=`, a filter or the access log added to a record."""
    attributes = record.__dict__
    return {name: attributes[name] for name in filterfalse(STANDARD_ATTRIBUTES.__contains__, attributes)}
