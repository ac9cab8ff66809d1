"""What can go wrong, besides bad arguments."""

from __future__ import annotations

from armillary.concurrency.outages import Unavailable


class ChannelsError(Exception):
    """The base of the errors of this package."""


class EngineUnavailable(ChannelsError, Unavailable):
    """The engine could not be reached, or did not respond in time; becomes a 503.

    Args:
        reason: what is wrong, with the engine's address; for the log and for who starts the program.
    """

    sentence = "The channels cannot be reached"


class CursorError(ChannelsError, ValueError):
    """A cursor that is malformed, from the future, or of another channel."""


class MessageTooLarge(ChannelsError, ValueError):
    """A message is larger than its engine takes; the message names the engine and its limit."""


class SubscriberTooSlow(ChannelsError):
    """A subscriber whose policy is "close" did not take its messages as fast as they came."""
