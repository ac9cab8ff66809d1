"""The floors: rows of other subjects beside the smallest programs that do their work; see `smallest.py`.

Decisions 33 and 46 have what they show. They take no part in the comparison with other frameworks.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from frame import BARE, Contest, bare_application
from peers import armillary, starlette
from smallest import dutiful_application, dutiful_echo, smallest_application, smallest_echo
from smallest_parts import parts_application

from cases import bodies_and_streams as bodies, small_responses as small, websocket_echo as echo

SENT = ("/multipart", "/stream", "/small", "/large", "/events")


def contests() -> Iterator[tuple[str, Contest]]:
    """Yield a contest for each row whose floor is asked for."""
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder)
        (files / "small").write_bytes(b"s" * 4096)
        (files / "large").write_bytes(b"l" * 1024 * 1024)
        smallest = {"smallest": smallest_application(files)}
        dutiful = {**smallest, "with duties": dutiful_application()}
        peers = {"armillary": armillary.application(), "starlette": starlette.application(), **dutiful}
        apart = parts_application()
        for name in ("plaintext", "two parameters", "JSON body"):
            request = small.REQUESTS[name]
            bare = bare_application(request.expected or b"", small.PLAIN)
            parts = {"in parts": apart} if name != "JSON body" else {}
            yield f"floor: {name}", Contest(request, {BARE: bare, **peers, **parts})
        for name, contest in bodies.contests():
            if contest.request.path in SENT:
                floors = dutiful if contest.request.path == "/stream" else smallest
                applications = {**contest.applications, **floors}
                yield f"floor: {name}", Contest(contest.request, applications, contest.compared)
        for name, contest in echo.contests():
            echoes = {"smallest": echo.conversing(smallest_echo), "with duties": echo.conversing(dutiful_echo)}
            yield f"floor: {name}", Contest(contest.request, {**contest.applications, **echoes}, contest.compared)
