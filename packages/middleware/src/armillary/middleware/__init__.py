"""Middleware over requests and responses, and hooks over messages, for any ASGI app.

>>> from armillary.middleware import DispatchMiddleware
>>> async def timing(request, call_next):
...     response = await call_next(request)
...     response.headers["server-timing"] = "app"
...     return response
>>> async def app(scope, receive, send): ...
>>> timed = DispatchMiddleware(app, timing)

`MessageHooks` is the smaller tool and the faster one: use it if looking at the scope, the
start of the response or its body messages is enough.
"""

from ._dispatch import CallNext, Dispatch, DispatchMiddleware
from ._errors import CallNextError
from ._hooks import MessageHooks
from ._passing_response import PassingResponse

__all__ = ["CallNext", "CallNextError", "Dispatch", "DispatchMiddleware", "MessageHooks", "PassingResponse"]
