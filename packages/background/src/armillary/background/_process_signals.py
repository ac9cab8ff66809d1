"""Receiving the signals that stop a server, without taking them from it.

A server has installed its handlers by the time the lifespan starts. Ours replace and call them;
at the end they are restored. A signal whose handler was not installed from Python, or was replaced
again meanwhile, is left unchanged.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from types import FrameType
from typing import Any

from ._stop_event import StopEvent

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
"""The signals that stop a server."""


class SignalChain:
    """Calls a function on each of the given signals, then the previous handler.

    Args:
        callback: called in the main thread, between two bytecode instructions; must only set a flag
            or schedule work.
        signals: signal numbers.
    """

    def __init__(self, callback: Callable[[], object], signals: Iterable[int]) -> None:
        self._callback = callback
        self._signals = tuple(signals)
        self._previous: dict[int, Any] = {}

    def install(self) -> bool:
        """Install the handlers; return False outside the main thread, which cannot install any."""
        if threading.current_thread() is not threading.main_thread():
            return False
        for number in self._signals:
            previous = signal.getsignal(number)
            if number in self._previous or previous is None or previous is signal.SIG_IGN:
                continue
            self._previous[number] = previous
            signal.signal(number, self._handle)
        return True

    def uninstall(self) -> None:
        """Restore the previous handlers."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number, previous in list(self._previous.items()):
            if signal.getsignal(number) == self._handle:
                signal.signal(number, previous)
                del self._previous[number]

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self._callback()
        previous = self._previous.get(number, signal.SIG_DFL)
        if callable(previous):
            # trio raises KeyboardInterrupt in the frame it gets, which may belong to a request; without
            # one it stops the main task, where the server expects it.
            previous(number, None)
        elif previous is signal.SIG_DFL:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)


@contextmanager
def set_on_stop_signals(event: StopEvent) -> Generator[None]:
    """Set an event when the process gets SIGTERM or SIGINT while the block runs; the server gets them as before.

    Outside the main thread, which alone can receive signals, nothing is set.

    >>> stopping = StopEvent()
    >>> with set_on_stop_signals(stopping):
    ...     stopping.is_set()
    False
    """
    chain = SignalChain(event.set, STOP_SIGNALS)
    chain.install()
    try:
        yield
    finally:
        chain.uninstall()
