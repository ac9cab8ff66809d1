"""The clients: those that behave, those that leave in the middle, and those that are slow."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable

from .wire import CLOSE, TEXT, Wire

JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "multipart/form-data; boundary=an-end"}
PART = b'--an-end\r\nContent-Disposition: form-data; name="file"; filename="f.bin"\r\n\r\n'
UPLOAD = PART + b"z" * 300_000 + b"\r\n--an-end--\r\n"
LONGEST = 60.0
"""Seconds that one exchange may take before it counts as hung."""


class Load:
    """What the clients did: how often, how long it took, how often the server was busy (503), and what was wrong.

    Args:
        port: of the server.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.done: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()
        self.busy = 0
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.cookies: dict[int, str] = {}

    async def run(self, seconds: float) -> None:
        """Run all clients for so many seconds; return when each has ended what it was at."""
        end = time.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            for kind, (number, client) in CLIENTS.items():
                for place in range(number):
                    group.create_task(self._repeat(kind, client, place, end))

    async def _repeat(self, kind: str, client: Client, place: int, end: float) -> None:
        while time.monotonic() < end:
            try:
                async with asyncio.timeout(LONGEST):
                    await client(self, place)
            except (AssertionError, OSError, EOFError, ValueError) as exc:
                self.wrong[f"{kind}: {type(exc).__name__} {exc}"[:200]] += 1
                await asyncio.sleep(0.1)
            self.done[kind] += 1
            if kind.startswith("leaves"):  # their requests go on in the server, which they must not overload
                await asyncio.sleep(0.1)

    def took(self, kind: str, begun: float) -> None:
        """Note how long a whole request took; a sample of them is kept."""
        times = self.seconds[kind]
        if len(times) < 20_000:
            times.append(time.perf_counter() - begun)
        else:
            times[random.randrange(20_000)] = time.perf_counter() - begun


Client = Callable[[Load, int], Awaitable[None]]


async def whole_requests(load: Load, place: int) -> None:
    """Ten requests over one connection."""
    async with Wire(load.port) as wire:
        for number in range(10):
            method, path, headers, body = WHOLE[(place + number) % len(WHOLE)]
            if path == "/visits" and place in load.cookies:
                headers = {"Cookie": load.cookies[place]}
            begun = time.perf_counter()
            status, received, content = await wire.ask(method, path, headers, body)
            load.took(path, begun)
            if status == 503 and "retry-after" in received:
                load.busy += 1
                continue
            assert status in (200, 204), f"{path} {status} {content[:80]!r}"
            if "set-cookie" in received:
                load.cookies[place] = received["set-cookie"].partition(";")[0]
            if path == "/visits":
                assert json.loads(content)["visits"] > 0


WHOLE: list[tuple[str, str, dict[str, str], bytes]] = [
    ("GET", "/plain", {}, b""),
    ("GET", "/in-thread", {}, b""),
    ("POST", "/json", JSON, b'{"a": [1, 2, 3]}'),
    ("GET", "/visits", {}, b""),
    ("GET", "/stream", {"Accept-Encoding": "gzip"}, b""),
    ("POST", "/count", {}, b""),
    ("POST", "/publish", {}, b""),
]


async def uploads(load: Load, place: int) -> None:
    async with Wire(load.port) as wire:
        begun = time.perf_counter()
        status, _, content = await wire.ask("POST", "/upload", FORM, UPLOAD)
        load.took("/upload", begun)
        assert (status, json.loads(content)) == (200, {"size": 300_000}), content[:80]


async def leaves_in_its_body(load: Load, place: int) -> None:
    """A client that sends half of what it promised, and is gone."""
    async with Wire(load.port) as wire:
        path, headers = ("/upload", FORM) if place % 2 else ("/json", JSON)
        wire.begin("POST", path, headers, len(UPLOAD))
        wire.writer.write(UPLOAD[: random.randrange(1, 100_000)])
        await wire.writer.drain()
        await pause()
        if random.random() < 0.5:
            wire.reset()


async def leaves_in_the_response(load: Load, place: int) -> None:
    """A client that is gone at some moment after its request."""
    async with Wire(load.port) as wire:
        path = ("/stream?pieces=200", "/file", "/events", "/news", "/count", "/in-thread", "/visits")[place % 7]
        known = {"Cookie": load.cookies[place]} if place in load.cookies else {}  # a visitor more is a session more
        wire.begin("POST" if path == "/count" else "GET", path, known)
        await wire.writer.drain()
        await pause()
        if random.random() < 0.5:
            wire.reset()


async def event_streams(load: Load, place: int) -> None:
    """A client that reads some events, and leaves."""
    async with Wire(load.port) as wire:
        wire.begin("GET", "/events")
        status, _ = await wire.head()
        assert status == 200, status
        for _ in range(random.randrange(1, 20)):
            await wire.reader.readuntil(b"tick")


async def websockets(load: Load, place: int) -> None:
    """Some messages and their echoes; every other client leaves without a word."""
    async with Wire(load.port) as wire:
        status = await wire.shake_hands("/echo")
        assert status == 101, status
        for number in range(10):
            begun = time.perf_counter()
            wire.send_frame(TEXT, b"message %d" % number)
            assert await wire.frame() == (TEXT, b"message %d" % number)
            load.took("WebSocket /echo", begun)
        if place % 2:
            wire.send_frame(CLOSE, b"\x03\xe8")
            assert (await wire.frame())[0] == CLOSE
        elif random.random() < 0.5:
            wire.reset()


async def slow_readers(load: Load, place: int) -> None:
    """A client that takes its response in small sips, and loses its patience."""
    async with Wire(load.port, buffer=4096) as wire:
        wire.begin("GET", "/file" if place % 2 else "/stream?pieces=100")
        status, _ = await wire.head()
        assert status == 200, status
        for _ in range(random.randrange(10, 60)):
            await wire.reader.read(2048)
            await asyncio.sleep(0.02)


async def slow_writers(load: Load, place: int) -> None:
    """A client whose body arrives bit by bit."""
    body = b'{"a": "' + b"x" * 200 + b'"}'
    async with Wire(load.port) as wire:
        wire.begin("POST", "/json", JSON, len(body))
        for start in range(0, len(body), 10):
            wire.writer.write(body[start : start + 10])
            await asyncio.sleep(0.03)
        status, headers = await wire.head()
        content = await wire.body(headers)
        assert (status, len(content)) == (200, len(body) - 1), content[:80]


async def pause() -> None:
    """From nothing to some hundredths of a second, so that clients leave at every moment."""
    await asyncio.sleep(random.choice((0, 0.001, 0.005, 0.02, 0.05)) * random.random())


CLIENTS: dict[str, tuple[int, Client]] = {
    "whole requests": (8, whole_requests),
    "uploads": (2, uploads),
    "leaves in its body": (4, leaves_in_its_body),
    "leaves in the response": (7, leaves_in_the_response),
    "event streams": (3, event_streams),
    "WebSockets": (4, websockets),
    "slow readers": (6, slow_readers),
    "slow writers": (4, slow_writers),
}


def percentiles(seconds: list[float]) -> tuple[float, float]:
    """Return the median and the 99th percentile, in milliseconds."""
    ordered = sorted(seconds)
    last = len(ordered) - 1
    return ordered[last // 2] * 1000, ordered[min(int(len(ordered) * 0.99), last)] * 1000
