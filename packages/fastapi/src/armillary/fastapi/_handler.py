"""The two functions that FastAPI makes a route's application with.

`APIRoute` calls `get_request_handler` for a handler and gives it to `request_response`, which makes it an ASGI
application. The first records what the handler was made of; the second compiles it at the first request. A handler that
somebody wrapped on the way, or made by other means, is not recorded, and gets FastAPI's application.
"""

from __future__ import annotations

from collections.abc import Awaitable
from inspect import signature
from types import FunctionType, MethodType, SimpleNamespace
from typing import Any, Self
from weakref import WeakKeyDictionary

from armillary.asgi_types import ASGIApp, Receive, Scope, Send

from ._counts import count_compiled, count_kept
from ._dependant import DependantState, NotCompiled, is_changed, state_of
from ._fastapi import own_get_request_handler, own_request_response
from ._route_handler import RouteHandler

_OWN_HANDLER = "a handler of its own"
_SIGNATURE = signature(own_get_request_handler)
_arguments: WeakKeyDictionary[Any, tuple[tuple[Any, ...], dict[str, Any]]] = WeakKeyDictionary()


def get_request_handler(*args: Any, **kwargs: Any) -> Any:
    """Return FastAPI's handler, and record what it was made of; replaces `fastapi.routing.get_request_handler`."""
    handler = own_get_request_handler(*args, **kwargs)
    _arguments[handler] = args, kwargs
    return handler


def _options_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> SimpleNamespace:
    """Return the arguments of `get_request_handler` by name."""
    bound = _SIGNATURE.bind(*args, **kwargs)
    bound.apply_defaults()
    return SimpleNamespace(**bound.arguments)


class RouteApplication:
    """The application of a route, whose handler is compiled at the first request and after a change of its dependant.

    Args:
        kept: FastAPI's own.
        arguments: those of `get_request_handler`.
    """

    __slots__ = ("arguments", "compiled", "kept", "reason", "state")

    def __init__(self, kept: ASGIApp, arguments: tuple[tuple[Any, ...], dict[str, Any]]) -> None:
        self.kept = kept
        self.arguments = arguments
        self.compiled: RouteHandler | None = None
        self.state: DependantState | None = None
        self.reason = ""

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Return itself, as FastAPI's own, a function: a copy of a route has the application of the original."""
        return self

    def serve(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve a request by the compiled handler, or by FastAPI's."""
        if self.state is None or is_changed(self.state):
            self.compile()
        compiled = self.compiled
        serve = self.kept if compiled is None or compiled.is_kept(scope) else compiled.serve
        return serve(scope, receive, send)

    def compile(self) -> None:
        """Compile the handler of the route as it is now, or keep FastAPI's for a reason."""
        is_first = self.state is None
        options = _options_of(*self.arguments)
        try:
            self.compiled, self.reason = RouteHandler(options, self.kept), ""
        except NotCompiled as exc:
            self.compiled, self.reason = None, str(exc)
        self.state = state_of(options.dependant)
        if is_first and self.compiled is None:
            count_kept(self.reason)
        elif is_first:
            count_compiled()


def why_kept(app: Any) -> str:
    """Return why the application of a route runs FastAPI's own handler; "" if its handler is compiled, now at last."""
    while not isinstance(app, MethodType | FunctionType) and hasattr(app, "app"):
        app = app.app  # a limit of bodies around it
    found = getattr(app, "__self__", None)
    if not isinstance(found, RouteApplication):
        return _OWN_HANDLER
    if found.state is None or is_changed(found.state):
        found.compile()
    return found.reason


def request_response(func: Any) -> ASGIApp:
    """Return the application of a handler; replaces `fastapi.routing.request_response`."""
    kept = own_request_response(func)
    try:
        arguments = _arguments.get(func)
    except TypeError:  # a handler that cannot be hashed, or referred to weakly, is none of FastAPI's
        arguments = None
    if arguments is None:
        count_kept(_OWN_HANDLER)
        return kept  # type: ignore[no-any-return]
    return RouteApplication(kept, arguments).serve
