"""Access log, request ids and JSON log lines for any ASGI app, on the standard `logging` module.

>>> from armillary.logging import AccessLogMiddleware, logging_config
>>> async def app(scope, receive, send): ...
>>> app = AccessLogMiddleware(app)
>>> import logging.config
>>> logging.config.dictConfig(logging_config("json"))

One record per request goes to the logger `armillary.access`, with its facts as attributes. The id
of the request being served is `current_request_id.get()` in the application's own code.
"""

from ._access_log import AccessLogMiddleware
from ._configuration import logging_config
from ._escape import escaped
from ._json_formatter import JSONFormatter
from ._line_formatter import LineFormatter
from ._repeated_traceback import RepeatedTracebackFilter
from ._request_id import RequestIDPolicy, current_request_id, new_request_id
from ._request_id_filter import RequestIDFilter
from ._request_id_middleware import RequestIDMiddleware

__all__ = [
    "AccessLogMiddleware",
    "JSONFormatter",
    "LineFormatter",
    "RepeatedTracebackFilter",
    "RequestIDFilter",
    "RequestIDMiddleware",
    "RequestIDPolicy",
    "current_request_id",
    "escaped",
    "logging_config",
    "new_request_id",
]
