"""A pytest plugin: each process of a run adds a line to the file that `ARMILLARY_COUNTS` names, with its routes."""

from __future__ import annotations

import json
import os

import pytest


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Write how many routes ran compiled handlers, and why the others did not."""
    import armillary.fastapi

    counts = armillary.fastapi.counts()
    with open(os.environ["ARMILLARY_COUNTS"], "a", encoding="utf-8") as file:
        file.write(json.dumps(counts._asdict()) + "\n")
