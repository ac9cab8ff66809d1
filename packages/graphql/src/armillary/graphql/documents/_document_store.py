"""Stores of automatic persisted queries."""

from __future__ import annotations

from typing import Any, Protocol, cast

from armillary.concurrency import require_asyncio


class DocumentStore(Protocol):
    """Stores documents by the SHA-256 of their text, in hexadecimal."""

    async def get(self, sha256: str) -> str | None:
        """Return the document of this hash; None if it is not, or no longer, stored."""
        ...

    async def put(self, sha256: str, document: str) -> None:
        """Store a document whose hash was verified."""
        ...


class MemoryDocumentStore:
    """Stores the most recently used documents in this process.

    Args:
        max_documents: how many are stored.
        max_document_size: characters of the longest document that is stored.

    Raises:
        TypeError: a limit is not a whole number.
        ValueError: a limit is not positive.

    >>> MemoryDocumentStore(max_documents=100).max_documents
    100
    """

    def __init__(self, *, max_documents: int = 1000, max_document_size: int = 20_000) -> None:
        for name, value in (("max_documents", max_documents), ("max_document_size", max_document_size)):
            if not isinstance(cast("object", value), int) or isinstance(value, bool):
                raise TypeError(f"MemoryDocumentStore needs {name} as a whole number, got {value!r}")
            if value < 1:
                raise ValueError(f"MemoryDocumentStore needs {name} above 0, got {value!r}")
        self.max_documents = max_documents
        self.max_document_size = max_document_size
        self._documents: dict[str, str] = {}

    async def get(self, sha256: str) -> str | None:
        """Return the document of this hash."""
        document = self._documents.pop(sha256, None)
        if document is not None:
            self._documents[sha256] = document
        return document

    async def put(self, sha256: str, document: str) -> None:
        """Store a document, and evict the least recently used one if there are too many."""
        if len(document) > self.max_document_size:
            return
        self._documents.pop(sha256, None)
        while len(self._documents) >= self.max_documents:
            del self._documents[next(iter(self._documents))]
        self._documents[sha256] = document


class RedisDocumentStore:
    """Stores documents in Redis, for all processes that share it. Needs `armillary-graphql[redis]`.

    Args:
        url: the URL of the server, such as "redis://127.0.0.1:6379/0".
        prefix: the prefix of the keys.
        ttl: seconds a document is stored after it was last put; None for as long as Redis keeps it.
        timeout: seconds to wait for a connection to open and for a response, 5 by default.
        max_connections: the most connections of one event loop, 50 by default. A request waits for a free one as long
            as Redis responds to others.

    Raises:
        ImportError: redis is not installed.
        TypeError: an option is of the wrong type.
        ValueError: `url` is not one of Redis, or a number is not positive.
    """

    def __init__(
        self,
        url: str,
        *,
        prefix: str = "graphql-document:",
        ttl: int | None = 30 * 86400,
        timeout: float = 5.0,
        max_connections: int = 50,
    ) -> None:
        _check_redis_options({"url": url, "prefix": prefix, "ttl": ttl})
        if ttl is not None and ttl < 1:
            raise ValueError(f"RedisDocumentStore needs a ttl of at least 1 second, or None, got {ttl!r}")
        try:
            from armillary.concurrency.redis import connect_redis
        except ImportError:
            raise ImportError(
                "RedisDocumentStore needs redis, which is not installed: pip install 'armillary-graphql[redis]'"
            ) from None
        self._redis = connect_redis(url, timeout=timeout, max_connections=max_connections, decode_responses=True)
        self.prefix = prefix
        self.ttl = ttl

    async def get(self, sha256: str) -> str | None:
        """Return the document of this hash."""
        require_asyncio("RedisDocumentStore", "serve this application on asyncio or uvloop")
        document: str | None = await self._redis.get(self.prefix + sha256)
        return document

    async def put(self, sha256: str, document: str) -> None:
        """Store a document."""
        require_asyncio("RedisDocumentStore", "serve this application on asyncio or uvloop")
        await self._redis.set(self.prefix + sha256, document, ex=self.ttl)

    async def aclose(self) -> None:
        """Close the connections; call it when the application stops."""
        await self._redis.aclose()


def _check_redis_options(options: dict[str, Any]) -> None:
    expected: dict[str, tuple[Any, str]] = {
        "url": (str, "text such as 'redis://127.0.0.1:6379/0'"),
        "prefix": (str, "text"),
        "ttl": ((int, type(None)), "whole seconds, or None"),
    }
    for name, (types, what) in expected.items():
        if not isinstance(options[name], types) or isinstance(options[name], bool):
            raise TypeError(f"RedisDocumentStore takes {name} as {what}, got {options[name]!r}")
    if not options["url"].startswith(("redis://", "rediss://", "unix://")):
        raise ValueError(
            f"RedisDocumentStore takes a url such as 'redis://127.0.0.1:6379/0', or with rediss:// or unix://, "
            f"got {options['url']!r}"
        )
