"""What an application is doing while a client waits for it."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator
from types import FrameType
from typing import Any

import anyio

from ._errors import ApplicationTimeout

_LIBRARY_PATHS = ("/site-packages/", "/src/armillary/", "/asyncio/", "/contextlib.py")


def _frames(awaitable: Any) -> Iterator[FrameType]:
    """Walk from a coroutine to the innermost thing it awaits."""
    while awaitable is not None:
        for prefix in ("cr", "gi", "ag"):
            frame = getattr(awaitable, f"{prefix}_frame", None)
            if frame is not None:
                yield frame
                awaitable = getattr(awaitable, "gi_yieldfrom" if prefix == "gi" else f"{prefix}_await", None)
                break
        else:
            return


def _is_of_a_library(frame: FrameType) -> bool:
    name = frame.f_code.co_filename.replace("\\", "/")
    return any(part in name for part in _LIBRARY_PATHS)


class Progress:
    """Tracks one application call, to describe in a sentence what it waits for."""

    def __init__(self) -> None:
        self._call: Awaitable[None] | None = None
        self._step: str | None = None
        self._done = False

    def begin(self, call: Awaitable[None]) -> None:
        """Track this call from now on."""
        self._call = call

    def end(self) -> None:
        """Record that the call returned or raised."""
        self._call, self._done = None, True

    def step(self, description: str | None) -> None:
        """Record what the application does inside `receive` or `send`; None when it has left them."""
        self._step = description

    def describe(self) -> str:
        """Return what the application is waiting for, as a sentence."""
        if self._done:
            return "the application has returned"
        if self._call is None:
            return "the application was not started yet"
        place = self._place()
        if self._step is not None:
            return f"the application is waiting in {self._step}{place}"
        return f"the application is waiting for something of its own{place}"

    def _place(self) -> str:
        """Name the innermost line of the application's own code, or of a library if there is none."""
        frames = list(_frames(self._call))
        own = [frame for frame in frames if not _is_of_a_library(frame)] or frames
        if not own:
            return ""
        frame = own[-1]
        return f", at {frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"

    async def wait(self, event: anyio.Event, expected: str, time_limit: float | None) -> None:
        """Wait for an event of the application.

        Raises:
            ApplicationTimeout: it did not come within `time_limit` seconds.
        """
        if event.is_set():
            return
        if time_limit is None:
            await event.wait()
            return
        with anyio.move_on_after(time_limit):
            await event.wait()
            return
        raise ApplicationTimeout(f"no {expected} within {time_limit:g} seconds: {self.describe()}")
