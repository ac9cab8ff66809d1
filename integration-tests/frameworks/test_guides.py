"""The documents that need a framework or a library which is not in `.venv` run as they are printed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from documents import documents, libraries_of, program_of  # noqa: E402

DOCUMENTS = [path for path in documents() if libraries_of(path.read_text("utf-8"))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_a_document_with_other_libraries_runs(document: Path, tmp_path: Path) -> None:
    script = tmp_path / "program" / f"{document.name}.py"
    script.parent.mkdir()
    script.write_text(program_of(document.read_text("utf-8")), "utf-8")
    folder = tmp_path / "folder"
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-X", "utf8", str(script)],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, f"{document.name}:\n{done.stderr}"
