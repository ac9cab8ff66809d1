from __future__ import annotations

from pathlib import Path

import pytest
from check_threats import PAGE, check_threats

TESTS = """
import pytest

def test_there(): ...

class TestGroup:
    async def test_in_a_class(self): ...

@pytest.mark.skip
def test_skipped(): ...
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "docs" / "security").mkdir(parents=True)
    tests = tmp_path / "packages" / "http" / "tests"
    tests.mkdir(parents=True)
    (tests / "test_a.py").write_text(TESTS)
    return tmp_path


def findings(root: Path, cell: str) -> list[str]:
    (root / PAGE).write_text(f"| flaw | kept out by |\n| --- | --- |\n| a flaw | {cell} |\n")
    return list(check_threats(root))


@pytest.mark.parametrize(
    "cell",
    [
        "`packages/http/tests/test_a.py::test_there`",
        "`packages/http/tests/test_a.py::TestGroup::test_in_a_class`",
        "`packages/http/tests/test_a.py`, `packages/http/tests`",
    ],
)
def test_a_test_that_exists_is_no_finding(root: Path, cell: str) -> None:
    assert findings(root, cell) == []


@pytest.mark.parametrize(
    ("cell", "finding"),
    [
        ("by design", "names no test"),
        ("`packages/http/tests/test_a.py::test_planted`", "the file has no such test"),
        ("`packages/http/tests/test_b.py::test_there`", "test_b.py, which is not there"),
        ("`packages/http/tests/test_b.py`", "test_b.py, which is not there"),
        ("`packages/http/tests/test_a.py::test_skipped`", "which is skipped"),
    ],
)
def test_a_test_that_is_missing_or_skipped_is_a_finding(root: Path, cell: str, finding: str) -> None:
    (found,) = findings(root, cell)
    assert found.startswith(f"{PAGE}:3 names")
    assert finding in found


def test_every_test_of_this_projects_table_exists() -> None:
    assert list(check_threats()) == []
