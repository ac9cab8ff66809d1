"""The targets that the figures are compared with."""

from __future__ import annotations

from collections.abc import Mapping

from frame import BARE

OF_STARLETTE = {
    "plaintext": 0.35,
    "JSON": 0.35,
    "path parameter": 0.35,
    "4 KiB file": 0.6,
    "1 MiB file": 0.6,
    "304": 0.5,
    "JSON body": 0.5,
    "query": 0.5,
    "urlencoded 1,000": 0.5,
    "multipart 1 MiB": 0.5,
    "stream of 100": 0.5,
    "file 4 KiB": 0.5,
    "file 1 MiB": 0.5,
    "SSE of 100": 0.5,
    "5 dispatches": 0.05,
    "WebSocket echo": 0.5,
    "3 middlewares": 0.4,
}
"""Our overhead as a share of Starlette's, at most."""

OF_STARLETTE_TIME = {
    "access log": 0.4,
    "access log, no id": 0.4,
    "CORS, no Origin": 0.05,
    "GraphQL query": 0.7,
    "GraphQL, cached": 0.7,
}
"""What we add to a request as a share of the whole time Starlette's program takes, at most."""

DROP_IN = {
    "Starlette app: text": 1.0,
    "Starlette app: JSON": 1.0,
    "Starlette app: path parameter": 1.0,
    "Starlette app: last of 1,000": 1 / 20,
    "FastAPI app: JSON": 1.0,
    "FastAPI app: last of 100": 1.0,
}
"""What a program takes on the drop-in, as a share of what it takes on the real Starlette, at most."""

OF_FASTAPI = {"three dependencies": 0.5}
"""Our overhead as a share of FastAPI's, at most."""

LAST_OF_FIRST = 1.3
"""The last of 1,000 routes against the first."""

MISS_OF_HIT = 2.0
"""A miss among 1,000 routes against a hit."""

IMPORT_OF_STARLETTE = {
    "armillary.applications": ("starlette.applications", 0.5),
    "armillary.cors": ("starlette.middleware.cors", 0.15),
}
"""Importing a module of ours against importing Starlette's."""

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
    found += [
        (f"{case} of Starlette's time", _share_of_time(overheads[case]), most)
        for case, most in OF_STARLETTE_TIME.items()
        if case in overheads
    ]
    for label, targets, ours, theirs in (
        ("on the drop-in", DROP_IN, "drop-in", "starlette"),
        ("of FastAPI's", OF_FASTAPI, "armillary", "fastapi"),
    ):
        for case, most in targets.items():
            if {ours, theirs} <= overheads.get(case, {}).keys():
                found.append((f"{case} {label}", overheads[case][ours] / overheads[case][theirs], most))
    if {"first of 1,000", "last of 1,000", "miss of 1,000"} <= overheads.keys():
        first, last, miss = (overheads[f"{which} of 1,000"]["armillary"] for which in ("first", "last", "miss"))
        found += [("last of 1,000 routes, of the first", last / first, LAST_OF_FIRST)]
        found += [("miss of 1,000 routes, of a hit", miss / first, MISS_OF_HIT)]
    if imports is not None:
        found += [
            (f"import of {module}, of {theirs}", imports[module][0] / imports[theirs][0], most)
            for module, (theirs, most) in IMPORT_OF_STARLETTE.items()
        ]
    return found


def _share_of_time(seconds: Mapping[str, float]) -> float:
    return seconds["armillary"] / (seconds["starlette"] + seconds[BARE])
