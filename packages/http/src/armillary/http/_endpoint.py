"""Class endpoints: one method per HTTP method."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, ClassVar

from armillary.asgi_types import HTTPException, Receive, Scope, Send, is_async_callable

from ._function_endpoint import wrap_async
from ._request import Request

# The only mapping from a request method to an attribute: anything not listed here is never looked up.
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
    """Handle a request with the method named after its HTTP method.

    Define any of `get head post put patch delete options query`, async or not, each taking the
    request and returning a response; HEAD goes to `get` if there is no `head`. Any other
    method, whatever its name, gets a 405 with an `Allow` header (RFC 9110 section 15.5.6).
    The class itself is the ASGI application: `Route("/", Homepage)`. In a route its methods may be typed, as functions
    are: `async def get(self, number: int) -> Star`.

    >>> class Homepage(HTTPEndpoint):
    ...     async def get(self, request):
    ...         return Response("hello")
    >>> Homepage.allowed_methods()
    ['GET', 'HEAD']
    """

    request_class: ClassVar[type[Request[Any]]] = Request
    """The class of the request passed to the methods."""

    has_typed_methods: ClassVar[bool] = True
    """Whether a route binds the methods that take or return something else than a request and a response."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise TypeError(f"{type(self).__name__} takes an http scope, got {scope['type']!r}")
        self.receive: Receive = receive
        self.send: Send = send
        self.scope = scope

    def __await__(self) -> Generator[Any, None, None]:
        dispatching = self.dispatch()
        return dispatching.__await__()

    @classmethod
    def allowed_methods(cls) -> list[str]:
        """Return the HTTP methods this class handles, in alphabetical order."""
        methods = {method for method, name in _HANDLER_NAMES.items() if getattr(cls, name, None) is not None}
        if "GET" in methods:
            methods.add("HEAD")
        return sorted(methods)

    async def dispatch(self) -> None:
        """Find the handler method, call it and send its response."""
        self.scope.setdefault("endpoint", type(self))  # without a router
        app = wrap_async(self.call_handler, self.request_class, type(self))
        await app(self.scope, self.receive, self.send)

    async def call_handler(self, request: Request[Any]) -> Any:
        """Call the handler method and return its response."""
        handler = self._find_handler(request.method)
        if is_async_callable(handler):
            return await handler(request)
        return await self.call_in_thread(handler, request)

    async def call_in_thread(self, handler: Callable[[Any], Any], request: Request[Any]) -> Any:
        """Call a handler method that is not async; a subclass may use other threads."""
        from armillary.concurrency import run_in_threadpool

        return await run_in_threadpool(handler, request)

    def _find_handler(self, method: str) -> Any:
        name = _HANDLER_NAMES.get(method)
        handler = None if name is None else getattr(self, name, None)
        if handler is None and method == "HEAD":
            handler = getattr(self, "get", None)
        return self.method_not_allowed if handler is None else handler

    async def method_not_allowed(self, request: Any) -> Any:
        """Handle a method this class does not define; override it to respond differently.

        Raises:
            HTTPException: 405, with the `Allow` header.
        """
        raise HTTPException(405, headers={"Allow": ", ".join(self.allowed_methods())})
