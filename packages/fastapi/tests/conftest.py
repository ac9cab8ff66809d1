"""Programs are run in processes of their own: a process has one Starlette."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

PROGRAMS = Path(__file__).parent / "served"
COMMANDS = {
    "real": [],
    "drop-in": ["-m", "armillary.starlette", "-q"],
    "faster": ["-m", "armillary.starlette", "-q"],
}

Run = Callable[..., Any]


@cache
def output(program: str, starlette: str, *arguments: str) -> Any:
    """Return what a program prints as JSON.

    Args:
        program: a file of `served`, without its ending.
        starlette: "real", "drop-in" (without the accelerator) or "faster" (with it).
    """
    command = [sys.executable, "-W", "ignore", *COMMANDS[starlette], str(PROGRAMS / f"{program}.py"), *arguments]
    environ = {**os.environ, "ARMILLARY_FASTAPI": "1" if starlette == "faster" else "0", "PYTHONHASHSEED": "0"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def run() -> Run:
    """Return the function that runs a program."""
    return output
