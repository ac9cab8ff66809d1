"""Limits that keep one request from taking what others need: the size of its body, the time of its response.

>>> from armillary.resilience import RequestBodyLimitMiddleware, TimeoutMiddleware
>>> async def app(scope, receive, send): ...
>>> limited = TimeoutMiddleware(RequestBodyLimitMiddleware(app, max_body_size=1024 * 1024), seconds=30)
"""

from armillary.exchange import BodyTooLarge

from ._body_limit import RequestBodyLimitMiddleware
from ._timeout import ResponseTimeout, TimeoutMiddleware

__all__ = ["BodyTooLarge", "RequestBodyLimitMiddleware", "ResponseTimeout", "TimeoutMiddleware"]
