"""The state in the key-value buckets of NATS JetStream."""

from __future__ import annotations

import base64
import struct
import time
from collections.abc import Callable
from typing import Any

try:
    import nats
    from nats.js.api import KeyValueConfig
    from nats.js.errors import BadRequestError, KeyNotFoundError, KeyWrongLastSequenceError
except ImportError as exc:
    raise ImportError("tasks in NATS need nats-py: pip install 'armillary-tasks[nats]'") from exc

from ._nats_entries import newest_of_each_subject, removed

ATTEMPTS = 20
RECONNECT_SECONDS = 0.25


class NatsState:
    """Keeps the state in buckets of JetStream; a `State`.

    A value is kept with the time it ends, or is due, by the clocks of the processes: they must agree to within a part
    of the lease.

    Args:
        url: of the NATS server.
        queue: what the buckets' names begin with.
        longest: seconds that no key outlives.
        timeout: seconds to wait for a connection and for a response.
    """

    def __init__(self, url: str, queue: str, longest: float, timeout: float) -> None:
        self._url = url
        self._queue = queue
        self._longest = longest
        self._timeout = timeout
        self._client: Any = None
        self._keys: Any = None
        self._collections: dict[str, Any] = {}

    async def start(self) -> None:
        """Connect, and create the buckets that are missing."""
        library: Any = nats  # its annotations are partial
        self._client = await library.connect(
            self._url,
            connect_timeout=self._timeout,
            allow_reconnect=True,
            max_reconnect_attempts=1,
            reconnect_time_wait=RECONNECT_SECONDS,
            ping_interval=self._timeout / 2,  # a connection that misses two has ended
            error_cb=silent,
        )
        # From now on without an end, which at the first connection would hide that nothing is there.
        self._client.options["max_reconnect_attempts"] = -1
        self._keys = await self._bucket("keys", self._longest)

    async def _collection(self, name: str) -> Any:
        if name not in self._collections:
            self._collections[name] = await self._bucket(name, None)
        return self._collections[name]

    async def _bucket(self, name: str, longest: float | None) -> Any:
        if self._client is None:
            raise ConnectionError("the state is not connected")
        context = self._client.jetstream(timeout=self._timeout)
        bucket = f"{self._queue}_{name}"
        try:
            return await context.create_key_value(KeyValueConfig(bucket=bucket, ttl=longest))
        except BadRequestError:  # it is there, with another setting
            return await context.key_value(bucket)

    async def close(self) -> None:
        """Close the connection."""
        client, self._client = self._client, None
        self._collections.clear()
        if client is not None:
            await client.close()

    async def time(self) -> float:
        """Return the time of this process: NATS has no clock to ask."""
        return time.time()

    async def get(self, key: str) -> bytes | None:
        """Return a value, or None."""
        _, value = await self._read(key)
        return value

    async def _read(self, key: str) -> tuple[int | None, bytes | None]:
        """Return the revision of a key, None if it is not there, and its value, None if that has ended."""
        try:
            entry = await self._keys.get(encoded(key))
        except KeyNotFoundError:
            return None, None
        ends, value = unpacked(entry.value)
        return entry.revision, value if ends > time.time() else None

    async def _write(self, key: str, revision: int | None, value: bytes, ttl: float) -> bool:
        """Write a key if its revision is still this one."""
        data = packed(time.time() + ttl, value)
        try:
            if revision is None:
                await self._keys.create(encoded(key), data)
            else:
                await self._keys.update(encoded(key), data, last=revision)
        except KeyWrongLastSequenceError:
            return False
        return True

    async def set(self, key: str, value: bytes, ttl: float) -> None:
        """Set a value for `ttl` seconds."""
        await self._keys.put(encoded(key), packed(time.time() + ttl, value))

    async def add(self, key: str, value: bytes, ttl: float) -> bool:
        """Set a value unless there is one."""
        revision, found = await self._read(key)
        return found is None and await self._write(key, revision, value, ttl)

    async def renew(self, key: str, value: bytes, ttl: float) -> bool:
        """Extend a key that still has this value."""
        revision, found = await self._read(key)
        return found == value and await self._write(key, revision, value, ttl)

    async def remove(self, key: str, value: bytes | None = None) -> None:
        """Remove a key, if it has this value."""
        revision, found = await self._read(key)
        if revision is not None and (value is None or found == value):
            try:
                await self._keys.delete(encoded(key), last=None if value is None else revision)
            except KeyWrongLastSequenceError:
                return  # it has another value by now

    async def count(self, key: str, ttl: float) -> int:
        """Add one to a number."""
        return await self._change(lambda found: int(found or 0) + 1, key, ttl)

    async def _change(self, change: Callable[[bytes | None], int], key: str, ttl: float) -> int:
        for _ in range(ATTEMPTS):
            revision, found = await self._read(key)
            number = change(found)
            if await self._write(key, revision, b"%d" % number, ttl):
                return number
        raise ConnectionError(f"others kept changing {key}")

    async def put(self, collection: str, name: str, value: bytes, due: float) -> None:
        """Put an entry into a collection."""
        await (await self._collection(collection)).put(encoded(name), packed(due, value))

    async def take(self, collection: str, name: str) -> bytes | None:
        """Remove an entry; return its value."""
        bucket = await self._collection(collection)
        try:
            entry = await bucket.get(encoded(name))
        except KeyNotFoundError:
            return None
        if not await removed(self._client.jetstream(timeout=self._timeout), self._stream(collection), entry):
            return None  # another has taken it, or has put another in its place
        return unpacked(entry.value)[1]

    async def entries(self, collection: str, until: float | None = None, limit: int = 1000) -> list[tuple[str, bytes]]:
        """Return the entries that are due until a time."""
        await self._collection(collection)
        found: list[tuple[float, str, bytes]] = []
        newest = await newest_of_each_subject(self._client, self._stream(collection), self._timeout)
        for subject, data in newest.items():
            due, value = unpacked(data)
            if until is None or due <= until:
                found.append((due, decoded(subject.rpartition(".")[2]), value))
        return [(name, value) for _, name, value in sorted(found)[:limit]]

    def _stream(self, collection: str) -> str:
        return f"KV_{self._queue}_{collection}"


def packed(at: float, value: bytes) -> bytes:
    return struct.pack(">d", at) + value


def unpacked(data: bytes) -> tuple[float, bytes]:
    return struct.unpack(">d", data[:8])[0], data[8:]


def encoded(key: str) -> str:
    """Return a key as NATS can carry it: letters, digits, - and _."""
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def decoded(key: str) -> str:
    return base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)).decode()


async def silent(_: Exception) -> None:
    """Drop what the client reports: it connects again, and a call that fails raises."""
