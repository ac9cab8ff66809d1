"""A process that publishes, joins a room and is killed: `python server.py URL PREFIX NAME COUNT`."""

from __future__ import annotations

import asyncio
import sys

from armillary.channels import Channels


async def main(url: str, prefix: str, name: str, count: int) -> None:
    async with (
        Channels(url, prefix=prefix, start_timeout=40, timeout=20) as channels,
        channels.presence("room").join(name),
    ):
        sys.stdout.write("joined\n")
        sys.stdout.flush()
        for number in range(count):
            await channels.publish("room", [name, number])
        await asyncio.Event().wait()


asyncio.run(main(*sys.argv[1:4], int(sys.argv[4])))
