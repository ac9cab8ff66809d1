"""Endpoints that require scopes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar, cast

from armillary.asgi_types import HTTPException, is_async_callable, signature_of
from armillary.datastructures import HTTPConnection
from armillary.http import RedirectResponse

from ._credentials import has_required_scope

EndpointT = TypeVar("EndpointT", bound=Callable[..., Any])

CONNECTION_NAMES = ("request", "websocket")


def requires(
    scopes: str | Sequence[str], status_code: int = 403, redirect: str | None = None
) -> Callable[[EndpointT], EndpointT]:
    """Let a function handle only connections that were granted all of these scopes.

    Works on functions and methods, sync and async, that have a parameter named `request` or
    `websocket`. A WebSocket without the scopes is closed with 1008 before it is accepted, which
    servers turn into a 403.

    Args:
        scopes: one scope, or several of which all are needed.
        status_code: of the response to any other request; 403 by default. A 401 has the challenges of the
            middleware's backends.
        redirect: the name of a route to go to instead (303), with the current URL as `next`.

    The function it returns lists them in its attribute `required_scopes`, outer decorators first.

    Raises:
        TypeError: a status_code or redirect of the wrong kind; (when it decorates) the function has
            no such parameter.
        ValueError: a status_code that is not an error.

    >>> @requires("authenticated", redirect="login")
    ... async def orders(request): ...
    """
    if callable(scopes):
        name = getattr(scopes, "__name__", "the function")
        raise TypeError(f"requires takes scopes, got {scopes!r}; write @requires('authenticated') above {name}")
    if not isinstance(status_code, int) or isinstance(status_code, bool):
        raise TypeError(f"status_code is a number such as 403, got {status_code!r}")
    if not 400 <= status_code <= 599:
        raise ValueError(f"status_code is from 400 to 599, got {status_code}")
    if not isinstance(redirect, str | None):
        raise TypeError(f"redirect is the name of a route, got {redirect!r}")
    needed = [scopes] if isinstance(scopes, str) else list(scopes)

    def decorate(function: EndpointT) -> EndpointT:
        name, position = connection_parameter(function)

        def find_connection(args: tuple[Any, ...], kwargs: dict[str, Any]) -> HTTPConnection:
            conn: HTTPConnection = kwargs[name] if name in kwargs else args[position]
            return conn

        if name == "websocket":

            @wraps(function)
            async def for_websockets(*args: Any, **kwargs: Any) -> Any:
                conn: Any = find_connection(args, kwargs)
                if not has_required_scope(conn, needed):
                    await conn.close(code=getattr(conn, "missing_scope_code", 1008) if redirect is None else 1000)
                    return None
                return await function(*args, **kwargs)

            return cast(EndpointT, guarded(for_websockets, function, needed))

        def reject(conn: HTTPConnection) -> Any:
            if redirect is None:
                # A 401 says how to authenticate (RFC 9110 section 15.5.2).
                challenge = getattr(conn.auth, "challenge", "") if status_code == 401 else ""
                raise HTTPException(status_code, headers={"WWW-Authenticate": challenge} if challenge else None)
            return RedirectResponse(log_in_url(conn, redirect), status_code=303)

        if is_async_callable(function):

            @wraps(function)
            async def for_requests(*args: Any, **kwargs: Any) -> Any:
                conn = find_connection(args, kwargs)
                return await function(*args, **kwargs) if has_required_scope(conn, needed) else reject(conn)

            return cast(EndpointT, guarded(for_requests, function, needed))

        @wraps(function)
        def for_requests_in_threads(*args: Any, **kwargs: Any) -> Any:
            conn = find_connection(args, kwargs)
            return function(*args, **kwargs) if has_required_scope(conn, needed) else reject(conn)

        return cast(EndpointT, guarded(for_requests_in_threads, function, needed))

    return decorate


class Requires:
    """A dependency of typed endpoints: only connections that were granted all of these scopes are handled.

    For one route, all of a router, or all of an application, as `dependencies=[Requires("stars:write")]`. A connection
    without a user gets a 401 with the challenges of the middleware's backends, any other a 403; a WebSocket is
    rejected before it is accepted.

    Args:
        *scopes: the scopes, such as "authenticated" or "stars:write".
        redirect: the name of a route to which a request goes instead (303), with the current URL as `next`.

    Attributes:
        required_scopes: the scopes, for API documents.
        error_statuses: of the responses, for API documents.

    Raises:
        TypeError: no scopes, or one that is no text.

    >>> Requires("authenticated", "stars:write")
    Requires('authenticated', 'stars:write')
    """

    def __init__(self, *scopes: str, redirect: str | None = None) -> None:
        if not scopes or not all(isinstance(scope, str) for scope in scopes):
            raise TypeError(f"Requires takes scopes, as Requires('stars:write'), got {scopes!r}")
        self.required_scopes = scopes
        self.redirect = redirect
        self.error_statuses: tuple[int, ...] = (401, 403) if redirect is None else (303, 403)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.required_scopes))})"

    async def __call__(self, connection: HTTPConnection) -> None:
        """Return if the connection was granted the scopes.

        Raises:
            HTTPException: it was not.
        """
        if has_required_scope(connection, self.required_scopes):
            return
        if getattr(connection.user, "is_authenticated", False):
            raise HTTPException(403)
        if self.redirect is not None and connection.scope["type"] == "http":
            raise HTTPException(303, headers={"Location": log_in_url(connection, self.redirect)})
        challenge = getattr(connection.auth, "challenge", "")
        raise HTTPException(401, headers={"WWW-Authenticate": challenge} if challenge else None)


def guarded(function: Callable[..., Any], endpoint: Callable[..., Any], scopes: Sequence[str]) -> Any:
    """Return a function that stands for an endpoint, with all the scopes that it requires listed on it."""
    listed: Any = function
    listed.required_scopes = (*scopes, *getattr(endpoint, "required_scopes", ()))
    return listed


def connection_parameter(function: Callable[..., Any]) -> tuple[str, int]:
    """Return name and position of the parameter that is the connection."""
    names = list(signature_of(function).parameters)
    for name in CONNECTION_NAMES:
        if name in names:
            return name, names.index(name)
    raise TypeError(
        f"{getattr(function, '__qualname__', function)!r} has no parameter named 'request' or 'websocket', "
        "by which requires() finds the connection"
    )


def log_in_url(conn: HTTPConnection, route: str) -> str:
    """Return the route's URL with the current one as `next`."""
    from urllib.parse import urlencode

    return f"{conn.url_for(route)}?{urlencode({'next': str(conn.url)})}"
