"""What an application with `debug=True` says while it runs, on the logger `armillary.applications`."""

from __future__ import annotations

import logging
from types import FrameType
from typing import Any

from armillary.asgi_types import ASGIApp, Receive, Scope, Send, describe_function
from armillary.concurrency import LoopWatch
from armillary.errors import running_line
from armillary.routing import Router

_LOGGER = logging.getLogger("armillary.applications")
_FIXES = {
    "unreachable": "put it before the other, or give it another path",
    "duplicate name": "give one of the two another name=",
    "body of a GET": "take the values from the query, as Annotated[..., Query()], or register it for POST",
}


def warn_while_running(app: ASGIApp, router: Router) -> ASGIApp:
    """Return an application whose lifespan begins with warnings about routes, and is watched for blocking calls."""

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        warn_of_routes(router)
        with LoopWatch(warn_of_blocking_call):
            await app(scope, receive, send)

    return watched


def warn_of_routes(router: Router) -> None:
    """Log each route that can never match, that has the name of an earlier one, or that takes a body with GET."""
    for finding in router.explain():
        if finding.kind in _FIXES:
            endpoint: Any = getattr(finding.route, "endpoint", None)
            place = "" if endpoint is None else f" Its endpoint is {describe_function(endpoint)}:"
            _LOGGER.warning("%s.%s %s", finding, place, _FIXES[finding.kind])


def warn_of_blocking_call(frame: FrameType) -> None:
    """Log the line of the program that blocks the event loop, if it is the program and not the machine that does."""
    line = running_line(frame)
    if line:
        _LOGGER.warning(
            "The event loop has been blocked for 100 ms: %s. Nothing else is served meanwhile: await an async "
            "function, or declare the endpoint with def, which runs it in a thread",
            line,
        )
