"""Whether the settings of `Tasks` can be used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def check_settings(queue: object, scope: Any, numbers: Mapping[str, Any], seconds: Mapping[str, Any]) -> None:
    """Raise for the first setting that is wrong, naming it.

    Args:
        queue, scope: as for `Tasks`.
        numbers: whole numbers from 1 on, by name.
        seconds: numbers above 0, by name.

    Raises:
        TypeError, ValueError: a setting is wrong.
    """
    for name, number in numbers.items():
        if not isinstance(number, int) or isinstance(number, bool):
            raise TypeError(f"{name} is a whole number, got {number!r}")
        if number < 1:
            raise ValueError(f"{name} must be 1 or more, got {number!r}")
    for name, value in seconds.items():
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise TypeError(f"{name} is a number of seconds, got {value!r}")
        if not value > 0:
            raise ValueError(f"{name} is in seconds, above 0; got {value!r}")
    if not isinstance(queue, str) or not queue.replace("-", "").replace("_", "").isalnum() or not queue.isascii():
        raise ValueError(f"queue is a name of ASCII letters, digits, - and _; got {queue!r}")
    if scope is not None and not callable(scope):
        raise TypeError(f"scope is a function that returns an async context manager, got {scope!r}")
