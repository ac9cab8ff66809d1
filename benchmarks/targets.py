"""The targets that the figures are compared with."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from peers import PEERS

OF_STARLETTE = {
    "plaintext": 0.22,
    "JSON": 0.2,
    "two parameters": 0.25,
    "JSON body": 0.31,
    "urlencoded 1,000": 0.35,
    "multipart 1 MiB": 0.25,
    "3 middlewares": 0.27,
    "stream of 100": 0.16 if sys.version_info < (3, 12) else 0.22,
    "file 4 KiB": 0.2,
    "file 1 MiB": 0.2,
    "WebSocket echo": 0.3 if sys.version_info < (3, 12) else 0.37,
    "SSE of 100": 0.2,
    "GraphQL, cached": 0.6,
    "session read": 0.4,
    "session written": 0.6,
    "access log": 0.5,
    "5 dispatches": 0.05,
    "304": 0.5,
}
"""Our overhead as a share of Starlette's, at most; of sse-starlette's and Strawberry's where those run on it."""

OF_PEER = {
    "two parameters": {"blacksheep": 1.0},
    "last of 1,000": {"blacksheep": 1.0},
    "query": {"falcon": 1.03},
    "stream of 100": {"falcon": 1.15},
    "typed: path, query, result": {"fastapi": 0.15, "litestar": 0.5, "blacksheep": 0.5},
    "typed: JSON body": {"fastapi": 0.2, "litestar": 0.6, "blacksheep": 0.6},
    "typed: list of 100": {"fastapi": 0.2, "litestar": 1.0},
    "three dependencies": {"fastapi": 0.5},
}
"""Our overhead as a share of another peer's, at most. Of the rows without an entry none may be slower than any peer."""

DROP_IN = {
    "Starlette app: text": 0.4,
    "Starlette app: stream of 100": 0.4,
    "Starlette app: 3 middlewares": 0.5,
    "Starlette app: JSON": 1.0,
    "Starlette app: path parameter": 1.0,
    "Starlette app: last of 1,000": 1 / 20,
    "FastAPI app: JSON": 1.0,
    "FastAPI app: last of 100": 1.0,
}
"""What a program takes on the drop-in, as a share of what it takes on the real Starlette, at most."""

LAST_OF_FIRST = 1.1
"""The last of 1,000 routes against the first."""

MISS_OF_HIT = 1.3
"""A miss among 1,000 routes against a path of two parameters."""

IMPORTS = {
    "armillary.applications": ("starlette.applications", 0.35),
    "armillary.routing": ("starlette.routing", 0.3),
    "armillary.cors": ("starlette.middleware.cors", 0.2),
    "armillary.binding": ("fastapi", 0.3),
}
"""Importing a module of ours against importing another; typed endpoints without their library of types."""

Verdict = tuple[str, float, float]
"""What is compared, the ratio found, the ratio allowed."""


def verdicts(
    overheads: Mapping[str, Mapping[str, float]], imports: Mapping[str, tuple[float, int]] | None
) -> list[Verdict]:
    """Compare the figures of a run with the targets.

    Args:
        overheads: seconds by case and contestant.
        imports: seconds and modules by module; None if imports were not timed.
    """
    found = [
        (f"{case} of Starlette's", overheads[case]["armillary"] / overheads[case]["starlette"], most)
        for case, most in OF_STARLETTE.items()
        if case in overheads
    ]
    for case, seconds in overheads.items():
        others = {peer: took for peer, took in seconds.items() if peer in PEERS and peer != "armillary"}
        if "armillary" not in seconds or others.keys() <= {"starlette"}:
            continue
        fastest = min(others, key=others.__getitem__)
        found += [
            (f"{case} of {peer}'s", seconds["armillary"] / seconds[peer], most)
            for peer, most in OF_PEER.get(case, {fastest: 1.0}).items()
            if peer in seconds
        ]
    found += [
        (f"{case} on the drop-in", overheads[case]["drop-in"] / overheads[case]["starlette"], most)
        for case, most in DROP_IN.items()
        if {"drop-in", "starlette"} <= overheads.get(case, {}).keys()
    ]
    ours = {case: seconds["armillary"] for case, seconds in overheads.items() if "armillary" in seconds}
    if {"first of 1,000", "last of 1,000"} <= ours.keys():
        found.append(
            ("last of 1,000 routes, of the first", ours["last of 1,000"] / ours["first of 1,000"], LAST_OF_FIRST)
        )
    if {"two parameters", "miss of 1,000"} <= ours.keys():
        ratio = ours["miss of 1,000"] / ours["two parameters"]
        found.append(("miss of 1,000 routes, of two parameters", ratio, MISS_OF_HIT))
    if imports is not None:
        found += [
            (f"import of {module}, of {theirs}", imports[module][0] / imports[theirs][0], most)
            for module, (theirs, most) in IMPORTS.items()
        ]
    return found
