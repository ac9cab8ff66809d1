"""`starlette.middleware.wsgi`, deprecated as in Starlette; use the a2wsgi package instead."""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Callable, Iterable, MutableMapping
from contextlib import suppress
from typing import Any

from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream

from armillary.asgi_types import Message, Receive, Scope, Send

from .._utils import create_collapsing_task_group
from ..concurrency import run_in_threadpool
from ..exceptions import StarletteDeprecationWarning
from ..requests import Request

__all__ = ["WSGIMiddleware", "WSGIResponder", "build_environ"]

warnings.warn(
    "starlette.middleware.wsgi is deprecated and will be removed in a future release. "
    "The a2wsgi package takes its place.",
    StarletteDeprecationWarning,
    stacklevel=2,
)

WSGIApp = Callable[[MutableMapping[str, Any], Callable[..., Any]], Iterable[bytes]]


def build_environ(scope: Scope, body: bytes) -> dict[str, Any]:
    """Return the WSGI environment of an HTTP scope (PEP 3333).

    Header names with an underscore are left out: they could be mistaken for those with a hyphen.
    """
    root_path: str = scope.get("root_path", "")
    server = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": as_wsgi_text(root_path),
        "PATH_INFO": as_wsgi_text(path_below(root_path, scope["path"])),
        "QUERY_STRING": scope["query_string"].decode("ascii"),
        "SERVER_NAME": server[0],
        "SERVER_PORT": server[1],
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stdout,
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.run_once": False,
        "wsgi.multiprocess": True,
        "wsgi.multithread": True,
        "wsgi.version": (1, 0),
    }
    if scope.get("client"):
        environ["REMOTE_ADDR"] = scope["client"][0]
    for raw_name, raw_value in scope.get("headers", []):
        if b"_" not in raw_name:
            key, value = environ_key(raw_name.decode("latin-1")), raw_value.decode("latin-1")
            environ[key] = f"{environ[key]},{value}" if key in environ else value
    return environ


def path_below(root_path: str, path: str) -> str:
    """Return the path without the root it is mounted at; a path that merely shares the prefix is kept whole."""
    rest = path.removeprefix(root_path)
    return rest if not rest or rest[0] == "/" or root_path.endswith("/") else path


def as_wsgi_text(path: str) -> str:
    """Return text as PEP 3333 passes it: its UTF-8 bytes as characters."""
    return path.encode("utf8").decode("latin-1")


def environ_key(header: str) -> str:
    key = header.upper().replace("-", "_")
    return key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"


class WSGIMiddleware:
    """A WSGI application as an ASGI one, run in a thread, its request body read beforehand."""

    def __init__(self, app: WSGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise TypeError(f"a WSGI application serves HTTP requests, not a scope of type {scope['type']!r}")
        await WSGIResponder(self.app, scope)(receive, send)


class WSGIResponder:
    """One request to a WSGI application, whose messages come from its thread through a stream."""

    stream_send: MemoryObjectSendStream[Message]
    stream_receive: MemoryObjectReceiveStream[Message]

    def __init__(self, app: WSGIApp, scope: Scope) -> None:
        from anyio import create_memory_object_stream

        self.app = app
        self.scope = scope
        self.status: int | None = None
        self.response_headers: list[tuple[str, str]] | None = None
        self.response_started = False
        self.exc_info: Any = None
        self.stream_send, self.stream_receive = create_memory_object_stream[Message]()

    async def __call__(self, receive: Receive, send: Send) -> None:
        from anyio import BrokenResourceError

        environ = build_environ(self.scope, await Request[Any](self.scope, receive).body())
        async with create_collapsing_task_group() as tasks:
            tasks.start_soon(self.sender, send)
            # What `send` raises ends the group, and the stream.
            with suppress(BrokenResourceError):
                async with self.stream_send:
                    await run_in_threadpool(self.wsgi, environ, self.start_response)
        if self.exc_info is not None:
            raise self.exc_info[1]

    async def sender(self, send: Send) -> None:
        """Pass on the messages of the thread."""
        async with self.stream_receive:
            async for message in self.stream_receive:
                await send(message)

    def start_response(self, status: str, response_headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        """Send the start of the response; an error that comes with it is raised at the end."""
        self.exc_info = exc_info
        if self.response_started:
            return
        self.response_started = True
        self.status, self.response_headers = int(status.partition(" ")[0]), response_headers
        fields = [(name.lower().encode("ascii"), value.strip().encode("latin-1")) for name, value in response_headers]
        self._send({"type": "http.response.start", "status": self.status, "headers": fields})

    def wsgi(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> None:
        """Run the application in this thread."""
        parts = self.app(environ, start_response)
        try:
            for part in parts:
                self._send({"type": "http.response.body", "body": part, "more_body": True})
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()
        self._send({"type": "http.response.body", "body": b""})

    def _send(self, message: Message) -> None:
        from anyio import from_thread

        from_thread.run(self.stream_send.send, message)
