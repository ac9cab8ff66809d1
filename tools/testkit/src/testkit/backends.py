"""The event loops that tests marked `anyio` run on."""

from __future__ import annotations

from typing import Any

import pytest

ASYNCIO = pytest.param(("asyncio", {"use_uvloop": False}), id="asyncio")
UVLOOP = pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop", marks=pytest.mark.uvloop)
_TRIO: tuple[str, dict[str, Any]] = ("trio", {})
TRIO = pytest.param(_TRIO, id="trio")


@pytest.fixture(params=[ASYNCIO, UVLOOP, TRIO])
def anyio_backend(request: pytest.FixtureRequest) -> object:
    """Each event loop in turn."""
    return request.param


@pytest.fixture(params=[ASYNCIO, UVLOOP])
def asyncio_backend(request: pytest.FixtureRequest) -> object:
    """Each event loop of asyncio: for `anyio_backend` of a package that supports no other."""
    return request.param
