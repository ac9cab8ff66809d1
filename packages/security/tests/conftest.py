"""Requests to a host."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import testkit


@pytest.fixture
def call() -> Callable[..., Any]:
    """Call an application with one request, whose host is example.com unless it is named."""

    def request(app: Any, method: str = "GET", path: str = "/", headers: Any = (), **keys: Any) -> Any:
        pairs = list(headers.items()) if isinstance(headers, dict) else list(headers or ())
        if not any(name == "host" for name, _ in pairs):
            pairs = [("host", "example.com"), *pairs]
        return testkit.call(app, path, method, headers=pairs, **keys)

    return request
