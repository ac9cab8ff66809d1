"""What importing the package costs."""

from __future__ import annotations

import subprocess
import sys

import armillary.lint


def test_importing_loads_no_event_loop_and_no_third_party() -> None:
    code = "import sys, armillary.lint; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"asyncio", "anyio", "trio", "inspect", "email", "http"} & set(loaded)


def test_all_is_sorted_and_complete() -> None:
    assert armillary.lint.__all__ == ["LintError", "lint"]
    for name in armillary.lint.__all__:
        assert getattr(armillary.lint, name).__doc__
