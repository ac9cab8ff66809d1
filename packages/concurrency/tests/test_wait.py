"""Waits that take no event loop."""

from __future__ import annotations

from typing import Any

import pytest

from armillary.concurrency import wait_at_most


def test_what_does_not_suspend_needs_no_event_loop() -> None:
    pytest.importorskip("trio")  # loaded, as in a program that uses both, but not running

    async def value() -> int:
        return 1

    waiting: Any = wait_at_most(1, value())
    with pytest.raises(StopIteration) as stopped:
        waiting.send(None)
    assert stopped.value.value == 1
