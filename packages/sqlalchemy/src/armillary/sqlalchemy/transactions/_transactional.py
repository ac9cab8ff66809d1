"""Options and replays of one endpoint."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from armillary.asgi_types import is_async_callable

from .._options import TransactionOptions
from ._access import scope_of
from ._replay import Replay
from ._unit_of_work import UnitOfWork, unit_of_work

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class TransactionRetry:
    """How often to repeat a transaction that conflicted, and how long to wait before.

    The delay is drawn at random between 0 and a limit that doubles each time.

    Args:
        attempts: the most attempts, the first included.
        first_delay: the first limit, in seconds.
        longest_delay: what the limit never exceeds, in seconds.

    Raises:
        ValueError: fewer than 1 attempt, or a negative delay.

    >>> len(list(TransactionRetry(attempts=3).delays()))
    2
    """

    attempts: int = 5
    first_delay: float = 0.02
    longest_delay: float = 1.0

    def __post_init__(self) -> None:
        if not isinstance(self.attempts, int) or self.attempts < 1:
            raise ValueError(f"attempts must be a whole number, at least 1, got {self.attempts!r}")
        for name, seconds in (("first_delay", self.first_delay), ("longest_delay", self.longest_delay)):
            if not (isinstance(seconds, int | float) and seconds >= 0):
                raise ValueError(f"delays are in seconds, 0 or more; {name} is {seconds!r}")

    def delays(self) -> Iterator[float]:
        """Yield the seconds to wait before each further attempt."""
        limit = self.first_delay
        for _ in range(self.attempts - 1):
            yield random.uniform(0, min(limit, self.longest_delay))
            limit = min(limit * 2, self.longest_delay)


def transactional(
    *,
    isolation_level: str | None = None,
    read_only: bool | None = None,
    statement_timeout: float | None = None,
    retry: TransactionRetry | None = None,
    database: str = "default",
) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Awaitable[T]]]:
    """Set how the transaction of an endpoint runs, and end it when the endpoint returns.

    With `retry`, the whole endpoint is called again if the transaction conflicts with another one.
    Declare that only if calling it again is safe: if all it does is in the transaction. Its request
    is as it first came: the body is read before the first call and kept, up to the request's
    `max_body_size`, and `request.session` and `request.state` hold what they held before it. What
    cannot be given to it again is not replayed, and the response is the 503 of the conflict.

    Args:
        isolation_level, read_only, statement_timeout: see `TransactionOptions`.
        retry: such as `TransactionRetry(attempts=5)`; by default the endpoint is called once.
        database: its name, if there are several.

    Returns:
        A decorator for async functions and methods that take a request.

    Raises:
        TypeError: the function is not async, or (when called) gets no request, or (with `retry`) a
            value of the session cannot be copied.
        RuntimeError: (when called, with `retry`) the body was streamed before and not kept.

    >>> @transactional(isolation_level="SERIALIZABLE", retry=TransactionRetry(attempts=5))
    ... async def transfer(request): ...
    """
    options = TransactionOptions(isolation_level, read_only, statement_timeout)
    if retry is not None and not isinstance(retry, TransactionRetry):
        raise TypeError(f"retry must be a TransactionRetry, such as TransactionRetry(attempts=5), got {retry!r}")

    def decorate(func: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        if not is_async_callable(func):
            raise TypeError(f"@transactional needs an async function, got {func!r}; declare it with `async def`")

        @wraps(func)
        async def call(*args: P.args, **kwargs: P.kwargs) -> T:
            scope = find_scope((*args, *kwargs.values()), func)
            unit = unit_of_work(scope, database)
            unit.configure(options)
            if retry is None:
                return await run_once(unit, scope, lambda: func(*args, **kwargs))
            return await run_with_retry(unit, scope, Replay(func, args, kwargs, unit, scope), retry)

        return call

    return decorate


def find_scope(arguments: tuple[Any, ...], func: Callable[..., Any]) -> Any:
    """Return the scope of the first argument that has one."""
    for argument in arguments:
        scope = scope_of(argument)
        if hasattr(scope, "get") and "type" in scope:
            return scope
    name = getattr(func, "__qualname__", repr(func))
    raise TypeError(f"@transactional: {name} was called without a request; put it on the endpoint itself")


async def run_with_retry(unit: UnitOfWork, scope: Any, replay: Replay[T], retry: TransactionRetry) -> T:
    """Run the endpoint and end its transaction; repeat both while the transaction conflicts with another one."""
    await replay.prepare()
    for delay in retry.delays():
        try:
            return await run_once(unit, scope, replay.run)
        except Exception as exc:
            if not (unit.source.is_conflict(exc) and await replay.rewind()):
                raise
        await unit.restart()
        await asyncio.sleep(delay)
    return await run_once(unit, scope, replay.run)


async def run_once(unit: UnitOfWork, scope: Any, work: Callable[[], Awaitable[T]]) -> T:
    """Do the work once and end its transaction by the response it returned."""
    try:
        result = await work()
    except BaseException:
        await unit.roll_back()
        raise
    await unit.complete(getattr(result, "status_code", 200), scope)
    return result
