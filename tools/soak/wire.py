"""HTTP/1.1 and WebSockets over bare sockets: what a client that misbehaves needs, and no more."""

from __future__ import annotations

import asyncio
import os
import socket
import struct

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
"""Opcodes of WebSocket frames."""

WEBSOCKET_HEADERS = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


class Wire:
    """One connection to the server, `async with Wire(port) as wire`; at its end it is closed.

    Args:
        port: of the loopback interface.
        buffer: bytes that the kernel keeps for what this side has not read; the system's default if it is 0.
    """

    def __init__(self, port: int, buffer: int = 0) -> None:
        self.port = port
        self.buffer = buffer

    async def __aenter__(self) -> Wire:
        connection = socket.socket()
        if self.buffer:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.buffer)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", self.port))
            self.reader, self.writer = await asyncio.open_connection(sock=connection, limit=64 * 1024)
        except BaseException:
            connection.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.transport.abort()

    def reset(self) -> None:
        """Break the connection with a reset, as a client does that has crashed."""
        connection = self.writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    def begin(self, method: str, path: str, headers: dict[str, str] | None = None, length: int = 0) -> None:
        """Send the head of a request with a body of so many bytes."""
        lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        if method == "POST":
            lines.append(f"Content-Length: {length}")
        self.writer.write("\r\n".join([*lines, "", ""]).encode())

    async def head(self) -> tuple[int, dict[str, str]]:
        """Return the status and the headers of the response."""
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        return int(lines[0].split()[1]), headers

    async def body(self, headers: dict[str, str]) -> bytes:
        """Return the body of the response, decoded from its chunks."""
        if "chunked" not in headers.get("transfer-encoding", ""):
            return await self.reader.readexactly(int(headers.get("content-length", 0)))
        received = b""
        while size := int(await self.reader.readuntil(b"\r\n"), 16):
            received += await self.reader.readexactly(size)
            await self.reader.readexactly(2)
        await self.reader.readexactly(2)
        return received

    async def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> tuple[int, dict[str, str], bytes]:
        """Make a whole request and return the whole response."""
        self.begin(method, path, headers, len(body))
        self.writer.write(body)
        status, received = await self.head()
        return status, received, await self.body(received)

    async def shake_hands(self, path: str) -> int:
        """Open a WebSocket; return the status of the response."""
        self.begin("GET", path, WEBSOCKET_HEADERS)
        return (await self.head())[0]

    def send_frame(self, opcode: int, payload: bytes) -> None:
        """Send a frame of at most 125 bytes (RFC 6455 section 5.2)."""
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[number % 4] for number, byte in enumerate(payload))
        self.writer.write(bytes([0x80 | opcode, 0x80 | len(payload)]) + mask + masked)

    async def frame(self) -> tuple[int, bytes]:
        """Return opcode and payload of the next frame, of at most 125 bytes."""
        first, size = await self.reader.readexactly(2)
        return first & 15, await self.reader.readexactly(size)
