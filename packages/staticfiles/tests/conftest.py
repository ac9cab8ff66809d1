"""Requests, and a directory of files to request."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from testkit import call


@pytest.fixture
def ask() -> Callable[..., Any]:
    """Send one request, whose client stays connected."""
    return partial(call, at_end="wait")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A directory of a few files."""
    root = tmp_path / "site"
    (root / "docs").mkdir(parents=True)
    (root / "empty").mkdir()
    (root / "index.html").write_text("<h1>Home</h1>")
    (root / "404.html").write_text("<h1>Missing</h1>")
    (root / "docs" / "index.html").write_text("<h1>Docs</h1>")
    (root / "style.css").write_text("body { color: red }\n" * 100)
    (root / "letters.txt").write_text("abcdefghijklmnopqrstuvwxyz")
    (root / "app.3f9d2c41.js").write_text("let a = 1\n")
    (root / ".env").write_text("SECRET=1")
    (root / ".well-known").mkdir()
    (root / ".well-known" / "security.txt").write_text("Contact: mailto:a@example.org")
    return root
