"""The one connection policy of parts that keep something in Redis: `pip install armillary-concurrency[redis]`.

>>> from armillary.concurrency.redis import connect_redis
>>> client = connect_redis("redis://127.0.0.1:6379/0", timeout=2.0)
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import Awaitable
from typing import Any, TypeVar

try:
    import redis
    from redis.asyncio import ConnectionPool, Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff
    from redis.exceptions import ConnectionError as RedisConnectionError, TimeoutError as RedisTimeoutError
except ImportError as _exc:
    raise ImportError("connections to Redis need redis-py: pip install 'armillary-concurrency[redis]'") from _exc

try:
    from redis.driver_info import DriverInfo
except ImportError:  # before 7.1
    DriverInfo = None  # type: ignore[assignment, misc]

__all__ = [
    "DEFAULT_MAX_CONNECTIONS",
    "RedisPool",
    "connect_redis",
    "driver_options",
    "store_client",
]

T = TypeVar("T")

DEFAULT_MAX_CONNECTIONS = 50
"""One process cannot keep more connections busy than this; a larger pool only costs the server memory."""

TICKS = 20
"""A time-out elapses in so many steps, each of which the event loop must have taken, so that a loop that is busy for
longer than the time-out does not count as a silent server."""

BUSY_SECONDS = 10.0
"""What redis-py's own time-outs have in addition, which count a busy event loop too."""


def driver_options() -> dict[str, Any]:
    """Return options of a pool of redis-py whose connections do not block the event loop.

    Each connection would look the version of redis-py up in files.

    >>> sorted(driver_options()) in ([], ["driver_info"])  # by the version of redis-py
    True
    """
    return {} if DriverInfo is None else {"driver_info": DriverInfo(lib_version=redis.__version__)}


class RedisPool(ConnectionPool):
    """Connections to Redis that are waited for in turn, apart for each event loop and process.

    A call that finds all connections in use waits for one. It fails only if the server has completed nothing for
    `timeout` seconds, so that a healthy Redis never counts as down because many requests come at once. A connection
    from before a restart of the server is replaced once, without a pause.

    Args:
        timeout: seconds to wait for a connection to open and for a response.
        max_connections: the most connections of one event loop.
        options: what redis-py's pool accepts.

    Raises:
        TypeError, ValueError: a limit that is no positive number.
    """

    def __init__(self, *, timeout: float = 5.0, max_connections: int = DEFAULT_MAX_CONNECTIONS, **options: Any) -> None:
        _check_limits(timeout, max_connections)
        once_more = Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,))
        bound = timeout + BUSY_SECONDS
        options = {"socket_connect_timeout": bound, "socket_timeout": bound, "retry": once_more, **options}
        options = {**driver_options(), **options}
        super().__init__(max_connections=max_connections, **options)  # pyright: ignore[reportUnknownMemberType]
        kind = self.connection_class
        self.connection_class: Any = type(kind.__name__, (_TimedConnection, kind), {"response_timeout": timeout})
        self._timeout = timeout
        self._of_loops: dict[asyncio.AbstractEventLoop, _LoopConnections] = {}
        self._of_parent: list[object] = []

    async def get_connection(self, command_name: Any = None, *keys: Any, **options: Any) -> Any:
        """Return a connection that is open; wait while all are in use."""
        return await self._here().acquire()

    async def release(self, connection: Any) -> None:
        """Take a connection back, and pass it to the call that waits longest."""
        await self._here().release(connection)

    async def disconnect(self, inuse_connections: bool = True) -> None:
        """Close the connections of this event loop."""
        await self._here().pool.disconnect(inuse_connections)

    def _here(self) -> _LoopConnections:
        loop = asyncio.get_running_loop()
        found = self._of_loops.get(loop)
        if found is None or found.process != os.getpid():
            self._forget_others()
            found = self._of_loops[loop] = self._connections()
        return found

    def _forget_others(self) -> None:
        """Let go of connections that nobody can use any more: of closed loops, and of the process that forked."""
        kept: dict[asyncio.AbstractEventLoop, _LoopConnections] = {}
        for loop, connections in self._of_loops.items():
            if connections.process != os.getpid():
                # Not dropped: closing them here would end their watch in the parent, which shares the selector.
                self._of_parent.append(connections)
            elif not loop.is_closed():
                kept[loop] = connections
        self._of_loops = kept

    def _connections(self) -> _LoopConnections:
        options = dict(self.connection_kwargs)
        pool = ConnectionPool(self.connection_class, max_connections=self.max_connections, **options)
        return _LoopConnections(pool, self.max_connections, self._timeout)


class _TimedConnection:
    """What a connection of redis-py does otherwise here.

    It waits for the server, not for a busy event loop. A cancellation that comes when all was just sent ends the wait
    for the response: redis-py sends by `asyncio.wait_for`, which before Python 3.12 drops it.
    """

    response_timeout: float
    _cancelled: asyncio.Task[Any] | None = None
    """The task whose cancellation was dropped."""

    async def connect(self) -> None:
        connection: Any = super()
        if not connection.is_connected:
            await wait_for_server(self.response_timeout, connection.connect())

    async def send_packed_command(self, *args: Any, **options: Any) -> None:
        connection: Any = super()
        task = asyncio.current_task()
        before = 0 if task is None else task.cancelling()
        await connection.send_packed_command(*args, **options)
        if task is not None and task.cancelling() > before:
            self._cancelled = task

    async def read_response(self, *args: Any, **options: Any) -> Any:
        connection: Any = super()
        if self._cancelled is not None and self._cancelled is asyncio.current_task():
            self._cancelled = None
            await connection.disconnect(nowait=True)
            raise asyncio.CancelledError
        return await wait_for_server(self.response_timeout, connection.read_response(*args, **options))


async def wait_for_server(seconds: float, awaitable: Awaitable[T]) -> T:
    loop = asyncio.get_running_loop()
    limit = asyncio.timeout(None)
    timer: asyncio.TimerHandle | None = None

    def tick(left: int = TICKS) -> None:
        nonlocal timer
        if left:
            timer = loop.call_later(seconds / TICKS, tick, left - 1)
        else:
            limit.reschedule(loop.time())

    try:
        async with limit:
            tick()
            try:
                return await awaitable
            finally:
                if timer is not None:
                    timer.cancel()
    except TimeoutError as exc:
        raise RedisTimeoutError(f"Redis did not respond within {seconds:g} s (timeout)") from exc


class _LoopConnections:
    """The connections of one event loop: `_free` of them may be taken at once, `_waiting` holds who waits for one.

    A connection that is given back passes to the call that waits longest without being free in between, so nobody
    overtakes. While somebody waits, a timer counts the ticks in which the server completed nothing; after a whole
    time-out of them all who wait fail together.
    """

    def __init__(self, pool: ConnectionPool, size: int, timeout: float) -> None:
        self.pool: Any = pool
        self.process = os.getpid()
        self._free = size
        self._timeout = timeout
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._silent_ticks = 0

    async def acquire(self) -> Any:
        await self._take_turn()
        try:
            connection = await self.pool.get_connection()
        except BaseException:
            self._pass_on()
            raise
        self._silent_ticks = 0
        return connection

    async def release(self, connection: Any) -> None:
        if connection.is_connected:  # redis-py closes it when a call fails
            self._silent_ticks = 0
        try:
            await self.pool.release(connection)
        finally:
            self._pass_on()

    async def _take_turn(self) -> None:
        if self._free:
            self._free -= 1
            return
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append(turn)
        if self._timer is None:
            self._silent_ticks = 0
            self._timer = loop.call_later(self._timeout / TICKS, self._tick)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_on()  # the turn came, but nobody is left to take it
            raise

    def _tick(self) -> None:
        self._silent_ticks += 1
        if self._silent_ticks >= TICKS:
            sentence = f"Redis completed nothing for {self._timeout:g} s, in which requests waited for a connection"
            while self._waiting:
                turn = self._waiting.popleft()
                if not turn.done():
                    turn.set_exception(RedisTimeoutError(sentence))
        self._timer = None
        if self._waiting:
            self._timer = asyncio.get_running_loop().call_later(self._timeout / TICKS, self._tick)

    def _pass_on(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # else its task was cancelled
                turn.set_result(None)
                return
        self._free += 1


def connect_redis(
    url: str, *, timeout: float = 5.0, max_connections: int = DEFAULT_MAX_CONNECTIONS, **options: Any
) -> Any:
    """Return a `redis.asyncio.Redis` on a `RedisPool`, which its `aclose()` closes.

    Args:
        url: such as "redis://127.0.0.1:6379/0"; its query may set options of redis-py.
        timeout: seconds to wait for a connection to open and for a response, 5 by default.
        max_connections: the most connections of one event loop; 50 by default.
        options: what redis-py's pool accepts.

    Raises:
        TypeError, ValueError: a URL that is not one of Redis, a limit that is no positive number.
    """
    client: Any = Redis
    pool: Any = RedisPool
    return client.from_pool(pool.from_url(url, timeout=timeout, max_connections=max_connections, **options))


def store_client(redis: str | Redis, *, timeout: float, max_connections: int, decodes: bool) -> Any:
    """Return the client of a store: one made for a URL, or the program's own.

    Args:
        redis: a URL, or a `redis.asyncio.Redis`.
        timeout, max_connections: as of `connect_redis`; for a URL.
        decodes: whether the store reads text, and not bytes.

    Raises:
        TypeError, ValueError: as `connect_redis`; a client that returns what the store does not read.
    """
    _check_limits(timeout, max_connections)
    if isinstance(redis, str):
        return connect_redis(redis, timeout=timeout, max_connections=max_connections, decode_responses=decodes)
    pool: Any = getattr(redis, "connection_pool", None)
    if pool is not None and bool(pool.connection_kwargs.get("decode_responses")) is not decodes:
        if decodes:
            raise ValueError("redis returns bytes; make it with decode_responses=True")
        raise ValueError("redis returns text, and what is stored is bytes; make it without decode_responses")
    return redis


def _check_limits(timeout: object, max_connections: object) -> None:
    """Raise unless the time-out is a number of seconds above 0 and the size a whole number of 1 or more."""
    if not isinstance(timeout, int | float) or isinstance(timeout, bool):
        raise TypeError(f"timeout is a number of seconds, got {timeout!r}")
    if not timeout > 0:
        raise ValueError(f"timeout is in seconds, above 0; got {timeout!r}")
    if not isinstance(max_connections, int) or isinstance(max_connections, bool):
        raise TypeError(f"max_connections is a whole number, got {max_connections!r}")
    if max_connections < 1:
        raise ValueError(f"max_connections must be 1 or more, got {max_connections!r}")
