"""Class endpoints: one method per HTTP method."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, ClassVar

from armillary.asgi_types import HTTPException, Receive, Scope, Send, is_async_callable

from ._error_answer import handle_exception
from ._function_endpoint import close_form, send_other_response
from ._request import Request
from ._response import Response

_PLAIN_CALL = Response.__call__

# The one way from a request method to an attribute: what is not listed here is never looked up.
_HANDLER_NAMES = {
    "GET": "get",
    "HEAD": "head",
    "POST": "post",
    "PUT": "put",
    "PATCH": "patch",
    "DELETE": "delete",
    "OPTIONS": "options",
    "QUERY": "query",
}


class HTTPEndpoint:
    """Answer a request with the method named after its HTTP method.

    Define any of `get head post put patch delete options query`, async or not, each taking the
    request and returning a response; HEAD goes to `get` where there is no `head`. Any other
    method, whatever its name, is answered 405 with an `Allow` header (RFC 9110 section 15.5.6).
    The class itself is the ASGI application: `Route("/", Homepage)`.

    >>> class Homepage(HTTPEndpoint):
    ...     async def get(self, request):
    ...         return Response("hello")
    >>> Homepage.allowed_methods()
    ['GET', 'HEAD']
    """

    request_class: ClassVar[type[Request[Any]]] = Request
    """The class of the request that methods are given."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise TypeError(f"{type(self).__name__} answers http scopes, got {scope['type']!r}")
        self.receive, self.send = receive, send
        self.scope = scope

    def __await__(self) -> Generator[Any, None, None]:
        answering = self.dispatch()
        return answering.__await__()

    @classmethod
    def allowed_methods(cls) -> list[str]:
        """Return the HTTP methods this class answers, in alphabetic order."""
        methods = {method for method, name in _HANDLER_NAMES.items() if getattr(cls, name, None) is not None}
        if "GET" in methods:
            methods.add("HEAD")
        return sorted(methods)

    async def dispatch(self) -> None:
        """Find the method in charge, call it and send its response."""
        scope, receive, send = self.scope, self.receive, self.send
        request = self.request_class(scope, receive, send)
        try:
            try:
                response = await self.call_handler(request)
                if type(response).__call__ is not _PLAIN_CALL:
                    await send_other_response(response, type(self), scope, receive, send)
                    return
            except Exception as exc:
                if not await handle_exception(request, exc, receive, send):
                    raise
                return
            await response(scope, receive, send)
        finally:
            if request.parsed_form is not None:
                await close_form(request)

    async def call_handler(self, request: Request[Any]) -> Any:
        """Return what the method in charge gives for a request."""
        handler = self._find_handler(request.method)
        if is_async_callable(handler):
            return await handler(request)
        from armillary.concurrency import run_in_threadpool

        return await run_in_threadpool(handler, request)

    def _find_handler(self, method: str) -> Any:
        name = _HANDLER_NAMES.get(method)
        handler = None if name is None else getattr(self, name, None)
        if handler is None and method == "HEAD":
            handler = getattr(self, "get", None)
        return self.method_not_allowed if handler is None else handler

    async def method_not_allowed(self, request: Any) -> Any:
        """Answer a method this class does not define; override it to answer differently.

        Raises:
            HTTPException: 405, with the `Allow` header.
        """
        raise HTTPException(405, headers={"Allow": ", ".join(self.allowed_methods())})
