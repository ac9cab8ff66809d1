"""What the report of a program says about its routes."""

from __future__ import annotations

from typing import Any

COMPILED, OWN = "the index, a compiled handler", "FastAPI's own handlers"


def test_it_reports_which_routes_run_compiled_handlers_and_why_others_do_not(run: Any) -> None:
    before, _ = run("reported", "faster")
    assert before[1] == ["import fastapi", "armillary-fastapi", ""]
    assert before[3:] == [
        ["GET /items/{key}", COMPILED, ""],
        ["GET /limited/{key}", COMPILED, ""],
        ["APIWebSocketRoute /ws", "FastAPI's own loop", ""],
        ["POST /in/items/{key}", COMPILED, ""],
        ["GET /wrapped", "the index, FastAPI's own handler", "a handler of its own"],
        ["included", "FastAPI's own loop", "it decides by itself, and is asked for every path"],
    ]


def test_overrides_of_dependencies_are_a_reason(run: Any) -> None:
    _, fallbacks = run("reported", "faster")
    assert ["requests", OWN, "app.dependency_overrides holds something"] in fallbacks


def test_without_the_accelerator_every_route_is_fastapis_own(run: Any) -> None:
    before, _ = run("reported", "drop-in")
    assert before[1] == ["import fastapi", "fastapi itself", "ARMILLARY_FASTAPI=0 turns armillary-fastapi off"]
    assert "APIRoute has a method matches of its own" in [reason for _, _, reason in before]
