"""What is read from files once is read where a program starts, and not by a request in the event loop."""

from __future__ import annotations

import subprocess
import sys

import pytest
from testkit import require_port

FILES = """
from armillary.http import FileResponse

async def work():
    assert FileResponse(__file__, filename="star.unusual").media_type == "application/octet-stream"
    assert FileResponse(__file__, filename="star.svg").media_type == "image/svg+xml"
"""
SESSIONS = """
from armillary.sessions.redis import RedisStore

store = RedisStore("redis://127.0.0.1:6379/9")

async def work():
    assert await store.load("none") is None
    await store.close()
"""
LIMITS = """
from armillary.http import PlainTextResponse
from armillary.ratelimit import RateLimitMiddleware

app = RateLimitMiddleware(PlainTextResponse("x"), "9/second", storage="redis://127.0.0.1:6379/9")

async def work():
    sent = []
    scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "client": ("203.0.113.77", 1)}

    async def send(message):
        sent.append(message)

    await app(scope, None, send)
    assert sent[0]["status"] == 200 and b"ratelimit" in dict(sent[0]["headers"])
"""
RUN = """
import asyncio
from blockbuster import blockbuster_ctx

with blockbuster_ctx():
    asyncio.run(work())
"""


@pytest.mark.parametrize("program", [FILES, SESSIONS, LIMITS], ids=["files", "sessions", "limits"])
def test_a_first_request_reads_no_file_in_the_event_loop(program: str) -> None:
    if program != FILES:
        require_port(6379)
    command = [sys.executable, "-c", f"__file__ = {__file__!r}\n{program}\n{RUN}"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
