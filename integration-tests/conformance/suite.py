"""What both conformance runs do: fetch a project's tests, make an environment, run pytest, read its report.

Source distributions and environments live in a cache outside the repository; `XDG_CACHE_HOME` moves it, `UV` names the
uv to use; by default it is the one that `make setup` found.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "armillary" / "conformance"
RECORDED_UV_PATH = ROOT / ".tools/uv-path"
UV = os.environ.get("UV") or (RECORDED_UV_PATH.read_text().strip() if RECORDED_UV_PATH.exists() else "uv")
PLUGIN = ("-p", "armillary.starlette.pytest_plugin")


class ConformanceResult(NamedTuple):
    """One test's result: "passed", "failed" or "skipped" (expected failures count as skipped)."""

    file: str
    name: str
    result: str

    @property
    def test(self) -> str:
        """`file::name`, as pytest prints it."""
        return f"{self.file}::{self.name}"


@dataclass(frozen=True)
class SourceDistribution:
    """The tests of a release, as its project publishes them."""

    name: str
    version: str
    parts: tuple[str, ...]
    """What is unpacked of it; its library is not."""

    @property
    def folder(self) -> Path:
        return CACHE / f"{self.name}-{self.version}"

    def unpack(self) -> Path:
        """Return the folder holding the parts, downloading the archive if it is missing."""
        if all((self.folder / part).exists() for part in self.parts):
            return self.folder
        CACHE.mkdir(parents=True, exist_ok=True)
        archive = CACHE / f"{self.folder.name}.tar.gz"
        if not archive.exists():
            self._download()
        with tarfile.open(archive) as tar:
            tar.extractall(CACHE, members=filter(self._is_wanted, tar.getmembers()), filter="data")
        return self.folder

    def _download(self) -> None:
        command = [UV, "tool", "run", "--quiet", "pip", "download", "--quiet", "--no-deps", "--no-binary", self.name]
        command += ["--dest", str(CACHE), f"{self.name}=={self.version}"]
        if subprocess.run(command, check=False).returncode:
            self._download_without_metadata(command)

    def _download_without_metadata(self, command: Sequence[str]) -> None:
        """Pack what pip unpacked before it failed to read the metadata of an archive that cannot be built."""
        with TemporaryDirectory() as folder:
            environment = {**os.environ, "TMPDIR": folder}
            subprocess.run([*command, "--no-clean"], env=environment, check=False, capture_output=True)
            (unpacked,) = {path.parent for path in Path(folder).glob("pip-download-*/*/PKG-INFO")}
            with tarfile.open(CACHE / f"{self.folder.name}.tar.gz", "w:gz") as tar:
                tar.add(unpacked, self.folder.name)

    def _is_wanted(self, member: tarfile.TarInfo) -> bool:
        path = member.name.removeprefix(f"{self.folder.name}/")
        return any(path == part or path.startswith(f"{part}/") for part in self.parts)


def make_environment(label: str, python: str, requirements: Sequence[str]) -> Path:
    """Return the interpreter of an environment holding the requirements.

    Args:
        label: distinguishes this environment from others in the cache.
        python: version or path of the interpreter.
        requirements: arguments of `uv pip install`.
    """
    short = re.sub(r"\W+", "-", python).strip("-")
    venv = CACHE / f"venv-{label}-{short}"
    interpreter = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not interpreter.exists():
        shutil.rmtree(venv, ignore_errors=True)
        subprocess.run([UV, "venv", "--quiet", "--python", python, str(venv)], check=True)
    subprocess.run([UV, "pip", "install", "--quiet", "--python", str(interpreter), *requirements], check=True)
    return interpreter


def own_packages() -> list[str]:
    """Return the arguments that install this checkout's packages, editable."""
    arguments: list[str] = []
    for project in sorted(ROOT.glob("packages/*/pyproject.toml")):
        if (project.parent / "src").is_dir():
            arguments += ["--editable", str(project.parent)]
    return arguments


def run_tests(
    interpreter: Path,
    folder: Path,
    arguments: Sequence[str],
    environment: Mapping[str, str] | None = None,
    *,
    launcher: Sequence[str] = (),
) -> list[ConformanceResult]:
    """Run pytest in `folder`, with additional environment variables, and return the result of each test.

    `launcher` are options of the interpreter that stand before `-m pytest`.
    """
    report = interpreter.parent.parent / "report.xml"
    report.unlink(missing_ok=True)
    command = [str(interpreter), *launcher, "-m", "pytest", "-p", "no:cacheprovider", "-q", "--tb=short"]
    # A file that cannot be imported is one failure; the others still run.
    command += ["--continue-on-collection-errors", f"--junit-xml={report}", "-o", "junit_family=xunit1", *arguments]
    subprocess.run(command, cwd=folder, env={**_clean_environment(), **(environment or {})}, check=False)
    if not report.exists():
        raise SystemExit("the test run ended before it wrote a report; its output above says why")
    return [_read_outcome(case) for case in ElementTree.parse(report).getroot().iter("testcase")]


def _clean_environment() -> dict[str, str]:
    hidden = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if name not in hidden}


def _read_outcome(case: ElementTree.Element) -> ConformanceResult:
    classes = (case.get("classname") or case.get("name") or "").split(".")
    file = (case.get("file") or "/".join(classes) + ".py").removeprefix("tests/")
    inner = classes[len(Path(file).with_suffix("").parts) + 1 :] if case.get("file") else []
    result = "passed"
    for child in case:
        if child.tag in ("failure", "error"):
            result = "failed"
        elif child.tag == "skipped" and result == "passed":
            result = "skipped"
    return ConformanceResult(file, "::".join([*inner, case.get("name") or ""]), result)


def runs_as_root() -> bool:
    """Return whether file permissions do not apply to this user."""
    return sys.platform != "win32" and os.geteuid() == 0
