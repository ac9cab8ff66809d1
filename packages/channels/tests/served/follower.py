"""A server of one client, which prints what it gets: `python follower.py URL CURSOR`."""

from __future__ import annotations

import asyncio
import sys

from armillary.channels import ChannelMessage, Channels


async def main(url: str, cursor: str) -> None:
    async with (
        Channels(url, history=200_000, start_timeout=10, timeout=30) as channels,
        channels.subscribe("a", after=cursor, queue=5000) as messages,
    ):
        async for message in messages:
            assert isinstance(message, ChannelMessage)
            sys.stdout.write(f"{message.text} {message.cursor}\n")
            sys.stdout.flush()


asyncio.run(main(*sys.argv[1:]))
