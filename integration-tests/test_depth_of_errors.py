"""How many functions a reader follows from an error to its response: those on the stack when it is sent or raised."""

from __future__ import annotations

import sys
import traceback
from types import FrameType
from typing import Any

import pytest
from testkit import http_scope

from armillary.applications import Armillary
from armillary.http import Request

pytestmark = pytest.mark.anyio
BODY = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"x" * 100 + b"\r\n--b--\r\n"


def of_packages(codes: list[tuple[str, str]]) -> tuple[int, int]:
    """Return how many functions of packages there are among them, and in how many files."""
    ours = [(file, name) for file, name in codes if "/src/armillary/" in file]
    return len(ours), len({file for file, _ in ours})


def stack() -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        found.append((frame.f_code.co_filename, frame.f_code.co_name))
        frame = frame.f_back
    return found


async def respond(app: Any, scope: dict[str, Any], body: bytes = b"") -> tuple[int, tuple[int, int]]:
    """Return the status of a response and the depth that its start is sent from."""
    seen: list[tuple[int, tuple[int, int]]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            seen.append((message["status"], of_packages(stack())))

    try:
        await app(scope, receive, send)
    except LookupError:
        pass
    [(status, depth)] = seen
    return status, depth


async def fail(request: Request) -> None:
    raise LookupError("no such star")


def application() -> Armillary:
    app = Armillary()
    app.router.add_route("/", fail)
    return app


async def test_a_500_is_sent_five_functions_deep_in_four_files() -> None:
    status, (functions, files) = await respond(application(), http_scope())
    assert status == 500
    assert functions <= 5
    assert files <= 4


async def test_a_405_is_sent_five_functions_deep_in_four_files() -> None:
    status, (functions, files) = await respond(application(), http_scope(method="DELETE"))
    assert status == 405
    assert functions <= 5
    assert files <= 4


async def test_a_part_over_its_limit_is_found_seven_functions_below_the_endpoint() -> None:
    found: list[tuple[int, int]] = []

    async def upload(request: Request) -> None:
        try:
            async with request.form(max_part_size=10):
                pass
        except Exception as exc:
            frames = traceback.extract_tb(exc.__traceback__)
            found.append(of_packages([(frame.filename, frame.name) for frame in frames]))
            raise

    app = Armillary()
    app.router.add_route("/", upload, methods=["POST"])
    headers = [(b"content-type", b"multipart/form-data; boundary=b")]
    status, _ = await respond(app, http_scope(method="POST", headers=headers), BODY)
    assert status == 413
    [(functions, files)] = found
    assert functions <= 7
    assert files <= 5
