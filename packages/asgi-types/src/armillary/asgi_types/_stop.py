"""How a part that holds a connection open learns that the server is going down."""

from __future__ import annotations

from typing import Protocol


class StopSignal(Protocol):
    """Set once, when the server was told to stop; never cleared.

    `scope["armillary"]["stopping"]` holds one where the application is wrapped for it. Long
    streams and WebSockets wait for it and end; parts that do not know who sets it need only this.
    """

    def is_set(self) -> bool:
        """Tell whether the server is stopping."""
        ...

    async def wait(self) -> None:
        """Return as soon as the server is stopping."""
        ...
