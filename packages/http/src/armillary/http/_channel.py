"""Placeholders for the channels of a request that was given none."""

from __future__ import annotations

from typing import NoReturn

from armillary.asgi_types import Message


async def empty_receive() -> NoReturn:
    """Placeholder for the `receive` of a request made from a scope alone."""
    raise RuntimeError("Receive channel has not been made available: pass receive to Request to read the body")


async def empty_send(message: Message) -> NoReturn:
    """Placeholder for the `send` of a request made from a scope alone."""
    raise RuntimeError("Send channel has not been made available: pass send to Request to send to the client")
