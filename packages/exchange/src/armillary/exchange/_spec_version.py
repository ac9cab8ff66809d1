"""What the version of the ASGI specification that a server follows says about it."""

from __future__ import annotations

from functools import lru_cache

from armillary.asgi_types import Scope


@lru_cache(16)
def _at_least_2_4(spec_version: str) -> bool:
    try:
        return tuple(map(int, spec_version.split("."))) >= (2, 4)
    except ValueError:
        return False


def send_raises_after_disconnect(scope: Scope) -> bool:
    """Return whether the server's `send` raises `OSError` once the client has disconnected (ASGI HTTP spec 2.4).

    >>> send_raises_after_disconnect({"asgi": {"spec_version": "2.4"}})
    True
    """
    versions = scope.get("asgi")
    return versions is not None and _at_least_2_4(versions.get("spec_version", "2.0"))
