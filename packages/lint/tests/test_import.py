"""What importing the package costs."""

from __future__ import annotations

import subprocess
import sys

import asterism.lint


def test_importing_loads_no_event_loop_and_no_third_party() -> None:
    code = "import sys, asterism.lint; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"asyncio", "anyio", "trio", "inspect", "email", "http"} & set(loaded)


def test_all_is_sorted_and_complete() -> None:
    assert asterism.lint.__all__ == ["LintError", "lint"]
    for name in asterism.lint.__all__:
        assert getattr(asterism.lint, name).__doc__
