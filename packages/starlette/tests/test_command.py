"""`python -m armillary.starlette`: programs and the interpreters they start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import armillary.starlette

NO_CACHE = ("-p", "no:cacheprovider", "-p", "no:randomly")

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


def test_code_runs_with_its_own_arguments(tmp_path: Path) -> None:
    done = run("-m", "armillary.starlette", "-q", "-c", REPORT, "x", "-y", cwd=tmp_path)
    assert done.stdout == "armillary.starlette ['x', '-y'] __main__\n"


def test_a_program_from_standard_input_runs(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "armillary.starlette", "-q", "-"],
        cwd=tmp_path,
        input=REPORT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "armillary.starlette [] __main__\n"


def test_the_launcher_leaves_no_frame_no_module_and_no_path(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "frame = sys._getframe()\n"
        "print(frame.f_back, sys.modules['__main__'].__file__, [path for path in sys.path if '_bootstrap' in path])\n"
    )
    (tmp_path / "program.py").write_text(program)
    done = run("-m", "armillary.starlette", "-q", "program.py", cwd=tmp_path)
    assert done.stdout == f"None {tmp_path / 'program.py'} []\n"


def test_the_options_of_python_are_kept(tmp_path: Path) -> None:
    program = "import sys; print(sys.flags.optimize, sys.flags.dev_mode, sys.warnoptions, sys._xoptions)"
    for options in (["-OO", "-X", "dev", "-W", "ignore", "-m"], ["-X", "dev", "-Wignore", "-OOm"]):
        done = run(*options, "armillary.starlette", "-q", "-c", program, cwd=tmp_path)
        assert done.stdout == "2 True ['default', 'ignore'] {'dev': True}\n", done.stderr


def test_options_that_keep_the_alias_from_child_interpreters_are_rejected(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text("print('runs')")
    for option in ("-E", "-I"):
        done = run(option, "-m", "armillary.starlette", "program.py", cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert f"leave out {option}" in done.stderr


def test_the_launcher_inside_another_program_ends_with_the_right_order(tmp_path: Path) -> None:
    program = (
        "import runpy, sys; sys.argv[1:] = ['-c', '1']; runpy.run_module('armillary.starlette', run_name='__main__')"
    )
    done = run("-c", program, cwd=tmp_path)
    assert done.returncode == 2
    assert "put it in front of that one" in done.stderr


def test_a_start_up_file_that_imports_the_real_starlette_ends_the_program(tmp_path: Path) -> None:
    (tmp_path / "starlette").mkdir()
    (tmp_path / "starlette/__init__.py").write_text("")
    bootstrap = Path(armillary.starlette.__file__).with_name("_bootstrap")
    program = f"import starlette, runpy; runpy.run_path({str(bootstrap / 'sitecustomize.py')!r})\nprint('goes on')"
    done = run("-c", program, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "starlette is already imported" in done.stderr


def test_wrong_use_ends_with_a_sentence_and_status_2(tmp_path: Path) -> None:
    for arguments, sentence in [
        ([], "name a script"),
        (["-m"], "-m needs the name of a module"),
        (["--workers", "2"], "unknown option '--workers'"),
        (["-c"], "-c needs code"),
        (["nowhere.py"], "there is no file 'nowhere.py'"),
        (["pytest"], f"to run the command of that name, write {Path(sys.executable).with_name('pytest')}"),
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


@pytest.fixture
def with_starlette(tmp_path: Path) -> dict[str, str]:
    """Return an environment with another package called starlette."""
    (tmp_path / "site/starlette").mkdir(parents=True)
    (tmp_path / "site/starlette/__init__.py").write_text("class Deprecated(Warning): ...")
    (tmp_path / "site/starlette/exceptions.py").write_text("class StarletteDeprecationWarning(Warning): ...")
    return {"PYTHONPATH": str(tmp_path / "site")}


def test_a_suite_that_filters_starlettes_warnings_runs_behind_the_launcher(
    tmp_path: Path, with_starlette: dict[str, str]
) -> None:
    write_filtering_suite(tmp_path)
    done = run("-m", "armillary.starlette", "-m", "pytest", *NO_CACHE, cwd=tmp_path, **with_starlette)
    assert done.returncode == 0, done.stdout


def test_a_suite_that_imports_the_real_starlette_before_the_plugin_is_rejected_with_the_command(
    tmp_path: Path, with_starlette: dict[str, str]
) -> None:
    (tmp_path / "early.py").write_text("import starlette")
    (tmp_path / "test_program.py").write_text("def test_it(): print('runs')")
    options = ("-k", "it or not", "-p", "early", "-p", "armillary.starlette.pytest_plugin", *NO_CACHE)
    done = run("-m", "pytest", *options, cwd=tmp_path, **with_starlette)
    assert done.returncode == 4
    command = f"python -m armillary.starlette -m pytest -k 'it or not' -p early {' '.join(NO_CACHE)}\n"
    assert command in done.stderr
    assert "runs" not in done.stdout


def write_filtering_suite(folder: Path) -> None:
    (folder / "pytest.ini").write_text(
        "[pytest]\nfilterwarnings =\n    error\n    ignore::starlette.exceptions.StarletteDeprecationWarning\n"
    )
    (folder / "test_program.py").write_text(
        "import starlette\ndef test_it(): assert starlette.__name__ == 'armillary.starlette'"
    )
