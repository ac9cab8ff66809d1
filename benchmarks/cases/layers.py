"""Mounts below each other, the access log, middlewares and a session, beside the smallest programs with their duties.

The programs are in `smallest_layers.py`, and what they show in decisions 40 and 46. They take no part in the comparison
with other frameworks.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from frame import BARE, Application, BenchmarkRequest, Contest, bare_application
from smallest import dutiful_application
from smallest_layers import dutiful_access_log, dutiful_middlewares, dutiful_mounts, dutiful_session, guarded
from smallest_parts import parts_application

from cases import access_log, cors_sessions_gzip as stack, small_responses as small

DEPTHS = (1, 5)


def _mounts(framework: Any, route: Any, mount: Any, response: Any, depth: int) -> Application:
    async def found(request: Any) -> Any:
        return response("found")

    routes = [route("/end", found)]
    for _ in range(depth):
        routes = [mount("/a", routes=routes)]
    return framework(routes=routes)  # type: ignore[no-any-return]


def contests() -> Iterator[tuple[str, Contest]]:
    """Yield a contest for each depth of mounts, those of the access log, of three middlewares and of a session."""
    from starlette import applications, responses, routing

    from armillary import applications as our_applications, http, routing as our_routing

    bare = bare_application(b"found", small.PLAIN)
    for depth in DEPTHS:
        kept = {
            "armillary": _mounts(
                our_applications.Armillary, our_routing.Route, our_routing.Mount, http.PlainTextResponse, depth
            ),
            "starlette": _mounts(
                applications.Starlette, routing.Route, routing.Mount, responses.PlainTextResponse, depth
            ),
            "with duties": dutiful_mounts(depth),
        }
        request = BenchmarkRequest("/a" * depth + "/end", expected=b"found")
        yield f"mounts: {depth}", Contest(request, {BARE: bare, **kept})
    for (name, contest), header in zip(access_log.contests(), ("X-Request-ID", None), strict=True):
        dutiful = dutiful_access_log(contest.applications[BARE], access_log.LOGGER, header)
        yield f"floor: {name}", Contest(contest.request, {**contest.applications, "with duties": dutiful})
    origin = stack.ORIGIN.encode()
    stacked = guarded(dutiful_middlewares(dutiful_application(), origin))
    apart = parts_application(lambda app: dutiful_middlewares(app, origin))
    for name, contest in stack.contests():
        if name == "3 middlewares":
            floors = {"with duties": stacked, "in parts": apart}
            yield f"floor: {name}", Contest(contest.request, {**contest.applications, **floors})
        elif name == "session read":
            apart = parts_application(lambda app: dutiful_session(app, stack.KEY, "armillary"))
            yield f"floor: {name}", Contest(contest.request, {**contest.applications, "in parts": apart})
