"""The smallest programs that do the work of a row: what no framework of this interface in Python can take away.

A dictionary of routes, a request, a handler and a response, by hand. `smallest_application` has no limit, no time-out,
no exception handling, no mounts, no methods and no HEAD. `dutiful_application` has the duties of the toolkit on the way
of every request, in as few frames as they fit into: nothing in it can be overridden, replaced or used alone.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from cases import bodies_and_streams as bodies, small_responses as small
from frame import Application

from armillary.concurrency import FairTurn, start_at_most, wait_at_most

PLAIN = (b"content-type", small.PLAIN)
BINARY = (b"content-type", b"application/octet-stream")
EVENTS = (b"content-type", b"text/event-stream; charset=utf-8")


class SmallestRequest:
    """The scope and both channels, and the parameters of the path."""

    __slots__ = ("params", "receive", "scope", "send")

    def __init__(self, scope: Any, receive: Any, send: Any, params: dict[str, str]) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send
        self.params = params

    async def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(b"".join([piece async for piece in self.pieces()]))

    async def pieces(self) -> Any:
        """Iterate over the body."""
        more = True
        while more:
            message = await self.receive()
            yield message["body"]
            more = message["more_body"]


class SmallestText:
    """A text, with its two headers."""

    __slots__ = ("body", "headers")

    def __init__(self, text: str) -> None:
        self.body = text.encode()
        self.headers = [(b"content-length", b"%d" % len(self.body)), PLAIN]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Send it."""
        await send({"type": "http.response.start", "status": 200, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})


class SmallestStream:
    """Parts, sent as they come: no turn is given to others, and nobody looks whether the client has left."""

    __slots__ = ("headers", "parts")

    def __init__(self, parts: Any, content_type: tuple[bytes, bytes]) -> None:
        self.parts = parts
        self.headers = [content_type]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Send them."""
        await send({"type": "http.response.start", "status": 200, "headers": self.headers})
        async for part in self.parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class SmallestFile:
    """A file, opened and read by one call in a thread of asyncio's executor."""

    __slots__ = ("path",)

    def __init__(self, path: Path) -> None:
        self.path = path

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Send it."""
        body = await asyncio.get_running_loop().run_in_executor(None, self.path.read_bytes)
        await send({"type": "http.response.start", "status": 200, "headers": [BINARY]})
        await send({"type": "http.response.body", "body": body})


class SmallestWebSocket:
    """Texts that are received and sent."""

    __slots__ = ("receive", "send")

    def __init__(self, receive: Any, send: Any) -> None:
        self.receive = receive
        self.send = send

    async def receive_text(self) -> Any:
        """Return the next text; None once the client has left."""
        return (await self.receive()).get("text")

    async def send_text(self, text: str) -> None:
        """Send a text."""
        await self.send({"type": "websocket.send", "text": text})


async def plaintext(request: SmallestRequest) -> Any:
    """Respond with plain text."""
    return SmallestText("Hello, world!")


async def planet(request: SmallestRequest) -> Any:
    """Respond with two parameters of the path."""
    return SmallestText(f"{request.params['star']} {request.params['planet']}")


async def named(request: SmallestRequest) -> Any:
    """Respond with a member of a JSON body."""
    return SmallestText((await request.json())["name"])


async def chunks() -> Any:
    """Yield the pieces of the stream."""
    for _ in range(bodies.CHUNKS):
        yield bodies.CHUNK


def smallest_application(files: Path) -> Application:
    """Return the smallest program of all rows; `files` has those that two of its paths send."""

    import python_multipart

    async def multipart(request: SmallestRequest) -> Any:
        # By the parser that Starlette has too, which only keeps what it is given.
        pieces: list[bytes] = []
        parser = python_multipart.MultipartParser(
            bodies.BOUNDARY, {"on_part_data": lambda data, start, end: pieces.append(data[start:end])}
        )
        async for piece in request.pieces():
            parser.write(piece)
        size = sum(map(len, pieces))
        return SmallestText(str(size))

    async def stream(request: SmallestRequest) -> Any:
        return SmallestStream(chunks(), BINARY)

    async def ticks() -> Any:
        for number in range(bodies.CHUNKS):
            yield {"event": "tick", "id": str(number), "data": "a line of data"}

    async def lines() -> Any:
        async for tick in ticks():
            yield "".join([f"{name}: {value}\r\n" for name, value in tick.items()] + ["\r\n"]).encode()

    async def event_source(request: SmallestRequest) -> Any:
        return SmallestStream(lines(), EVENTS)

    async def small_file(request: SmallestRequest) -> Any:
        return SmallestFile(files / "small")

    async def large_file(request: SmallestRequest) -> Any:
        return SmallestFile(files / "large")

    routes = {
        "/": plaintext,
        "/named": named,
        "/multipart": multipart,
        "/stream": stream,
        "/events": event_source,
        "/small": small_file,
        "/large": large_file,
    }
    # A node has the nodes below it by text, then what any text leads to: a name, and the node below or the handler.
    tree: Any = {"": ({"stars": ({}, "star", ({"planets": ({}, "planet", planet)}, "", None))}, "", None)}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"]
        handler = routes.get(path)
        params: dict[str, str] = {}
        if handler is None:
            node: Any = (tree, "", None)
            for segment in path.split("/"):
                below = node[0].get(segment)
                if below is None:
                    params[node[1]] = segment
                    below = node[2]
                node = below
            handler = node
        response = await handler(SmallestRequest(scope, receive, send, params))
        await response(scope, receive, send)

    return app


async def smallest_echo(scope: Any, receive: Any, send: Any) -> None:
    """Echo texts: one handler, and what it receives and sends by."""
    await receive()
    await send({"type": "websocket.accept"})
    websocket = SmallestWebSocket(receive, send)
    while (text := await websocket.receive_text()) is not None:
        await websocket.send_text(text)


MAY_HAVE_BODY = frozenset(("POST", "PUT", "PATCH"))
MAX_BODY = 16 * 1024 * 1024
SECONDS = 30.0


class DutifulRequest(SmallestRequest):
    """A body has a limit, declared or counted, and each piece of it has to come in time; the media type is checked."""

    __slots__ = ()

    def check_length(self) -> None:
        """Reject a body that is declared to be too long."""
        for name, value in self.scope["headers"]:
            if name == b"content-length" and int(value) > MAX_BODY:
                raise ValueError(value)

    async def json(self) -> Any:
        """Return the body as JSON."""
        for name, value in self.scope["headers"]:
            if name == b"content-type" and value != b"application/json":
                raise ValueError(value)
        size, pieces, more = 0, [], True
        while more:
            message = await wait_at_most(SECONDS, self.receive())
            piece = message.get("body", b"")
            size += len(piece)
            if size > MAX_BODY:
                raise ValueError(size)
            pieces.append(piece)
            more = message.get("more_body", False)
        return json.loads(b"".join(pieces))


async def send_dutifully(response: SmallestText, scope: Any, send: Any) -> None:
    """Send a text, without it to HEAD; the response may be sent again, whatever is done to the headers of this one."""
    body = b"" if scope["method"] == "HEAD" else response.body
    await send({"type": "http.response.start", "status": 200, "headers": [*response.headers]})
    await send({"type": "http.response.body", "body": body})


async def dutiful_stream(response: SmallestStream, send: Any) -> None:
    """Send parts; the event loop has a turn after 64 of them or 5 ms, and the source is closed whatever happens."""
    turn, count = FairTurn(), 0
    await send({"type": "http.response.start", "status": 200, "headers": [*response.headers]})
    try:
        async for part in response.parts:
            await send({"type": "http.response.body", "body": part, "more_body": True})
            count += 1
            if not count & 7 and turn.is_due(8):
                await turn.give()
    except BaseException:
        await response.parts.aclose()
        raise
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def dutiful_application() -> Application:
    """Return the program of three small responses and the stream, with the duties."""

    async def stream(request: SmallestRequest) -> Any:
        return SmallestStream(chunks(), BINARY)

    get, post = frozenset(("GET", "HEAD")), frozenset(("POST",))
    routes = {"/": (plaintext, get), "/named": (named, post), "/stream": (stream, get)}
    tree: Any = {"": ({"stars": ({}, "star", ({"planets": ({}, "planet", (planet, get))}, "", None))}, "", None)}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope["app"] = scope["router"] = app
        started = False

        def tracked(message: Any) -> Any:
            nonlocal started
            started = True
            return send(message)

        try:
            path = scope["path"]
            if scope.get("root_path"):
                path = path.removeprefix(scope["root_path"])
            route = routes.get(path)
            params: dict[str, str] = {}
            if route is None:
                node: Any = (tree, "", None)
                for segment in path.split("/"):
                    below = node[0].get(segment)
                    if below is None:
                        if not segment:
                            raise LookupError(path)
                        params[node[1]] = segment
                        below = node[2]
                    node = below
                route = node
            handler, methods = route
            if scope["method"] not in methods:
                raise LookupError(path)
            scope["path_params"] = params
            scope["endpoint"] = handler
            scope["route"] = route
            request = DutifulRequest(scope, receive, tracked, params)
            if scope["method"] in MAY_HAVE_BODY:
                request.check_length()
            response = await handler(request)
            if type(response) is SmallestStream:
                await dutiful_stream(response, tracked)
            else:
                await send_dutifully(response, scope, tracked)
        except Exception:
            if started:
                raise
            await send({"type": "http.response.start", "status": 500, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    return app


class DutifulWebSocket(SmallestWebSocket):
    """A send that waits has a time limit, a text a size, and the event loop a turn after 64 of either."""

    __slots__ = ("count", "is_open", "turn")

    def __init__(self, receive: Any, send: Any) -> None:
        super().__init__(receive, send)
        self.is_open, self.count, self.turn = True, 0, FairTurn()

    async def receive_text(self) -> Any:
        """Return the next text; None once the client has left."""
        message = await self.receive()
        text = message.get("text")
        if text is None or len(text) > MAX_BODY or message["type"] != "websocket.receive":
            self.is_open = False
            return None
        return text

    async def send_text(self, text: str) -> None:
        """Send a text."""
        if not self.is_open:
            raise RuntimeError("closed")
        self.count = count = self.count + 1
        rest = start_at_most(SECONDS, self.send({"type": "websocket.send", "text": text}))
        if rest is not None:
            await rest
        if not count & 7 and self.turn.is_due(8):
            await self.turn.give()


async def dutiful_echo(scope: Any, receive: Any, send: Any) -> None:
    """Echo texts, with the duties."""
    await receive()
    await send({"type": "websocket.accept"})
    websocket = DutifulWebSocket(receive, send)
    try:
        while (text := await websocket.receive_text()) is not None:
            await websocket.send_text(text)
    except Exception:
        await send({"type": "websocket.close", "code": 1011})
        raise
