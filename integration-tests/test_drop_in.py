"""A program written for Starlette under `python -m armillary.starlette`: served, in workers, reloaded, tested."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from testkit import free_port

TIMEOUT_SECONDS = 60.0
ROOT = Path(__file__).resolve().parent.parent

PROGRAM = """\
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
import uvicorn


async def homepage(request):
    return JSONResponse({'hello': 'world'})

routes = [Route('/', homepage), ]

app = Starlette(debug=True, routes=routes)

if __name__ == "__main__":
    uvicorn.run(app, host='127.0.0.1', port=8000)
"""

WHO = """\
import os
import starlette
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route


async def who(request):
    return JSONResponse({"module": starlette.__name__, "version": starlette.__version__, "process": os.getpid()})

app = Starlette(routes=[Route("/", who)])
"""

# Takes the place of the real Starlette: importing it fails.
FAILING_STARLETTE = "raise ImportError('this is the real Starlette')"


@pytest.fixture
def with_starlette(tmp_path: Path) -> Path:
    """Return a folder for `PYTHONPATH` that holds a Starlette of another version, with its metadata."""
    folder = tmp_path / "site"
    (folder / "starlette").mkdir(parents=True)
    (folder / "starlette/__init__.py").write_text(FAILING_STARLETTE)
    (folder / "starlette-0.1.0.dist-info").mkdir()
    (folder / "starlette-0.1.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: starlette\nVersion: 0.1.0")
    return folder


@contextmanager
def served(
    folder: Path, port: int, *arguments: str, python: Path | str = sys.executable, **environ: str
) -> Iterator[Callable[[], str]]:
    """Run a command in its own session; the yielded function reads its page once it responds."""
    command = [str(python), "-m", "armillary.starlette", *arguments]
    log = folder / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **environ},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )

    def read() -> str:
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as response:
                    return str(response.read(), "utf-8")
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.05)
        raise AssertionError(log.read_text())

    try:
        yield read
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.mark.parametrize("present", [False, True], ids=["without Starlette", "beside Starlette"])
def test_the_program_is_served(tmp_path: Path, with_starlette: Path, present: bool) -> None:
    port = free_port()
    (tmp_path / "program.py").write_text(PROGRAM.replace("8000", str(port)))
    environ = {"PYTHONPATH": str(with_starlette)} if present else {}
    with served(tmp_path, port, "program.py", **environ) as read:
        assert read() == '{"hello":"world"}'
    assert "starlette 1.10.0 is served by armillary-starlette" in (tmp_path / "log").read_text()


SCRIPTS = Path(sys.executable).parent
STARTS = {
    "uvicorn, workers": "-m uvicorn program:app --port {port} --workers 2",
    "uvicorn, reloader": "-m uvicorn program:app --port {port} --reload",
    "uvicorn, console script": "{scripts}/uvicorn program:app --port {port}",
    "granian, workers": "-m granian --interface asgi program:app --port {port} --workers 2",
    "granian, console script": "{scripts}/granian --interface asgi program:app --port {port}",
    "hypercorn, workers": "-m hypercorn program:app --bind 127.0.0.1:{port} --workers 2",
    "hypercorn, console script": "{scripts}/hypercorn program:app --bind 127.0.0.1:{port}",
}


@pytest.mark.parametrize("start", STARTS.values(), ids=STARTS)
def test_the_processes_of_a_server_are_served_by_the_drop_in(tmp_path: Path, with_starlette: Path, start: str) -> None:
    port = free_port()
    (tmp_path / "program.py").write_text(WHO)
    arguments = start.format(port=port, scripts=SCRIPTS).split()
    with served(tmp_path, port, "-q", *arguments, PYTHONPATH=str(with_starlette)) as read:
        reported = json.loads(read())
    assert (reported["module"], reported["version"]) == ("armillary.starlette", "1.10.0")


WHO_OF_FASTAPI = """\
import os
import armillary.fastapi
import starlette
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def who():
    served = {"module": starlette.__name__, "version": starlette.__version__, "process": os.getpid()}
    return {**served, "compiled": armillary.fastapi.counts().compiled}
"""

NIGHTLY_STARTS = {
    "gunicorn, workers": "-m gunicorn -k uvicorn_worker.UvicornWorker -w 2 -b 127.0.0.1:{port} program:app",
    "gunicorn, h11 workers": "-m gunicorn -k uvicorn_worker.UvicornH11Worker -w 2 -b 127.0.0.1:{port} program:app",
    "gunicorn, preload": "-m gunicorn -k uvicorn_worker.UvicornWorker --preload -b 127.0.0.1:{port} program:app",
    "gunicorn, console script": "{scripts}/gunicorn -k uvicorn_worker.UvicornWorker -b 127.0.0.1:{port} program:app",
    "fastapi dev": "-m fastapi dev program.py --port {port}",
    "fastapi run": "-m fastapi run program.py --host 127.0.0.1 --port {port}",
    "fastapi run, workers": "-m fastapi run program.py --host 127.0.0.1 --port {port} --workers 2",
    "code": "-c import\tuvicorn;uvicorn.run('program:app',port={port})",
}


@pytest.fixture(scope="module")
def with_servers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the interpreter of an environment that holds gunicorn, FastAPI with its command, and these packages."""
    folder = tmp_path_factory.mktemp("servers") / "venv"
    python = folder / "bin/python"
    subprocess.run([uv(), "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
    own = [part.replace("--with-editable", "--editable") for part in own_packages()]
    install = [uv(), "pip", "install", "--quiet", "--python", str(python)]
    subprocess.run([*install, "gunicorn", "uvicorn-worker", "fastapi[standard]", *own], check=True, timeout=600)
    return python


@pytest.mark.nightly
@pytest.mark.parametrize("start", NIGHTLY_STARTS.values(), ids=NIGHTLY_STARTS)
def test_fastapi_is_served_faster_by_the_processes_of(tmp_path: Path, with_servers: Path, start: str) -> None:
    port = free_port()
    (tmp_path / "program.py").write_text(WHO_OF_FASTAPI)
    arguments = [part.replace("\t", " ") for part in start.format(port=port, scripts=with_servers.parent).split(" ")]
    with served(tmp_path, port, "-q", *arguments, python=with_servers) as read:
        reported = json.loads(read())
    assert (reported["module"], reported["version"], reported["compiled"]) == ("armillary.starlette", "1.10.0", 1)


def test_the_version_is_that_of_the_drop_in_beside_another_one(tmp_path: Path, with_starlette: Path) -> None:
    program = "import importlib.metadata as m, starlette; print(m.version('starlette'), starlette.__version__)"
    (tmp_path / "program.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "-m", "armillary.starlette", "-q", "program.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(with_starlette)},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=True,
    )
    assert done.stdout == "1.10.0 1.10.0\n"


@pytest.mark.nightly
def test_eleven_packages_behave_alike_on_both(tmp_path: Path) -> None:
    run_tool("third_party/compare.py")


@pytest.mark.nightly
def test_a_sample_of_fastapis_own_tests_passes(tmp_path: Path) -> None:
    run_tool("conformance/fastapi.py", "--sample", "20")


def test_the_drop_in_brings_no_http_client() -> None:
    brought, waiting = set[str](), ["armillary-starlette"]
    while waiting:
        name = waiting.pop()
        if name not in brought:
            brought.add(name)
            found = [Requirement(line) for line in importlib.metadata.requires(name) or []]
            waiting += [each.name for each in found if each.marker is None or each.marker.evaluate({"extra": ""})]
    assert "anyio" in brought
    assert brought.isdisjoint({"httpx", "httpx2", "aiohttp", "requests"})


@pytest.mark.nightly
def test_workers_of_xdist_are_served_by_the_drop_in(tmp_path: Path) -> None:
    (tmp_path / "test_program.py").write_text(
        "import pytest, starlette\n"
        "@pytest.mark.parametrize('number', range(4))\n"
        "def test_it(number): assert starlette.__name__ == 'armillary.starlette'\n"
    )
    subprocess.run(
        [
            *(uv(), "run", "--quiet", "--no-project", "--python", sys.executable, "--with", "pytest-xdist"),
            *(*own_packages(), "python", "-m", "pytest"),
            *("-p", "armillary.starlette.pytest_plugin", "-p", "no:cacheprovider", "-n", "2", "test_program.py"),
        ],
        cwd=tmp_path,
        timeout=600,
        check=True,
    )


def own_packages() -> list[str]:
    folders = [project.parent for project in sorted(ROOT.glob("packages/*/pyproject.toml"))]
    return [part for folder in folders if (folder / "src").is_dir() for part in ("--with-editable", str(folder))]


def uv() -> str:
    recorded_path = ROOT / ".tools/uv-path"
    found = os.environ.get("UV") or (
        recorded_path.read_text().strip() if recorded_path.exists() else shutil.which("uv")
    )
    assert found, "uv is needed: run make setup"
    return found


def run_tool(name: str, *arguments: str) -> None:
    command = [sys.executable, str(ROOT / "integration-tests" / name), *arguments]
    subprocess.run(command, env={**os.environ, "UV": uv()}, timeout=1800, check=True)
