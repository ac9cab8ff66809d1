"""Thousands of WebSocket clients in one process: as little as can be, since they share the machine with the servers."""

from __future__ import annotations

import asyncio
import time

HANDSHAKE = (
    b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
CONNECTING = 100  # handshakes at once


class Arrivals:
    """When broadcasts arrive.

    Attributes:
        latencies: seconds from the publishing to each arrival.
        ended: subscribers whose connection ended.
    """

    def __init__(self) -> None:
        self.latencies: list[float] = []
        self.ended = 0
        self._wanted = 0
        self._done = asyncio.Event()

    def expect(self, count: int) -> None:
        """Forget what arrived, and wait for so many."""
        self.latencies = []
        self._wanted = count
        self._done = asyncio.Event()

    async def wait(self, seconds: float) -> None:
        """Wait until all that is expected has arrived."""
        try:
            async with asyncio.timeout(seconds):
                await self._done.wait()
        except TimeoutError:
            raise RuntimeError(
                f"of {self._wanted} messages {len(self.latencies)} arrived within {seconds:g} s; "
                f"{self.ended} connections have ended"
            ) from None

    def add(self, payload: bytes) -> None:
        """Take one message, which begins with the time it was published: `[123456789,...`."""
        published = int(payload[1 : payload.index(b",")])
        self.latencies.append((time.monotonic_ns() - published) / 1e9)
        if len(self.latencies) == self._wanted:
            self._done.set()


class Subscriber(asyncio.Protocol):
    """One client: a handshake, then frames of the server, which are short and whole."""

    def __init__(self, arrivals: Arrivals) -> None:
        self.is_open = asyncio.get_running_loop().create_future()
        self._arrivals = arrivals
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self.transport = transport
        transport.write(HANDSHAKE)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        """Take the frames that are complete."""
        data = self._data + data if self._data else data
        if not self.is_open.done():
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._data = data
                return
            if not data.startswith(b"HTTP/1.1 101"):
                self.is_open.set_exception(RuntimeError(f"no upgrade: {data[:200]!r}"))
                return
            self.is_open.set_result(None)
            data = data[end + 4 :]
        while len(data) >= 2:
            length, begin = data[1], 2
            if length == 126:
                length, begin = int.from_bytes(data[2:4], "big"), 4
            if len(data) < begin + length:
                break
            if data[0] == 0x81:
                self._arrivals.add(data[begin : begin + length])
            data = data[begin + length :]
        self._data = data

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it."""
        self._arrivals.ended += 1
        if not self.is_open.done():
            self.is_open.set_exception(RuntimeError(f"a connection ended in the handshake: {exc!r}"))


async def connect(port: int, count: int, arrivals: Arrivals) -> list[Subscriber]:
    """Open so many connections."""
    gate = asyncio.Semaphore(CONNECTING)

    async def one() -> Subscriber:
        async with gate:
            loop = asyncio.get_running_loop()
            _, subscriber = await loop.create_connection(lambda: Subscriber(arrivals), "127.0.0.1", port)
            await subscriber.is_open
            return subscriber

    return await asyncio.gather(*(one() for _ in range(count)))
