"""`ARMILLARY_STARLETTE=1` in interpreters that are started with it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

LOADED = "print(sorted(name for name in sys.modules if name.startswith('armillary.') and 'auto' not in name))"


def run(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ARMILLARY_")}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**kept, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def code(folder: Path, program: str, **environ: str) -> str:
    done = run(folder, "-c", program, **environ)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture
def with_starlette(tmp_path: Path) -> Path:
    """Put another package called starlette into a folder, with its metadata."""
    (tmp_path / "starlette").mkdir()
    (tmp_path / "starlette/__init__.py").write_text("")
    (tmp_path / "starlette-0.1.0.dist-info").mkdir()
    (tmp_path / "starlette-0.1.0.dist-info/METADATA").write_text(
        "Metadata-Version: 2.1\nName: starlette\nVersion: 0.1.0"
    )
    return tmp_path


def test_starlette_is_served_if_the_variable_is_1(with_starlette: Path) -> None:
    program = "import starlette; print(starlette.__name__)"
    assert code(with_starlette, program, ARMILLARY_STARLETTE="1") == "armillary.starlette\n"


@pytest.mark.parametrize("environ", [{}, {"ARMILLARY_STARLETTE": "0"}, {"ARMILLARY_STARLETTE": ""}])
def test_nothing_happens_without_it(with_starlette: Path, environ: dict[str, str]) -> None:
    program = "import sys, starlette; print(starlette.__name__, 'armillary.starlette_auto' in sys.modules)"
    assert code(with_starlette, program, **environ) == "starlette False\n"


def test_nothing_of_the_drop_in_is_imported_before_starlette_is(tmp_path: Path) -> None:
    assert code(tmp_path, f"import sys, email, json; {LOADED}", ARMILLARY_STARLETTE="1") == "[]\n"
    loaded = code(tmp_path, f"import sys, starlette; {LOADED}", ARMILLARY_STARLETTE="1")
    assert "'armillary.starlette'" in loaded


def test_the_version_can_be_asked_for_first(with_starlette: Path) -> None:
    program = "import importlib.metadata as m; print(m.version('starlette'), m.version('anyio') > '1')"
    assert code(with_starlette, program, ARMILLARY_STARLETTE="1") == "1.10.0 True\n"


def test_starting_twice_puts_one_finder_which_the_drop_ins_replaces(tmp_path: Path) -> None:
    program = (
        "import sys, armillary.starlette_auto as auto; auto.start(); auto.start()\n"
        "print([type(finder).__name__ for finder in sys.meta_path if hasattr(finder, 'serves_starlette')])\n"
        "import starlette.status; auto.start()\n"
        "print([type(finder).__name__ for finder in sys.meta_path if hasattr(finder, 'serves_starlette')])\n"
        "import armillary.starlette; armillary.starlette.uninstall()\n"
        "print([type(finder).__name__ for finder in sys.meta_path if hasattr(finder, 'serves_starlette')])\n"
    )
    lines = code(tmp_path, program, ARMILLARY_STARLETTE="1").splitlines()
    assert lines == ["['LazyFinder']", "['AliasFinder']", "[]"]


def test_fastapi_is_accelerated_though_it_is_found_before_it_imports_starlette(tmp_path: Path) -> None:
    (tmp_path / "fastapi.py").write_text("import starlette")
    (tmp_path / "faster.py").write_text("def activate(): print('activated')")
    (tmp_path / "armillary_fastapi-1.0.0.dist-info").mkdir()
    (tmp_path / "armillary_fastapi-1.0.0.dist-info/METADATA").write_text(
        "Metadata-Version: 2.1\nName: armillary-fastapi\nVersion: 1.0.0\n"
    )
    entry_point = "[armillary.starlette.accelerators]\nfastapi = faster:activate\n"
    (tmp_path / "armillary_fastapi-1.0.0.dist-info/entry_points.txt").write_text(entry_point)
    assert code(tmp_path, "import fastapi", ARMILLARY_STARLETTE="1") == "activated\n"


def test_one_record_says_which_starlette_serves(tmp_path: Path) -> None:
    program = "import logging; logging.basicConfig(level=20, format='%(name)s %(message)s')\nimport starlette.status"
    done = run(tmp_path, "-c", program, ARMILLARY_STARLETTE="1")
    assert done.stderr.splitlines() == [
        "armillary.starlette starlette 1.10.0 is served by armillary-starlette "
        + code(tmp_path, "import importlib.metadata as m; print(m.version('armillary-starlette'))").strip()
    ]


def test_it_says_so_if_another_start_up_file_was_first(with_starlette: Path) -> None:
    program = (
        "import starlette, os; os.environ['ARMILLARY_STARLETTE'] = '1'\nimport armillary.starlette_auto as a; a.start()"
    )
    done = run(with_starlette, "-c", program)
    assert "ARMILLARY_STARLETTE=1 has no effect" in done.stderr


def test_pytest_runs_a_suite_that_filters_starlettes_warnings(with_starlette: Path) -> None:
    (with_starlette / "pytest.ini").write_text(
        "[pytest]\nfilterwarnings =\n    error\n    ignore::starlette.exceptions.StarletteDeprecationWarning\n"
    )
    (with_starlette / "test_program.py").write_text(
        "import starlette\ndef test_it(): assert starlette.__name__ == 'armillary.starlette'"
    )
    done = run(with_starlette, "-m", "pytest", "-p", "no:cacheprovider", ARMILLARY_STARLETTE="1")
    assert done.returncode == 0, done.stdout


def test_the_wheel_holds_its_start_up_files_at_the_root() -> None:
    from importlib.metadata import files

    names = {str(file) for file in files("armillary-starlette-auto") or []}
    assert {"armillary_starlette_auto.pth", "armillary_starlette_auto.start"} <= names
