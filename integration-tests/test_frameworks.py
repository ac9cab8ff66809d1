"""The suite of `frameworks/`, run in an environment with the frameworks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

RUN = Path(__file__).with_name("frameworks") / "run.py"


@pytest.mark.nightly
@pytest.mark.usefixtures("without_watchdog")
def test_packages_mix_with_django_quart_litestar_fastapi_falcon_and_blacksheep(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with capfd.disabled():
        done = subprocess.run([sys.executable, str(RUN), "-q"], check=False, stdin=subprocess.DEVNULL, timeout=1200)
    assert done.returncode == 0, "its own report is above"
