"""The store that a URL names."""

from __future__ import annotations

from typing import Any

from ._memory_store import MemoryStore
from ._store import IdempotencyStore

SQL_SCHEMES = ("postgresql", "sqlite", "mysql", "mariadb", "oracle", "mssql")


def store_of(store: str | IdempotencyStore) -> IdempotencyStore:
    """Return the store for a URL; a store is returned unchanged.

    Raises:
        TypeError: something that is neither.
        ValueError: a URL of no known scheme.
        ImportError: the extra is not installed.
    """
    if not isinstance(store, str):
        value: Any = store
        if not all(callable(getattr(value, name, None)) for name in ("claim", "complete", "release", "close")):
            raise TypeError(
                f"store is a URL or an IdempotencyStore, such as MemoryStore(); got {store!r}. "
                "The decorator is written with brackets: @idempotent()"
            )
        return store
    scheme = store.partition("://")[0]
    if store == "memory://":
        return MemoryStore()
    if scheme in ("redis", "rediss", "unix"):
        from .redis import RedisStore

        return RedisStore(store)
    if scheme.partition("+")[0] in SQL_SCHEMES:
        raise ValueError(
            "store: a database is given as armillary.idempotency.sql.SQLStore(url), whose table you create by "
            "`await store.create_table()` or a migration (extra sql)"
        )
    raise ValueError(
        'store: a URL begins with "memory://", "redis://", "rediss://" or "unix://" (extra redis); for a database give '
        f"armillary.idempotency.sql.SQLStore(url) (extra sql); got the scheme {scheme!r}"
    )
