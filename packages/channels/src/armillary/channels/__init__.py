"""Publish/subscribe, rooms, presence and replay for WebSockets and server-sent events, in one process or many.

>>> import anyio
>>> from armillary.channels import Channels
>>> async def main():
...     async with Channels("memory://") as channels, channels.subscribe("room:*") as messages:
...         await channels.publish("room:7", {"text": "hello"})
...         message = await anext(messages)
...         print(message.channel, message.data)
>>> anyio.run(main)
room:7 {'text': 'hello'}
"""

from ._channels import Channels
from ._errors import ChannelsError, CursorError, EngineUnavailable, MessageTooLarge, SubscriberTooSlow
from ._message import ChannelMessage, Gap
from ._presence import Change, Presence
from ._presence_hub import Member
from ._subscription import Overflow, Subscription

__all__ = [
    "Change",
    "ChannelMessage",
    "Channels",
    "ChannelsError",
    "CursorError",
    "EngineUnavailable",
    "Gap",
    "Member",
    "MessageTooLarge",
    "Overflow",
    "Presence",
    "SubscriberTooSlow",
    "Subscription",
]
