"""Records as text, one line each."""

from __future__ import annotations

import logging
from copy import copy
from typing import Literal

from ._escape import one_line
from ._request_id_filter import request_id_of

DEFAULT_FORMAT = "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"


class LineFormatter(logging.Formatter):
    """Write a record as one line of text that nothing a client sent can break.

    Control characters of the message are written as escapes. The lines of a traceback follow,
    each indented, so that none of them looks like a record. `%(request_id)s` is "-" outside of a
    request.

    Args:
        fmt, datefmt, style: as of `logging.Formatter`; by default time, level, logger, request id
            and message.

    >>> formatter = LineFormatter("%(levelname)s %(message)s")
    >>> print(formatter.format(logging.makeLogRecord({"msg": "a\\nERROR b", "levelname": "INFO"})))
    INFO a\\nERROR b
    """

    def __init__(self, fmt: str | None = None, datefmt: str | None = None, style: Literal["%", "{", "$"] = "%") -> None:
        if fmt is None and style != "%":
            raise ValueError(f"style {style!r} needs its own fmt")
        super().__init__(DEFAULT_FORMAT if fmt is None else fmt, datefmt, style)

    def format(self, record: logging.LogRecord) -> str:
        attributes = record.__dict__
        request_id = request_id_of(record)[0] or "-"
        if attributes.get("request_id") != request_id or record.exc_info or record.exc_text:
            record = self.prepared(record, request_id)
        return super().format(record)

    def prepared(self, record: logging.LogRecord, request_id: str) -> logging.LogRecord:
        """Return a copy to format, since other handlers must not see the changes."""
        record = copy(record)
        record.request_id = request_id
        if record.exc_info:
            record.exc_text = None
        elif record.exc_text:
            record.exc_text = indented(record.exc_text)
        return record

    def formatMessage(self, record: logging.LogRecord) -> str:
        return one_line(super().formatMessage(record))

    def formatException(self, ei: object) -> str:
        return indented(super().formatException(ei))  # type: ignore[arg-type]

    def formatStack(self, stack_info: str) -> str:
        return indented(super().formatStack(stack_info))


def indented(text: str) -> str:
    return "\n".join(["    " + one_line(line) for line in text.split("\n")])
