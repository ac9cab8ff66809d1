"""The work of a call, counted: figures that do not depend on the machine or its load."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def count_instructions(call: Callable[[], object]) -> int:
    """Return how many bytecode instructions a call executes the second time."""
    return _count(call, "opcode")


def count_lines(call: Callable[[], object]) -> int:
    """Return how many lines of Python a call executes."""
    return _count(call, "line")


def _count(call: Callable[[], object], counted: str) -> int:
    executed = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal executed
        frame.f_trace_opcodes = counted == "opcode"
        frame.f_trace_lines = counted == "line"
        executed += event == counted
        return trace

    before = sys.gettrace()
    collects = gc.isenabled()
    # From Python 3.12 on, opcodes are traced only after an earlier trace has requested it.
    for _ in range(2 if counted == "opcode" else 1):
        executed = 0
        gc.disable()  # finalizers of what other tests left behind would be counted
        sys.settrace(trace)
        try:
            call()
        finally:
            sys.settrace(before)
            if collects:
                gc.enable()
    assert executed, "the call ran no Python code"
    return executed
