"""A network between a client and a service that can fall silent: nothing arrives, and no connection ends."""

from __future__ import annotations

import asyncio


class Network:
    """A proxy in front of a port of the loopback interface, `async with Network(5432) as network`. It needs asyncio.

    Args:
        target: the port of the service.

    Attributes:
        port: where clients connect.
        silent: whether what is sent in either direction is lost. A connection that has lost something stays silent,
            since TCP leaves no gap; its end is noticed when the network is back. New connections work then.
        delay: seconds by which what is sent in either direction arrives later; 0 at first.
        delayed: what a piece that arrives later has in it; all have nothing, as at first.
        reading: an event that is set; while it is cleared, the proxy does not read, so that a sender's buffers fill.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.delay = 0.0
        self.delayed = b""
        self.reading = asyncio.Event()
        self.reading.set()
        self._back = asyncio.Event()
        self._back.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []

    @property
    def silent(self) -> bool:
        return not self._back.is_set()

    @silent.setter
    def silent(self, silent: bool) -> None:
        (self._back.clear if silent else self._back.set)()

    async def __aenter__(self) -> Network:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:
            if not writer.is_closing():
                writer.transport.abort()

    def cut(self) -> None:
        """Break every connection; new ones are accepted."""
        writers, self._writers = self._writers, []
        for writer in writers:
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        try:
            server_reader, server_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.close()
            return
        self._writers.append(server_writer)
        gap = asyncio.Event()
        for source, target in ((reader, server_writer), (server_reader, writer)):
            task = asyncio.create_task(self._pass_on(source, target, gap))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass_on(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, gap: asyncio.Event) -> None:
        try:
            while data := await source.read(64 * 1024):
                await self.reading.wait()
                if self.delay and self.delayed in data:
                    await asyncio.sleep(self.delay)
                if self.silent:
                    gap.set()
                if not gap.is_set():
                    target.write(data)
                    await target.drain()
        except OSError:  # the connection is broken, which is its end too
            pass
        await self._back.wait()
        target.close()
