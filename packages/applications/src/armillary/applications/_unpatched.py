"""Whether the layers of a stack are unpatched, so that a shorter path may replace them.

A class patched after it was looked at here, rather than an instance or a subclass, is not detected.
"""

from __future__ import annotations

from typing import Any, TypeGuard

from armillary.errors import ExceptionMiddleware, ServerErrorMiddleware
from armillary.routing import Router

# The unpatched calls.
_GUARD_CALL = ServerErrorMiddleware.__call__
_HANDLERS_CALL = ExceptionMiddleware.__call__
_ROUTER_CALL = Router.__call__
_ROUTER_APP = Router.app


def guards_are_unpatched() -> bool:
    """Return whether calling a `ServerErrorMiddleware` does what that class says."""
    return ServerErrorMiddleware.__call__ is _GUARD_CALL


def is_guard(layer: Any) -> bool:
    """Return whether the layer is `ServerErrorMiddleware` itself."""
    return type(layer) is ServerErrorMiddleware and guards_are_unpatched()


def is_router_with_handlers(layer: Any) -> TypeGuard[ExceptionMiddleware]:
    """Return whether the layer is `ExceptionMiddleware` around a router that is called by its `select`."""
    return (
        type(layer) is ExceptionMiddleware and ExceptionMiddleware.__call__ is _HANDLERS_CALL and _is_router(layer.app)
    )


def _is_router(router: Any) -> bool:
    return (
        isinstance(router, Router)
        and type(router).__call__ is _ROUTER_CALL
        and type(router).app is _ROUTER_APP
        and "app" not in router.__dict__
        and router.middleware_stack == router.app
    )
