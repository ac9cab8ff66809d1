"""Requests to endpoints that render, and templates in a folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from testkit import SentMessages, call

from armillary.http import request_response


class RenderedResponse:
    """What was sent for one request, and what an extension for tests was sent besides."""

    def __init__(self, sent: SentMessages) -> None:
        self.debug = [message["info"] for message in sent if message["type"] == "http.response.debug"]
        self.status, self.headers, self.text = sent.status, sent.headers, sent.text
        self.pieces = [body for body in sent.bodies if body]


async def render(endpoint: Callable[..., Any], **keys: Any) -> RenderedResponse:
    """Serve one request with an endpoint; keyword arguments are keys of the scope."""
    scope = {"headers": [(b"host", b"site.example")], **keys}
    return RenderedResponse(await call(request_response(endpoint), at_end="wait", **scope))


@pytest.fixture
def serve() -> Callable[..., Any]:
    return render


@pytest.fixture
def pages(tmp_path: Path) -> Callable[..., Path]:
    """`pages(name=source)` writes templates; "__" in a name is a dot, so "page__html"."""

    def write(**sources: str) -> Path:
        for name, source in sources.items():
            (tmp_path / name.replace("__", ".")).write_text(source)
        return tmp_path

    return write
