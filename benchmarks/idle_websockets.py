"""Hold many idle WebSockets in one server process, and print what each costs in memory.

python benchmarks/idle_websockets.py           10,000 connections, ours and Starlette's in turn
python benchmarks/idle_websockets.py --count 1000

Both run under uvicorn; what is printed is the growth of the
server process's resident memory from before the first connection to after the last, divided by
their number.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import socket
import subprocess
import sys
import time
from pathlib import Path

SERVED = {
    "armillary": """
from armillary.applications import Armillary as Application
from armillary.routing import WebSocketRoute
""",
    "starlette": """
from starlette.applications import Starlette as Application
from starlette.routing import WebSocketRoute
""",
}

PROGRAM = """
import resource
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
import uvicorn
{imports}
async def hold(websocket):
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)
app = Application(routes=[WebSocketRoute("/", hold)])
uvicorn.run(app, port={port}, log_level="error", ws="auto", ws_ping_interval=None, backlog=4096)
"""

HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


async def connect(port: int, turns: asyncio.Semaphore) -> asyncio.StreamWriter:
    async with turns:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(HANDSHAKE)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
        if not head.startswith(b"HTTP/1.1 101"):
            raise AssertionError(f"the response to the handshake was {head[:80]!r}")
        return writer


async def hold(port: int, pid: int, count: int) -> tuple[float, float]:
    """Open the connections; return bytes for each, and the seconds it took."""
    turns = asyncio.Semaphore(100)
    warm = [await connect(port, turns) for _ in range(20)]
    await asyncio.sleep(0.5)
    before, begin = resident_bytes(pid), time.perf_counter()
    writers = await asyncio.gather(*(connect(port, turns) for _ in range(count)))
    seconds = time.perf_counter() - begin
    await asyncio.sleep(1)
    each = (resident_bytes(pid) - before) / count
    for writer in [*warm, *writers]:
        writer.transport.abort()
    return each, seconds


def measure(name: str, count: int) -> tuple[float, float]:
    port = free_port()
    server = subprocess.Popen([sys.executable, "-c", PROGRAM.format(imports=SERVED[name], port=port)])
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        return asyncio.run(hold(port, server.pid, count))
    finally:
        server.kill()
        server.wait()


def main() -> None:
    """Measure both and print a line for each."""
    parser = argparse.ArgumentParser(description="Memory of idle WebSockets.")
    parser.add_argument("--count", type=int, default=10_000, help="connections open at the same time (10,000)")
    count = parser.parse_args().count
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for name in SERVED:
        each, seconds = measure(name, count)
        print(f"{name:10}{count:8,} idle WebSockets{each / 1024:8.1f} KiB each, opened in {seconds:.1f} s")


if __name__ == "__main__":
    main()
