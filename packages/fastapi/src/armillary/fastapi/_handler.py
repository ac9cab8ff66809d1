"""The two functions that FastAPI makes a route's application with.

`APIRoute` calls `get_request_handler` for a handler and gives it to `request_response`, which makes it an ASGI
application. The first records what the handler was made of; the second compiles it at the first request. A handler that
somebody wrapped on the way, or made by other means, is not recorded, and gets FastAPI's application.
"""

from __future__ import annotations

from inspect import signature
from types import SimpleNamespace
from typing import Any
from weakref import WeakKeyDictionary

from armillary.asgi_types import ASGIApp, Receive, Scope, Send

from ._counts import count_compiled, count_kept
from ._dependant import NotCompiled, state_of
from ._fastapi import own_get_request_handler, own_request_response
from ._route_handler import RouteHandler

_SIGNATURE = signature(own_get_request_handler)
_options: WeakKeyDictionary[Any, SimpleNamespace] = WeakKeyDictionary()


def get_request_handler(*args: Any, **kwargs: Any) -> Any:
    """Return FastAPI's handler, and record what it was made of; replaces `fastapi.routing.get_request_handler`."""
    handler = own_get_request_handler(*args, **kwargs)
    bound = _SIGNATURE.bind(*args, **kwargs)
    bound.apply_defaults()
    _options[handler] = SimpleNamespace(**bound.arguments)
    return handler


def request_response(func: Any) -> ASGIApp:
    """Return the application of a handler; replaces `fastapi.routing.request_response`."""
    kept = own_request_response(func)
    try:
        options = _options.get(func)
    except TypeError:  # a handler that cannot be hashed, or referred to weakly, is none of FastAPI's
        options = None
    if options is None:
        count_kept("a handler of its own")
        return kept  # type: ignore[no-any-return]
    compiled: RouteHandler | None = None
    state: Any = None
    is_counted = False

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal compiled, state, is_counted
        # Dependants are plain objects that programs and integrations change at any time.
        if state is None or any(read(dependant) != known for read, dependant, known in state):
            try:
                compiled, reason = RouteHandler(options, kept), ""
            except NotCompiled as exc:
                compiled, reason = None, str(exc)
            state = state_of(options.dependant)
            if not is_counted:
                is_counted = True
                if compiled is None:
                    count_kept(reason)
                else:
                    count_compiled()
        if compiled is None:
            await kept(scope, receive, send)
        else:
            await compiled.serve(scope, receive, send)

    return app
