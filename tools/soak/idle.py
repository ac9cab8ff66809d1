"""Holds many WebSockets that only reply to pings, in a process of its own: `python -m soak.idle PORT COUNT`.

It prints "open" when all are open; at the end of its input it prints how many still are, and ends.
"""

from __future__ import annotations

import asyncio
import resource
import sys

from .wire import PING, PONG, Wire

AT_ONCE = 50


async def open_one(port: int, turns: asyncio.Semaphore) -> asyncio.Task[None]:
    """Open one; return the task that replies to its pings from then on."""
    async with turns, asyncio.timeout(60):
        wire = await Wire(port).__aenter__()
        status = await wire.shake_hands("/echo")
        if status != 101:
            raise AssertionError(f"the response to a handshake has status {status}")
        return asyncio.create_task(reply_to_pings(wire))


async def reply_to_pings(wire: Wire) -> None:
    """Return when the server closes, or ends the connection."""
    try:
        while True:
            opcode, payload = await wire.frame()
            if opcode != PING:
                return
            wire.send_frame(PONG, payload)
    except (OSError, EOFError):
        return


async def hold(port: int, count: int) -> None:
    turns = asyncio.Semaphore(AT_ONCE)
    tasks = await asyncio.gather(*(open_one(port, turns) for _ in range(count)))
    print("open", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    print(sum(not task.done() for task in tasks), flush=True)


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(hold(int(sys.argv[1]), int(sys.argv[2])))
