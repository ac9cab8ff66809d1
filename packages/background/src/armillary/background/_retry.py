"""When a failed task is retried."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import cast


class TaskRetry:
    """Retry a task, with growing delays.

    Args:
        attempts: the number of attempts in total, at least 2.
        delay: seconds before the second attempt.
        factor: what the delay is multiplied by for each further attempt.
        max_delay: seconds the delay never exceeds.
        jitter: the part of each delay that is drawn at random, 0 to 1, so that tasks that failed
            together are not retried together.
        on: the exceptions that are retried.

    Raises:
        ValueError: a parameter is out of its range.
        TypeError: `attempts` is not an int, or `on` is something other than exceptions.

    >>> list(TaskRetry(4, delay=1, jitter=0).delays())
    [1, 2.0, 4.0]
    """

    def __init__(
        self,
        attempts: int = 3,
        *,
        delay: float = 0.5,
        factor: float = 2.0,
        max_delay: float = 60.0,
        jitter: float = 0.5,
        on: type[Exception] | tuple[type[Exception], ...] = Exception,
    ) -> None:
        if not isinstance(attempts, int):
            raise TypeError(f"TaskRetry takes attempts as an int, got {attempts!r}")
        if attempts < 2:
            raise ValueError(f"TaskRetry needs at least 2 attempts, got {attempts!r}; omit retry for a single attempt")
        if not (delay >= 0 and max_delay >= 0):
            raise ValueError(
                f"TaskRetry needs delays of at least 0 seconds, got delay={delay!r}, max_delay={max_delay!r}"
            )
        if not factor >= 1:
            raise ValueError(f"TaskRetry needs a factor of at least 1, got {factor!r}")
        if not 0 <= jitter <= 1:
            raise ValueError(f"TaskRetry needs a jitter from 0 to 1, got {jitter!r}")
        if not _are_exceptions(on):
            raise TypeError(f"TaskRetry takes on as a subclass of Exception or a tuple of them, got {on!r}")
        self.attempts = attempts
        self.delay = delay
        self.factor = factor
        self.max_delay = max_delay
        self.jitter = jitter
        self.on = on

    def delays(self, draw: Callable[[float, float], float] | None = None) -> Iterator[float]:
        """Yield the seconds to wait before each attempt after the first.

        Args:
            draw: returns a number between two others; by default `random.uniform`.
        """
        if draw is None:
            from random import uniform

            draw = uniform
        delay = self.delay
        for _ in range(self.attempts - 1):
            bounded = min(delay, self.max_delay)
            yield bounded if self.jitter == 0 else draw(bounded * (1 - self.jitter), bounded)
            delay = min(delay * self.factor, self.max_delay)


def _are_exceptions(on: object) -> bool:
    kinds = cast("tuple[object, ...]", on) if isinstance(on, tuple) else (on,)
    return all(isinstance(kind, type) and issubclass(kind, Exception) for kind in kinds)
