"""What several targets need."""

from __future__ import annotations

import os
from collections.abc import Coroutine
from typing import Any

PLANTED = os.environ.get("FUZZ_PLANT") == "1"


def plant(found: bool) -> None:
    """Fail if something is found that a planted bug stands for."""
    assert not (PLANTED and found), "the planted bug"


def finish(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Return the result of a coroutine that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    raise AssertionError("it waits for something")
