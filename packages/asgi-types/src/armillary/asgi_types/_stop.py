"""How a part that holds a connection open detects that the server is stopping."""

from __future__ import annotations

from typing import Protocol


class StopSignal(Protocol):
    """Set once, when the server received a stop signal; never cleared.

    `scope["armillary"]["stopping"]` holds one if the application is wrapped for it. Long
    streams and WebSockets wait for it and end; parts that do not know who sets it need only this.
    """

    def is_set(self) -> bool:
        """Return whether the server is stopping."""
        ...

    async def wait(self) -> None:
        """Return as soon as the server is stopping."""
        ...
