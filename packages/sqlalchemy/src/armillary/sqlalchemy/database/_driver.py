"""The drivers of the extras."""

from __future__ import annotations

from typing import Final

DRIVERS: Final = {
    "sqlite": ("aiosqlite",),
    "postgresql": ("psycopg", "asyncpg"),
    "mysql": ("asyncmy",),
    "mariadb": ("asyncmy",),
}
"""The async drivers of each database, the preferred first. Each is the name of its extra too."""


def load_driver(name: str) -> object:
    """Import a driver and return its module; None for one that no extra brings.

    Raises:
        ImportError: it is not installed, or something it needs is missing.
    """
    if name == "aiosqlite":
        import aiosqlite

        return aiosqlite
    if name == "psycopg":
        import psycopg

        return psycopg
    if name == "asyncpg":
        import asyncpg  # type: ignore[import-untyped] # pyright: ignore[reportMissingTypeStubs]

        return asyncpg
    if name == "asyncmy":
        import asyncmy  # pyright: ignore[reportMissingTypeStubs]

        return asyncmy
    return None


def is_installed(name: str) -> bool:
    """Return whether a driver can be imported."""
    try:
        load_driver(name)
    except ImportError:
        return False
    return True
