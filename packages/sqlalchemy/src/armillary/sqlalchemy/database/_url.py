"""The URL of a database, with an installed async driver."""

from __future__ import annotations

from typing import Final

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from .._errors import DatabaseError
from ._driver import DRIVERS, is_installed, load_driver

ALIASES: Final = {"postgres": "postgresql"}


def database_url(given: str | URL) -> URL:
    """Return the URL with an async driver.

    Without a driver in the URL it is the first that is installed.

    Raises:
        ValueError: not a URL, an unknown database, a driver that is not async.
        DatabaseError: the driver is not installed.

    >>> str(database_url("sqlite:///bank.db"))
    'sqlite+aiosqlite:///bank.db'
    """
    url = parse_url(given)
    backend, _, driver = url.drivername.partition("+")
    backend = ALIASES.get(backend, backend)
    drivers = DRIVERS.get(backend)
    if drivers is None:
        if not driver:
            raise ValueError(f"url: unknown database {backend!r}; known are {', '.join(sorted(DRIVERS))}")
        return url  # a dialect of another distribution
    if not driver:
        driver = next(filter(is_installed, drivers), drivers[0])
    elif driver not in drivers and backend != "mysql" and driver in SYNC_DRIVERS:
        raise ValueError(f"url: the driver {driver!r} is not async; write {backend}+{drivers[0]}://")
    elif driver in SYNC_DRIVERS:
        raise ValueError(f"url: the driver {driver!r} is not async; write {backend}+asyncmy://")
    require_driver(driver, backend)
    return url.set(drivername=f"{backend}+{driver}")


SYNC_DRIVERS: Final = frozenset(
    {"mariadbconnector", "mysqlconnector", "mysqldb", "pg8000", "psycopg2", "psycopg2cffi", "pymysql", "pysqlite"}
)


def parse_url(given: str | URL) -> URL:
    """Return the URL; the error for a wrong one does not repeat it, since it may hold a password."""
    try:
        return make_url(given)
    except (ArgumentError, ValueError) as exc:
        message = "url: not a database URL; write for instance postgresql://user:password@host:5432/name"
        raise ValueError(f"{message} or sqlite:///file.db") from (exc if isinstance(given, URL) else None)


def require_driver(driver: str, backend: str) -> None:
    """Raise a DatabaseError that names the extra if a driver cannot be imported."""
    try:
        load_driver(driver)
    except ImportError as exc:
        raise DatabaseError(
            f"{backend} needs the driver {driver}, which is not installed ({exc}): "
            f"pip install 'armillary-sqlalchemy[{driver}]'"
        ) from exc


def is_in_memory(url: URL) -> bool:
    """Return whether a database is in memory only.

    >>> is_in_memory(make_url("sqlite://")), is_in_memory(make_url("sqlite:///file.db"))
    (True, False)
    """
    if url.get_backend_name() != "sqlite":
        return False
    return not url.database or ":memory:" in url.database or url.query.get("mode") == "memory"
