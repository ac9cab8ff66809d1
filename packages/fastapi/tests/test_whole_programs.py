"""Ten programs do the same from start to end on the real Starlette, on the drop-in, and with the accelerator."""

from __future__ import annotations

from typing import Any

import pytest

PROGRAMS = 10


def differences(first: dict[str, list[Any]], second: dict[str, list[Any]]) -> list[tuple[str, int, str, Any, Any]]:
    """Return program, number of the request, part, and what was seen of it on both."""
    assert first.keys() == second.keys()
    found: list[tuple[str, int, str, Any, Any]] = []
    for name, seen in first.items():
        assert len(seen) == len(second[name])
        for number, (one, other) in enumerate(zip(seen, second[name], strict=True)):
            real, ours = (one, other) if isinstance(one, dict) else ({"value": one}, {"value": other})
            found += [(name, number, part, real[part], ours[part]) for part in real if real[part] != ours[part]]
    return found


def is_known(part: str, real: Any, ours: Any) -> bool:
    """Return whether the drop-in differs so on purpose: routes of Starlette in the scope, a text that says the fix."""
    if part == "scope":
        return bool({**ours, "route": None} == {**real, "route": None})
    return part == "raised" and real[0] == "AttributeError" and ours[0] == "ContentTypeError"


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_the_accelerator_changes_nothing(run: Any, backend: str) -> None:
    own = run("whole_programs", "drop-in", backend)
    faster = run("whole_programs", "faster", backend)
    assert len(own["results"]) == PROGRAMS
    assert differences(own["results"], faster["results"]) == []
    assert own["compiled"] == 0
    assert faster["compiled"] > 800
    assert list(faster["kept"]) == ["a handler of its own"]


def test_the_programs_do_what_they_do_on_the_real_starlette(run: Any) -> None:
    real = run("whole_programs", "real", "asyncio")["results"]
    faster = run("whole_programs", "faster", "asyncio")["results"]
    assert sum(map(len, real.values())) > 1_000
    assert [found for found in differences(real, faster) if not is_known(*found[2:])] == []
