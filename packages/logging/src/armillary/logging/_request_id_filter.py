"""The request id on every record of a handler."""

from __future__ import annotations

import logging

from ._request_id import current_request_id

OTHER_REQUEST_ID = "extra_request_id"
"""What an id is called that a program gave a record of another request."""


def request_id_of(record: logging.LogRecord) -> tuple[str | None, object]:
    """Return the id of the request that a record belongs to, and another one that the program gave it, or None.

    The request being served decides. Where none is, as in the thread of a `QueueListener`, it is what the record has.
    """
    given: object = record.__dict__.get("request_id")
    current = current_request_id.get()
    if current is None:
        return (given, None) if isinstance(given, str | None) else (str(given), None)
    return current, None if given == current else given


class RequestIDFilter(logging.Filter):
    """Give records the attribute `request_id`, None outside of a request.

    Put it on a handler, so that formats may name `%(request_id)s`; before a `QueueHandler`, since
    the listener's thread serves no request. Another id that the program gave the record by `extra=`
    becomes its `extra_request_id`.

    >>> record = logging.makeLogRecord({})
    >>> RequestIDFilter().filter(record), record.request_id
    (True, None)
    """

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id, other = request_id_of(record)
        if other is not None:
            record.__dict__[OTHER_REQUEST_ID] = other
        return True
