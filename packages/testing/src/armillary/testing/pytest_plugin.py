"""Fixtures for pytest, opt-in by name.

Write `pytest_plugins = ["armillary.testing.pytest_plugin"]` in the root `conftest.py`, or pass
`-p armillary.testing.pytest_plugin`, and override `app`. The clients run the application's
lifespan around each test.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from typing import TYPE_CHECKING, Any

import pytest

from armillary.asgi_types import ASGIApp

if TYPE_CHECKING:
    from armillary.testing import AsyncTestClient, TestClient


@pytest.fixture
def app() -> ASGIApp:
    """The application under test; a project overrides this fixture."""
    raise pytest.UsageError(
        "armillary.testing.pytest_plugin needs a fixture named 'app' that returns your ASGI application; "
        "define it in conftest.py"
    )


@pytest.fixture
def client_options() -> dict[str, Any]:
    """Keyword arguments for the clients, such as `{"base_url": "https://example.org"}`; none by default."""
    return {}


@pytest.fixture
def client(app: ASGIApp, client_options: dict[str, Any]) -> Generator[TestClient]:
    """A `TestClient` around `app`, its lifespan running."""
    from armillary.testing import TestClient

    with TestClient(app, **client_options) as test_client:
        yield test_client


@pytest.fixture
async def async_client(app: ASGIApp, client_options: dict[str, Any]) -> AsyncGenerator[AsyncTestClient]:
    """An `AsyncTestClient` around `app` on the test's event loop, its lifespan running.

    The test must be run by anyio's pytest plugin or by pytest-asyncio in auto mode.
    """
    from armillary.testing import AsyncTestClient

    async with AsyncTestClient(app, **client_options) as test_client:
        yield test_client
