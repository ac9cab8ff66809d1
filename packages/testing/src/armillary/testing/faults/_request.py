"""What the client sends in each run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from armillary.asgi_types import Message, Scope

_SERVER = ("127.0.0.1", 80)
_CLIENT = ("127.0.0.1", 50000)


class FaultRequest:
    """A request, or a WebSocket, that is made again for each fault.

    Args:
        path: the path, with a query after "?".
        method: of a request.
        headers: of the request or handshake.
        body: the body, in the pieces that arrive one by one.
        websocket: what the peer sends over a WebSocket, text or bytes; None for a request. After the last it waits
            for a moment and leaves.
        subprotocols: offered in the handshake.
        max_sends: messages of the application after which the client leaves, so that an endless stream ends.
        name: in the report; by default method and path.

    >>> FaultRequest("/form", method="POST", body=[b"a=", b"1"]).name
    'POST /form'
    """

    def __init__(
        self,
        path: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | Iterable[bytes] = b"",
        websocket: Sequence[str | bytes] | None = None,
        subprotocols: Sequence[str] = (),
        max_sends: int = 25,
        name: str | None = None,
    ) -> None:
        found, _, query = path.partition("?")
        self.path: str = found
        self.query: str = query
        self.method: str = method.upper()
        self.headers: list[tuple[bytes, bytes]] = [
            (key.lower().encode(), value.encode("latin-1")) for key, value in (headers or {}).items()
        ]
        self.pieces: list[bytes] = [body] if isinstance(body, bytes) else list(body) or [b""]
        self.websocket = websocket
        self.subprotocols: list[str] = list(subprotocols)
        self.max_sends = max_sends
        self.name: str = name or (f"{self.method} {path}" if websocket is None else f"WebSocket {path}")

    @property
    def is_websocket(self) -> bool:
        """Whether this is a WebSocket."""
        return self.websocket is not None

    def messages(self) -> list[Message]:
        """Return what `receive` gives, before the disconnect."""
        if self.websocket is None:
            last = len(self.pieces) - 1
            return [
                {"type": "http.request", "body": piece, "more_body": number < last}
                for number, piece in enumerate(self.pieces)
            ]
        received: list[Message] = [{"type": "websocket.connect"}]
        for payload in self.websocket:
            key = "text" if isinstance(payload, str) else "bytes"
            received.append({"type": "websocket.receive", key: payload})
        return received

    def scope(self, spec_version: str, run_id: str) -> Scope:
        """Return the scope of one run; `run_id` is its header `x-fault-id`."""
        names = {name for name, _ in self.headers}
        headers = [*self.headers, (b"x-fault-id", run_id.encode())]
        if b"host" not in names:
            headers.insert(0, (b"host", b"127.0.0.1"))
        if not self.is_websocket and self.pieces != [b""] and b"content-length" not in names:
            headers.append((b"content-length", str(sum(map(len, self.pieces))).encode()))
        scope: dict[str, Any] = {
            "type": "websocket" if self.is_websocket else "http",
            "asgi": {"version": "3.0", "spec_version": spec_version},
            "http_version": "1.1",
            "scheme": "ws" if self.is_websocket else "http",
            "path": self.path,
            "raw_path": quote(self.path).encode(),
            "query_string": self.query.encode(),
            "root_path": "",
            "headers": headers,
            "client": _CLIENT,
            "server": _SERVER,
            "extensions": {},
            "state": {},
        }
        if self.is_websocket:
            scope["subprotocols"] = list(self.subprotocols)
        else:
            scope["method"] = self.method
        return scope
