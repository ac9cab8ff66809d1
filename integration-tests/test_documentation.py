"""Every ```python block of the READMEs and of the documentation runs as it is printed.

The blocks of one file run top to bottom in one fresh interpreter, in an empty folder, with warnings as errors. Line
numbers in a traceback are those of the file. A document that names libraries which are not in `.venv` runs with the
frameworks, in `frameworks/test_guides.py`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from documents import documents, libraries_of, program_of

# Mangum asks for the event loop of the thread where AWS has made one.
IGNORED = ("-W", "ignore:There is no current event loop:DeprecationWarning")
ROOT = Path(__file__).resolve().parent.parent

TEXTS = {path: path.read_text("utf-8") for path in documents()}
PROGRAMS = {path: program_of(text) for path, text in TEXTS.items() if not libraries_of(text)}
RUNNABLE = [
    pytest.param(path, program, id=str(path.relative_to(ROOT))) for path, program in PROGRAMS.items() if program.strip()
]


@pytest.mark.parametrize(("document", "program"), RUNNABLE)
def test_the_examples_of_a_document_run(document: Path, program: str, tmp_path: Path) -> None:
    script = tmp_path / "program" / f"{document.name}.py"
    script.parent.mkdir()
    script.write_text(program, "utf-8")
    folder = tmp_path / "folder"
    folder.mkdir()
    runner = "import runpy, sys; runpy.run_path(sys.argv[1], run_name='example')"
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-W", "error", *IGNORED, "-c", runner, str(script)],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, f"{document.relative_to(ROOT)}:\n{done.stderr}"


def test_a_program_keeps_the_lines_of_its_document() -> None:
    text = "# Title\n\n```python\na = 1\n```\n\n- item\n\n  ```python\n  b = a\n  ```\n\n```shell\nrun\n```\n"
    assert program_of(text).splitlines() == ["", "", "", "a = 1", "", "", "", "", "", "b = a", "", "", "", "", ""]
