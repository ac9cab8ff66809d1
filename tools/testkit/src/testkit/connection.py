"""One connection to an application in memory, both sides checked against the specification."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, Literal

import anyio

from testkit.scopes import http_scope, websocket_scope

Message = dict[str, Any]
_STARTS = ("http.response.start", "websocket.http.response.start", "websocket.accept")


class SentMessages(list[Message]):
    """The messages that an application sent, and what they say together."""

    error: Exception | None = None
    """What the application raised, if it was to be caught."""

    @property
    def status(self) -> int | None:
        return next((message["status"] for message in self if "status" in message), None)

    @property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:
        """The headers of the response or of the accepted handshake, in the order they were sent in."""
        return [pair for message in self if message["type"] in _STARTS for pair in message.get("headers", ())]

    @property
    def headers(self) -> dict[str, str]:
        """The headers by name; those of one name are joined by commas."""
        joined: dict[str, str] = {}
        for name, value in self.raw_headers:
            key, text = name.decode("latin-1"), value.decode("latin-1")
            joined[key] = f"{joined[key]}, {text}" if key in joined else text
        return joined

    def all(self, name: bytes) -> list[bytes]:
        """Return every value of one header."""
        return [value for key, value in self.raw_headers if key == name]

    def get(self, name: bytes) -> bytes | None:
        """Return the value of a header that must not be sent twice, None if it is not sent."""
        values = self.all(name)
        assert len(values) < 2, f"{name!r} was sent {len(values)} times"
        return values[0] if values else None

    @property
    def bodies(self) -> list[bytes]:
        """The pieces that the body was sent in."""
        return [message["body"] for message in self if "body" in message]

    @property
    def body(self) -> bytes:
        return b"".join(self.bodies)

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def sentence(self) -> str:
        """What a problem document says: its detail, or its title if it has none."""
        assert "application/problem+json" in self.headers["content-type"], self.headers
        assert "Accept" in self.headers["vary"]
        problem = json.loads(self.body)
        assert problem["status"] == self.status
        return str(problem.get("detail", problem["title"]))

    @property
    def kinds(self) -> list[str]:
        """The type of each message."""
        return [message["type"] for message in self]


class Connection:
    """The server's end of one scope: what an application receives, and what it sends.

    Args:
        scope: see `testkit.scopes`.
        received: the messages of the client, in order; a list that may grow while the application runs.
        at_end: what an application gets that receives more: the end of the connection, or nothing, ever.
        on_send: is called with each message that was sent.
    """

    def __init__(
        self,
        scope: Message,
        *received: Message,
        at_end: Literal["disconnect", "wait"] = "disconnect",
        on_send: Callable[[Message], object] | None = None,
    ) -> None:
        self.scope = scope
        self.received = list(received)
        self.sent = SentMessages()
        self._at_end = at_end
        self._on_send = on_send

    async def receive(self) -> Message:
        if self.received:
            return self.received.pop(0)
        if self._at_end == "wait":
            await anyio.sleep_forever()
        if self.scope["type"] == "websocket":
            return {"type": "websocket.disconnect", "code": 1006}
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.sent.append(message)
        if self._on_send is not None:
            self._on_send(message)

    async def run(self, app: Any, *, catch: bool = False) -> SentMessages:
        """Call the application under lint, and return what it sent.

        Args:
            app: the application.
            catch: keep what it raises as `error` of what is returned, instead of raising it.
        """
        # Not at the top: the packages below lint use this module too.
        from armillary.lint import LintError, lint

        try:
            await lint(app)(self.scope, self.receive, self.send)
        except LintError:
            raise
        except Exception as exc:
            if not catch:
                raise
            self.sent.error = exc
        return self.sent


def request_messages(body: bytes | Iterable[bytes] = b"") -> list[Message]:
    """Return the messages of a request body, one for each piece."""
    pieces = [body] if isinstance(body, bytes) else list(body)
    last = len(pieces) - 1
    return [{"type": "http.request", "body": piece, "more_body": n < last} for n, piece in enumerate(pieces)]


async def call(
    app: Any,
    path: str = "/",
    method: str = "GET",
    *,
    body: bytes | Iterable[bytes] = b"",
    received: Iterable[Message] | None = None,
    at_end: Literal["disconnect", "wait"] = "disconnect",
    on_send: Callable[[Message], object] | None = None,
    catch: bool = False,
    **keys: Any,
) -> SentMessages:
    """Send one request to an application, or open a WebSocket (`type="websocket"`), and return what it sent.

    Args:
        app: the application; it runs under lint.
        path: the decoded path.
        method: the method of a request.
        body: the body of a request, whole or in pieces.
        received: all messages of the client, in the place of the body; of a WebSocket only the opening by default.
        at_end: see `Connection`.
        on_send: see `Connection`.
        catch: see `Connection.run`.
        keys: keys of the scope; see `http_scope`.
    """
    if keys.get("type") == "websocket":
        scope = websocket_scope(path, **keys)
        first = [{"type": "websocket.connect"}]
    else:
        scope = http_scope(path, method, **keys)
        first = request_messages(body)
    messages = first if received is None else received
    return await Connection(scope, *messages, at_end=at_end, on_send=on_send).run(app, catch=catch)
