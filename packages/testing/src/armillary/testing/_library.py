"""The HTTP client library the test clients are built on.

httpx is the dependency; an environment that holds its successor httpx2 in its place works
the same. Both have the same classes under the same names, so the code is typed by httpx.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx as library
else:
    try:
        import httpx as library
    except ImportError:
        try:
            import httpx2 as library
        except ImportError as error:
            raise ImportError(
                "armillary.testing needs httpx (or httpx2): install it with 'pip install httpx'"
            ) from error

__all__ = ["HTTPLibrary", "library"]

HTTPLibrary = Any
"""The module `httpx`, or one with the same classes."""
