"""When a task runs by itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pycron  # type: ignore[import-untyped]


class Schedule(Protocol):
    """Times at which a task runs."""

    def latest(self, after: float, until: float) -> float | None:
        """Return the last time in (after, until], in seconds since 1970; None if there is none."""
        ...


@dataclass(frozen=True)
class Every:
    """Every so many seconds, at multiples of them since 1970, so that all processes agree.

    Args:
        seconds: 1 or more.

    Raises:
        TypeError, ValueError: a wrong number.

    >>> Every(60).latest(after=30, until=130)
    120.0
    """

    seconds: float

    def __post_init__(self) -> None:
        if not isinstance(self.seconds, int | float) or isinstance(self.seconds, bool):
            raise TypeError(f"Every takes a number of seconds, got {self.seconds!r}")
        if not self.seconds >= 1:
            raise ValueError(f"Every takes 1 second or more, got {self.seconds!r}")

    def latest(self, after: float, until: float) -> float | None:
        """Return the last time in (after, until]."""
        slot = math.floor(until / self.seconds) * self.seconds
        return float(slot) if slot > after else None


@dataclass(frozen=True)
class Cron:
    """At the minutes that match a cron expression.

    Args:
        expression: five fields: minute, hour, day of the month, month, day of the week.
        timezone: an IANA name, "UTC" by default.

    Raises:
        ValueError: no cron expression, an unknown timezone.

    >>> Cron("30 2 * * *").latest(after=0, until=86400)
    9000.0
    """

    expression: str
    timezone: str = "UTC"

    def __post_init__(self) -> None:
        try:
            zone = ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, TypeError):
            raise ValueError(f"timezone is an IANA name such as 'Europe/Vienna', got {self.timezone!r}") from None
        try:
            if len(self.expression.split()) != 5:
                raise ValueError
            pycron.is_now(self.expression, datetime(2026, 1, 1, tzinfo=zone))
        except Exception:
            raise ValueError(
                f'a cron expression has five fields, such as "*/5 * * * *"; got {self.expression!r}'
            ) from None

    def latest(self, after: float, until: float) -> float | None:
        """Return the last time in (after, until]; of a longer span the last day is searched."""
        zone = ZoneInfo(self.timezone)
        minute = math.floor(until / 60) * 60
        while minute > max(after, until - timedelta(days=1).total_seconds()):
            if pycron.is_now(self.expression, datetime.fromtimestamp(minute, zone)):
                return float(minute)
            minute -= 60
        return None
