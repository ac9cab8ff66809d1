"""What a program does with the accelerator, without it, and on the real Starlette."""

from __future__ import annotations

from typing import Any

import pytest

OF_THE_DROP_IN = {
    "GET /events": "the drop-in starts a response before it reads its stream",
    "GET /sync-raw-stream": "the drop-in's error for a body of a wrong type says what to write",
    "GET /starlette": "the drop-in's routes write themselves into the scope",
    "GET /mounted": "the drop-in's mounts write themselves into the scope",
    "GET /sub/none": "the drop-in's mounts write themselves into the scope",
}
"""Requests that differ between the drop-in and the real Starlette, and why; the accelerator has no part in it."""


def differences(first: dict[str, Any], second: dict[str, Any]) -> list[str]:
    """Return what differs, request by request."""
    assert first.keys() == second.keys()
    return [
        f"{request[:90]}: {part}: {first[request][part]!r} != {second[request][part]!r}"
        for request in first
        for part in first[request]
        if first[request][part] != second[request][part]
    ]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_bytes_headers_effects_scope_keys_and_exceptions_are_those_of_fastapis_own_code(run: Any, backend: str) -> None:
    own = run("differential", "drop-in", backend)["results"]
    faster = run("differential", "faster", backend)["results"]
    assert len(own) > 600
    assert differences(own, faster) == []


def test_they_are_those_of_fastapi_on_the_real_starlette(run: Any) -> None:
    real = run("differential", "real", "asyncio")["results"]
    faster = run("differential", "faster", "asyncio")["results"]
    assert [text for text in differences(real, faster) if not text.startswith(tuple(OF_THE_DROP_IN))] == []


def test_nothing_is_compiled_without_the_accelerator_and_nearly_everything_with_it(run: Any) -> None:
    assert run("differential", "drop-in", "asyncio")["compiled"] == 0
    faster = run("differential", "faster", "asyncio")
    assert list(faster["kept"]) == ["a handler of its own"]
    assert faster["compiled"] > 60
