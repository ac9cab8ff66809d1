"""The HTTP client library the test clients are built on.

Neither is a dependency: httpx or its successor httpx2 is installed beside (`armillary-testing[httpx]`), and httpx is
taken if both are. Both have the same classes under the same names, so the code is typed by httpx.
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
                'armillary.testing needs httpx or httpx2: install one with "pip install armillary-testing[httpx]"'
            ) from error

__all__ = ["HTTPLibrary", "library"]

HTTPLibrary = Any
"""The module `httpx`, or one with the same classes."""
