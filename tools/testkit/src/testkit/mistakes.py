"""What the tables of mistakes are checked by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

Mistake: TypeAlias = tuple[Callable[[], Any], type[BaseException], tuple[str, ...]]
"""What makes the mistake, the error that it raises, and parts of its message and notes."""


def check_message(mistake: Mistake, unawaited: list[Any]) -> None:
    """Make a mistake, and look for the parts of its message; coroutines that nobody awaited are closed."""
    make, expected, parts = mistake
    with pytest.raises(expected) as raised:
        make()
    while unawaited:
        unawaited.pop().close()
    text = "\n".join([str(raised.value), *getattr(raised.value, "__notes__", ())])
    assert [part for part in parts if part not in text] == [], text
