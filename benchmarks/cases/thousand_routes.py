"""The first, the last and none of 1,000 routes."""

from __future__ import annotations

from collections.abc import Iterator

from frame import BARE, BenchmarkRequest, Contest, bare_application, status_alone
from peers import ROUTES, programs, starts

PLAIN = b"text/plain; charset=utf-8"


def contests() -> Iterator[tuple[str, Contest]]:
    """Yield the three contests."""
    peers = programs("thousand_routes")
    found = bare_application(b"found", PLAIN)
    for name, at in (("first of 1,000", 0), ("last of 1,000", ROUTES - 1)):
        request = BenchmarkRequest(f"/items{at}/vega/detail", expected=b"found", client_stays=True)
        yield name, Contest(request, {BARE: found, **peers}, start=starts(peers))
    request = BenchmarkRequest("/nowhere/at/all", status=404, client_stays=True)
    missed = bare_application(b"Not Found", PLAIN, 404)
    yield "miss of 1,000", Contest(request, {BARE: missed, **peers}, status_alone, starts(peers))
