"""A trial release: from tags in a temporary repository, into a local index, installed from there."""

from __future__ import annotations

import functools
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from charter import META_PACKAGE, ROOT, distribution_name, load_charter
from package_index import add_files
from release import CORE_TRAIN
from wheelhouse import Environment, build_wheels, find_uv
from workspace import Workspace

WORKSPACE = Workspace(ROOT, load_charter())
FRAMEWORK = (Path(__file__).parent / "served" / "whole_framework.py").read_text("utf-8")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", ".*_cache", ".hypothesis")


def copy_checkout(place: Path) -> Path:
    """Copy the sources of a release, without generated files."""
    shutil.copytree(ROOT / "packages", place / "packages", ignore=LEFT_OUT)
    for tests in place.glob("packages/*/tests"):
        shutil.rmtree(tests)
    shutil.copytree(ROOT / "tools", place / "tools", ignore=LEFT_OUT)
    for name in ("pyproject.toml", "uv.lock", "LICENSE", ".gitignore"):
        shutil.copyfile(ROOT / name, place / name)
    return place


# --- reproducible ----------------------------------------------------------------------------


def test_wheels_built_at_other_times_in_other_places_are_byte_for_byte_the_same(tmp_path: Path) -> None:
    elsewhere = copy_checkout(tmp_path / "elsewhere")
    long_ago = time.time() - 10**8
    for number, path in enumerate(sorted(elsewhere.rglob("*"), reverse=True)):
        os.utime(path, (long_ago + number, long_ago + number))
    here = build_wheels(WORKSPACE, tmp_path / "here")
    there = build_wheels(Workspace(elsewhere, load_charter()), tmp_path / "there")
    assert [name for name in here if here[name].read_bytes() != there[name].read_bytes()] == []
    assert {wheel.name for wheel in here.values()} == {wheel.name for wheel in there.values()}


# --- the dry run -----------------------------------------------------------------------------


class Repository:
    """A git repository with the packages of this checkout, in which versions are raised and tags are set."""

    def __init__(self, root: Path) -> None:
        self.root = copy_checkout(root)
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit("Everything")

    def git(self, *arguments: str) -> None:
        settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        name = ("-c", "user.name=Release", "-c", "user.email=release@example.org")
        command = ["git", *name, "-C", str(self.root), *arguments]
        subprocess.run(command, check=True, env={**os.environ, **settings}, stdin=subprocess.DEVNULL)

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def raise_version(self, package: str, version: str) -> None:
        for name, old, new in (
            ("pyproject.toml", r'^version = ".*"$', f'version = "{version}"'),
            ("CHANGELOG.md", r"\A# Changelog\n", f"# Changelog\n\n## {version}\n\n- A fix.\n"),
        ):
            file = self.root / "packages" / package / name
            text, count = re.subn(old, new, file.read_text("utf-8"), count=1, flags=re.MULTILINE)
            assert count == 1, file
            file.write_text(text, "utf-8")

    def build(self, package: Path, dist: Path) -> None:
        command = [sys.executable, "-m", "hatchling", "build", "--directory", str(dist)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=package)

    def release(self, tag: str, index: Path) -> list[str]:
        """Do what the release workflow does on a tag, into an index, and return the packages that it released."""
        self.git("tag", tag)
        self.git("checkout", "--quiet", tag)
        tool = [sys.executable, str(self.root / "tools" / "release.py"), "plan", tag]
        planned = subprocess.run(tool, check=True, capture_output=True, text=True).stdout.split()
        dist = self.root.parent / "dist" / tag
        for package in planned:
            self.build(self.root / "packages" / package, dist)
        files = [path for path in dist.iterdir() if path.name.endswith((".whl", ".tar.gz"))]
        assert len(files) == 2 * len(planned)
        add_files(index, files)
        self.git("checkout", "--quiet", "main")
        return planned


class RepositoryOfUv(Repository):
    """One that builds as `make build` does: the wheel from the source distribution."""

    def build(self, package: Path, dist: Path) -> None:
        command = [find_uv(), "build", "--quiet", "--no-build-isolation", "--python", sys.executable]
        subprocess.run([*command, "--out-dir", str(dist), str(package)], check=True, stdin=subprocess.DEVNULL)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """An empty index: its folder, and the URL that it is served at."""
    folder = tmp_path / "simple"
    folder.mkdir()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

        def end_headers(self) -> None:
            self.send_header("Cache-Control", "no-store")
            super().end_headers()

    handler = functools.partial(Handler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def version_of(package: str) -> str:
    return str(WORKSPACE.packages[package].project["version"])


@pytest.mark.nightly
@pytest.mark.usefixtures("without_watchdog")
def test_everything_then_one_package_then_the_train_are_released_from_tags(
    tmp_path: Path, index: tuple[Path, str]
) -> None:
    folder, url = index
    repository = Repository(tmp_path / "repository")

    released = repository.release(f"armillary-core-{version_of('http')}", folder)
    for package in sorted(set(WORKSPACE.packages) - set(CORE_TRAIN)):
        part = "" if package == META_PACKAGE else f"-{package}"
        released += repository.release(f"armillary{part}-{version_of(package)}", folder)
    assert sorted(released) == sorted(WORKSPACE.packages)

    whole = Environment(tmp_path / "whole")
    whole.install("--index", url, META_PACKAGE)
    assert whole.run(FRAMEWORK) == "whole\n"

    repository.raise_version("cors", "1.8.1")
    repository.commit("Fix cors")
    assert repository.release("armillary-cors-1.8.1", folder) == ["cors"]
    alone = Environment(tmp_path / "alone")
    alone.install("--index", url, "armillary-cors")
    assert alone.distributions()["armillary-cors"] == "1.8.1"
    assert alone.distributions()["armillary-asgi-types"] == version_of("asgi-types")
    alone.run("import armillary.cors")

    for package in CORE_TRAIN:
        repository.raise_version(package, "1.9.0")
    repository.commit("A train")
    assert repository.release("armillary-core-1.9.0", folder) == list(CORE_TRAIN)
    whole.install("--index", url, "--upgrade", META_PACKAGE)
    found = whole.distributions()
    for package in CORE_TRAIN:
        assert found.get(distribution_name(package), "1.9.0") == "1.9.0"
    assert found["armillary-cors"] == "1.8.1"
    assert found["armillary"] == version_of(META_PACKAGE)
    assert whole.run(FRAMEWORK) == "whole\n"


@pytest.mark.nightly
def test_released_files_are_byte_for_byte_those_of_a_second_build(tmp_path: Path) -> None:
    built = []
    for kind in (Repository, RepositoryOfUv):
        repository = kind(tmp_path / kind.__name__ / "repository")
        folder = tmp_path / kind.__name__ / "simple"
        repository.release(f"armillary-cors-{version_of('cors')}", folder)
        repository.release(f"armillary-{version_of(META_PACKAGE)}", folder)
        built.append({path.name: path.read_bytes() for path in folder.rglob("*") if path.suffix in (".whl", ".gz")})
    assert built[0] == built[1]
    assert len(built[0]) == 4


def test_what_is_published_never_changes(tmp_path: Path) -> None:
    file = tmp_path / "armillary_cors-1.0.0-py3-none-any.whl"
    file.write_bytes(b"one")
    add_files(tmp_path / "simple", [file])
    add_files(tmp_path / "simple", [file])
    file.write_bytes(b"other")
    with pytest.raises(FileExistsError, match="is published already"):
        add_files(tmp_path / "simple", [file])
    assert (tmp_path / "simple" / "armillary-cors" / file.name).read_bytes() == b"one"
