"""A subscription as server-sent events (WHATWG HTML, section 9.2)."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from armillary.asgi_types import ClientDisconnect, Message, Receive, Scope, Send
from armillary.concurrency import wait_at_most
from armillary.exchange import Rejection, reject
from armillary.http import EventSourceResponse

from ._errors import CursorError, EngineUnavailable, SubscriberTooSlow
from ._message import ChannelMessage, Gap
from ._subscription import Subscription


class ChannelEvents(EventSourceResponse):
    """A stream of a channel's messages, each encoded once for all streams; made by `Channels.events`.

    Args:
        subscription: not entered yet.
        send_timeout: seconds that one send may wait; then the stream ends as if the client had disconnected.
    """

    def __init__(self, subscription: Subscription, send_timeout: float) -> None:
        super().__init__(_items(subscription))
        self._subscription = subscription
        self._send_timeout = send_timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond with the stream; 400 if it cannot continue at its cursor, 503 if the engine is not there."""

        async def send_in_time(message: Message) -> None:
            try:
                await wait_at_most(self._send_timeout, send(message))
            except TimeoutError as exc:
                raise ClientDisconnect(f"the client took nothing for {self._send_timeout:g} s") from exc

        try:
            await self._subscription.__aenter__()
        except CursorError as exc:
            await reject(scope, send, Rejection(400, str(exc)))
            return
        except EngineUnavailable:
            rejection = Rejection(503, "The event stream is not available now.", [(b"retry-after", b"1")])
            await reject(scope, send, rejection)
            return
        try:
            await super().__call__(scope, receive, send_in_time)
        finally:
            await self._subscription.__aexit__(None, None, None)

    def encode_part(self, part: Any) -> bytes:
        """Return one message or gap as it is sent."""
        return part.event if isinstance(part, ChannelMessage | Gap) else super().encode_part(part)


async def _items(subscription: Subscription) -> AsyncGenerator[ChannelMessage | Gap]:
    """Iterate until the subscription ends, also when it was too slow: the client reconnects with its cursor."""
    try:
        async for item in subscription:
            yield item
    except SubscriberTooSlow:
        return


async def encoded_events(subscription: Subscription) -> AsyncGenerator[bytes]:
    """Enter a subscription and iterate over its events as bytes."""
    async with subscription, aclosing(_items(subscription)) as items:
        async for item in items:
            yield item.event
