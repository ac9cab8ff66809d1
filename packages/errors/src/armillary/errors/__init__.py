"""Exception handlers, the 500 response and the debug page, for any ASGI app.

>>> from armillary.errors import ExceptionMiddleware, ServerErrorMiddleware
>>> from armillary.http import JSONResponse
>>> async def app(scope, receive, send):
...     raise LookupError("no such star")
>>> async def not_found(request, exc):
...     return JSONResponse({"detail": str(exc)}, status_code=404)
>>> app = ServerErrorMiddleware(ExceptionMiddleware(app, handlers={LookupError: not_found}))
"""

from ._exception_middleware import ExceptionMiddleware
from ._running_line import running_line
from ._server_error_middleware import ServerErrorMiddleware
from ._tracebacks import traceback_html, traceback_text

__all__ = [
    "ExceptionMiddleware",
    "ServerErrorMiddleware",
    "running_line",
    "traceback_html",
    "traceback_text",
]
