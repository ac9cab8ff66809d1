"""Every test marked `anyio` runs on asyncio, on uvloop where it is installed, and on trio."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec
from types import FrameType
from typing import Any

import pytest
from hypothesis import settings

# A shared machine may pause for longer than any deadline.
settings.register_profile("armillary", deadline=None)
settings.load_profile("armillary")

BACKENDS = [
    pytest.param(("asyncio", {"use_uvloop": False}), id="asyncio"),
    pytest.param(("trio", {}), id="trio"),
]
if find_spec("uvloop") is not None:
    BACKENDS.append(pytest.param(("asyncio", {"use_uvloop": True}), id="uvloop"))


@pytest.fixture(params=BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> object:
    return request.param


@pytest.fixture
def steps() -> Callable[[Callable[[], object]], int]:
    """Count the bytecode instructions that a call executes: a measure of work without a clock."""

    def count(call: Callable[[], object]) -> int:
        executed = 0

        def trace(frame: FrameType, event: str, arg: object) -> Any:
            nonlocal executed
            frame.f_trace_opcodes = True
            frame.f_trace_lines = False
            executed += event == "opcode"
            return trace

        before = sys.gettrace()
        # Twice: from Python 3.12 on, opcodes are traced only after an earlier trace has asked for it.
        for _ in range(2):
            executed = 0
            sys.settrace(trace)
            try:
                call()
            finally:
                sys.settrace(before)
        assert executed
        return executed

    return count
