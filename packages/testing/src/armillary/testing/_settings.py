"""What a client calls its application with: checked settings, and the scopes made of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from armillary.asgi_types import ASGIApp, Scope
from armillary.lint import lint as check_messages

if TYPE_CHECKING:
    import httpx

DEFAULT_BASE_URL = "http://testserver"

DEFAULT_TIME_LIMIT = 10.0
"""Seconds a client waits for each step of the application."""

BackendName = Literal["asyncio", "trio"]
LifespanPolicy = Literal["auto", "on", "off"]

# Those offered by default are handled by every client the same way and change nothing for an
# application that ignores them. The optional ones make an application respond differently.
_HTTP_EXTENSIONS = ("http.response.debug", "http.response.early_hint", "http.response.trailers")
_OPTIONAL_HTTP_EXTENSIONS = ("http.response.pathsend", "http.response.push", "http.response.zerocopysend")
_WEBSOCKET_EXTENSIONS = ("websocket.http.response",)
_KNOWN_EXTENSIONS = (*_HTTP_EXTENSIONS, *_OPTIONAL_HTTP_EXTENSIONS, *_WEBSOCKET_EXTENSIONS)
DEFAULT_EXTENSIONS = (*_HTTP_EXTENSIONS, *_WEBSOCKET_EXTENSIONS)

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


@dataclass
class ClientSettings:
    """The application, and how it is called.

    `app` is the application passed in; `checked_app` is the one to call, under lint if `lint` is
    set. `state` is what lifespan start-up stores; each connection gets a copy.

    Raises:
        TypeError, ValueError: an argument is wrong; the text names it and says what to pass.
    """

    app: ASGIApp
    raise_server_exceptions: bool
    root_path: str
    client: tuple[str, int] | None
    lifespan: LifespanPolicy
    extensions: Iterable[str]
    lint: bool
    state: dict[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        if not callable(self.app):
            raise TypeError(f"a test client takes an ASGI application as 'app', got {self.app!r}; pass a callable")
        code = getattr(self.app, "__code__", None)
        if code is not None and not code.co_argcount and not code.co_flags & 0x0C:  # nor *args, **kwargs
            made = f"{getattr(self.app, '__name__', 'make_app')}()"
            raise TypeError(
                f"a test client takes an ASGI application as 'app': write {made} for what the function makes"
            )
        if self.lifespan not in ("auto", "on", "off"):
            raise ValueError(f"lifespan is {self.lifespan!r}; pass 'auto', 'on' or 'off'")
        self.extensions = tuple(self.extensions)
        for name in self.extensions:
            if name not in _KNOWN_EXTENSIONS:
                raise ValueError(f"extensions holds {name!r}; the clients know {', '.join(_KNOWN_EXTENSIONS)}")
        self.checked_app: ASGIApp = check_messages(self.app) if self.lint else self.app

    def lifespan_scope(self) -> Scope:
        """The scope of one lifespan; what it stores in `state` reaches every connection."""
        return {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}

    def http_scope(self, request: httpx.Request) -> Scope:
        """The scope of an HTTP request."""
        return {"type": "http", "method": request.method, **self._connection(request, "http")}

    def websocket_scope(self, request: httpx.Request) -> Scope:
        """The scope of a WebSocket handshake."""
        asked = ",".join(request.headers.get_list("sec-websocket-protocol"))
        subprotocols = [name.strip() for name in asked.split(",") if name.strip()]
        return {"type": "websocket", **self._connection(request, "websocket"), "subprotocols": subprotocols}

    def _connection(self, request: httpx.Request, kind: str) -> dict[str, Any]:
        url = request.url
        port = url.port if url.port is not None else _PORTS[url.scheme]
        return {
            "asgi": {"version": "3.0", "spec_version": "2.5"},
            "http_version": "1.1",
            "scheme": url.scheme,
            "path": url.path,
            "raw_path": url.raw_path.split(b"?", 1)[0],
            "query_string": url.query,
            "root_path": self.root_path,
            "headers": [(name.lower(), value) for name, value in request.headers.raw],
            "client": None if self.client is None else list(self.client),
            "server": [url.host, port],
            "state": self.state.copy(),
            "extensions": {name: {} for name in self.extensions if name.startswith(f"{kind}.")},
        }
