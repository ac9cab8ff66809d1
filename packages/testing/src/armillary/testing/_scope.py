"""Scopes built from a client library's request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from armillary.asgi_types import Scope

from ._extensions import WEBSOCKET_EXTENSIONS

if TYPE_CHECKING:
    import httpx

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


class ScopeFactory:
    """What every connection of one client has in common.

    Args:
        root_path: the path the application is mounted at.
        client: the address requests come from, or None.
        state: what lifespan start-up stores; each connection gets a copy.
        extensions: names of the extensions offered.
    """

    def __init__(
        self,
        *,
        root_path: str,
        client: tuple[str, int] | None,
        state: dict[str, Any],
        extensions: Iterable[str],
    ) -> None:
        self.root_path = root_path
        self.client = client
        self.state = state
        self.extensions = tuple(extensions)

    def lifespan(self) -> Scope:
        """The scope of one lifespan; what it stores in `state` reaches every connection."""
        return {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}

    def http(self, request: httpx.Request) -> Scope:
        """The scope of an HTTP request."""
        offered: dict[str, dict[str, Any]] = {name: {} for name in self.extensions if name not in WEBSOCKET_EXTENSIONS}
        return {"type": "http", "method": request.method, **self._connection(request), "extensions": offered}

    def websocket(self, request: httpx.Request) -> Scope:
        """The scope of a WebSocket handshake."""
        offered: dict[str, dict[str, Any]] = {name: {} for name in self.extensions if name in WEBSOCKET_EXTENSIONS}
        asked = ",".join(request.headers.get_list("sec-websocket-protocol"))
        subprotocols = [name.strip() for name in asked.split(",") if name.strip()]
        return {
            "type": "websocket",
            **self._connection(request),
            "subprotocols": subprotocols,
            "extensions": offered,
        }

    def _connection(self, request: httpx.Request) -> Mapping[str, Any]:
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
        }
