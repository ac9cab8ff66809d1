"""OpenTelemetry spans and metrics for any ASGI app, by the stable semantic conventions.

>>> from armillary.telemetry import OpenTelemetryMiddleware
>>> async def app(scope, receive, send): ...
>>> app = OpenTelemetryMiddleware(app, excluded_urls=["/health$"])

It needs `opentelemetry-api` alone and does nothing until the program installs an SDK.
"""

from ._attributes import request_attributes
from ._exclusion import ExcludedURLs
from ._middleware import OpenTelemetryMiddleware
from ._request_outcome import RequestOutcome
from ._url import redacted_query

__all__ = ["ExcludedURLs", "OpenTelemetryMiddleware", "RequestOutcome", "redacted_query", "request_attributes"]
