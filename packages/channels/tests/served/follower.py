"""A server of one client, which prints what it gets: `python follower.py URL CURSOR`.

When it does not keep up, as on a busy machine, it goes on after its cursor, as clients do that were closed with 1013.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress

from armillary.channels import ChannelMessage, Channels, SubscriberTooSlow


async def main(url: str, cursor: str) -> None:
    async with Channels(url, history=200_000, start_timeout=10, timeout=30) as channels:
        while True:
            with suppress(SubscriberTooSlow):
                async with channels.subscribe("a", after=cursor, queue=5000) as messages:
                    async for message in messages:
                        assert isinstance(message, ChannelMessage)
                        sys.stdout.write(f"{message.text} {message.cursor}\n")
                        sys.stdout.flush()
                        cursor = message.cursor


asyncio.run(main(*sys.argv[1:]))
