"""Files: a small one, a large one, and a revalidation that sends none."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from frame import BARE, Application, BenchmarkRequest, Contest


def _bare(directory: Path) -> Application:
    """Read the file and send it, asking nothing."""

    async def bare(scope: Any, receive: Any, send: Any) -> None:
        with open(f"{directory}{scope['path']}", "rb") as file:
            body = file.read()
        headers = [(b"content-length", str(len(body)).encode()), (b"content-type", b"application/octet-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return bare


async def _bare_not_modified(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 304, "headers": [(b"etag", b'"a"')]})
    await send({"type": "http.response.body", "body": b""})


def _applications(directory: Path) -> dict[str, Application]:
    from starlette.staticfiles import StaticFiles as StarletteStaticFiles

    from armillary.staticfiles import StaticFiles

    return {
        "armillary": StaticFiles(directory=directory),
        "armillary in memory": StaticFiles(directory=directory, memory=16 * 1024 * 1024),
        "starlette": StarletteStaticFiles(directory=directory),
    }


def contests() -> Iterator[tuple[str, Contest]]:
    """Yield the three contests over one directory of files."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        applications = _applications(directory)
        for name, size in (("4 KiB file", 4096), ("1 MiB file", 1024 * 1024)):
            content = os.urandom(size)
            path = f"/{size}.bin"
            (directory / path[1:]).write_bytes(content)
            yield name, Contest(BenchmarkRequest(path, expected=content), {BARE: _bare(directory), **applications})
        later = ((b"if-modified-since", b"Fri, 01 Jan 2100 00:00:00 GMT"),)
        request = BenchmarkRequest("/4096.bin", headers=later, status=304, expected=b"")
        yield "304", Contest(request, {BARE: _bare_not_modified, **applications})
