"""The same for one endpoint."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from armillary.asgi_types import ASGIApp
from armillary.http import request_response

from ._middleware import IdempotencyMiddleware
from ._store import IdempotencyStore
from ._store_url import store_of

Endpoint: TypeAlias = Callable[[Any], Any]


def idempotent(
    store: str | IdempotencyStore = "memory://", *, required: bool = True, **options: Any
) -> Callable[[Endpoint], Callable[[Any], Awaitable[ASGIApp]]]:
    """Let the requests to one endpoint have their effect once for each Idempotency-Key, which they must have.

    For any other endpoint, such as a typed function or an application, give its route the middleware:
    `Route(path, endpoint, middleware=[Middleware(IdempotencyMiddleware, store, required=True)])`.

    Args:
        store: see `IdempotencyMiddleware`; give all endpoints the same store object.
        required: whether a request without a key is rejected with 400.
        options: those of `IdempotencyMiddleware`.

    Raises:
        TypeError, ValueError: as of `IdempotencyMiddleware`, at decoration.

    >>> from armillary.http import Response, request_response
    >>> @idempotent()
    ... async def pay(request):
    ...     return Response(status_code=204)
    >>> app = request_response(pay)
    """

    shared = store_of(store)

    def decorate(endpoint: Endpoint) -> Callable[[Any], Awaitable[ASGIApp]]:
        app = IdempotencyMiddleware(request_response(endpoint), shared, required=required, **options)

        @functools.wraps(endpoint)
        async def respond(request: Any) -> ASGIApp:
            return app

        # The endpoint's own annotations are those of what it returns, not of this.
        respond.__annotations__ = {}
        del respond.__wrapped__
        return respond

    return decorate
