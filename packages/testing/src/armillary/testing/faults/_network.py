"""The server and client of one run, with one fault.

Rules
-----
1. Before its disconnect the client gets every message; after it, a send raises `OSError` under ASGI 2.4, and is dropped
   under older versions and once the response is complete.
2. `receive` gives the script, then waits for the disconnect. A WebSocket's peer leaves a moment after its last message.
3. A send or receive with a fault has it each time from then on: a broken connection stays broken.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import anyio
import anyio.lowlevel

from armillary.asgi_types import Message

from ._request import FaultRequest

PEER_PAUSE = 0.03
FaultKind = Literal["none", "disconnect before send", "disconnect at receive", "send", "silence", "receive"]


class Fault(NamedTuple):
    """A fault at the n-th send or receive, counted from 0."""

    kind: FaultKind = "none"
    at: int = 0

    def __str__(self) -> str:
        names = {
            "disconnect before send": "disconnect before send {}",
            "disconnect at receive": "disconnect at receive {}",
            "send": "send {} raises OSError",
            "silence": "send {} never returns",
            "receive": "receive {} raises OSError",
        }
        return names.get(self.kind, "none").format(self.at + 1)


class Network:
    """The callables of one run, and what the client has seen."""

    def __init__(self, request: FaultRequest, fault: Fault, spec_version: str) -> None:
        self.request = request
        self.fault = fault
        self.raises_after_disconnect = spec_version >= "2.4"
        self.script = request.messages()
        self.left = anyio.Event()
        self.sends = self.receives = 0
        self.status: int | None = None
        self.declared: int | None = None
        self.body_size = 0
        self.complete = False
        self.silent = False

    @property
    def has_left(self) -> bool:
        """Whether the client has disconnected."""
        return self.left.is_set()

    async def receive(self) -> Message:
        """Give the next message."""
        number, self.receives = self.receives, self.receives + 1
        if self.fault.kind == "receive" and number >= self.fault.at:
            raise ConnectionResetError("the connection broke")
        if self.fault == ("disconnect at receive", number):
            self.left.set()
        if not self.has_left:
            await anyio.lowlevel.checkpoint()
            if self.script and not self.has_left:
                return self.script.pop(0)
        if self.request.is_websocket:
            if not self.has_left:
                with anyio.move_on_after(PEER_PAUSE):
                    await self.left.wait()
                self.left.set()
            return {"type": "websocket.disconnect", "code": 1006}
        if not self.has_left:
            await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take a message."""
        number, self.sends = self.sends, self.sends + 1
        if self.fault == ("disconnect before send", number) or number >= self.request.max_sends:
            self.left.set()
        if self.fault.kind == "send" and number >= self.fault.at:
            await anyio.lowlevel.checkpoint()
            raise BrokenPipeError("the connection broke")
        if self.fault.kind == "silence" and number >= self.fault.at:
            self.silent = True
            await anyio.sleep_forever()
        if self.complete:
            return
        if self.has_left:
            if self.raises_after_disconnect:
                raise BrokenPipeError("the client has left")
            return
        await anyio.lowlevel.checkpoint()
        self._deliver(message)

    def _deliver(self, message: Message) -> None:
        kind = message["type"].removeprefix("websocket.")
        if kind == "http.response.start":
            self.status = message["status"]
            for name, value in message.get("headers", ()):
                if name == b"content-length":
                    self.declared = int(value)
        elif kind == "http.response.body":
            self.body_size += len(message.get("body", b""))
            self.complete = not message.get("more_body", False)
        elif kind == "accept":
            self.status = 101
        elif kind == "close":
            self.status = self.status or 403
            self.complete = True
        if self.complete:
            self.left.set()

    @property
    def is_half(self) -> bool:
        """Whether a response that was passed off as whole is not."""
        bodiless = self.request.method == "HEAD" or self.status in (204, 304)
        return self.complete and self.declared is not None and not bodiless and self.body_size != self.declared
