"""The request id on every record of a handler."""

from __future__ import annotations

import logging

from ._request_id import current_request_id


class RequestIDFilter(logging.Filter):
    """Give records the attribute `request_id`, None outside of a request.

    Put it on a handler, so that formats may name `%(request_id)s`; before a `QueueHandler`, since
    the listener's thread serves no request. A record that has an id keeps it.

    >>> record = logging.makeLogRecord({})
    >>> RequestIDFilter().filter(record), record.request_id
    (True, None)
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if "request_id" not in record.__dict__:
            record.request_id = current_request_id.get()
        return True
