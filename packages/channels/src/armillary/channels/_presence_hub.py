"""Who is in a room, over all processes.

Rules
-----
- Each process owns the members that joined in it, and numbers its changes.
- It signals each change when it happens, and every `BEAT_SECONDS` the number of its last one.
- A process that hears a number it does not expect asks the owner for all its members, which come as one signal each.
- A process not heard of for `SILENT_BEATS` beats of this one has ended: its members leave. Nobody is missed while this
  process is cut off from the engine, or its own event loop is busy: only beats that it made count.
- An engine of one process needs none of this: its members are its own.
"""

from __future__ import annotations

import asyncio
import uuid
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

from armillary.serialization import decode_json, encode_json

from ._asyncio import end_task
from ._errors import EngineUnavailable

if TYPE_CHECKING:
    from anyio import Event

    from ._hub import Hub

BEAT_SECONDS = 0.3
SILENT_BEATS = 5
_FIRST_SECONDS = 0.25  # for the others to send who is there


class Member(NamedTuple):
    """Who is in a room.

    Attributes:
        key: who it is, such as a user's id.
        data: what was passed with the last join of that key.
        connections: how often the key is there, such as in two tabs.
    """

    key: str
    data: Any
    connections: int


class _Joined(NamedTuple):
    """One join of one process."""

    room: str
    key: str
    data: Any


class _Process:
    """What is known of the members of one process."""

    def __init__(self) -> None:
        self.change = 0
        self.joined: dict[str, _Joined] = {}
        self.silent_beats = 0
        self.coming: tuple[int, dict[str, _Joined]] = (-1, {})


class PresenceHub:
    """The members of all processes, as this one knows them.

    Args:
        hub: whose engine carries the signals.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._own = uuid.uuid4().hex
        self._processes: dict[str, _Process] = {self._own: _Process()}
        self._task: asyncio.Task[None] | None = None
        self._first_heard: float | None = None
        self._news: Event | None = None
        self._to_send: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Take part, from the first use on."""
        engine = await self._hub.started()
        if engine.alone:
            return
        if self._task is None:
            self._hub.on_signal = self._receive
            self._first_heard = monotonic() + _FIRST_SECONDS
            self._task = asyncio.create_task(self._run())
            await self._signal({"kind": "ask", "of": ""})
        if self._first_heard is not None and (left := self._first_heard - monotonic()) > 0:
            await asyncio.sleep(left)

    async def close(self) -> None:
        """Take part no more."""
        if self._task is not None:
            task, self._task = self._task, None
            await end_task(task)
            self._hub.on_signal = None
            await self._signal({"kind": "end"})
        self._processes = {self._own: _Process()}

    async def join(self, room: str, key: str, data: Any) -> str:
        """Add a member of this process, and return what removes it."""
        own = self._processes[self._own]
        one = uuid.uuid4().hex[:16]
        own.joined[one] = _Joined(room, key, data)
        own.change += 1
        self._wake()
        await self._signal({"kind": "join", "id": one, "member": own.joined[one], "change": own.change})
        return one

    async def leave(self, one: str) -> None:
        """Remove a member of this process."""
        own = self._processes[self._own]
        if own.joined.pop(one, None) is not None:
            own.change += 1
            self._wake()
            await self._signal({"kind": "leave", "id": one, "change": own.change})

    def members(self, room: str) -> dict[str, Member]:
        """Return who is in a room, by key."""
        found: dict[str, Member] = {}
        for process in self._processes.values():
            for joined in process.joined.values():
                if joined.room == room:
                    before = found.get(joined.key)
                    found[joined.key] = Member(joined.key, joined.data, 1 if before is None else before.connections + 1)
        return found

    async def wait(self) -> None:
        """Return after the next change in any room."""
        from anyio import Event

        if self._news is None:
            self._news = Event()
        await self._news.wait()

    def _wake(self) -> None:
        if self._news is not None:
            self._news.set()
            self._news = None

    # Signals

    async def _signal(self, signal: dict[str, Any]) -> None:
        if self._hub.engine.alone:
            return
        try:
            await self._hub.engine.signal(encode_json({**signal, "from": self._own}))
        except EngineUnavailable:
            pass  # the next beat brings the number of the change

    async def _run(self) -> None:
        while True:
            await self._signal({"kind": "beat", "change": self._processes[self._own].change})
            await asyncio.sleep(BEAT_SECONDS)
            for name, process in list(self._processes.items()):
                if name == self._own:
                    continue
                process.silent_beats = process.silent_beats + 1 if self._hub.engine.available else 0
                if process.silent_beats > SILENT_BEATS:
                    del self._processes[name]
                    self._wake()

    def _receive(self, payload: bytes) -> None:
        signal: dict[str, Any] = decode_json(payload)
        sender = signal["from"]
        if sender == self._own:
            return
        kind = signal["kind"]
        if kind == "end":
            if self._processes.pop(sender, None) is not None:
                self._wake()
            return
        process = self._processes.setdefault(sender, _Process())
        process.silent_beats = 0
        if kind == "ask":
            if signal["of"] in ("", self._own):
                self._soon(self._send_all())
        elif kind == "one":
            self._receive_one(process, signal)
        elif kind == "beat":
            if signal["change"] != process.change:
                self._soon(self._signal({"kind": "ask", "of": sender}))
        elif signal["change"] == process.change + 1:
            process.change += 1
            if kind == "join":
                process.joined[signal["id"]] = _Joined(*signal["member"])
            else:
                process.joined.pop(signal["id"], None)
            self._wake()
        elif signal["change"] > process.change:
            self._soon(self._signal({"kind": "ask", "of": sender}))

    def _receive_one(self, process: _Process, signal: dict[str, Any]) -> None:
        """Take one of all members of a process; they replace those known when the last has come."""
        change, coming = process.coming
        if change != signal["change"]:
            process.coming = change, coming = signal["change"], {}
        if signal["id"]:
            coming[signal["id"]] = _Joined(*signal["member"])
        if len(coming) == signal["count"] and change >= process.change:
            process.change, process.joined, process.coming = change, coming, (-1, {})
            self._wake()

    async def _send_all(self) -> None:
        own = self._processes[self._own]
        change, joined = own.change, dict(own.joined)
        head = {"kind": "one", "change": change, "count": len(joined)}
        if not joined:
            await self._signal({**head, "id": ""})
        for one, member in joined.items():
            await self._signal({**head, "id": one, "member": member})

    def _soon(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._to_send.add(task)
        task.add_done_callback(self._to_send.discard)
