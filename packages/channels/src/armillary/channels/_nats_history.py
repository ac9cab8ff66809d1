"""The history of the NATS engine: one stream for all channels."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from nats.errors import Error as NATSError
from nats.js.api import AckPolicy
from nats.js.errors import NotFoundError

from ._engine import Settings
from ._message import ChannelMessage
from ._names import is_pattern
from ._nats_subjects import channel_of, subject_of

FAILURES = (NATSError, OSError)
_BATCH = 500


class NATSHistory:
    """Reads the stream. What a NATS that is away raises is passed on.

    Args:
        jetstream: of a connection.
        stream: its name.
        epoch: of its positions.
        settings: what all engines share.
        in_time: bounds one call.
    """

    def __init__(
        self,
        jetstream: Any,
        stream: str,
        epoch: int,
        settings: Settings,
        in_time: Callable[[Awaitable[Any]], Awaitable[Any]],
    ) -> None:
        self._jetstream = jetstream
        self._stream = stream
        self._epoch = epoch
        self._settings = settings
        self._in_time = in_time

    async def fetch(self, name: str, config: Any, limit: int | None) -> list[ChannelMessage]:
        """Read up to `limit` messages through a consumer of its own."""
        config.ack_policy = AckPolicy.NONE
        config.inactive_threshold = 10
        in_time = self._in_time
        puller = await in_time(self._jetstream.pull_subscribe(subject_of(self._stream, name), config=config))
        try:
            info = await in_time(puller.consumer_info())
            left = info.num_pending if limit is None else min(limit, info.num_pending)
            found: list[ChannelMessage] = []
            while left:
                batch = await in_time(puller.fetch(min(left, _BATCH), timeout=self._settings.timeout))
                found += [message_of(message, self._epoch) for message in batch]
                left -= len(batch)
            await in_time(self._jetstream.delete_consumer(self._stream, info.name))
            return found
        finally:
            with suppress(*FAILURES):
                await in_time(puller.unsubscribe())

    async def is_complete(self, name: str, number: int) -> bool:
        """Return whether nothing after a number was dropped; False too if the stream does not show it."""
        subject = subject_of(self._stream, name)
        if number and not is_pattern(name):  # 0 is before the first message, and for JetStream no number
            with suppress(NotFoundError):
                # Messages of one subject are dropped in order: if this one is there, all later ones are.
                if (await self._jetstream.get_msg(self._stream, number)).subject == subject:
                    return True
        info: Any = await self._jetstream.stream_info(self._stream, subjects_filter=subject)
        if info.state.first_seq > number + 1:
            return False  # what was before the first one was dropped, of whatever channel
        counts: dict[str, int] = info.state.subjects or {}
        for one, count in counts.items():
            if count >= self._settings.history:
                first = await self._jetstream.get_msg(self._stream, 1, one, next=True)
                if first.seq > number:
                    return False
        return True


def message_of(message: Any, epoch: int) -> ChannelMessage:
    """Return a message of the stream."""
    return ChannelMessage(channel_of(message.subject), (epoch, message.metadata.sequence.stream), message.data.decode())
