"""The smallest program whose parts are as separate as the toolkit's, with their duties and no more.

Each part can be used alone, overridden or replaced: an application, a boundary that is also one without middleware and
one inside of it, a router that selects, a function as an application, a request, and a response that renders, makes its
headers and sends itself. Beside `smallest.py`, which is one function, it shows what this takes, whoever writes it.

    make bench ARGS="--subject floors --instructions"
    make bench ARGS="--subject layers --instructions"
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from frame import Application
from smallest import MAX_BODY, MAY_HAVE_BODY, PLAIN


class PartRequest:
    """The scope and both channels; what else a request knows is read when it is asked for."""

    form: Any = None

    def __init__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope = scope
        self._receive = receive
        self._send = send

    @property
    def params(self) -> Any:
        """The parameters of the path."""
        return self.scope["path_params"]

    def check_length(self) -> None:
        """Reject a body that is declared to be too long."""
        for name, value in self.scope["headers"]:
            if name == b"content-length" and int(value) > MAX_BODY:
                raise ValueError(value)


class PartText:
    """A text with its headers, which sends itself any number of times; subclasses render and add headers."""

    media_type: str | None = "text/plain"
    charset = "utf-8"

    def __init__(
        self,
        content: Any = None,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        background: Any = None,
    ) -> None:
        self.background = background
        self.status_code = status_code
        if media_type is not None:
            self.media_type = media_type
        self.body = self.render(content)
        self.init_headers(headers)

    def render(self, content: Any) -> bytes:
        """Return the body."""
        return content.encode(self.charset)  # type: ignore[no-any-return]

    def init_headers(self, headers: Mapping[str, str] | None) -> None:
        """Set the headers."""
        length = (b"content-length", b"%d" % len(self.body))
        self.headers = [length] if self.media_type is None else [length, PLAIN]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Send it, without a body to HEAD."""
        body = b"" if scope["method"] == "HEAD" else self.body
        await send({"type": "http.response.start", "status": self.status_code, "headers": [*self.headers]})
        try:
            await send({"type": "http.response.body", "body": body})
        except OSError:
            scope["started"] = True
            raise
        if self.background is not None:
            await self.background()


def function_application(function: Callable[[Any], Any]) -> Application:
    """Return the application that calls a function of a request and sends what it returns."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        request = PartRequest(scope, receive, send)
        try:
            try:
                if scope["method"] in MAY_HAVE_BODY:
                    request.check_length()
                response = await function(request)
            except LookupError:
                await PartText("Not Found", 404)(scope, receive, send)
                return
            await response(scope, receive, send)
        finally:
            if request.form is not None:
                await request.form.close()

    return app


class PartRoute:
    """A path and what serves it; its attributes may be changed at any time."""

    def __init__(self, function: Callable[[Any], Any], methods: frozenset[str]) -> None:
        self.endpoint = function
        self.methods = methods
        self.app = function_application(function)


class PartRouter:
    """Finds the route of a scope, by itself or below an application."""

    raw_path = False

    def __init__(self, routes: dict[str, PartRoute], tree: Any) -> None:
        self.routes = routes
        self.tree = tree

    def select(self, scope: Any) -> Application:
        """Return the application of a route, and write what was found into the scope."""
        if "router" not in scope:
            scope["router"] = self
        path = scope["path"]
        if scope.get("root_path"):
            path = path.removeprefix(scope["root_path"])
        return self.lookup(scope, path)

    def lookup(self, scope: Any, path: str) -> Application:
        """Return the application of a path."""
        route = self.routes.get(path)
        params: dict[str, str] = {}
        if route is None:
            node: Any = (self.tree, "", None)
            for segment in path.split("/"):
                below = node[0].get(segment)
                if below is None:
                    if not segment:
                        raise LookupError(path)
                    params[node[1]] = segment
                    below = node[2]
                node = below
            route = node
        if route.methods and scope["method"] not in route.methods:
            raise LookupError(path)
        scope["path_params"] = params
        scope["endpoint"] = route.endpoint
        scope["route"] = route
        return route.app


class PartTracked:
    """A `send` that knows whether the response has started, and a `receive` that counts the body."""

    __slots__ = ("limit", "receive_from", "received", "scope", "send_on", "started")

    def __init__(self, scope: Any, receive: Any, send: Any, limit: int) -> None:
        self.scope = scope
        self.receive_from = receive
        self.send_on = send
        self.limit = limit
        self.received = 0
        self.started = False

    def send(self, message: Any) -> Any:
        """Pass a message on."""
        if message["type"] == "http.response.start":
            self.started = True
        send_on = self.send_on
        return send_on(message)

    async def receive(self) -> Any:
        """Return a message of the body, which may not be too long."""
        message = await self.receive_from()
        self.received += len(message.get("body", b""))
        if self.received > self.limit:
            raise ValueError(self.received)
        return message


class PartBoundary:
    """Runs what is selected for a scope and responds if it fails: around middleware, inside of it, or alone."""

    def __init__(self, select: Callable[[Any], Application], tracks: bool) -> None:
        self.select = select
        self.tracks = tracks
        self.handlers: dict[Any, Any] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve a connection."""
        kind = scope["type"]
        if kind != "http" and kind != "websocket":
            raise RuntimeError(kind)
        if self.handlers is not None:
            scope["handlers"] = self.handlers
        try:
            app = self.select(scope)
            if self.tracks:
                tracked = PartTracked(scope, receive, send, MAX_BODY)
                receive, send = tracked.receive, tracked.send
            await app(scope, receive, send)
        except Exception:
            if scope.get("started") or (self.tracks and send.__self__.started):
                raise
            await PartText("Internal Server Error", 500)(scope, receive, send)
            raise


class PartApplication:
    """An application: what is around the router, made once."""

    stack: Any = None
    stopping: Any = None
    state: Any = None

    def __init__(self, router: PartRouter, around: Callable[[Application], Application] | None = None) -> None:
        self.router = router
        self.stack = PartBoundary(router.select, tracks=False)
        if around is not None:
            inside = around(self.stack)
            self.stack = PartBoundary(lambda scope: inside, tracks=True)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve a connection."""
        scope["app"] = self
        stack = self.stack
        if scope["type"] == "lifespan":
            raise RuntimeError("lifespan")
        if self.stopping is not None:
            scope["stopping"] = self.stopping
        if self.state is not None:
            scope["state"] = self.state
        await stack(scope, receive, send)


async def plaintext(request: Any) -> Any:
    """Respond with plain text."""
    return PartText("Hello, world!")


async def planet(request: Any) -> Any:
    """Respond with two parameters of the path."""
    return PartText(f"{request.params['star']} {request.params['planet']}")


async def read(request: Any) -> Any:
    """Respond with a value of the session."""
    return PartText(request.scope["session"].get("user", "nobody"))


def parts_application(around: Callable[[Application], Application] | None = None) -> Application:
    """Return the program of plain text, two parameters and a session; `around` puts middleware around its router."""
    get = frozenset(("GET", "HEAD"))
    leaf = PartRoute(planet, get)
    tree: Any = {"": ({"stars": ({}, "star", ({"planets": ({}, "planet", leaf)}, "", None))}, "", None)}
    routes = {"/": PartRoute(plaintext, get), "/read": PartRoute(read, get)}
    return PartApplication(PartRouter(routes, tree), around)
