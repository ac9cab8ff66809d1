"""Static files, as Starlette serves them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from armillary.starlette.staticfiles import StaticFiles

pytestmark = pytest.mark.anyio

CHUNK = 256 * 1024


async def get(app: Any, path: str, write: Path | None = None) -> list[Any]:
    """Return what is sent; `write` is appended to after the first part of the body."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)
        if write is not None and len(sent) == 2:
            with write.open("ab") as file:
                file.write(b"more")

    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "asgi": {"spec_version": "2.4"}}
    await app(scope, anyio.sleep_forever, send)
    return sent


async def test_a_slash_may_follow_the_name_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "style.css").write_text("a")
    for path in ("/style.css", "/style.css/", "/style.css/."):
        sent = await get(StaticFiles(directory=tmp_path), path)
        assert (sent[0]["status"], sent[1]["body"]) == (200, b"a")


async def test_a_file_that_grows_is_sent_up_to_the_size_it_had(tmp_path: Path) -> None:
    path = tmp_path / "large.log"
    path.write_bytes(b"o" * (3 * CHUNK))
    sent = await get(StaticFiles(directory=tmp_path), "/large.log", path)
    assert b"".join(message.get("body", b"") for message in sent) == b"o" * (3 * CHUNK)
