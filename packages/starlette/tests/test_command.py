"""`python -m armillary.starlette`: programs and the interpreters they start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

REPORT = "import sys, starlette; print(starlette.__name__, sys.argv[1:], __name__)"


def run(*arguments: str, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_script_runs_as_main_with_its_own_arguments(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(REPORT)
    done = run("-m", "armillary.starlette", "program.py", "-q", "x", cwd=tmp_path)
    assert done.stdout == "armillary.starlette ['-q', 'x'] __main__\n"
    assert done.returncode == 0


def test_a_module_runs_as_main_with_its_own_arguments(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(REPORT)
    done = run("-m", "armillary.starlette", "-m", "program", "x", cwd=tmp_path)
    assert done.stdout == "armillary.starlette ['x'] __main__\n"


def test_a_script_imports_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/neighbour.py").write_text("name = 'found'")
    (tmp_path / "folder/program.py").write_text("import neighbour; print(neighbour.name)")
    assert run("-m", "armillary.starlette", "folder/program.py", cwd=tmp_path).stdout == "found\n"


def test_one_line_on_stderr_says_which_starlette_serves(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("")
    lines = run("-m", "armillary.starlette", "program.py", cwd=tmp_path).stderr.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("starlette 1.10.0 is served by armillary-starlette ")


def test_quiet_leaves_the_line_out(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("")
    assert run("-m", "armillary.starlette", "-q", "program.py", cwd=tmp_path).stderr == ""


def test_an_interpreter_started_by_the_program_inherits_the_alias(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        "import subprocess, sys\n"
        "subprocess.run([sys.executable, '-c', 'import starlette; print(starlette.__name__)'], check=True)"
    )
    done = run("-m", "armillary.starlette", "-q", "program.py", cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("armillary.starlette\n", "")


def test_a_spawned_process_inherits_the_alias(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        "import multiprocessing, starlette\n"
        "def work(): print(starlette.__name__, flush=True)\n"
        "if __name__ == '__main__':\n"
        "    process = multiprocessing.get_context('spawn').Process(target=work)\n"
        "    process.start(); process.join()\n"
    )
    assert run("-m", "armillary.starlette", "-q", "program.py", cwd=tmp_path).stdout == "armillary.starlette\n"


def test_the_users_own_sitecustomize_still_runs_in_child_interpreters(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own/sitecustomize.py").write_text("print('own customization')")
    (tmp_path / "program.py").write_text(
        "import subprocess, sys\n"
        "subprocess.run([sys.executable, '-c', 'import starlette; print(starlette.__name__)'], check=True)"
    )
    done = run("-m", "armillary.starlette", "-q", "program.py", cwd=tmp_path, PYTHONPATH=str(tmp_path / "own"))
    assert done.stdout.splitlines()[-2:] == ["own customization", "armillary.starlette"]


def test_an_exit_status_is_the_programs_own(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("raise SystemExit(7)")
    assert run("-m", "armillary.starlette", "-q", "program.py", cwd=tmp_path).returncode == 7


def test_wrong_use_ends_with_a_sentence_and_status_2(tmp_path: Path) -> None:
    for arguments, sentence in [
        ([], "name a script"),
        (["-m"], "-m needs the name of a module"),
        (["--workers", "2"], "unknown option '--workers'"),
        (["nowhere.py"], "there is no file 'nowhere.py'"),
    ]:
        done = run("-m", "armillary.starlette", *arguments, cwd=tmp_path)
        assert done.returncode == 2
        assert sentence in done.stderr


def test_a_test_suite_runs_against_the_alias(tmp_path: Path) -> None:
    (tmp_path / "test_program.py").write_text(
        "import starlette\ndef test_it(): assert starlette.__name__ == 'armillary.starlette'"
    )
    done = run("-m", "pytest", "-p", "armillary.starlette.pytest_plugin", "-p", "no:cacheprovider", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "starlette: 1.10.0, served by armillary-starlette" in done.stdout
